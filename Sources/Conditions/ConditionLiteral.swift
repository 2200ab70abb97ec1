import JSONSchema
import Telemetry

/// A value as it stands in a condition.
enum ConditionLiteral {
    case number(DecimalLiteral)
    case text(String)
    case boolean(Bool)
}

/// Why a value cannot be compared with a column.
struct LiteralError: Error {
    let sentence: String
}

extension ConditionLiteral {
    /// The comparison of a column with this value, in the words of the column's type.
    func compared(
        with definition: ColumnDefinition, _ comparison: Comparison, column: Int
    ) throws(LiteralError) -> ConditionNode {
        switch (definition.type, self) {
        case (.boolean, .boolean(let value)): return .compare(column, comparison, .word(value ? 1 : 0))
        case (.int32, .number(let number)), (.int64, .number(let number)):
            return Self.exact(column, comparison, number, scale: 0)
        case (.decimal(_, let scale), .number(let number)):
            return Self.exact(column, comparison, number, scale: scale)
        case (.double, .number(let number)): return .compare(column, comparison, .double(number.double))
        case (.string, .text(let text)): return .compare(column, comparison, .bytes(Array(text.utf8)))
        case (.timestamp, .text(let text)):
            guard let time = Self.time(text) else {
                throw LiteralError(
                    sentence: "\(definition.name) is a time: write it as '2026-11-21T08:00:00Z', with a zone.")
            }
            return .compare(column, comparison, .word(time))
        case (.date, .text(let text)):
            guard let time = Self.time("\(text)T00:00:00Z") else {
                throw LiteralError(sentence: "\(definition.name) is a day: write it as '2026-11-21'.")
            }
            return .compare(column, comparison, .word(time / 86_400_000_000))
        case (.binary, _), (.counts, _):
            throw LiteralError(sentence: "\(definition.name) cannot be compared with a value.")
        case (let type, _):
            throw LiteralError(sentence: "\(definition.name) is \(Self.name(of: type)), which this value is not.")
        }
    }

    private static func time(_ text: String) -> Int64? { RFC3339.microseconds(text.utf8Bytes) }

    private static func name(of type: ColumnType) -> String {
        switch type {
        case .boolean: "TRUE or FALSE"
        case .int32, .int64, .double, .decimal: "a number"
        case .string: "a text, to be written between apostrophes"
        case .timestamp: "a time, to be written between apostrophes"
        case .date: "a day, to be written between apostrophes"
        case .binary, .counts: "bytes"
        }
    }

    /// Compares words that are numbers times 10^scale with a literal that may have more digits than they.
    private static func exact(
        _ column: Int, _ comparison: Comparison, _ number: DecimalLiteral, scale: Int
    ) -> ConditionNode {
        var digits = number.digits
        if number.scale <= scale {
            for _ in number.scale..<scale {
                let (product, overflows) = digits.multipliedReportingOverflow(by: 10)
                if overflows {
                    // Beyond every word: the comparison is decided by the sign.
                    digits = digits < 0 ? .min : .max
                    break
                }
                digits = product
            }
            return .compare(column, comparison, .word(digits))
        }
        var power: Int64 = 1
        for _ in scale..<number.scale { power *= 10 }
        let floor = floorDivide(digits, power)
        guard floor * power != digits else { return .compare(column, comparison, .word(floor)) }
        // The literal lies between two words, so none is equal to it.
        switch comparison {
        case .equal: return .isNothing(column)
        case .notEqual: return .not(.isNothing(column))
        case .less, .lessOrEqual: return .compare(column, .lessOrEqual, .word(floor))
        case .greater, .greaterOrEqual: return .compare(column, .greater, .word(floor))
        }
    }
}
