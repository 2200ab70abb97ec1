/// The type of a column, an array element or a map's key or value.
public indirect enum DeltaType: Hashable, Sendable {
    /// True or false.
    case boolean
    /// A signed integer of 8 bits.
    case byte
    /// A signed integer of 16 bits.
    case short
    /// A signed integer of 32 bits.
    case integer
    /// A signed integer of 64 bits.
    case long
    /// A floating-point number of 32 bits.
    case float
    /// A floating-point number of 64 bits.
    case double
    /// A decimal number with at most `precision` digits (1 to 38), `scale` of them behind the point.
    case decimal(precision: Int, scale: Int)
    /// A moment: microseconds since 1970-01-01T00:00:00Z.
    case timestamp
    /// A calendar date.
    case date
    /// Text in UTF-8.
    case string
    /// Any bytes.
    case binary
    /// Named fields.
    case structure([DeltaColumn])
    /// A list.
    case array(element: DeltaType, containsNull: Bool)
    /// A map; its keys are never null.
    case map(key: DeltaType, value: DeltaType, valueContainsNull: Bool)

    /// Whether values of the type have parts of their own.
    public var isNested: Bool {
        switch self {
        case .structure, .array, .map: true
        default: false
        }
    }

    /// The name of a primitive type in a schema string; nil for nested types.
    var primitiveName: String? {
        switch self {
        case .boolean: "boolean"
        case .byte: "byte"
        case .short: "short"
        case .integer: "integer"
        case .long: "long"
        case .float: "float"
        case .double: "double"
        case .decimal(let precision, let scale): "decimal(\(precision),\(scale))"
        case .timestamp: "timestamp"
        case .date: "date"
        case .string: "string"
        case .binary: "binary"
        case .structure, .array, .map: nil
        }
    }

    /// The primitive type that a schema string calls `name`; nil when this library does not know it.
    init?(primitiveName name: String) {
        switch name {
        case "boolean": self = .boolean
        case "byte": self = .byte
        case "short": self = .short
        case "integer": self = .integer
        case "long": self = .long
        case "float": self = .float
        case "double": self = .double
        case "timestamp": self = .timestamp
        case "date": self = .date
        case "string": self = .string
        case "binary": self = .binary
        // Old writers leave precision and scale out; Spark's default stands then.
        case "decimal": self = .decimal(precision: 10, scale: 0)
        default:
            guard let type = Self.decimalType(name) else { return nil }
            self = type
        }
    }

    private static func decimalType(_ name: String) -> DeltaType? {
        guard name.hasPrefix("decimal("), name.hasSuffix(")") else { return nil }
        let parts = name.dropFirst("decimal(".count).dropLast().split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2,
            let precision = Int(String(parts[0].filter { $0 != " " })),
            let scale = Int(String(parts[1].filter { $0 != " " })),
            (1...38).contains(precision), (0...precision).contains(scale)
        else { return nil }
        return .decimal(precision: precision, scale: scale)
    }
}

extension DeltaType: CustomStringConvertible {
    /// The type as people write it, such as `array<struct<name: string>>`.
    public var description: String {
        switch self {
        case .structure(let columns):
            "struct<" + columns.map { "\($0.name): \($0.type)" }.joined(separator: ", ") + ">"
        case .array(let element, _): "array<\(element)>"
        case .map(let key, let value, _): "map<\(key), \(value)>"
        default: primitiveName ?? ""
        }
    }
}
