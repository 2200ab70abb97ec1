/// Reads a regular expression as ECMA-262 writes it with the `u` flag.
///
/// Captures are groups; lazy repetition matches the same strings as greedy repetition.
struct PatternParser {
    /// More repetitions than this are refused, since each is written out.
    static let maximumRepetition = 1000

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    private init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    static func parse(_ text: String) throws(PatternError) -> PatternTree {
        var parser = PatternParser(text)
        let tree = try parser.choice()
        guard parser.current == nil else { throw PatternError(sentence: "there is a ')' without its '('") }
        return tree
    }

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard current == scalar else { return false }
        position += 1
        return true
    }

    private mutating func choice() throws(PatternError) -> PatternTree {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 100 else { throw PatternError(sentence: "groups are nested deeper than 100") }
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(PatternError) -> PatternTree {
        var parts: [PatternTree] = []
        while let scalar = current, scalar != "|", scalar != ")" {
            let isAssertion = beginsAssertion
            let part = try repeated(try atom())
            if isAssertion, case .repetition = part {
                throw PatternError(sentence: "what takes no character, such as '^' and '$', cannot be repeated")
            }
            parts.append(part)
        }
        return parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .sequence(parts)
    }

    /// Whether what follows is `^`, `$`, a word boundary or a look.
    private var beginsAssertion: Bool {
        let next = scalars[position...].prefix(4).map(\.self)
        switch next.first {
        case "^", "$": return true
        case "\\": return next.dropFirst().first == "b" || next.dropFirst().first == "B"
        case "(":
            return [["?", "="], ["?", "!"], ["?", "<", "="], ["?", "<", "!"]].contains {
                next.dropFirst().starts(with: $0)
            }
        default: return false
        }
    }

    private mutating func repeated(_ atom: PatternTree) throws(PatternError) -> PatternTree {
        let bounds: (Int, Int?)
        switch current {
        case "*": bounds = (0, nil)
        case "+": bounds = (1, nil)
        case "?": bounds = (0, 1)
        case "{":
            position += 1
            guard let minimum = number() else { throw PatternError(sentence: "'{' must be followed by a number") }
            var maximum: Int? = minimum
            if take(",") { maximum = number() }
            guard current == "}" else { throw PatternError(sentence: "there is a '{' without its '}'") }
            bounds = (minimum, maximum)
        default: return atom
        }
        position += 1
        _ = take("?")
        if let maximum = bounds.1, maximum < bounds.0 {
            throw PatternError(sentence: "the bounds of a repetition are the wrong way round")
        }
        guard max(bounds.0, bounds.1 ?? 0) <= Self.maximumRepetition else {
            throw PatternError(sentence: "more than \(Self.maximumRepetition) repetitions are not supported")
        }
        return .repetition(atom, minimum: bounds.0, maximum: bounds.1)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = current, ("0"..."9").contains(scalar) {
            value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), 1_000_000)
            position += 1
        }
        return value
    }

    private mutating func atom() throws(PatternError) -> PatternTree {
        guard let scalar = current else { return .empty }
        position += 1
        switch scalar {
        case "^": return .start
        case "$": return .end
        case ".": return .set(ScalarSet.lineTerminators.inverted)
        case "(": return try group()
        case "[": return .set(try bracketed())
        case "\\": return try escapedAtom()
        case "*", "+", "?": throw PatternError(sentence: "there is nothing to repeat before '\(scalar)'")
        case "{", "}", "]": throw PatternError(sentence: "'\(scalar)' must be written '\\\(scalar)'")
        default: return .set(ScalarSet(scalar.value))
        }
    }

    /// An escape outside of brackets.
    private mutating func escapedAtom() throws(PatternError) -> PatternTree {
        switch current {
        case "b", "B":
            let isNegative = current == "B"
            position += 1
            return .boundary(isNegative: isNegative)
        case let scalar? where ("1"..."9").contains(scalar):
            _ = number()
            return .backReference
        case "k":
            position += 1
            guard take("<") else { throw PatternError(sentence: "'\\k' must be followed by '<' and a name") }
            try skipName()
            return .backReference
        default: return .set(try escape(inClass: false))
        }
    }

    private mutating func group() throws(PatternError) -> PatternTree {
        guard take("?") else { return try rest(ofGroup: "(") }
        if take(":") { return try rest(ofGroup: "(?:") }
        if take("=") { return .look(try rest(ofGroup: "(?="), isBehind: false, isNegative: false) }
        if take("!") { return .look(try rest(ofGroup: "(?!"), isBehind: false, isNegative: true) }
        guard take("<") else { throw Self.unsupported("this kind of group") }
        if take("=") { return .look(try rest(ofGroup: "(?<="), isBehind: true, isNegative: false) }
        if take("!") { return .look(try rest(ofGroup: "(?<!"), isBehind: true, isNegative: true) }
        try skipName()
        return try rest(ofGroup: "(?<…>")
    }

    private mutating func rest(ofGroup mark: String) throws(PatternError) -> PatternTree {
        let tree = try choice()
        guard take(")") else { throw PatternError(sentence: "there is a '\(mark)' without its ')'") }
        return tree
    }

    /// Skips the name of a group up to `>`.
    private mutating func skipName() throws(PatternError) {
        let start = position
        while let scalar = current, scalar.properties.isIDContinue || scalar == "$" { position += 1 }
        guard position > start, take(">") else { throw PatternError(sentence: "the name of a group does not end") }
    }

    private mutating func bracketed() throws(PatternError) -> ScalarSet {
        let isInverted = take("^")
        var set = ScalarSet()
        while !take("]") {
            let lower = try classAtom()
            guard current == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                set = set.union(lower)
                continue
            }
            position += 1
            let upper = try classAtom()
            guard let first = lower.single, let last = upper.single, first <= last else {
                throw PatternError(sentence: "a range in '[...]' goes from one character to the same or a later one")
            }
            set = set.union(ScalarSet([first...last]))
        }
        return isInverted ? set.inverted : set
    }

    private mutating func classAtom() throws(PatternError) -> ScalarSet {
        guard let scalar = current else { throw PatternError(sentence: "there is a '[' without its ']'") }
        position += 1
        return scalar == "\\" ? try escape(inClass: true) : ScalarSet(scalar.value)
    }

    private mutating func escape(inClass: Bool) throws(PatternError) -> ScalarSet {
        guard let scalar = current else { throw PatternError(sentence: "the pattern ends with a '\\'") }
        position += 1
        switch scalar {
        case "d": return .digits
        case "D": return ScalarSet.digits.inverted
        case "w": return .word
        case "W": return ScalarSet.word.inverted
        case "s": return .space
        case "S": return ScalarSet.space.inverted
        case "t": return ScalarSet(0x09)
        case "n": return ScalarSet(0x0A)
        case "v": return ScalarSet(0x0B)
        case "f": return ScalarSet(0x0C)
        case "r": return ScalarSet(0x0D)
        case "0":
            if let next = current, ("0"..."9").contains(next) { throw Self.unsupported("an octal escape") }
            return ScalarSet(0)
        case "c": return try control()
        case "x": return ScalarSet(try hexadecimal(count: 2))
        case "u": return ScalarSet(try unicodeEscape())
        case "p", "P": return try property(isInverted: scalar == "P")
        case "b" where inClass: return ScalarSet(0x08)
        default:
            let isLetter = scalar.properties.isAlphabetic || scalar == "_"
            guard scalar.isASCII, !isLetter else {
                throw PatternError(sentence: "there is no escape '\\\(scalar)'")
            }
            return ScalarSet(scalar.value)
        }
    }

    private mutating func control() throws(PatternError) -> ScalarSet {
        guard let letter = current, letter.isASCII, letter.properties.isAlphabetic else {
            throw PatternError(sentence: "'\\c' must be followed by a letter")
        }
        position += 1
        return ScalarSet(letter.value % 32)
    }

    private mutating func hexadecimal(count: Int) throws(PatternError) -> UInt32 {
        let digits = scalars[position...].prefix(count)
        var text = String.UnicodeScalarView()
        text.append(contentsOf: digits)
        guard digits.count == count, digits.allSatisfy(\.properties.isASCIIHexDigit),
            let value = UInt32(String(text), radix: 16)
        else { throw PatternError(sentence: "an escape lacks hexadecimal digits") }
        position += count
        return value
    }

    private mutating func unicodeEscape() throws(PatternError) -> UInt32 {
        if take("{") {
            var value: UInt32 = 0
            var count = 0
            while let scalar = current, scalar.properties.isASCIIHexDigit, count < 7 {
                value = value * 16 + UInt32(Character(scalar).hexDigitValue ?? 0)
                position += 1
                count += 1
            }
            guard count > 0, value <= ScalarSet.maximum, take("}") else {
                throw PatternError(sentence: "'\\u{...}' holds a code point in hexadecimal")
            }
            return value
        }
        let unit = try hexadecimal(count: 4)
        guard (0xD800...0xDBFF).contains(unit), position + 1 < scalars.count, scalars[position] == "\\",
            scalars[position + 1] == "u"
        else { return unit }
        let start = position
        position += 2
        let low = try hexadecimal(count: 4)
        guard (0xDC00...0xDFFF).contains(low) else {
            position = start
            return unit
        }
        return 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
    }

    private mutating func property(isInverted: Bool) throws(PatternError) -> ScalarSet {
        guard take("{") else { throw PatternError(sentence: "'\\p' must be followed by '{'") }
        var name = ""
        while let scalar = current, scalar != "}" {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard take("}") else { throw PatternError(sentence: "there is a '{' without its '}'") }
        guard let set = ScalarSet(property: name) else { throw Self.unsupported("the property '\(name)'") }
        return isInverted ? set.inverted : set
    }

    static func unsupported(_ what: String) -> PatternError {
        PatternError(sentence: "\(what) is not supported; write the pattern without it")
    }
}

extension ScalarSet {
    /// The one code point of the set; nil when there are more or none.
    fileprivate var single: UInt32? {
        guard ranges.count == 1, ranges[0].count == 1 else { return nil }
        return ranges[0].lowerBound
    }
}
