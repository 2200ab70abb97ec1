/// How the entries of a nested column belong to rows: Dremel's levels, two for each entry.
///
/// An entry is a value, or stands for a null or an empty list on the way to one. Its definition level counts the
/// nullable and repeated fields that are there down to it; its repetition level is 0 where it begins a row, and else says
/// which repeated field it continues, counted from the outermost. A value has the column's highest definition level.
///
/// The map `{1: 10, 2: 20}` in a nullable field with nullable values gives its value column the entries (3, 0), (3, 1);
/// an empty map (1, 0), a null one (0, 0).
public struct ParquetLevels: Hashable, Sendable {
    /// One for each entry.
    public private(set) var definitions: [UInt8] = []
    /// One for each entry; all 0 in a column that does not repeat.
    public private(set) var repetitions: [UInt8] = []

    /// Begins without entries.
    public init() {}

    /// How many entries there are.
    public var count: Int { definitions.count }

    /// Adds an entry.
    public mutating func append(definition: Int, repetition: Int = 0) {
        definitions.append(UInt8(clamping: definition))
        repetitions.append(UInt8(clamping: repetition))
    }

    /// Forgets the entries and keeps the memory.
    public mutating func removeAll() {
        definitions.removeAll(keepingCapacity: true)
        repetitions.removeAll(keepingCapacity: true)
    }

    /// Refuses levels that are not those of `rowCount` rows with `valueCount` values in `column`.
    ///
    /// - Throws: ``ParquetWriteError``
    func check(
        _ column: ParquetColumn, rowCount: Int, valueCount: Int
    ) throws(ParquetWriteError) {
        var rows = 0
        var values = 0
        for index in definitions.indices {
            guard Int(definitions[index]) <= column.maximumDefinitionLevel,
                Int(repetitions[index]) <= column.maximumRepetitionLevel
            else { throw .invalidLevels(column: column.name, problem: "entry \(index) has levels beyond the column's") }
            rows += repetitions[index] == 0 ? 1 : 0
            values += Int(definitions[index]) == column.maximumDefinitionLevel ? 1 : 0
            guard rows > 0 else {
                throw .invalidLevels(column: column.name, problem: "the first entry does not begin a row")
            }
        }
        guard rows == rowCount else {
            throw .rowCountMismatch(column: column.name, expected: rowCount, actual: rows)
        }
        guard values == valueCount else {
            throw .invalidLevels(
                column: column.name, problem: "the levels tell of \(values) values, and \(valueCount) were given")
        }
    }
}
