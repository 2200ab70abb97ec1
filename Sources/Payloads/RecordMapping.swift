import JSONDocument
import Telemetry

/// How the records of a source are made from what its payloads hold: for each member, where it comes from.
///
/// What is not there is left out, and the schema says whether it may be; what is there and cannot be converted is a
/// refusal with the reason `mapping` and the place of the value.
package struct RecordMapping: Sendable {
    /// What becomes of the members of the default record that no entry names.
    package enum Rest: String, CaseIterable, Sendable {
        /// They stay, unless an entry writes a member of that name or reads the value that it holds.
        case keep
        case drop
    }

    /// A member of the record and where it comes from.
    package struct Entry: Sendable {
        package let target: String
        package let origin: Origin
        package let conversion: RecordConversion

        package init(_ target: String, from origin: Origin, _ conversion: RecordConversion = .none) {
            self.target = target
            self.origin = origin
            self.conversion = conversion
        }
    }

    /// Where a value comes from.
    package enum Origin: Sendable {
        /// The first of these places in the source document, or else in the default record, that is there and not null.
        case document([SourcePath])
        case constant(RecordConstant)
        /// A level of the message's topic, the first being 1.
        case topic(level: Int)
        /// When the message came.
        case arrival
    }

    let program: RecordMappingProgram
    let rest: Rest

    /// A mapping without entries, which keeps the members of the default record.
    package init() {
        program = RecordMappingProgram([])
        rest = .keep
    }

    /// - Throws: `RecordMappingError` when two entries write the same member, a list of paths is empty or a level of
    ///   the topic is below 1.
    package init(_ entries: [Entry], rest: Rest = .keep) throws(RecordMappingError) {
        for (index, entry) in entries.enumerated() {
            if entries[..<index].contains(where: { $0.target == entry.target }) { throw .twice(entry.target) }
            switch entry.origin {
            case .document(let paths) where paths.isEmpty: throw .noPath(entry.target)
            case .topic(let level) where level < 1: throw .noTopicLevel(level)
            case .constant(.number(let text)) where DecimalNumber(text.utf8Bytes) == nil: throw .badValue(text)
            default: break
            }
        }
        program = RecordMappingProgram(entries)
        self.rest = rest
    }
}

/// A value that the definition of a source gives itself.
package enum RecordConstant: Equatable, Sendable {
    case text(String)
    /// A number as JSON writes it.
    case number(String)
    case bool(Bool)
    case null

    /// The value as JSON.
    var json: String {
        switch self {
        case .text(let text):
            var writer = JSONWriter()
            writer.string(text)
            return writer.text
        case .number(let text): return text
        case .bool(let value): return value ? "true" : "false"
        case .null: return "null"
        }
    }
}

/// Why a mapping cannot be; `message` and `fix` are for the person who wrote it.
package enum RecordMappingError: Error, Equatable {
    case twice(String)
    case noPath(String)
    case badPath(String)
    case noTopicLevel(Int)
    case unknownUnit(String)
    case differentQuantities(from: String, to: String)
    case notNumber(String)
    case divisionByZero
    case tooManyDigits
    case badDecimalPlaces(Int)
    /// Two conversions that cannot stand together.
    case contradiction(String, String)
    /// A value that the mapping lists twice, or a constant that is no JSON value.
    case badValue(String)

    package var message: String {
        switch self {
        case .twice(let name): "two entries write /\(name)"
        case .noPath(let name): "the entry of /\(name) names no place"
        case .badPath(let path): "`\(path)` is no path"
        case .noTopicLevel(let level): "a topic has no level \(level)"
        case .unknownUnit(let code): "the unit `\(code)` is not known"
        case .differentQuantities(let from, let to): "`\(from)` and `\(to)` do not measure the same quantity"
        case .notNumber(let text): "`\(text)` is no number"
        case .divisionByZero: "nothing can be divided by 0"
        case .tooManyDigits: "the numbers of this conversion have too many digits to compute with exactly"
        case .badDecimalPlaces(let places): "\(places) is no number of decimal places"
        case .contradiction(let one, let other): "`\(one)` and `\(other)` cannot stand together"
        case .badValue(let text): "`\(text)` cannot stand here"
        }
    }

    package var fix: String {
        switch self {
        case .twice: "Remove one, or give one entry a list of places, of which the first that is there counts"
        case .noPath: "Name at least one, such as object.rsrp"
        case .badPath:
            "Write names with dots between them, such as object.rsrp, or a JSON pointer, such as /object/rsrp"
        case .noTopicLevel: "Levels are counted from 1"
        case .unknownUnit: "Known are \(MeasurementUnit.codes.joined(separator: ", "))"
        case .differentQuantities: "Choose units of one quantity, such as degF and Cel"
        case .notNumber: "Write a decimal number, such as 0.1"
        case .divisionByZero: "Divide by another number"
        case .tooManyDigits: "Use numbers with up to about ten digits"
        case .badDecimalPlaces: "Choose 0 to 12"
        case .contradiction: "Keep one of them"
        case .badValue: "Use each value once, and text, a number, true, false or null for what it becomes"
        }
    }
}
