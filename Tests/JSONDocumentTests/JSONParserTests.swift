import JSONDocument
import TestSupport
import Testing

struct JSONParserTests {
    @Test("reads every kind of value in place")
    func kinds() throws {
        var parser = JSONParser()
        let text =
            #"{"o":{"x":1},"a":[1,[],2.5],"s":"h\u00e9\n","i":-7,"u":18446744073709551615,"#
            + #""d":1e3,"t":true,"f":false,"n":null,"":0}"#
        let document = try parser.parse(text)
        let root = document.root
        let rootKind = document.kind(at: root)
        #expect(rootKind == .object)
        let memberCount = document.count(of: root)
        #expect(memberCount == 10)
        var kinds: [JSONKind] = []
        var names: [String] = []
        var members = document.members(of: root)
        while let member = members.next() {
            kinds.append(document.kind(at: member.value))
            names.append(document.string(at: member.name))
        }
        #expect(kinds == [.object, .array, .string, .integer, .unsigned, .double, .true, .false, .null, .integer])
        #expect(names == ["o", "a", "s", "i", "u", "d", "t", "f", "n", ""])
        let stringIndex = document.member("s", of: root)
        let string = try #require(stringIndex)
        let stringValue = document.string(at: string)
        #expect(stringValue == "hé\n")
        let unsignedIndex = document.member("u", of: root)
        let unsigned = try #require(unsignedIndex)
        let unsignedValue = document.uint64(at: unsigned)
        #expect(unsignedValue == .max)
        let unsignedAsInt64 = document.wholeNumber(at: unsigned)
        #expect(unsignedAsInt64 == nil)
        let doubleIndex = document.member("d", of: root)
        let double = try #require(doubleIndex)
        let doubleAsInt64 = document.wholeNumber(at: double)
        #expect(doubleAsInt64 == 1000)
        let doubleValue = document.number(at: double)
        #expect(doubleValue == 1000)
        let nested = try #require(JSONPointer(text: "/a/2"))
        let halfIndex = document.value(at: nested)
        let half = try #require(halfIndex)
        let halfValue = document.double(at: half)
        #expect(halfValue == 2.5)
        let halfPointer = document.pointer(to: half)
        #expect(halfPointer == nested)
        let written = document.text(of: root)
        #expect(
            written == #"{"o":{"x":1},"a":[1,[],2.5],"s":"hé\n","i":-7,"u":18446744073709551615,"#
                + #""d":1000.0,"t":true,"f":false,"n":null,"":0}"#)
        let absent = document.member("zz", of: root)
        #expect(absent == nil)
    }

    @Test(
        "says what is wrong and where",
        arguments: [
            ("", .empty, 1, 1), (" \n ", .empty, 1, 1), ("nul", .truncated, 1, 4), ("{\"a\":1", .truncated, 1, 7),
            ("[1,\n2,]", .syntax, 2, 3), ("{\"a\" 1}", .syntax, 1, 6), ("{a:1}", .syntax, 1, 2),
            ("\"abc", .truncated, 1, 5), ("[01]", .syntax, 1, 3), ("[1.]", .syntax, 1, 4), ("[-]", .syntax, 1, 3),
            ("1 2", .syntax, 1, 3), ("{\"a\":1}x", .syntax, 1, 8), ("[\"\\x\"]", .syntax, 1, 3),
            ("[\"\\ud800\"]", .syntax, 1, 3), ("[\"\\udc00\"]", .syntax, 1, 3), ("[\"\u{1}\"]", .syntax, 1, 3),
            ("[18446744073709551616]", .numberOutOfRange, 1, 2), ("[-9223372036854775809]", .numberOutOfRange, 1, 2),
            ("[1,1e400]", .numberOutOfRange, 1, 4), ("[[[[[[1]]]]]]", .tooDeep, 1, 6), ("[truex]", .syntax, 1, 6),
            ("\u{FEFF}{}", .syntax, 1, 1), ("hello", .syntax, 1, 1), ("[1}", .syntax, 1, 3), ("]", .syntax, 1, 1),
            ("[NaN]", .syntax, 1, 2), ("[1 2]", .syntax, 1, 4), ("[nulll]", .syntax, 1, 6), ("{\"a\":}", .syntax, 1, 6),
        ] as [(String, JSONParseError.Kind, Int, Int)])
    func errors(text: String, kind: JSONParseError.Kind, line: Int, column: Int) {
        var parser = JSONParser(limits: JSONLimits(maximumDepth: 5))
        do throws(JSONParseError) {
            _ = try parser.parse(text)
            Issue.record("this must not parse")
        } catch {
            #expect(error.kind == kind)
            #expect(error.line == line)
            #expect(error.column == column)
            #expect(!error.sentence.isEmpty)
        }
    }

    @Test("refuses bytes that are not UTF-8, wherever they are")
    func invalidUTF8() {
        var parser = JSONParser()
        for bytes: [UInt8] in [
            [0x22, 0xFF, 0x22], [0x5B, 0x22, 0xC3, 0x22, 0x5D], [0x80], [0x22, 0xED, 0xA0, 0x80, 0x22],
        ] {
            do throws(JSONParseError) {
                _ = try parser.parse(bytes)
                Issue.record("this must not parse")
            } catch {
                #expect(error.kind == .invalidUTF8)
            }
        }
    }

    @Test("limits are exact")
    func limits() throws {
        var parser = JSONParser(limits: JSONLimits(maximumDepth: 3, maximumByteCount: 8))
        _ = try parser.parse("[[[1]]]")
        _ = try parser.parse("[[[12]]]")
        _ = try parser.parse("[[[[]]]]")
        #expect(throws: JSONParseError.self) { try parse("[[[[1]]]", &parser) }
        #expect(throws: JSONParseError.self) { try parse("[[[123]]]", &parser) }
    }

    private func parse(_ text: String, _ parser: inout JSONParser) throws {
        _ = try parser.parse(text)
    }

    @Test("what follows the text in its buffer has no influence")
    func inPlace() throws {
        var parser = JSONParser()
        for text in ["12", "true", "\"a\"", "[1]", "{\"a\":12}", "-0.5"] {
            for filler in ["3", "\"", "]", "\\", "}"] {
                let bytes = Array((text + String(repeating: filler, count: 64)).utf8)
                // Safe: every byte of the array is initialized.
                let document = try parser.parse(unsafe bytes.span.bytes, at: 0..<text.utf8.count)
                let written = document.text(of: document.root)
                #expect(written == text)
            }
        }
    }

    @Test("a longer text than foreseen makes the parser grow")
    func growth() throws {
        var parser = JSONParser(capacity: 64)
        let long = "[" + (0..<10_000).map { "\"\($0)\"" }.joined(separator: ",") + "]"
        for text in [long, "[]", long] {
            let document = try parser.parse(text)
            let written = document.text(of: document.root)
            #expect(written == text)
        }
    }

    @Test("parser and scanner agree on every mutation of a text", arguments: [UInt64(1), 2, 3, 4])
    func agreement(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var parser = JSONParser()
        let base = Array(#"{"a":[1,-2.5e+3,"x\u00e9\\"],"b":{"c":null,"d":true},"e":false,"f":"é"} "#.utf8)
        let alphabet = Array(#"{}[]:,"\0129.-+eEtrufalsn x"#.utf8) + [0, 0xC3, 0xFF, 0x0A]
        var refusedCount = 0
        for _ in 0..<20_000 {
            var bytes = base
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[position] = byte
                case 1: bytes.remove(at: position)
                case 2: bytes.insert(byte, at: position)
                default: bytes.removeLast(bytes.count - position)
                }
                if bytes.isEmpty { bytes = [0x20] }
            }
            // Safe: every byte of the array is initialized.
            let located = JSONLocator(unsafe bytes.span.bytes).firstError()
            do throws(JSONParseError) {
                _ = try parser.parse(bytes)
                #expect(located == nil, "\(String(decoding: bytes, as: UTF8.self))")
            } catch {
                refusedCount += 1
                #expect(located == error, "\(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect(refusedCount > 5000)
    }
}
