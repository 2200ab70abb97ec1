import JSONDocument

/// How bytes are written as text.
enum BinaryText {
    /// RFC 4648, section 5, without padding.
    case base64url
    /// RFC 4648, section 4, with padding.
    case base64
    /// RFC 4648, section 8: two hexadecimal digits for a byte.
    case base16

    func write(_ bytes: RawSpan, to writer: inout JSONWriter) {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.byteCount * 2 + 4)
        switch self {
        case .base64url: Self.appendBase64(bytes, digit62: UInt8(ascii: "-"), digit63: UInt8(ascii: "_"), to: &text)
        case .base64:
            Self.appendBase64(bytes, digit62: UInt8(ascii: "+"), digit63: UInt8(ascii: "/"), to: &text)
            while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        case .base16:
            for offset in 0..<bytes.byteCount {
                let byte = bytes.octet(at: offset)
                text.append(Self.hexadecimalDigit(byte >> 4))
                text.append(Self.hexadecimalDigit(byte & 0xF))
            }
        }
        // Safe: every byte of the array is initialized.
        writer.string(unsafe text.span.bytes)
    }

    private static func appendBase64(_ bytes: RawSpan, digit62: UInt8, digit63: UInt8, to text: inout [UInt8]) {
        func digit(_ value: UInt32) -> UInt8 {
            let value = UInt8(truncatingIfNeeded: value & 0x3F)
            return switch value {
            case 0..<26: UInt8(ascii: "A") + value
            case 26..<52: UInt8(ascii: "a") + value - 26
            case 52..<62: UInt8(ascii: "0") + value - 52
            case 62: digit62
            default: digit63
            }
        }
        var offset = 0
        while offset < bytes.byteCount {
            let count = min(3, bytes.byteCount - offset)
            var bits: UInt32 = 0
            for place in 0..<3 {
                bits = bits << 8 | (place < count ? UInt32(bytes.octet(at: offset + place)) : 0)
            }
            for place in 0...count { text.append(digit(bits >> UInt32(18 - 6 * place))) }
            offset += count
        }
    }

    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
