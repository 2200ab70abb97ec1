/// The labels of SenML's fields, RFC 8428, tables 1 and 4.
enum SenMLLabel: CaseIterable {
    case baseVersion, baseName, baseTime, baseUnit, baseValue, baseSum
    case name, unit, value, stringValue, booleanValue, sum, time, updateTime, dataValue

    /// The label in JSON.
    var text: String {
        switch self {
        case .baseVersion: "bver"
        case .baseName: "bn"
        case .baseTime: "bt"
        case .baseUnit: "bu"
        case .baseValue: "bv"
        case .baseSum: "bs"
        case .name: "n"
        case .unit: "u"
        case .value: "v"
        case .stringValue: "vs"
        case .booleanValue: "vb"
        case .sum: "s"
        case .time: "t"
        case .updateTime: "ut"
        case .dataValue: "vd"
        }
    }

    /// The label in JSON of a label in CBOR; nil for an integer that is none.
    static func name(of number: Int64) -> String? {
        switch number {
        case -1: baseVersion.text
        case -2: baseName.text
        case -3: baseTime.text
        case -4: baseUnit.text
        case -5: baseValue.text
        case -6: baseSum.text
        case 0: name.text
        case 1: unit.text
        case 2: value.text
        case 3: stringValue.text
        case 4: booleanValue.text
        case 5: sum.text
        case 6: time.text
        case 7: updateTime.text
        case 8: dataValue.text
        default: nil
        }
    }

    /// The label whose text in JSON these bytes are.
    init?(_ bytes: RawSpan) {
        switch bytes.byteCount {
        case 1:
            switch bytes.octet(at: 0) {
            case UInt8(ascii: "n"): self = .name
            case UInt8(ascii: "u"): self = .unit
            case UInt8(ascii: "v"): self = .value
            case UInt8(ascii: "s"): self = .sum
            case UInt8(ascii: "t"): self = .time
            default: return nil
            }
        case 2:
            switch (bytes.octet(at: 0), bytes.octet(at: 1)) {
            case (UInt8(ascii: "b"), UInt8(ascii: "n")): self = .baseName
            case (UInt8(ascii: "b"), UInt8(ascii: "t")): self = .baseTime
            case (UInt8(ascii: "b"), UInt8(ascii: "u")): self = .baseUnit
            case (UInt8(ascii: "b"), UInt8(ascii: "v")): self = .baseValue
            case (UInt8(ascii: "b"), UInt8(ascii: "s")): self = .baseSum
            case (UInt8(ascii: "v"), UInt8(ascii: "s")): self = .stringValue
            case (UInt8(ascii: "v"), UInt8(ascii: "b")): self = .booleanValue
            case (UInt8(ascii: "v"), UInt8(ascii: "d")): self = .dataValue
            case (UInt8(ascii: "u"), UInt8(ascii: "t")): self = .updateTime
            default: return nil
            }
        case 4:
            guard bytes.octet(at: 0) == UInt8(ascii: "b"), bytes.octet(at: 1) == UInt8(ascii: "v"),
                bytes.octet(at: 2) == UInt8(ascii: "e"), bytes.octet(at: 3) == UInt8(ascii: "r")
            else { return nil }
            self = .baseVersion
        default: return nil
        }
    }
}
