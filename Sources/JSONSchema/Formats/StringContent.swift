import JSONDocument

/// What draft 7 can demand of the content of a string.
enum StringContent: Sendable {
    case base64
    case json
    case jsonInBase64

    var text: String {
        switch self {
        case .base64: "base64"
        case .json: "JSON text"
        case .jsonInBase64: "JSON text in base64"
        }
    }

    func accepts(_ text: RawSpan) -> Bool {
        switch self {
        case .base64: return Self.decoded(text) != nil
        case .json: return JSONLocator(text).firstError() == nil
        case .jsonInBase64:
            guard let bytes = Self.decoded(text) else { return true }
            // Safe: every byte of the array is initialized.
            return unsafe JSONLocator(bytes.span.bytes).firstError() == nil
        }
    }

    /// The bytes that base64 text (RFC 4648 section 4) stands for; nil when it is none.
    private static func decoded(_ text: RawSpan) -> [UInt8]? {
        guard text.byteCount % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var bitCount = 0
        var paddingCount = 0
        for offset in 0..<text.byteCount {
            let byte = text.byte(at: offset)
            if byte == UInt8(ascii: "=") {
                paddingCount += 1
                continue
            }
            guard paddingCount == 0, let value = value(of: byte) else { return nil }
            bits = bits << 6 | value
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
            }
        }
        return paddingCount <= 2 ? bytes : nil
    }

    private static func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
