import JSONSchema
import Telemetry

/// How a JSON value becomes the word of a cell.
enum CellRule: Sendable {
    case boolean
    case int32
    case int64
    case double
    case decimal(DecimalScale)
    /// An RFC 3339 date-time.
    case timestamp
    /// An RFC 3339 full-date.
    case date
    case string
    /// Whatever has no column type of its own, as JSON text.
    case text
    /// No cell at all: the member that tells the schema's version has a column of the pipeline.
    case nothing

    /// The most digits that a 64-bit decimal holds.
    private static let maximumPrecision = 18

    /// The rule for a member, with as many digits behind the point as the definition asks for; nil for a decimal with
    /// too many.
    init?(_ facts: FieldFacts, digits: Int?) {
        if facts.types.isEmpty {
            self = .text
        } else if facts.types == .boolean {
            self = .boolean
        } else if facts.types == .integer {
            self = Self.fitsInt32(facts) ? .int32 : .int64
        } else if facts.types.isSubset(of: [.number, .integer]) {
            guard let digits = digits ?? facts.multipleOf?.decimalPlaces, digits <= Self.maximumPrecision else {
                self = .double
                return
            }
            let precision = Self.precision(facts, digits: digits)
            guard precision <= Self.maximumPrecision else { return nil }
            self = .decimal(DecimalScale(digits: digits, precision: precision))
        } else if facts.types == .string {
            self = facts.format == "date-time" ? .timestamp : facts.format == "date" ? .date : .string
        } else {
            self = .text
        }
    }

    var columnType: ColumnType {
        switch self {
        case .boolean: .boolean
        case .int32: .int32
        case .int64: .int64
        case .double: .double
        case .decimal(let scale): .decimal(precision: scale.precision, scale: scale.digits)
        case .timestamp: .timestamp
        case .date: .date
        case .string, .text, .nothing: .string
        }
    }

    /// The rule whose column holds what the columns of both do; nil when there is none.
    func joined(with other: CellRule) -> CellRule? {
        switch (self, other) {
        case (.boolean, .boolean), (.timestamp, .timestamp), (.date, .date), (.string, .string), (.text, .text):
            return self
        case (.int32, .int32): return .int32
        case (.int32, .int64), (.int64, .int32), (.int64, .int64): return .int64
        case (.double, .double), (.double, .int32), (.int32, .double): return .double
        case (.decimal(let ours), .decimal(let theirs)):
            let digits = max(ours.digits, theirs.digits)
            let whole = max(ours.precision - ours.digits, theirs.precision - theirs.digits)
            guard whole + digits <= Self.maximumPrecision else { return nil }
            return .decimal(DecimalScale(digits: digits, precision: whole + digits))
        default: return nil
        }
    }

    var isNumeric: Bool {
        switch self {
        case .int32, .int64, .double, .decimal: true
        default: false
        }
    }

    private static func fitsInt32(_ facts: FieldFacts) -> Bool {
        guard let minimum = facts.minimum, let maximum = facts.maximum else { return false }
        return minimum >= .integer(Int64(Int32.min)) && maximum <= .integer(Int64(Int32.max))
    }

    /// Digits before the point from the limits of the schema, and those behind; the most there are without limits.
    private static func precision(_ facts: FieldFacts, digits: Int) -> Int {
        guard let minimum = facts.minimum, let maximum = facts.maximum else { return maximumPrecision }
        let largest = max(minimum.double.magnitude, maximum.double.magnitude)
        var whole = 1
        while whole <= maximumPrecision, largest >= Double(DecimalScale.power(whole)) { whole += 1 }
        return whole + digits
    }
}
