import CSimdjson

/// Parses JSON texts one after the other into memory that it owns and reuses.
///
/// The result of a parse is a view of this memory, so the compiler keeps the parser from being used again while the
/// document is. A parser may be handed from thread to thread, but serves one at a time.
@safe
public struct JSONParser: ~Copyable {
    /// simdjson reads up to this many bytes behind a text.
    public static let paddingByteCount = 64

    /// What the parser accepts.
    public let limits: JSONLimits
    private let handle: OpaquePointer
    private var padded: [UInt8] = []

    /// Makes a parser.
    ///
    /// - Parameters:
    ///   - limits: what it accepts.
    ///   - capacity: the longest text, in bytes, for which memory is set aside at once; for longer ones, up to the
    ///     limit, it grows.
    public init(limits: JSONLimits = JSONLimits(), capacity: Int = 64 << 10) {
        self.limits = limits
        let capacity = min(max(capacity, 64), limits.maximumByteCount)
        // simdjson refuses at its limit instead of above it, hence the 1.
        // Safe: the callee makes an object that is ours alone; nil without memory.
        guard let handle = unsafe csimdjson_new(capacity, limits.maximumDepth + 1) else {
            fatalError("no memory for a JSON parser of \(capacity) bytes")
        }
        unsafe self.handle = handle
    }

    deinit {
        // Safe: the handle is freed exactly once, when this noncopyable value ends.
        unsafe csimdjson_free(handle)
    }

    /// Parses the bytes `range` of `buffer` in place when at least ``paddingByteCount`` bytes follow them in `buffer`,
    /// else a copy of them.
    ///
    /// What the following bytes are does not matter.
    /// - Throws: ``JSONParseError`` with the place relative to the start of `range`.
    @_lifetime(&self)
    public mutating func parse(_ buffer: RawSpan, at range: Range<Int>) throws(JSONParseError) -> JSONDocument {
        if range.count > limits.maximumByteCount || range.upperBound > buffer.byteCount - Self.paddingByteCount {
            return try parse(buffer.extracting(range))
        }
        // Safe: null pointers until the callee has filled them in; they are only read after success.
        var parsed = unsafe csimdjson_document()
        // Safe: the range lies in the buffer with 64 bytes behind it, and the callee keeps no pointer to the text.
        let result = unsafe buffer.extracting(range).withUnsafeBytes { text in
            unsafe csimdjson_parse(handle, text.baseAddress, text.count, &parsed)
        }
        guard result == CSIMDJSON_OK else { throw Self.error(result, in: buffer.extracting(range), limits: limits) }
        // Safe: the parse has just succeeded.
        return unsafe document(parsed)
    }

    /// Parses a copy of `bytes`.
    ///
    /// - Throws: ``JSONParseError`` with the place of the first error.
    @_lifetime(&self)
    public mutating func parse(_ bytes: RawSpan) throws(JSONParseError) -> JSONDocument {
        guard bytes.byteCount <= limits.maximumByteCount else {
            let sentence = "the text has \(bytes.byteCount) bytes, the limit is \(limits.maximumByteCount)"
            throw JSONParseError(kind: .tooLarge, byteOffset: 0, line: 1, column: 1, sentence: sentence)
        }
        padded.removeAll(keepingCapacity: true)
        padded.reserveCapacity(bytes.byteCount + Self.paddingByteCount)
        // Safe: the closure only reads the bytes it is given.
        unsafe bytes.withUnsafeBytes { unsafe padded.append(contentsOf: $0) }
        padded.append(contentsOf: repeatElement(0x20, count: Self.paddingByteCount))
        // Safe: null pointers until the callee has filled them in; they are only read after success.
        var parsed = unsafe csimdjson_document()
        // Safe: `padded` has 64 bytes more than the text, and the callee keeps no pointer to it.
        let result = unsafe padded.withUnsafeBytes { text in
            unsafe csimdjson_parse(handle, text.baseAddress, bytes.byteCount, &parsed)
        }
        guard result == CSIMDJSON_OK else { throw Self.error(result, in: bytes, limits: limits) }
        // Safe: the parse has just succeeded.
        return unsafe document(parsed)
    }

    /// Parses a copy of the text's UTF-8.
    ///
    /// - Throws: ``JSONParseError`` with the place of the first error.
    @_lifetime(&self)
    public mutating func parse(_ text: String) throws(JSONParseError) -> JSONDocument {
        try parse(Array(text.utf8))
    }

    /// Parses a copy of `bytes`.
    ///
    /// - Throws: ``JSONParseError`` with the place of the first error.
    @_lifetime(&self)
    public mutating func parse(_ bytes: [UInt8]) throws(JSONParseError) -> JSONDocument {
        // Safe: every byte of the array is initialized.
        try parse(unsafe bytes.span.bytes)
    }

    @_lifetime(&self)
    private mutating func document(_ parsed: csimdjson_document) -> JSONDocument {
        // Safe: the parser wrote these words and bytes (the string buffer was zeroed before), owns them, and changes
        // them only in the next call, which the borrow of `self` excludes.
        let words = unsafe Span(_unsafeStart: parsed.tape, count: parsed.tape_word_count)
        let strings = unsafe RawSpan(
            _unsafeStart: UnsafeRawPointer(parsed.strings), byteCount: parsed.string_byte_count)
        // Safe: as above.
        return unsafe _overrideLifetime(JSONDocument(words: words, strings: strings), mutating: &self)
    }

    private static func error(_ result: csimdjson_result, in text: RawSpan, limits: JSONLimits) -> JSONParseError {
        guard result != CSIMDJSON_OUT_OF_MEMORY else {
            fatalError("no memory to parse a JSON text of \(text.byteCount) bytes")
        }
        if let error = JSONLocator(text, maximumDepth: limits.maximumDepth).firstError() { return error }
        return JSONParseError(
            kind: .syntax, byteOffset: 0, line: 1, column: 1, sentence: "the text is not a JSON document")
    }
}

// Safe: the C++ object has no thread of its own, and as a noncopyable value it has one owner.
extension JSONParser: @unchecked Sendable {}
