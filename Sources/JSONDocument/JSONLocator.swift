/// Says where in a JSON text something is: the first error, or the value to which a pointer points.
///
/// It scans the text anew each time, so it is for messages to people and not for the path of good documents.
public struct JSONLocator: ~Escapable {
    /// A place in a text.
    public struct Place: Sendable, Equatable {
        /// The byte, from 0.
        public let byteOffset: Int
        /// Its line, from 1.
        public let line: Int
        /// Its column in bytes, from 1.
        public let column: Int
    }

    private let text: RawSpan
    private let maximumDepth: Int

    /// A locator for `text`, with the depth limit of the parser that refused it.
    @_lifetime(copy text)
    public init(_ text: RawSpan, maximumDepth: Int = 1024) {
        self.text = text
        self.maximumDepth = maximumDepth
    }

    /// The first error in the text; nil when it is a JSON document within the limits.
    public func firstError() -> JSONParseError? {
        let syntax = firstSyntaxFailure()
        if let offset = firstInvalidUTF8(), offset <= syntax?.byteOffset ?? Int.max {
            return error(.invalidUTF8, offset, "the bytes here are not UTF-8")
        }
        return syntax.map { error($0.kind, $0.byteOffset, $0.sentence) }
    }

    /// The place of the value to which `pointer` points, or of the deepest value on its way that exists.
    ///
    /// For a member it is the place of its name. Nil when the text is no JSON document up to there.
    public func place(of pointer: JSONPointer) -> Place? {
        var scanner = JSONScanner(text, maximumDepth: maximumDepth)
        scanner.skipWhiteSpace()
        var offset = scanner.position
        for token in pointer.tokens {
            do throws(JSONScanner.Failure) {
                guard let found = try step(into: token, &scanner) else { break }
                offset = found
            } catch {
                return nil
            }
        }
        return place(at: offset)
    }

    /// Line and column of a byte.
    public func place(at byteOffset: Int) -> Place {
        var line = 1
        var lineStart = 0
        for offset in 0..<min(byteOffset, text.byteCount) where text.byte(at: offset) == 0x0A {
            line += 1
            lineStart = offset + 1
        }
        return Place(byteOffset: byteOffset, line: line, column: byteOffset - lineStart + 1)
    }

    private func error(_ kind: JSONParseError.Kind, _ offset: Int, _ sentence: String) -> JSONParseError {
        let place = place(at: offset)
        return JSONParseError(
            kind: kind, byteOffset: offset, line: place.line, column: place.column, sentence: sentence)
    }

    private func firstSyntaxFailure() -> JSONScanner.Failure? {
        var scanner = JSONScanner(text, maximumDepth: maximumDepth)
        scanner.skipWhiteSpace()
        guard scanner.current != nil else {
            return JSONScanner.Failure(kind: .empty, byteOffset: 0, sentence: "the text is empty")
        }
        do throws(JSONScanner.Failure) {
            try scanner.skipValue()
        } catch {
            return error
        }
        scanner.skipWhiteSpace()
        return scanner.current == nil ? nil : scanner.unexpected("the end of the text")
    }

    private func firstInvalidUTF8() -> Int? {
        let bytes = Span<UInt8>(_bytes: text)
        do throws(Unicode.UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes)
            return nil
        } catch {
            return error.byteOffsets.lowerBound
        }
    }

    /// Moves to the value that `token` names in the container here; returns the place to show for it.
    private func step(into token: String, _ scanner: inout JSONScanner) throws(JSONScanner.Failure) -> Int? {
        scanner.skipWhiteSpace()
        switch scanner.current {
        case UInt8(ascii: "{"): return try step(intoMember: token, &scanner)
        case UInt8(ascii: "["): return try step(intoElement: token, &scanner)
        default: return nil
        }
    }

    private func step(intoMember name: String, _ scanner: inout JSONScanner) throws(JSONScanner.Failure) -> Int? {
        scanner.advance()
        while true {
            scanner.skipWhiteSpace()
            guard scanner.current == UInt8(ascii: "\"") else { return nil }
            let start = scanner.position
            try scanner.skipString()
            let end = scanner.position
            scanner.skipWhiteSpace()
            try scanner.skipColon()
            scanner.skipWhiteSpace()
            if decoded(start..<end) == name { return start }
            try scanner.skipValue()
            scanner.skipWhiteSpace()
            guard scanner.current == UInt8(ascii: ",") else { return nil }
            scanner.advance()
        }
    }

    private func step(intoElement token: String, _ scanner: inout JSONScanner) throws(JSONScanner.Failure) -> Int? {
        guard var remaining = JSONPointer.arrayIndex(token) else { return nil }
        scanner.advance()
        scanner.skipWhiteSpace()
        guard scanner.current != UInt8(ascii: "]") else { return nil }
        while remaining > 0 {
            try scanner.skipValue()
            scanner.skipWhiteSpace()
            guard scanner.current == UInt8(ascii: ",") else { return nil }
            scanner.advance()
            scanner.skipWhiteSpace()
            remaining -= 1
        }
        return scanner.position
    }

    /// The string in quotes at `range`, decoded.
    private func decoded(_ range: Range<Int>) -> String? {
        let quoted = text.extracting(range)
        let inner = quoted.extracting(1..<(quoted.byteCount - 1))
        let hasEscape = (0..<inner.byteCount).contains { inner.byte(at: $0) == UInt8(ascii: "\\") }
        guard hasEscape else {
            // Safe: the closure only reads the bytes it is given.
            return unsafe inner.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        }
        var parser = JSONParser(capacity: range.count)
        // No error is lost: the scan has just accepted this string.
        guard let document = try? parser.parse(quoted) else { return nil }
        return document.string(at: document.root)
    }
}
