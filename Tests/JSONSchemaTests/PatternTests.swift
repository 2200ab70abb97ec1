import TestSupport
import Testing

@testable import JSONSchema

struct PatternTests {
    private func matches(_ pattern: String, _ text: String) throws -> Bool {
        let bytes = Array(text.utf8)
        // Safe: every byte of the array is initialized.
        return try Pattern(pattern).matches(unsafe bytes.span.bytes)
    }

    @Test(
        "matches as ECMA-262 does",
        arguments: [
            ("^[0-9]{5}$", "26740", true), ("^[0-9]{5}$", "2674", false), ("^[0-9]{5}$", "267401", false),
            ("a", "xay", true), ("^a", "xa", false), ("a$", "ab", false), ("^$", "", true), ("^$", "a", false),
            ("$^", "", true), ("", "anything", true), ("a|^b", "xb", false), ("(a|b)*c$", "ababc", true),
            ("^(?:ab){2,3}$", "ababab", true), ("^(?:ab){2,3}$", "ab", false), ("^a{2,}$", "aaaa", true),
            ("^a{0}$", "", true), ("^.$", "é", true), ("^.$", "\n", false), ("^..$", "👍👎", true),
            ("^[^a-c]$", "d", true), ("^[^a-c]$", "b", false), ("^\\d+\\.\\d+$", "10.5", true), ("\\W", "ab_", false),
            ("^\\s+$", " \t\u{00A0}\u{FEFF}\u{2003}", true), ("^\\u00e9\\x41\\cJ$", "éA\n", true),
            ("^\\u{1F44D}$", "👍", true), ("^\\uD83D\\uDC4D$", "👍", true), ("^[👍-👏]$", "👎", true),
            ("^\\p{L}+$", "Phường", true), ("^\\p{Lu}", "phường", false), ("^\\P{Nd}+$", "a1", false),
            ("^[\\p{L} ]+$", "Bến Nghé", true), ("^[]$", "a", false), ("^[^]$", "a", true), ("^[a\\-z]+$", "a-z", true),
            ("^[a-]+$", "-a", true), ("^(?<name>a)\\/$", "a/", true), ("^a+?b*?$", "aab", true),
            ("a.{3}b", "xxa123bxx", true),
            ("^(a*)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false), ("[^é]", "é", false), ("x*", "", true),
            ("^[\\s\\S]*$", "a\nb", true), ("^\\0$", "\0", true), ("(^a|b)c", "xbc", true), ("(^a|b)c", "xac", false),
            ("^(?=.*\\d)(?=.*[a-z]).{3,}$", "ab1", true), ("^(?=.*\\d)(?=.*[a-z]).{3,}$", "abc", false),
            ("^(?!test-).+$", "device", true), ("^(?!test-).+$", "test-1", false), ("(?<=\\$)\\d", "a$5", true),
            ("(?<=\\$)\\d", "a5", false), ("(?<!\\$)\\d", "$5", false), ("(?<!\\$)\\d", "$55", true),
            ("\\bcat\\b", "a cat", true), ("\\bcat\\b", "concat", false), ("\\Bcat", "concat", true),
            ("^(?=a(?!b))", "ac", true), ("^(?=a(?!b))", "ab", false), ("(?<=^a(?=b).)c", "abc", true),
            ("(?<=^a(?=b).)c", "aac", false), ("a(?=$)", "ba", true), ("(?!)", "a", false),
            ("^(?:(?!é).)*$", "aé", false),
            ("^(?<=ab|b)|(?<=ab|cd)e$", "abe", true), ("\\b", "", false), ("\\B", "", true),
        ] as [(String, String, Bool)])
    func matching(pattern: String, text: String, expected: Bool) throws {
        #expect(try matches(pattern, text) == expected)
    }

    @Test(
        "refuses what it does not know instead of guessing",
        arguments: [
            "(?=a", "(?=a)*", "(?<!a", "(a)\\1", "(?<n>a)\\k<n>", "\\k", "\\b+", "(?<>a)", "a{1001}", "(a", "a)", "[a",
            "*a", "a**",
            "a{2,1}",
            "[z-a]", "\\p{Klingon}", "\\y", "\\", "a{", "}", "]", "\\u12", "\\x1", "\\c1", "\\01", "(?i)a", "^*",
            "((a{1000}){1000}){1000}", "\\p{Script=Latin}", "\\u{110000}", "[\\d-z]",
        ])
    func refusing(pattern: String) {
        #expect(throws: PatternError.self) { try Pattern(pattern) }
    }

    @Test("agrees with the standard library on random patterns", arguments: [UInt64(1), 2, 3])
    func agreement(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var matchCount = 0
        for _ in 0..<300 {
            let text = Self.pattern(&random, depth: 3)
            let pattern = try Pattern(text)
            let oracle = try Regex(text).matchingSemantics(.unicodeScalar)
            for _ in 0..<20 {
                let length = Int.random(in: 0...6, using: &random)
                let string = String((0..<length).map { _ in "abcé".randomElement(using: &random) ?? "a" })
                let bytes = Array(string.utf8)
                // Safe: every byte of the array is initialized.
                let found = pattern.matches(unsafe bytes.span.bytes)
                let expected = string.firstMatch(of: oracle) != nil
                #expect(found == expected, "\(text) on \(string)")
                if found { matchCount += 1 }
            }
        }
        #expect(matchCount > 300)
    }

    private static func pattern(_ random: inout SeededRandom, depth: Int) -> String {
        guard depth > 0 else {
            return ["a", "b", "é", ".", "[ab]", "[^aé]", "^", "$"].randomElement(using: &random) ?? "a"
        }
        let part = pattern(&random, depth: depth - 1)
        switch Int.random(in: 0..<8, using: &random) {
        case 4: return "(?=\(part))" + pattern(&random, depth: depth - 1)
        case 5: return "(?!\(part))" + pattern(&random, depth: depth - 1)
        case 0: return part + pattern(&random, depth: depth - 1)
        case 1: return "(?:\(part)|\(pattern(&random, depth: depth - 1)))"
        case 2: return "(?:\(part))" + (["*", "+", "?"].randomElement(using: &random) ?? "*")
        case 3: return "(?:\(part)){1,2}"
        default: return part
        }
    }

    @Test("a pattern that looks around takes no longer for a string made against it")
    func linearTime() throws {
        let text = String(repeating: "a", count: 20_000)
        #expect(try !matches("^(?=(a*)*b)(a|a)*$", text))
        #expect(try !matches("(?<=b(a*)*)c|^(?!(a|aa)+$)", text))
    }

    @Test("a pattern with too many states still matches, step by step")
    func manyStates() throws {
        let pattern = "(a|b)*a(a|b){19}$"
        let text = String(repeating: "ab", count: 200)
        #expect(try matches(pattern, text + "abbbbbbbbbbbbbbbbbbb"))
        #expect(try !matches(pattern, text + "bbbbbbbbbbbbbbbbbbbb"))
    }
}
