import JSONDocument
import Telemetry

/// The record that a format gives by itself, as places in a parsed payload: nothing is copied before it is written.
///
/// A reader fills it for one record after the other; its memory is reused.
struct RecordOutline {
    /// How paths of a mapping are walked.
    enum Walk {
        /// Along the members as they stand.
        case plain
        /// Along the attributes of an NGSI entity: `temperature` is its value, in all forms.
        case attributes
    }

    /// What a member is called.
    enum Name {
        case word(StaticString)
        /// The name at this index of the document.
        case document(Int)
        /// Bytes of ``RecordOutline/text``, which need no escapes.
        case text(Range<Int>)
    }

    /// What a member holds.
    enum Value {
        /// The value at this index of the document.
        case document(Int)
        /// The string at this index in lower case.
        case lowercase(Int)
        /// The bytes that the base64 string at this index stands for, in hexadecimal.
        case hexadecimal(ofBase64: Int)
        case time(EventTime)
        case integer(Int64)
        /// JSON in ``RecordOutline/text``.
        case text(Range<Int>)

        /// The index in the document from which the value is; 0 when it stands there in no such form.
        var index: Int {
            switch self {
            case .document(let index), .lowercase(let index), .hexadecimal(let index): index
            case .time, .integer, .text: 0
            }
        }
    }

    /// A member of the record.
    struct Member {
        let name: Name
        let value: Value
        /// The value of the document of which this is a copy; 0 for what was made otherwise.
        let origin: Int
    }

    /// The value to which paths of a mapping are relative.
    private(set) var source = 1
    private(set) var walk = Walk.plain
    private(set) var members: [Member] = []
    /// Names and values that the document does not have in this form.
    var text: [UInt8] = []
    /// What the entries of a mapping have read, as extents of the document.
    var read: [Range<Int>] = []
    /// The members of the default record that entries have read by name.
    var readMembers: [Int] = []

    /// Begins a record.
    mutating func begin(at source: Int, walk: Walk = .plain) {
        self.source = source
        self.walk = walk
        members.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
        read.removeAll(keepingCapacity: true)
        readMembers.removeAll(keepingCapacity: true)
    }

    mutating func add(_ name: Name, _ value: Value, origin: Int = 0) {
        members.append(Member(name: name, value: value, origin: origin))
    }

    /// Adds the value at `index` under a name of our own.
    mutating func add(_ name: StaticString, copyOf index: Int) {
        members.append(Member(name: .word(name), value: .document(index), origin: index))
    }

    /// Adds the members of the object at `index`, but for those whose names are taken.
    mutating func addMembers(of index: Int, in document: JSONDocument) {
        let ownCount = members.count
        var rest = document.members(of: index)
        while let member = rest.next() {
            guard !hasMember(named: document.stringBytes(at: member.name), amongFirst: ownCount, document) else {
                continue
            }
            members.append(
                Member(name: .document(member.name), value: .document(member.value), origin: member.value))
        }
    }

    func hasMember(named name: RawSpan, amongFirst count: Int, _ document: JSONDocument) -> Bool {
        for position in 0..<count where isMember(position, named: name, document) { return true }
        return false
    }

    func isMember(_ position: Int, named name: RawSpan, _ document: JSONDocument) -> Bool {
        switch members[position].name {
        case .word(let word): word.hasSameBytes(as: name)
        case .document(let index): document.stringBytes(at: index).hasSameBytes(as: name)
        // Safe: every byte of the array is initialized.
        case .text(let range): unsafe text.span.bytes.extracting(range).hasSameBytes(as: name)
        }
    }

    // MARK: Writing

    /// Appends the record as JSON.
    func write(_ document: JSONDocument, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for position in members.indices {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            writeMember(position, document, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    func writeMember(_ position: Int, _ document: JSONDocument, to bytes: inout [UInt8]) {
        let member = members[position]
        switch member.name {
        case .word(let word):
            bytes.append(UInt8(ascii: "\""))
            // Safe: the closure only reads the bytes it is given.
            word.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
            bytes.append(UInt8(ascii: "\""))
        case .document(let index): document.write(index, into: &bytes)
        case .text(let range):
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: text[range])
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: ":"))
        write(member.value, document, to: &bytes)
    }

    func write(_ value: Value, _ document: JSONDocument, to bytes: inout [UInt8]) {
        switch value {
        case .document(let index): document.write(index, into: &bytes)
        case .lowercase(let index):
            let start = bytes.count
            document.write(index, into: &bytes)
            for offset in start..<bytes.count where (0x41...0x5A).contains(bytes[offset]) { bytes[offset] |= 0x20 }
        case .hexadecimal(let index):
            let start = bytes.count
            bytes.append(UInt8(ascii: "\""))
            guard Base64.appendHexadecimal(of: document.stringBytes(at: index), to: &bytes) else {
                bytes.removeLast(bytes.count - start)
                return document.write(index, into: &bytes)
            }
            bytes.append(UInt8(ascii: "\""))
        case .time(let time): TimeText(time).append(to: &bytes)
        case .integer(let value): bytes.append(contentsOf: String(value).utf8)
        case .text(let range): bytes.append(contentsOf: text[range])
        }
    }
}

extension StaticString {
    /// Whether the word has these bytes.
    func hasSameBytes(as other: RawSpan) -> Bool {
        guard utf8CodeUnitCount == other.byteCount else { return false }
        return withUTF8Buffer { word in
            // Safe: the span does not leave the closure.
            unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(word)).hasSameBytes(as: other)
        }
    }
}

/// Text of base64 (RFC 4648, section 4) as hexadecimal digits.
enum Base64 {
    /// Returns false when `text` is not base64; then some digits may have been appended.
    static func appendHexadecimal(of text: RawSpan, to bytes: inout [UInt8]) -> Bool {
        var count = text.byteCount
        while count > 0, text.octet(at: count - 1) == UInt8(ascii: "="), text.byteCount - count < 2 { count -= 1 }
        guard count % 4 != 1, count == text.byteCount || text.byteCount % 4 == 0 else { return false }
        var bits: UInt32 = 0
        var bitCount = 0
        for offset in 0..<count {
            guard let value = value(of: text.octet(at: offset)) else { return false }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                let byte = UInt8(truncatingIfNeeded: bits >> UInt32(bitCount))
                bytes.append(digit(byte >> 4))
                bytes.append(digit(byte & 15))
            }
        }
        return true
    }

    private static func value(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : UInt8(ascii: "a") + value - 10
    }
}
