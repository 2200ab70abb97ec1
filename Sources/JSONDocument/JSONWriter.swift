/// Builds a compact JSON text value by value.
///
/// The caller keeps the order (names only in objects, begin and end in pairs); commas and escapes are the writer's.
public struct JSONWriter: Sendable {
    /// What has been written.
    public private(set) var bytes: [UInt8]
    private var needsComma = false

    /// A writer that appends to `bytes`.
    public init(appendingTo bytes: consuming [UInt8] = []) {
        self.bytes = bytes
    }

    /// The text written so far.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Forgets everything and keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    /// Writes `{`.
    public mutating func beginObject() { begin(UInt8(ascii: "{")) }

    /// Writes `}`.
    public mutating func endObject() { end(UInt8(ascii: "}")) }

    /// Writes `[`.
    public mutating func beginArray() { begin(UInt8(ascii: "[")) }

    /// Writes `]`.
    public mutating func endArray() { end(UInt8(ascii: "]")) }

    /// Writes a member's name; its value must follow.
    public mutating func name(_ name: String) {
        // Safe: UInt8 has no padding, so every byte is initialized.
        self.name(utf8: unsafe name.utf8Span.span.bytes)
    }

    /// Writes a member's name given as UTF-8 bytes; its value must follow.
    public mutating func name(utf8: RawSpan) {
        JSONText.append(utf8, comma: needsComma, colon: true, to: &bytes)
        needsComma = false
    }

    /// Writes a string.
    public mutating func string(_ value: String) {
        // Safe: UInt8 has no padding, so every byte is initialized.
        string(unsafe value.utf8Span.span.bytes)
    }

    /// Writes a string given as UTF-8 bytes.
    public mutating func string(_ utf8: RawSpan) {
        JSONText.append(utf8, comma: needsComma, colon: false, to: &bytes)
        needsComma = true
    }

    /// Writes an integer.
    public mutating func integer(_ value: some BinaryInteger) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Writes an integer.
    public mutating func integer(_ value: Int64) {
        JSONText.append(value.magnitude, comma: needsComma, isNegative: value < 0, to: &bytes)
        needsComma = true
    }

    /// Writes an integer.
    public mutating func integer(_ value: UInt64) {
        JSONText.append(value, comma: needsComma, isNegative: false, to: &bytes)
        needsComma = true
    }

    /// Writes the shortest number that reads back as `value`; `null` for infinities and NaN, which JSON lacks.
    public mutating func double(_ value: Double) {
        separate()
        JSONText.append(value, to: &bytes)
    }

    /// Writes `true` or `false`.
    public mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// Writes `null`.
    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Writes a value of a parsed document.
    public mutating func value(_ index: Int, of document: JSONDocument) {
        separate()
        document.write(index, into: &bytes)
    }

    /// Writes text that is a JSON value already.
    public mutating func raw(_ json: RawSpan) {
        separate()
        // Safe: the closure only reads the bytes it is given.
        unsafe json.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    private mutating func begin(_ mark: UInt8) {
        separate()
        bytes.append(mark)
        needsComma = false
    }

    private mutating func end(_ mark: UInt8) {
        bytes.append(mark)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }
}

extension JSONWriter {
    /// Appends a string, given as UTF-8 bytes, as JSON to `bytes`.
    public static func append(string utf8: RawSpan, to bytes: inout [UInt8]) {
        JSONText.append(utf8, comma: false, colon: false, to: &bytes)
    }
}

extension JSONDocument {
    /// Appends the value at `index` as compact JSON; numbers read back as the same value.
    public func write(_ index: Int, into bytes: inout [UInt8]) {
        switch kind(at: index) {
        case .object:
            bytes.append(UInt8(ascii: "{"))
            var members = members(of: index)
            var isFirst = true
            while let member = members.next() {
                JSONText.append(stringBytes(at: member.name), comma: !isFirst, colon: true, to: &bytes)
                isFirst = false
                write(member.value, into: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        case .array:
            bytes.append(UInt8(ascii: "["))
            var elements = elements(of: index)
            var isFirst = true
            while let element = elements.next() {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                write(element, into: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .string: JSONText.append(stringBytes(at: index), comma: false, colon: false, to: &bytes)
        case .integer:
            let value = int64(at: index)
            JSONText.append(value.magnitude, comma: false, isNegative: value < 0, to: &bytes)
        case .unsigned: JSONText.append(uint64(at: index), comma: false, isNegative: false, to: &bytes)
        case .double: JSONText.append(double(at: index), to: &bytes)
        case .true: bytes.append(contentsOf: "true".utf8)
        case .false: bytes.append(contentsOf: "false".utf8)
        case .null: bytes.append(contentsOf: "null".utf8)
        }
    }

    /// The value at `index` as compact JSON.
    public func text(of index: Int) -> String {
        var bytes: [UInt8] = []
        write(index, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// How scalars look in JSON text.
enum JSONText {
    static func append(_ value: Double, to bytes: inout [UInt8]) {
        guard value.isFinite else {
            bytes.append(contentsOf: "null".utf8)
            return
        }
        bytes.append(contentsOf: value.description.utf8)
    }

    /// Digits, with a comma before them if asked for.
    static func append(_ magnitude: UInt64, comma: Bool, isNegative: Bool, to bytes: inout [UInt8]) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        var rest = magnitude
        repeat {
            first -= 1
            digits[first] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        bytes.append(addingCapacity: 22) { (output: inout OutputSpan<UInt8>) in
            if comma { output.append(UInt8(ascii: ",")) }
            if isNegative { output.append(UInt8(ascii: "-")) }
            for place in first..<20 { output.append(digits[place]) }
        }
    }

    /// A string, with a comma before it and a colon behind it if asked for.
    static func append(_ utf8: RawSpan, comma: Bool, colon: Bool, to bytes: inout [UInt8]) {
        let end = plainEnd(of: utf8, from: 0)
        guard end == utf8.byteCount else { return appendEscaped(utf8, end, comma: comma, colon: colon, to: &bytes) }
        // Most strings are plain and short, so what costs is to ask the array for room: once for all.
        bytes.append(addingCapacity: end + 4) { (output: inout OutputSpan<UInt8>) in
            if comma { output.append(UInt8(ascii: ",")) }
            output.append(UInt8(ascii: "\""))
            append(utf8, to: &output)
            output.append(UInt8(ascii: "\""))
            if colon { output.append(UInt8(ascii: ":")) }
        }
    }

    private static func append(_ bytes: RawSpan, to output: inout OutputSpan<UInt8>) {
        precondition(bytes.byteCount <= output.freeCapacity, "room was asked for")
        // Safe: there is room for all bytes behind the `count` that are initialized, as was just checked.
        unsafe output.withUnsafeMutableBufferPointer { buffer, count in
            let target = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
            // Safe: as above.
            unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
            count += bytes.byteCount
        }
    }

    private static func appendEscaped(
        _ utf8: RawSpan, _ firstEscape: Int, comma: Bool, colon: Bool, to bytes: inout [UInt8]
    ) {
        if comma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        var end = firstEscape
        while true {
            // Safe: the closure only reads the bytes it is given.
            unsafe utf8.extracting(start..<end).withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
            guard end < utf8.byteCount else { break }
            appendEscape(utf8.byte(at: end), to: &bytes)
            start = end + 1
            end = plainEnd(of: utf8, from: start)
        }
        bytes.append(UInt8(ascii: "\""))
        if colon { bytes.append(UInt8(ascii: ":")) }
    }

    /// The place of the first byte from `start` on that cannot stand for itself, or the end; eight bytes at a time.
    private static func plainEnd(of utf8: RawSpan, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        var offset = start
        while offset + 8 <= utf8.byteCount {
            // Safe: any eight bytes are a UInt64; the bounds are checked.
            let word = unsafe utf8.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5C)
            // A byte of `hits` has its top bit where the word's is below 0x20, or is one of the two. A byte above such
            // a one may have it too, but the lowest that has it is right.
            let hits =
                ((word &- ones &* 0x20) & ~word) | ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
            if hits & tops != 0 { return offset + (hits & tops).trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < utf8.byteCount {
            let byte = utf8.byte(at: offset)
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return offset }
            offset += 1
        }
        return offset
    }

    private static func appendEscape(_ byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        default:
            bytes.append(contentsOf: byte < 0x10 ? "\\u000".utf8 : "\\u00".utf8)
            bytes.append(contentsOf: String(byte, radix: 16).utf8)
        }
    }
}
