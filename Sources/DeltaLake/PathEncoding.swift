/// Paths of data files as the log writes them: percent-encoded, RFC 2396.
enum PathEncoding {
    /// Encodes all but the unreserved characters, `/` and `=`; every decoder gives the same path back then.
    ///
    /// An absolute URI keeps its scheme.
    static func encode(_ path: String) -> String {
        let scheme = schemeLength(path)
        return String(path.prefix(scheme)) + encode(path.utf8.dropFirst(scheme), keepsSeparators: true)
    }

    /// Encodes all but the unreserved characters, for a name within a path.
    static func encodeComponent(_ name: String) -> String {
        encode(name.utf8[...], keepsSeparators: false)
    }

    private static func encode(_ text: Substring.UTF8View, keepsSeparators: Bool) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        for byte in text {
            if isUnreserved(byte) || keepsSeparators && isSeparator(byte) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(hexadecimalDigit(byte >> 4, uppercase: true))
                bytes.append(hexadecimalDigit(byte & 15, uppercase: true))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The path that `text` encodes; nil when a `%` is not followed by two digits or the result is not UTF-8.
    static func decode(_ text: String) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(value(ofDigit:)),
                let low = rest.popFirst().flatMap(value(ofDigit:))
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The length of `scheme:` at the start of an absolute URI; 0 for a relative path.
    private static func schemeLength(_ path: String) -> Int {
        let scheme = path.utf8.prefix { $0 != UInt8(ascii: ":") }
        let rest = path.utf8.dropFirst(scheme.count)
        guard let first = scheme.first, isLetter(first), scheme.allSatisfy({ isLetter($0) || isDigit($0) }),
            rest.starts(with: ":/".utf8)
        else { return 0 }
        return scheme.count + 1
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "=")
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"): true
        default: isLetter(byte) || isDigit(byte)
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func value(ofDigit byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte - UInt8(ascii: "0") }
        let lower = byte | 0x20
        guard (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(lower) else { return nil }
        return lower - UInt8(ascii: "a") + 10
    }
}
