/// `uri`, `uri-reference` (RFC 3986), `iri`, `iri-reference` (RFC 3987), `json-pointer` (RFC 6901) and its relative.
enum URIFormats {
    /// With `allowsUnicode` it is an IRI: letters of all scripts may stand where a letter may.
    static func isURI(_ text: RawSpan, requiresScheme: Bool, allowsUnicode: Bool = false) -> Bool {
        guard hasOnlyAllowedBytes(text, allowsUnicode), !allowsUnicode || hasOnlyAllowedScalars(text) else {
            return false
        }
        let schemeEnd = schemeEnd(of: text)
        if schemeEnd == nil {
            guard !requiresScheme, !hasColonInFirstSegment(text) else { return false }
        }
        let start = schemeEnd ?? 0
        guard start + 2 <= text.byteCount, text.byte(at: start) == UInt8(ascii: "/"),
            text.byte(at: start + 1) == UInt8(ascii: "/")
        else { return bracketCount(text, start..<text.byteCount) == 0 }
        var end = start + 2
        while end < text.byteCount, !"/?#".utf8.contains(text.byte(at: end)) { end += 1 }
        return isAuthority(text, (start + 2)..<end) && bracketCount(text, end..<text.byteCount) == 0
    }

    static func isJSONPointer(_ text: RawSpan, from start: Int) -> Bool {
        guard text.byteCount > start else { return true }
        guard text.byte(at: start) == UInt8(ascii: "/") else { return false }
        for offset in start..<text.byteCount where text.byte(at: offset) == UInt8(ascii: "~") {
            guard offset + 1 < text.byteCount, "01".utf8.contains(text.byte(at: offset + 1)) else { return false }
        }
        return true
    }

    /// A number of steps upwards, perhaps a shift of the array index, then `#` or a JSON pointer
    /// (draft-bhutton-relative-json-pointer-00, section 3).
    static func isRelativeJSONPointer(_ text: RawSpan) -> Bool {
        guard var offset = endOfNumber(text, from: 0, allowsZero: true) else { return false }
        if offset < text.byteCount, "+-".utf8.contains(text.byte(at: offset)) {
            guard let end = endOfNumber(text, from: offset + 1, allowsZero: false) else { return false }
            offset = end
        }
        if offset + 1 == text.byteCount, text.byte(at: offset) == UInt8(ascii: "#") { return true }
        return isJSONPointer(text, from: offset)
    }

    /// The offset behind a decimal number without leading zeros.
    private static func endOfNumber(_ text: RawSpan, from start: Int, allowsZero: Bool) -> Int? {
        guard start < text.byteCount, let first = text.digit(at: start) else { return nil }
        if first == 0 { return allowsZero ? start + 1 : nil }
        var offset = start + 1
        while offset < text.byteCount, text.digit(at: offset) != nil { offset += 1 }
        return offset
    }

    /// No control characters, code points for nothing, or private ones but in the query: RFC 3987 section 2.2.
    private static func hasOnlyAllowedScalars(_ text: RawSpan) -> Bool {
        // Safe: the closure only reads the bytes it is given.
        let string = unsafe text.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        var isQuery = false
        for scalar in string.unicodeScalars {
            if scalar == "?" { isQuery = true }
            if scalar == "#" { isQuery = false }
            switch scalar.value {
            case 0..<0x80: break
            case 0x80..<0xA0, 0xFDD0...0xFDEF, 0xFFF0...0xFFFF, 0xE0000...0xE0FFF: return false
            case 0xE000...0xF8FF, 0xF0000...: if !isQuery { return false }
            case let value: if value & 0xFFFE == 0xFFFE { return false }
            }
        }
        return true
    }

    /// Unreserved, reserved, and percent signs with two hexadecimal digits; one `#` at most.
    private static func hasOnlyAllowedBytes(_ text: RawSpan, _ allowsUnicode: Bool) -> Bool {
        var fragmentCount = 0
        for offset in 0..<text.byteCount {
            let byte = text.byte(at: offset)
            if byte == UInt8(ascii: "#") { fragmentCount += 1 }
            if byte == UInt8(ascii: "%") {
                guard offset + 2 < text.byteCount, NetworkFormats.isHexDigit(text.byte(at: offset + 1)),
                    NetworkFormats.isHexDigit(text.byte(at: offset + 2))
                else { return false }
            } else {
                let isMark = "-._~:/?#[]@!$&'()*+,;=".utf8.contains(byte)
                guard NetworkFormats.isLetterOrDigit(byte) || isMark || (allowsUnicode && byte >= 0x80) else {
                    return false
                }
            }
        }
        return fragmentCount <= 1
    }

    /// The offset behind the colon of the scheme; nil when there is none.
    private static func schemeEnd(of text: RawSpan) -> Int? {
        for offset in 0..<text.byteCount {
            let byte = text.byte(at: offset)
            if byte == UInt8(ascii: ":") { return offset > 0 ? offset + 1 : nil }
            let isLetter = (0x61...0x7A).contains(byte | 0x20)
            let isInner = offset > 0 && (text.digit(at: offset) != nil || "+-.".utf8.contains(byte))
            guard isLetter || isInner else { return nil }
        }
        return nil
    }

    private static func hasColonInFirstSegment(_ text: RawSpan) -> Bool {
        for offset in 0..<text.byteCount {
            let byte = text.byte(at: offset)
            if byte == UInt8(ascii: ":") { return true }
            if "/?#".utf8.contains(byte) { return false }
        }
        return false
    }

    private static func bracketCount(_ text: RawSpan, _ range: Range<Int>) -> Int {
        var count = 0
        for offset in range where "[]".utf8.contains(text.byte(at: offset)) { count += 1 }
        return count
    }

    /// User information, host (with an IPv6 address in brackets) and port.
    private static func isAuthority(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        var host = range
        for offset in range where text.byte(at: offset) == UInt8(ascii: "@") {
            host = (offset + 1)..<range.upperBound
            guard bracketCount(text, range.lowerBound..<offset) == 0 else { return false }
        }
        var portStart = host.upperBound
        if !host.isEmpty, text.byte(at: host.lowerBound) == UInt8(ascii: "[") {
            var end = host.lowerBound
            while end < host.upperBound, text.byte(at: end) != UInt8(ascii: "]") { end += 1 }
            guard end < host.upperBound, isAddress(text, (host.lowerBound + 1)..<end) else { return false }
            portStart = end + 1
        } else {
            guard bracketCount(text, host) == 0 else { return false }
            // A second colon would be no digit of the port.
            for offset in host.reversed() where text.byte(at: offset) == UInt8(ascii: ":") { portStart = offset }
        }
        guard portStart < host.upperBound else { return true }
        guard text.byte(at: portStart) == UInt8(ascii: ":") else { return false }
        for offset in (portStart + 1)..<host.upperBound where text.digit(at: offset) == nil { return false }
        return true
    }

    private static func isAddress(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        guard let first = range.first else { return false }
        // IPvFuture: `v1.…`
        return text.byte(at: first) | 0x20 == UInt8(ascii: "v") ? range.count > 3 : NetworkFormats.isIPv6(text, range)
    }
}
