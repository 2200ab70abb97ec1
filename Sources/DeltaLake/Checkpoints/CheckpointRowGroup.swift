import Parquet

/// One row group of a checkpoint, read column by column by name.
struct CheckpointRowGroup {
    private let reader: ParquetReader
    private let index: Int

    init(_ reader: ParquetReader, _ index: Int) {
        self.reader = reader
        self.index = index
    }

    var rowCount: Int { reader.rowGroups[index].rowCount }

    /// The entries of a column; nil when the checkpoint has no such column.
    func column(_ name: String) throws(FieldProblem) -> CheckpointEntries? {
        guard let column = reader.schema.index(of: name) else { return nil }
        do throws(ParquetReadError) {
            return CheckpointEntries(
                name: name, data: try reader.readColumn(column, rowGroup: index),
                isRepeated: reader.schema.columns[column].maximumRepetitionLevel > 0)
        } catch {
            throw FieldProblem("\(error)")
        }
    }

    func required(_ name: String) throws(FieldProblem) -> CheckpointEntries {
        guard let column = try column(name) else { throw FieldProblem("it has no column \(name)") }
        return column
    }

    /// A map from texts to texts; nil when the checkpoint has no such columns.
    func map(_ name: String) throws(FieldProblem) -> CheckpointMap? {
        guard let keys = try column("\(name).key_value.key"), let values = try column("\(name).key_value.value") else {
            return nil
        }
        return CheckpointMap(keys: keys, values: values)
    }
}

/// The entries of one column of a row group, by rows.
struct CheckpointEntries {
    private let name: String
    private let data: ParquetColumnData
    /// Where each row's entries begin, and where the last ones end; nil where every row has one.
    private let starts: [Int]?

    init(name: String, data: ParquetColumnData, isRepeated: Bool) {
        self.name = name
        self.data = data
        guard isRepeated else {
            starts = nil
            return
        }
        var starts: [Int] = []
        for (entry, repetition) in data.levels.repetitions.enumerated() where repetition == 0 { starts.append(entry) }
        starts.append(data.rowCount)
        self.starts = starts
    }

    /// The rows that have a value, of a column that does not repeat.
    var presentRows: [Int] { data.defined.indices.filter { data.defined[$0] == 1 } }

    func entries(_ row: Int) -> Range<Int> {
        guard let starts else { return row..<(row + 1) }
        return starts[row]..<starts[row + 1]
    }

    func word(_ row: Int) -> Int64? { data.defined[row] == 1 ? data.words[row] : nil }

    func text(_ entry: Int) -> String? {
        data.byteString(at: entry).map { String(decoding: $0, as: UTF8.self) }
    }

    func texts(_ row: Int) -> [String] { entries(row).compactMap { text($0) } }

    func requiredWord(_ row: Int) throws(FieldProblem) -> Int64 {
        guard let word = word(row) else { throw FieldProblem("an action has no \(name)") }
        return word
    }

    func requiredText(_ row: Int) throws(FieldProblem) -> String {
        guard let text = text(row) else { throw FieldProblem("an action has no \(name)") }
        return text
    }

    /// Whether the list or map of a row is there, be it empty.
    func isPresent(_ row: Int, inLevels levels: Int) -> Bool {
        guard let first = entries(row).first, data.levels.count > first else { return false }
        return Int(data.levels.definitions[first]) >= levels
    }
}

/// The two columns of a map.
struct CheckpointMap {
    let keys: CheckpointEntries
    let values: CheckpointEntries

    /// The entries of a row that have a key.
    func entries(_ row: Int) -> [(key: String, value: String?)] {
        let (keyEntries, valueEntries) = (keys.entries(row), values.entries(row))
        return zip(keyEntries, valueEntries).compactMap { key, value in
            keys.text(key).map { ($0, values.text(value)) }
        }
    }

    /// Whether the map is there: its group and itself count one level each where they are nullable.
    func isPresent(_ row: Int) -> Bool { keys.isPresent(row, inLevels: 2) || !entries(row).isEmpty }
}
