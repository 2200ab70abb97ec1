/// Writes JSON without white space, value by value; it sets the commas itself.
struct JSONText {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// The text so far as a string.
    var string: String { String(decoding: bytes, as: UTF8.self) }

    mutating func object(_ body: (inout JSONText) -> Void) {
        enclosed("{", "}", body)
    }

    mutating func array(_ body: (inout JSONText) -> Void) {
        enclosed("[", "]", body)
    }

    /// Begins a member of an object; its value must follow.
    mutating func name(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func string(_ value: String) {
        separate()
        quote(value)
    }

    mutating func integer(_ value: Int64) {
        token(String(value))
    }

    mutating func boolean(_ value: Bool) {
        token(value ? "true" : "false")
    }

    mutating func null() {
        token("null")
    }

    /// Writes text that is JSON already.
    mutating func token(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    /// Ends the line and begins a new document.
    mutating func endLine() {
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    private mutating func enclosed(
        _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ body: (inout JSONText) -> Void
    ) {
        separate()
        bytes.append(UInt8(ascii: opening))
        needsComma = false
        body(&self)
        bytes.append(UInt8(ascii: closing))
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(hexadecimalDigit(byte >> 4, uppercase: false))
                bytes.append(hexadecimalDigit(byte & 15, uppercase: false))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension JSONText {
    mutating func member(_ name: String, _ value: String) {
        self.name(name)
        string(value)
    }

    mutating func member(_ name: String, _ value: Int64) {
        self.name(name)
        integer(value)
    }

    mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        boolean(value)
    }

    /// A map of strings, sorted by key so that equal maps are equal bytes.
    mutating func member(_ name: String, _ values: [String: String]) {
        self.name(name)
        object { text in
            for (key, value) in values.sorted(by: { $0.key < $1.key }) { text.member(key, value) }
        }
    }
}

/// The ASCII code of a digit from 0 to 15.
func hexadecimalDigit(_ value: UInt8, uppercase: Bool) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: uppercase ? "A" : "a") + value - 10
}
