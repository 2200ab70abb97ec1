import JSONDocument
import Telemetry

/// A record of a SenML pack with its base values applied; texts and values are places in the pack's document.
struct SenMLEntry {
    /// A string of the document, or a part of one: where its bytes are in the string storage.
    struct Text {
        var offset = 0
        var count = 0
    }

    var baseName = Text()
    var name = Text()
    var unit = Text()
    var time = EventTime(microsecondsSinceEpoch: 0)
    /// The index of the value of `v`, `vs`, `vb` or `vd`; 0 without one.
    var value = 0
    var valueLabel = SenMLLabel.value
    /// The index of the base value to be added; 0 without one.
    var baseValue = 0
    var sum = 0
    var baseSum = 0
    var updateTime = 0
    /// The record's object, and its place in the pack.
    var object = 0
    var position = 0

    var hasValue: Bool { value != 0 || baseValue != 0 }
    var hasSum: Bool { sum != 0 || baseSum != 0 }

    /// The base name without the separators at its end; without a base name, the name.
    func device(in document: borrowing JSONDocument) -> Text {
        guard baseName.count > 0 else { return name }
        var device = baseName
        while device.count > 0,
            Self.isSeparator(document.stringStorage.octet(at: device.offset + device.count - 1))
        {
            device.count -= 1
        }
        return device
    }

    /// What the entry is called in a reading: its name without separators before it, its unit, or nothing.
    func member(in document: borrowing JSONDocument) -> Text {
        guard baseName.count > 0 else { return unit }
        var member = name
        while member.count > 0, Self.isSeparator(document.stringStorage.octet(at: member.offset)) {
            member.offset += 1
            member.count -= 1
        }
        return member.count > 0 ? member : unit
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// Writes the value, with its base value added.
    func writeValue(of document: borrowing JSONDocument, to writer: inout JSONWriter) {
        Self.write(value, plus: baseValue, of: document, to: &writer)
    }

    /// Writes the sum, with its base sum added.
    func writeSum(of document: borrowing JSONDocument, to writer: inout JSONWriter) {
        Self.write(sum, plus: baseSum, of: document, to: &writer)
    }

    private static func write(
        _ value: Int, plus base: Int, of document: borrowing JSONDocument, to writer: inout JSONWriter
    ) {
        if base == 0 || value == 0 {
            writer.value(value == 0 ? base : value, of: copy document)
        } else {
            DecimalSum.write(value, plus: base, of: document, to: &writer)
        }
    }
}

extension JSONDocument {
    /// The bytes of a part of a string.
    @_lifetime(copy self)
    func bytes(of text: SenMLEntry.Text) -> RawSpan {
        stringStorage.extracting(text.offset..<(text.offset + text.count))
    }

    /// Where the string at `index` lies.
    func text(at index: Int) -> SenMLEntry.Text {
        let offset = stringOffset(at: index)
        return SenMLEntry.Text(offset: offset, count: stringByteCount(at: offset))
    }
}
