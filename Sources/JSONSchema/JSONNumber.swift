import JSONDocument

/// A number as JSON text gives it, compared by value whatever way it is written.
public enum JSONNumber: Sendable {
    /// An integer that fits Int64.
    case integer(Int64)
    /// An integer from 2^63 to 2^64 - 1.
    case unsigned(UInt64)
    /// A number with fraction or exponent.
    case double(Double)

    init?(_ document: JSONDocument, at index: Int) {
        switch document.tag(at: index) {
        case JSONKind.integer.rawValue: self = .integer(document.int64(at: index))
        case JSONKind.unsigned.rawValue: self = .unsigned(document.uint64(at: index))
        case JSONKind.double.rawValue: self = .double(document.double(at: index))
        default: return nil
        }
    }

    init?(_ tree: JSONTree) {
        switch tree {
        case .integer(let value): self = .integer(value)
        case .unsigned(let value): self = .unsigned(value)
        case .double(let value): self = .double(value)
        default: return nil
        }
    }

    /// The nearest double.
    public var double: Double {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .double(let value): value
        }
    }

    /// Whether the number has no fraction: JSON Schema's `integer`.
    public var isWhole: Bool {
        guard case .double(let value) = self else { return true }
        return value.isWhole
    }

    /// The number as JSON text.
    public var text: String {
        switch self {
        case .integer(let value): value.description
        case .unsigned(let value): value.description
        case .double(let value): value.isWhole && abs(value) < 1e15 ? Int64(value).description : value.description
        }
    }
}

extension JSONNumber: Comparable {
    /// Whether both are the same number: `1 == 1.0`.
    public static func == (left: JSONNumber, right: JSONNumber) -> Bool {
        !(left < right) && !(right < left)
    }

    /// Whether `left` is less by value, exactly also where a double cannot hold the integer.
    public static func < (left: JSONNumber, right: JSONNumber) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left < right
        case (.unsigned(let left), .unsigned(let right)): left < right
        case (.double(let left), .double(let right)): left < right
        case (.integer, .unsigned): true
        case (.unsigned, .integer): false
        case (.integer(let left), .double(let right)): isInteger(left, lessThan: right)
        case (.double(let left), .integer(let right)): isInteger(right, greaterThan: left)
        case (.unsigned(let left), .double(let right)):
            right >= 0x1p64 || (right >= 0x1p63 && left < UInt64(right))
        case (.double(let left), .unsigned(let right)):
            left < 0x1p63 || (left < 0x1p64 && UInt64(left) < right)
        }
    }

    private static func isInteger(_ integer: Int64, lessThan double: Double) -> Bool {
        guard double < 0x1p63 else { return true }
        guard double >= -0x1p63 else { return false }
        let whole = Int64(double)
        return integer < whole || (integer == whole && double > Double(whole))
    }

    private static func isInteger(_ integer: Int64, greaterThan double: Double) -> Bool {
        guard double < 0x1p63 else { return false }
        guard double >= -0x1p63 else { return true }
        let whole = Int64(double)
        return integer > whole || (integer == whole && double < Double(whole))
    }
}

extension Double {
    /// Adding and subtracting this rounds numbers below 2^51 to whole ones without a call to the C library.
    static var roundingShift: Double { 0x1.8p52 }

    /// Whether the number has no fraction.
    var isWhole: Bool {
        abs(self) < 0x1p51
            ? (self + Self.roundingShift) - Self.roundingShift == self : abs(self) >= 0x1p52 || wholeBetween
    }

    private var wholeBetween: Bool { isFinite && Double(Int64(self)) == self }
}
