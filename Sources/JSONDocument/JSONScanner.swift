/// A strict scan over JSON text, byte by byte: slow beside simdjson, but it knows where it is and what it expected.
struct JSONScanner: ~Escapable {
    /// What is wrong at ``position`` when a scan throws.
    struct Failure: Error {
        let kind: JSONParseError.Kind
        let byteOffset: Int
        let sentence: String
    }

    let text: RawSpan
    let maximumDepth: Int
    private(set) var position = 0

    @_lifetime(copy text)
    init(_ text: RawSpan, maximumDepth: Int) {
        self.text = text
        self.maximumDepth = maximumDepth
    }

    /// The byte at the position; nil at the end.
    var current: UInt8? { position < text.byteCount ? text.byte(at: position) : nil }

    @_lifetime(self: copy self)
    mutating func skipWhiteSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    @_lifetime(self: copy self)
    mutating func advance() {
        position += 1
    }

    /// Moves behind the value that begins here or after white space.
    @_lifetime(self: copy self)
    mutating func skipValue() throws(Failure) {
        var containers: [UInt8] = []
        var expectsValue = true
        while true {
            skipWhiteSpace()
            if expectsValue {
                expectsValue = try beginValue(&containers)
            } else {
                guard let container = containers.last else { return }
                expectsValue = try continueContainer(container, &containers)
            }
            if containers.isEmpty, !expectsValue { return }
        }
    }

    /// Reads a scalar or the start of a container; returns whether another value must follow.
    @_lifetime(self: copy self)
    private mutating func beginValue(_ containers: inout [UInt8]) throws(Failure) -> Bool {
        guard let byte = current else { throw truncated("where a value should be") }
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let start = position
            position += 1
            skipWhiteSpace()
            if current == byte + 2 {
                position += 1
                return false
            }
            // As in simdjson, empty ones add no depth.
            guard containers.count < maximumDepth else {
                let sentence = "arrays and objects are nested deeper than \(maximumDepth)"
                throw Failure(kind: .tooDeep, byteOffset: start, sentence: sentence)
            }
            containers.append(byte)
            if byte == UInt8(ascii: "{") { try skipNameAndColon() }
            return true
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "t"): try skipLiteral("true")
        case UInt8(ascii: "f"): try skipLiteral("false")
        case UInt8(ascii: "n"): try skipLiteral("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try skipNumber()
        default: throw unexpected("a value")
        }
        return false
    }

    /// Reads what follows a value inside a container; returns whether another value must follow.
    @_lifetime(self: copy self)
    private mutating func continueContainer(
        _ container: UInt8, _ containers: inout [UInt8]
    ) throws(Failure) -> Bool {
        let isObject = container == UInt8(ascii: "{")
        guard let byte = current else { throw truncated(isObject ? "inside an object" : "inside an array") }
        if byte == UInt8(ascii: ",") {
            position += 1
            skipWhiteSpace()
            if isObject { try skipNameAndColon() }
            return true
        }
        guard byte == container + 2 else { throw unexpected(isObject ? "',' or '}'" : "',' or ']'") }
        position += 1
        containers.removeLast()
        return false
    }

    @_lifetime(self: copy self)
    private mutating func skipNameAndColon() throws(Failure) {
        guard let byte = current else { throw truncated("inside an object") }
        guard byte == UInt8(ascii: "\"") else { throw unexpected("a member's name in double quotes") }
        try skipString()
        skipWhiteSpace()
        try skipColon()
    }

    @_lifetime(self: copy self)
    mutating func skipColon() throws(Failure) {
        guard let byte = current else { throw truncated("behind a member's name") }
        guard byte == UInt8(ascii: ":") else { throw unexpected("':'") }
        position += 1
    }

    @_lifetime(self: copy self)
    mutating func skipString() throws(Failure) {
        position += 1
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"): try skipEscape()
            case 0..<0x20: throw failure(.syntax, "a control character must be escaped inside a string")
            default: position += 1
            }
        }
        throw truncated("inside a string")
    }

    @_lifetime(self: copy self)
    private mutating func skipEscape() throws(Failure) {
        let start = position
        position += 1
        guard let byte = current else { throw truncated("inside a string") }
        guard byte == UInt8(ascii: "u") else {
            guard "\"\\/bfnrt".utf8.contains(byte) else {
                throw Failure(kind: .syntax, byteOffset: start, sentence: "there is no such escape")
            }
            position += 1
            return
        }
        position += 1
        let unit = try readFourHexDigits()
        let lone = Failure(kind: .syntax, byteOffset: start, sentence: "this escape is half a surrogate pair")
        if (0xDC00...0xDFFF).contains(unit) { throw lone }
        guard (0xD800...0xDBFF).contains(unit) else { return }
        guard let backslash = current else { throw truncated("inside a string") }
        guard backslash == UInt8(ascii: "\\") else { throw lone }
        position += 1
        guard let mark = current else { throw truncated("inside a string") }
        guard mark == UInt8(ascii: "u") else { throw lone }
        position += 1
        guard (0xDC00...0xDFFF).contains(try readFourHexDigits()) else { throw lone }
    }

    @_lifetime(self: copy self)
    private mutating func readFourHexDigits() throws(Failure) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = current else { throw truncated("inside a string") }
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw unexpected("four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    @_lifetime(self: copy self)
    private mutating func skipLiteral(_ literal: StaticString) throws(Failure) {
        for expected in literal.description.utf8 {
            guard let byte = current else { throw truncated("inside '\(literal)'") }
            guard byte == expected else { throw unexpected("'\(literal)'") }
            position += 1
        }
        try requireDelimiter()
    }

    @_lifetime(self: copy self)
    private mutating func skipNumber() throws(Failure) {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") {
            position += 1
            if let byte = current, isDigit(byte) { throw failure(.syntax, "a number has no leading zeros") }
        } else {
            try skipDigits()
        }
        var isInteger = true
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try skipDigits()
        }
        if let byte = current, byte | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if let sign = current, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            try skipDigits()
        }
        try requireDelimiter()
        try requireRange(start..<position, isInteger: isInteger)
    }

    @_lifetime(self: copy self)
    private mutating func skipDigits() throws(Failure) {
        guard let first = current else { throw truncated("inside a number") }
        guard isDigit(first) else { throw unexpected("a digit") }
        while let byte = current, isDigit(byte) { position += 1 }
    }

    private func requireRange(_ range: Range<Int>, isInteger: Bool) throws(Failure) {
        let digits = text.extracting(range)
        // Safe: the closure only reads the bytes it is given.
        let number = unsafe digits.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        if isInteger {
            guard Int64(number) == nil, UInt64(number) == nil, number != "-0" else { return }
            let sentence = "this integer lies outside -2^63 ..< 2^64"
            throw Failure(kind: .numberOutOfRange, byteOffset: range.lowerBound, sentence: sentence)
        }
        guard let value = Double(number), value.isFinite else {
            let sentence = "this number is larger than a double holds"
            throw Failure(kind: .numberOutOfRange, byteOffset: range.lowerBound, sentence: sentence)
        }
    }

    private func requireDelimiter() throws(Failure) {
        guard let byte = current else { return }
        guard " \n\r\t,:]}[{".utf8.contains(byte) else { throw unexpected("the end of the value") }
    }

    private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private func failure(_ kind: JSONParseError.Kind, _ sentence: String) -> Failure {
        Failure(kind: kind, byteOffset: position, sentence: sentence)
    }

    private func truncated(_ place: String) -> Failure {
        failure(.truncated, "the text ends \(place)")
    }

    func unexpected(_ expectation: String) -> Failure {
        guard let byte = current else { return truncated("where \(expectation) should be") }
        let found = (0x20..<0x7F).contains(byte) ? "'\(UnicodeScalar(byte))'" : "byte 0x\(String(byte, radix: 16))"
        return failure(.syntax, "expected \(expectation), found \(found)")
    }
}
