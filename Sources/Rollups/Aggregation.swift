package import Telemetry

/// Gathers rows into groups and says something of each: batch by batch, in any order.
///
/// It makes partials of readings, and of partials those of coarser windows, fewer keys or whole answers. Work goes
/// column by column: a number for the group of every row first, then each aggregate in a loop of its own.
package struct Aggregation: ~Copyable {
    /// What the rows of a group have in common.
    package enum Key: Sendable {
        /// The cell of a column.
        case column(Int)
        /// The start of the window that holds the time in a column that is never null.
        case window(of: Int, WindowRule)
    }

    /// A column of the result.
    package struct Output: Sendable {
        package let definition: ColumnDefinition
        package let aggregate: Aggregate

        package init(_ definition: ColumnDefinition, _ aggregate: Aggregate) {
            self.definition = definition
            self.aggregate = aggregate
        }
    }

    /// The columns of the result: the keys in their order, then the outputs.
    package let columns: [ColumnDefinition]
    /// The number of groups so far.
    package private(set) var groupCount = 0

    private let keys: [Key]
    private let zone: CivilTimeZone
    private var tables: [GroupTable]
    /// The key cells of every group, as rows; its dictionaries give strings the same number in every batch.
    private var keyCells: ColumnBatch
    private var accumulators: [Accumulator]
    private var groups: [UInt32] = []
    private var answers: [UInt8] = []

    /// Begins without rows: `keys` have their columns in the result, `zone` is that of windows of a day, and beyond
    /// `groupLimit` groups `add` gives up.
    package init(
        keys: [(key: Key, definition: ColumnDefinition)], outputs: [Output], zone: CivilTimeZone,
        groupLimit: Int = 1 << 22
    ) {
        require(!keys.isEmpty, "an aggregation has keys")
        self.keys = keys.map(\.key)
        self.zone = zone
        columns = keys.map(\.definition) + outputs.map(\.definition)
        tables = keys.map { _ in GroupTable() }
        keyCells = ColumnBatch(keys.map(\.definition), rowLimit: groupLimit)
        accumulators = outputs.map { Accumulator($0.aggregate, type: $0.definition.type) }
    }

    /// Takes in the rows of `batch` for which `filter` holds an answer of yes; nil takes all.
    ///
    /// - Throws: `RollupError.tooManyGroups`; the aggregation is then of no further use.
    package mutating func add(_ batch: borrowing ColumnBatch, where filter: [UInt8]? = nil) throws(RollupError) {
        guard batch.count > 0 else { return }
        let rows: [UInt32] =
            if let filter {
                (0..<UInt32(batch.count)).filter { filter[Int($0)] == 1 }
            } else {
                Array(0..<UInt32(batch.count))
            }
        guard !rows.isEmpty else { return }
        try findGroups(batch, rows)
        for index in accumulators.indices {
            accumulators[index].grow(to: groupCount)
            accumulators[index].add(batch, rows: rows, groups: groups, answers: &answers)
        }
    }

    /// Appends a row for each group; sums that a cell cannot hold go into further rows of the group.
    ///
    /// - Returns: The group of each row, ascending.
    @discardableResult
    package func write(into result: inout ColumnBatch) -> [UInt32] {
        var groups: [UInt32] = []
        require(result.definitions.count >= columns.count, "a batch that begins with the columns of the result")
        for group in 0..<groupCount {
            for part in 0...restCount(group) {
                result.beginRow()
                copyKeys(group, into: &result)
                for (index, accumulator) in accumulators.enumerated() {
                    accumulator.write(group, part: part, into: &result, column: keys.count + index)
                }
                result.commitRow()
                groups.append(UInt32(group))
            }
        }
        return groups
    }

    /// The number of rows that `write` appends.
    package var rowCount: Int { (0..<groupCount).reduce(0) { $0 + 1 + restCount($1) } }

    private func restCount(_ group: Int) -> Int { accumulators.reduce(0) { max($0, $1.restCount(group)) } }

    // MARK: Groups

    private mutating func findGroups(_ batch: borrowing ColumnBatch, _ rows: [UInt32]) throws(RollupError) {
        groups = [UInt32](repeating: 0, count: rows.count)
        var firstRows: [UInt32] = []
        for index in keys.indices {
            let known = tables[index].count
            firstRows.removeAll(keepingCapacity: true)
            refine(batch, rows, key: index, firstRows: &firstRows)
            guard index == keys.count - 1, tables[index].count > known else { continue }
            guard tables[index].count <= keyCells.rowLimit else { throw .tooManyGroups(keyCells.rowLimit) }
            for row in firstRows { appendKeys(of: Int(row), batch) }
        }
        groupCount = tables[keys.count - 1].count
    }

    /// Replaces the group of every row by that of the group and its key; `firstRows` gets a row for each that is new.
    private mutating func refine(
        _ batch: borrowing ColumnBatch, _ rows: [UInt32], key: Int, firstRows: inout [UInt32]
    ) {
        var table = GroupTable()
        swap(&table, &tables[key])
        defer { swap(&table, &tables[key]) }
        var next = table.count
        let (column, numbers) = words(batch, key)
        let (words, validity) = (batch.words(of: column), batch.validity(of: column))
        var window = WindowCache(keys[key], zone)
        for index in rows.indices {
            let row = Int(rows[index])
            var word: Int64?
            if validity[row] != 0 { word = numbers.isEmpty ? window.start(of: words[row]) : numbers[Int(words[row])] }
            groups[index] = table.number(group: groups[index], word: word)
            if table.count > next {
                next = table.count
                firstRows.append(rows[index])
            }
        }
    }

    /// The column of a key and, for strings, the number that each string of the batch has here.
    private mutating func words(_ batch: borrowing ColumnBatch, _ key: Int) -> (Int, [Int64]) {
        switch keys[key] {
        case .window(let column, _): return (column, [])
        case .column(let column):
            guard batch.definitions[column].type.hasDictionary else { return (column, []) }
            let (offsets, bytes) = (batch.dictionaryOffsets(of: column), batch.dictionaryBytes(of: column))
            var numbers: [Int64] = []
            for id in 0..<(offsets.count - 1) {
                numbers.append(
                    keyCells.intern(bytes.extracting(Int(offsets[id])..<Int(offsets[id + 1])), column: key))
            }
            // Never empty, which would say that the column has no strings.
            return (column, numbers.isEmpty ? [0] : numbers)
        }
    }

    private mutating func appendKeys(of row: Int, _ batch: borrowing ColumnBatch) {
        keyCells.beginRow()
        for (index, key) in keys.enumerated() {
            switch key {
            case .window(let column, let rule):
                if let time = batch.word(row: row, column: column) {
                    keyCells.setWord(rule.start(of: time, in: zone), column: index)
                }
            case .column(let column): keyCells.copyCell(of: batch, row: row, column: column, to: index)
            }
        }
        keyCells.commitRow()
    }

    private func copyKeys(_ group: Int, into result: inout ColumnBatch) {
        for index in keys.indices { result.copyCell(of: keyCells, row: group, column: index, to: index) }
    }
}

/// The window of the row before: most readings of a batch lie in few windows.
private struct WindowCache {
    private let rule: WindowRule?
    private let zone: CivilTimeZone
    private var start: Int64 = 0
    private var end: Int64 = 0

    init(_ key: Aggregation.Key, _ zone: CivilTimeZone) {
        if case .window(_, let rule) = key { self.rule = rule } else { rule = nil }
        self.zone = zone
    }

    @inline(__always)
    mutating func start(of word: Int64) -> Int64 {
        guard let rule else { return word }
        if word >= start, word < end { return start }
        start = rule.start(of: word, in: zone)
        switch rule {
        case .fixed(let length): end = start + length
        // Within a day from its start at least 20 hours belong to it, whatever a zone does.
        case .localDay: end = start + 72_000_000_000
        }
        return start
    }
}

extension ColumnBatch {
    /// Copies a cell of another batch, whose column has the same type, into the pending row.
    package mutating func copyCell(of other: borrowing ColumnBatch, row: Int, column: Int, to target: Int) {
        guard let word = other.word(row: row, column: column) else { return }
        guard other.definitions[column].type.hasDictionary else { return setWord(word, column: target) }
        let offsets = other.dictionaryOffsets(of: column)
        let bytes = other.dictionaryBytes(of: column)
        setBytes(bytes.extracting(Int(offsets[Int(word)])..<Int(offsets[Int(word) + 1])), column: target)
    }
}

/// Why a rollup could not be computed.
package enum RollupError: Error, Equatable {
    /// There are more groups than memory is set aside for; a filter or fewer keys help.
    case tooManyGroups(Int)
}
