/// A parsed JSON text, read in place on simdjson's tape.
///
/// Every value has an index, the place of its first word on the tape. Indices come from ``root``, ``members(of:)``,
/// ``elements(of:)`` and the lookups; a wrong one stops the process or gives a wrong value, but never reads outside
/// the document. Index 0 is no value and so may stand for "absent".
///
/// Layout, from simdjson's doc/tape.md: a word holds its mark in the upper byte and a payload in the other seven.
/// Numbers have a second word with the value. The payload of a string is an offset into the string buffer, where a
/// little-endian UInt32 length and the bytes are. The lower 32 bits of an array's or object's payload are the
/// index behind its end, the next 24 the number of elements (saturated).
public struct JSONDocument: ~Escapable {
    @usableFromInline let words: Span<UInt64>
    @usableFromInline let strings: RawSpan
    /// The index of the outermost value.
    public let root: Int

    @_lifetime(copy words, copy strings)
    init(words: Span<UInt64>, strings: RawSpan, root: Int = 1) {
        self.words = words
        self.strings = strings
        self.root = root
    }

    /// The value at `index` as a document of its own, for readers that take one; nothing is copied, and indices stay
    /// the same.
    @_lifetime(copy self)
    public func part(at index: Int) -> JSONDocument {
        precondition(index > 0 && index < words.count, "a value of the document")
        return JSONDocument(words: words, strings: strings, root: index)
    }

    /// The number of words on the tape; every index is smaller.
    @inlinable public var wordCount: Int { words.count }

    /// The kind of the value at `index`.
    @inlinable public func kind(at index: Int) -> JSONKind {
        guard let kind = JSONKind(rawValue: tag(at: index)) else { fatalError("there is no value at this index") }
        return kind
    }

    /// The raw mark of the value: the raw value of its ``JSONKind``.
    @inlinable public func tag(at index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: words[index] &>> 56)
    }

    /// The index behind the value at `index`: that of the next element, or of the next member's name.
    @inlinable public func index(after index: Int) -> Int {
        switch tag(at: index) {
        case JSONKind.object.rawValue, JSONKind.array.rawValue: end(of: index)
        case JSONKind.integer.rawValue, JSONKind.unsigned.rawValue, JSONKind.double.rawValue: index + 2
        default: index + 1
        }
    }

    /// The index behind the end mark of the array or object at `index`.
    @inlinable public func end(of index: Int) -> Int {
        Int(UInt32(truncatingIfNeeded: words[index]))
    }

    /// The number of elements or members of the array or object at `index`.
    public func count(of index: Int) -> Int {
        let saturated = 0xFF_FFFF
        let count = Int(words[index] &>> 32) & saturated
        guard count == saturated else { return count }
        var exact = 0
        if kind(at: index) == .object {
            var members = members(of: index)
            while members.next() != nil { exact += 1 }
        } else {
            var elements = elements(of: index)
            while elements.next() != nil { exact += 1 }
        }
        return exact
    }

    // MARK: Scalars

    /// The value of an ``JSONKind/integer`` at `index`.
    @inlinable public func int64(at index: Int) -> Int64 { Int64(bitPattern: words[index + 1]) }

    /// The value of an ``JSONKind/integer`` that is not negative, or of an ``JSONKind/unsigned``.
    @inlinable public func uint64(at index: Int) -> UInt64 { words[index + 1] }

    /// The value of a ``JSONKind/double`` at `index`.
    @inlinable public func double(at index: Int) -> Double { Double(bitPattern: words[index + 1]) }

    /// The value as a double, whatever way the number is written; nil when it is no number.
    @inlinable public func number(at index: Int) -> Double? {
        switch tag(at: index) {
        case JSONKind.double.rawValue: double(at: index)
        case JSONKind.integer.rawValue: Double(int64(at: index))
        case JSONKind.unsigned.rawValue: Double(uint64(at: index))
        default: nil
        }
    }

    /// The value as an Int64 when it is a whole number in this range, also when written as `7.0` or `7e0`.
    @inlinable public func wholeNumber(at index: Int) -> Int64? {
        switch tag(at: index) {
        case JSONKind.integer.rawValue: int64(at: index)
        case JSONKind.double.rawValue: Int64(exactly: double(at: index))
        default: nil
        }
    }

    /// The value of a `true` or `false` at `index`; nil for others.
    @inlinable public func bool(at index: Int) -> Bool? {
        switch tag(at: index) {
        case JSONKind.true.rawValue: true
        case JSONKind.false.rawValue: false
        default: nil
        }
    }

    /// Whether the value at `index` is `null`.
    @inlinable public func isNull(at index: Int) -> Bool { tag(at: index) == JSONKind.null.rawValue }

    // MARK: Strings

    /// The UTF-8 bytes of the string (or member name) at `index`, with escapes resolved.
    @inlinable
    @_lifetime(copy self)
    public func stringBytes(at index: Int) -> RawSpan {
        let start = stringOffset(at: index)
        return strings.extracting(start..<(start + stringByteCount(at: start)))
    }

    /// A copy of the string (or member name) at `index`.
    public func string(at index: Int) -> String {
        let bytes = stringBytes(at: index)
        // Safe: the closure only reads the bytes it is given.
        return unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// The offset in ``stringStorage`` of the bytes of the string at `index`.
    ///
    /// At least 8 readable bytes follow every string there.
    @inlinable public func stringOffset(at index: Int) -> Int {
        Int(words[index] & 0x00FF_FFFF_FFFF_FFFF) &+ 4
    }

    /// The byte count of the string whose bytes begin at `offset` in ``stringStorage``.
    @inlinable public func stringByteCount(at offset: Int) -> Int {
        // Safe: any four bytes are a UInt32; the bounds are checked.
        Int(unsafe strings.unsafeLoadUnaligned(fromByteOffset: offset &- 4, as: UInt32.self))
    }

    /// The memory that holds all strings of the document, for readers that compare many bytes at once.
    @inlinable public var stringStorage: RawSpan {
        @_lifetime(copy self)
        get { strings }
    }
}
