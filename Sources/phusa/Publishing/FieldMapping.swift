/// How the text of a column becomes a JSON value.
enum FieldType: Equatable, Sendable {
    /// A number where the text is a JSON number, a time where it fits the time format given, else a string.
    case automatic
    /// A number, multiplied by a factor for another unit.
    case number(factor: Double)
    case integer
    case string
    case boolean
    case time

    /// `number`, `number*1.609344`, `int`, `string`, `bool` or `time`; nil for anything else.
    init?(_ text: some StringProtocol) {
        switch text {
        case "number": self = .number(factor: 1)
        case "int": self = .integer
        case "string": self = .string
        case "bool": self = .boolean
        case "time": self = .time
        default:
            guard text.hasPrefix("number*"), let factor = Double(text.dropFirst(7)), factor.isFinite else { return nil }
            self = .number(factor: factor)
        }
    }
}

/// Where a member of a reading comes from.
struct FieldMapping: Equatable, Sendable {
    enum Source: Equatable, Sendable {
        case column(String)
        /// The number of the row in the file, from 1.
        case rowNumber
        case constant(String)
    }

    let name: String
    let source: Source
    var type: FieldType
    /// Other texts for some texts; an empty one stands for no value.
    var translations: [String: String] = [:]

    /// A member from a column, given as `column` or `column:type`, where `#` is the number of the row.
    ///
    /// Column names may contain colons.
    init(name: String, column: String) {
        self.name = name
        let (column, type) = Self.splitType(column)
        self.type = type ?? .automatic
        source = column == "#" ? .rowNumber : .column(column)
    }

    /// A member that is the same in every reading: text, unless `value:type` says otherwise.
    init(name: String, constant: String) {
        self.name = name
        let (value, type) = Self.splitType(constant)
        self.type = type ?? .string
        source = .constant(value)
    }

    private static func splitType(_ text: String) -> (text: String, type: FieldType?) {
        guard let colon = text.lastIndex(of: ":"), let type = FieldType(text[text.index(after: colon)...]) else {
            return (text, nil)
        }
        return (String(text[..<colon]), type)
    }
}
