/// Finds bytes that are not UTF-8.
enum UTF8Check {
    /// The offset of the first byte that belongs to no character, or nil when all of `text` is UTF-8.
    static func firstInvalidByte(of text: RawSpan) -> Int? {
        guard !isASCII(text) else { return nil }
        do {
            _ = try UTF8Span(validating: Span(_bytes: text))
            return nil
        } catch {
            return error.byteOffsets.lowerBound
        }
    }

    /// Whether all bytes are below 0x80, eight at a time.
    private static func isASCII(_ text: RawSpan) -> Bool {
        var bits: UInt64 = 0
        var offset = 0
        while offset + 8 <= text.byteCount {
            // Safe: any eight bytes are a UInt64; the bounds are checked.
            bits |= unsafe text.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        while offset < text.byteCount {
            bits |= UInt64(text.octet(at: offset))
            offset += 1
        }
        return bits & 0x8080_8080_8080_8080 == 0
    }
}
