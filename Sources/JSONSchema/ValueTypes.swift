import JSONDocument

/// A set of JSON Schema types.
public struct ValueTypes: OptionSet, Sendable, Hashable {
    /// One bit for each type.
    public let rawValue: UInt8

    /// A set from its bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The type `null`.
    public static let null = ValueTypes(rawValue: 1)
    /// The type `boolean`.
    public static let boolean = ValueTypes(rawValue: 2)
    /// `integer`: a number without fraction, however it is written.
    public static let integer = ValueTypes(rawValue: 4)
    /// `number`; where numbers are allowed, so are integers.
    public static let number = ValueTypes(rawValue: 8)
    /// The type `string`.
    public static let string = ValueTypes(rawValue: 16)
    /// The type `array`.
    public static let array = ValueTypes(rawValue: 32)
    /// The type `object`.
    public static let object = ValueTypes(rawValue: 64)
    /// Every type.
    public static let all = ValueTypes(rawValue: 127)

    private static let names: [(ValueTypes, String)] = [
        (.null, "null"), (.boolean, "boolean"), (.integer, "integer"), (.number, "number"), (.string, "string"),
        (.array, "array"), (.object, "object"),
    ]

    init?(name: String) {
        guard let match = Self.names.first(where: { $0.1 == name }) else { return nil }
        self = match.0
    }

    /// The names of the types, for messages: "integer or null".
    public var text: String {
        Self.names.filter { contains($0.0) }.map(\.1).sorted { $0 != "null" && $1 == "null" }.joined(separator: " or ")
    }

    /// Whether the value at `index` is of one of these types.
    func contain(_ document: JSONDocument, at index: Int) -> Bool {
        switch document.kind(at: index) {
        case .null: contains(.null)
        case .true, .false: contains(.boolean)
        case .integer, .unsigned: !isDisjoint(with: [.integer, .number])
        case .double: contains(.number) || (contains(.integer) && document.double(at: index).isWhole)
        case .string: contains(.string)
        case .array: contains(.array)
        case .object: contains(.object)
        }
    }
}
