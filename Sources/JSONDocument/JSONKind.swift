/// What a JSON value is; the raw value is its mark on simdjson's tape.
@frozen
public enum JSONKind: UInt8, Sendable {
    /// An object: names with values.
    case object = 0x7B
    /// An array of values.
    case array = 0x5B
    /// A string.
    case string = 0x22
    /// A number written without fraction and exponent that fits Int64.
    case integer = 0x6C
    /// A number written without fraction and exponent between 2^63 and 2^64 - 1.
    case unsigned = 0x75
    /// A number written with a fraction or an exponent.
    case double = 0x64
    /// The literal `true`.
    case `true` = 0x74
    /// The literal `false`.
    case `false` = 0x66
    /// The literal `null`.
    case null = 0x6E

    /// The name that JSON Schema gives to such values ("number" for every number).
    public var typeName: String {
        switch self {
        case .object: "object"
        case .array: "array"
        case .string: "string"
        case .integer, .unsigned, .double: "number"
        case .true, .false: "boolean"
        case .null: "null"
        }
    }
}
