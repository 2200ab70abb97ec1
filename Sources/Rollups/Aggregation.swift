import Geography
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
        /// The id of the tile that holds a position in degrees; null without one.
        case tile(longitude: Int, latitude: Int, zoom: Int)
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
    /// For each key the number that each string of the batch has here, as far as it was read.
    private var stringNumbers: [[Int64]]
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
        stringNumbers = keys.map { _ in [] }
        keyCells = ColumnBatch(keys.map(\.definition), rowLimit: groupLimit)
        accumulators = outputs.map { Accumulator($0.aggregate, type: $0.definition.type) }
    }

    /// Takes in the rows of `batch` from `firstRow` on for which `filter`, an answer for each of them, is yes; nil takes
    /// all.
    ///
    /// A first row of 0 begins another batch; further calls go on with the rows that it got since.
    /// - Throws: `RollupError.tooManyGroups`; the aggregation is then of no further use.
    package mutating func add(
        _ batch: borrowing ColumnBatch, from firstRow: Int = 0, where filter: [UInt8]? = nil
    ) throws(RollupError) {
        if firstRow == 0 {
            for index in stringNumbers.indices { stringNumbers[index].removeAll(keepingCapacity: true) }
            for index in accumulators.indices { accumulators[index].beginBatch() }
        }
        guard firstRow < batch.count else { return }
        let all = UInt32(firstRow)..<UInt32(batch.count)
        let rows: [UInt32] =
            if let filter { all.filter { filter[Int($0) - firstRow] == 1 } } else { Array(all) }
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
        switch keys[key] {
        case .window(let column, let rule):
            let words = batch.words(of: column)
            var window = WindowCache(rule, zone)
            refine(rows, key, &firstRows) { window.start(of: words[$0]) }
        case .tile(let longitude, let latitude, let zoom):
            let tiles = TileColumns(batch, longitude: longitude, latitude: latitude)
            let (xs, ys) = (batch.words(of: longitude), batch.words(of: latitude))
            let (hasX, hasY) = (batch.validity(of: longitude), batch.validity(of: latitude))
            refine(rows, key, &firstRows) { row in
                hasX[row] == 0 || hasY[row] == 0 ? nil : tiles.tile(xs[row], ys[row], zoom: zoom)
            }
        case .column(let column):
            let (words, validity) = (batch.words(of: column), batch.validity(of: column))
            guard batch.definitions[column].type.hasDictionary else {
                return refine(rows, key, &firstRows) { validity[$0] == 0 ? nil : words[$0] }
            }
            numberStrings(of: batch, column: column, key: key)
            let numbers = stringNumbers[key]
            refine(rows, key, &firstRows) { validity[$0] == 0 ? nil : numbers[Int(words[$0])] }
        }
    }

    @inline(__always)
    private mutating func refine(
        _ rows: [UInt32], _ key: Int, _ firstRows: inout [UInt32], word: (Int) -> Int64?
    ) {
        // Out of `self`, which is also written to below.
        var table = GroupTable()
        swap(&table, &tables[key])
        defer { swap(&table, &tables[key]) }
        var next = table.count
        for index in rows.indices {
            groups[index] = table.number(group: groups[index], word: word(Int(rows[index])))
            if table.count > next {
                next = table.count
                firstRows.append(rows[index])
            }
        }
    }

    /// Gives the strings that a column has got since the last call their numbers here.
    private mutating func numberStrings(of batch: borrowing ColumnBatch, column: Int, key: Int) {
        let (offsets, bytes) = (batch.dictionaryOffsets(of: column), batch.dictionaryBytes(of: column))
        for id in stringNumbers[key].count..<max(stringNumbers[key].count, offsets.count - 1) {
            let number = keyCells.intern(bytes.extracting(Int(offsets[id])..<Int(offsets[id + 1])), column: key)
            stringNumbers[key].append(number)
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
            case .tile(let longitude, let latitude, let zoom):
                let tiles = TileColumns(batch, longitude: longitude, latitude: latitude)
                if let x = batch.word(row: row, column: longitude), let y = batch.word(row: row, column: latitude),
                    let tile = tiles.tile(x, y, zoom: zoom)
                {
                    keyCells.setWord(tile, column: index)
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
    private let rule: WindowRule
    private let zone: CivilTimeZone
    private var start: Int64 = 0
    private var end: Int64 = 0

    init(_ rule: WindowRule, _ zone: CivilTimeZone) {
        self.rule = rule
        self.zone = zone
    }

    @inline(__always)
    mutating func start(of word: Int64) -> Int64 {
        if word >= start, word < end { return start }
        start = rule.start(of: word, in: zone)
        switch rule {
        case .fixed(let length): end = start.addingReportingOverflow(length).partialValue
        // Within a day from its start at least 20 hours belong to it, whatever a zone does.
        case .localDay: end = start + 72_000_000_000
        }
        return start
    }
}

/// How two columns of degrees are read.
private struct TileColumns {
    /// Digits behind the point of each; nil for doubles.
    private let scales: (longitude: Int?, latitude: Int?)

    init(_ batch: borrowing ColumnBatch, longitude: Int, latitude: Int) {
        scales = (Self.scale(batch.definitions[longitude].type), Self.scale(batch.definitions[latitude].type))
    }

    private static func scale(_ type: ColumnType) -> Int? {
        switch type {
        case .decimal(_, let scale): scale
        case .double: nil
        default: 0
        }
    }

    @inline(__always)
    func tile(_ x: Int64, _ y: Int64, zoom: Int) -> Int64? {
        let position: Position?
        if let scale = scales.longitude, scale == scales.latitude {
            position = Position(longitude: x, latitude: y, scale: scale)
        } else {
            position = Position(
                longitude: Self.degrees(x, scales.longitude), latitude: Self.degrees(y, scales.latitude))
        }
        return position.map { Int64(Tile(containing: $0, zoom: zoom).id) }
    }

    private static func degrees(_ word: Int64, _ scale: Int?) -> Double {
        guard let scale else { return Double(bitPattern: UInt64(bitPattern: word)) }
        return (0..<scale).reduce(Double(word)) { value, _ in value / 10 }
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
