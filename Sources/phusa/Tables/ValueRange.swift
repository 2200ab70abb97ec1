import DeltaLake
import Parquet
import Telemetry

/// How many cells are null, and the least and the greatest of the others.
struct ValueRange {
    private(set) var nullCount = 0
    private(set) var least: ParquetValue?
    private(set) var greatest: ParquetValue?

    init() {}

    /// Looks at every cell of a column; NaN is neither least nor greatest.
    init(_ data: ParquetColumnData) {
        nullCount = data.nullCount
        switch data.type {
        case .string, .binary: lookAtEntries(of: data)
        case .double:
            for row in 0..<data.rowCount {
                guard case .double(let number) = data.value(at: row), !number.isNaN else { continue }
                take(.double(number))
            }
        default: lookAtWords(of: data)
        }
    }

    /// Words of all other types have the order of the values.
    private mutating func lookAtWords(of data: ParquetColumnData) {
        var smallest: (row: Int, word: Int64)?
        var largest: (row: Int, word: Int64)?
        for row in data.words.indices where data.defined[row] == 1 {
            let word = data.words[row]
            if word < smallest?.word ?? .max || smallest == nil { smallest = (row, word) }
            if word > largest?.word ?? .min || largest == nil { largest = (row, word) }
        }
        least = smallest.flatMap { data.value(at: $0.row) }
        greatest = largest.flatMap { data.value(at: $0.row) }
    }

    /// Each entry of the dictionary that a row uses is compared once.
    private mutating func lookAtEntries(of data: ParquetColumnData) {
        var isSeen = [Bool](repeating: false, count: data.offsets.count)
        for row in data.words.indices where data.defined[row] == 1 {
            let entry = Int(data.words[row])
            if isSeen[entry] { continue }
            isSeen[entry] = true
            if let value = data.value(at: row) { take(value) }
        }
    }

    private mutating func take(_ value: ParquetValue) {
        if least.map({ value.isLess(than: $0) ?? false }) ?? true { least = value }
        if greatest.map({ $0.isLess(than: value) ?? false }) ?? true { greatest = value }
    }

    mutating func merge(_ other: ValueRange) {
        nullCount += other.nullCount
        if let value = other.least { take(value) }
        if let value = other.greatest { take(value) }
    }
}

extension ParquetValue {
    /// Nil for values of different types, which have no order.
    func isLess(than other: ParquetValue) -> Bool? {
        switch (self, other) {
        case (.boolean(let left), .boolean(let right)): !left && right
        case (.int32(let left), .int32(let right)): left < right
        case (.int64(let left), .int64(let right)): left < right
        case (.double(let left), .double(let right)): left < right
        case (.decimal(let left, let leftScale), .decimal(let right, let rightScale)) where leftScale == rightScale:
            left < right
        case (.timestampMicros(let left), .timestampMicros(let right)): left < right
        case (.date(let left), .date(let right)): left < right
        // By bytes, as the formats order text, not by what Swift finds equal.
        case (.string(let left), .string(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
        case (.binary(let left), .binary(let right)): left.lexicographicallyPrecedes(right)
        default: nil
        }
    }
}

/// A smallest or largest value as the log has it.
struct Bound {
    /// The log has milliseconds, rounded outwards when it is written and once more when it is read.
    private static let timestampSlack: Int64 = 2000

    private let value: DeltaValue

    init(_ value: DeltaValue) {
        self.value = value
    }

    /// Whether `least` is the smallest value that this bound stands for: equal, but for what the log leaves out.
    func isLowerBound(of least: ParquetValue) -> Bool {
        switch (value, least) {
        case (.timestamp(let bound), .timestampMicros(let actual)):
            bound <= actual && actual - bound < Self.timestampSlack
        case (.string(let bound), .string(let actual)): !actual.utf8.lexicographicallyPrecedes(bound.utf8)
        default: isEqual(to: least)
        }
    }

    func isUpperBound(of greatest: ParquetValue) -> Bool {
        switch (value, greatest) {
        case (.timestamp(let bound), .timestampMicros(let actual)):
            actual <= bound && bound - actual < Self.timestampSlack
        case (.string(let bound), .string(let actual)): !bound.utf8.lexicographicallyPrecedes(actual.utf8)
        default: isEqual(to: greatest)
        }
    }

    private func isEqual(to actual: ParquetValue) -> Bool {
        switch (value, actual) {
        case (.boolean(let bound), .boolean(let actual)): bound == actual
        case (.integer(let bound), .int32(let actual)): bound == actual
        case (.long(let bound), .int64(let actual)): bound == actual
        case (.double(let bound), .double(let actual)): bound == actual
        case (.decimal(let bound, let scale), .decimal(let actual, let actualScale)):
            scale == actualScale && bound == Int128(actual)
        case (.date(let bound), .date(let actual)): bound == actual
        case (.binary(let bound), .binary(let actual)): bound == actual
        default: false
        }
    }

    var text: String {
        switch value {
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .long(let value): "\(value)"
        case .double(let value): "\(value)"
        case .decimal(let unscaled, let scale):
            Int64(exactly: unscaled).map { CellText.decimal($0, scale: scale) } ?? "\(unscaled)e-\(scale)"
        case .timestamp(let microseconds): EventTime(microsecondsSinceEpoch: microseconds).description
        case .date(let days): CellText.date(Int64(days))
        case .string(let text): text
        case .binary(let bytes): CellText.binary(bytes)
        }
    }
}
