/// `email`, `hostname`, `ipv4`, `ipv6` and `uuid`.
enum NetworkFormats {
    /// RFC 1123 section 2.1: labels of letters, digits and inner hyphens, 63 bytes each, 253 in all.
    static func isHostname(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty, range.count <= 253 else { return false }
        var labelStart = range.lowerBound
        for offset in range.lowerBound...range.upperBound {
            if offset < range.upperBound, text.byte(at: offset) != UInt8(ascii: ".") { continue }
            let label = labelStart..<offset
            guard (1...63).contains(label.count), text.byte(at: label.lowerBound) != UInt8(ascii: "-"),
                text.byte(at: label.upperBound - 1) != UInt8(ascii: "-")
            else { return false }
            for position in label
            where !isLetterOrDigit(text.byte(at: position)) && text.byte(at: position) != UInt8(ascii: "-") {
                return false
            }
            labelStart = offset + 1
        }
        return true
    }

    /// RFC 2673 section 3.2: four decimal numbers up to 255 without leading zeros.
    static func isIPv4(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        for part in 0..<4 {
            if part > 0 {
                guard offset < range.upperBound, text.byte(at: offset) == UInt8(ascii: ".") else { return false }
                offset += 1
            }
            let start = offset
            var value: Int64 = 0
            while offset < range.upperBound, offset - start < 3, let digit = text.digit(at: offset) {
                value = value * 10 + digit
                offset += 1
            }
            guard offset > start, value <= 255, offset - start == 1 || text.byte(at: start) != UInt8(ascii: "0") else {
                return false
            }
        }
        return offset == range.upperBound
    }

    /// RFC 4291 section 2.2: eight groups of hexadecimal digits, `::` for a run of zeros, an IPv4 address at the end.
    static func isIPv6(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        var groupCount = 0
        var hasGap = false
        if has("::", text, offset, range) {
            hasGap = true
            offset += 2
        }
        while offset < range.upperBound {
            let start = offset
            while offset < range.upperBound, isHexDigit(text.byte(at: offset)) { offset += 1 }
            if offset < range.upperBound, text.byte(at: offset) == UInt8(ascii: ".") {
                guard isIPv4(text, start..<range.upperBound) else { return false }
                groupCount += 2
                return hasGap ? groupCount < 8 : groupCount == 8
            }
            guard (1...4).contains(offset - start) else { return false }
            groupCount += 1
            guard offset < range.upperBound else { break }
            guard text.byte(at: offset) == UInt8(ascii: ":") else { return false }
            if has("::", text, offset, range) {
                guard !hasGap else { return false }
                hasGap = true
                offset += 2
            } else {
                offset += 1
                guard offset < range.upperBound else { return false }
            }
        }
        return hasGap ? groupCount < 8 : groupCount == 8
    }

    /// RFC 9562 section 4: 8-4-4-4-12 hexadecimal digits.
    static func isUUID(_ text: RawSpan) -> Bool {
        guard text.byteCount == 36 else { return false }
        for offset in 0..<36 {
            let byte = text.byte(at: offset)
            let isHyphen = offset == 8 || offset == 13 || offset == 18 || offset == 23
            guard isHyphen ? byte == UInt8(ascii: "-") : isHexDigit(byte) else { return false }
        }
        return true
    }

    /// RFC 5321 section 4.1.2: a dot-string or quoted string, `@`, a host name or address in brackets.
    static func isEmail(_ text: RawSpan) -> Bool {
        var at: Int?
        for offset in 0..<text.byteCount where text.byte(at: offset) == UInt8(ascii: "@") { at = offset }
        guard let at, at > 0, at <= 64, at + 1 < text.byteCount else { return false }
        guard isLocalPart(text, 0..<at) else { return false }
        let domain = (at + 1)..<text.byteCount
        guard text.byte(at: domain.lowerBound) == UInt8(ascii: "[") else { return isHostname(text, domain) }
        guard domain.count > 2, text.byte(at: domain.upperBound - 1) == UInt8(ascii: "]") else { return false }
        let address = (domain.lowerBound + 1)..<(domain.upperBound - 1)
        if has("IPv6:", text, address.lowerBound, address) {
            return isIPv6(text, (address.lowerBound + 5)..<address.upperBound)
        }
        return isIPv4(text, address)
    }

    private static func isLocalPart(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        if text.byte(at: range.lowerBound) == UInt8(ascii: "\"") {
            guard range.count >= 2, text.byte(at: range.upperBound - 1) == UInt8(ascii: "\"") else { return false }
            var isEscaped = false
            for offset in (range.lowerBound + 1)..<(range.upperBound - 1) {
                let byte = text.byte(at: offset)
                guard (0x20..<0x7F).contains(byte), isEscaped || byte != UInt8(ascii: "\"") else { return false }
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            }
            return !isEscaped
        }
        var previous = UInt8(ascii: ".")
        for offset in range {
            let byte = text.byte(at: offset)
            if byte == UInt8(ascii: ".") {
                guard previous != byte else { return false }
            } else {
                guard isLetterOrDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte) else { return false }
            }
            previous = byte
        }
        return previous != UInt8(ascii: ".")
    }

    private static func has(_ prefix: StaticString, _ text: RawSpan, _ offset: Int, _ range: Range<Int>) -> Bool {
        guard offset + prefix.utf8CodeUnitCount <= range.upperBound else { return false }
        var position = offset
        for byte in prefix.description.utf8 {
            guard text.byte(at: position) == byte else { return false }
            position += 1
        }
        return true
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }

    static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}
