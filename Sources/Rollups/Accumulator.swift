import Conditions
import Telemetry

/// What one aggregate has gathered for every group; which of the arrays are used depends on the aggregate.
struct Accumulator {
    private let aggregate: Aggregate
    private let type: ColumnType
    private var counts: [Int64] = []
    /// 128 bits: a sum of 18-digit numbers passes 64 with the tenth.
    private var sums: [Int128] = []
    /// Whether a group has a value yet.
    private var isKnown: [Bool] = []
    private var words: [Int64] = []
    /// The time of the row that a value is of.
    private var times: [Int64] = []
    /// Strings are kept as bytes: their numbers in a dictionary mean nothing in the next batch.
    private var texts: [[UInt8]] = []
    private var bins: [BinCounts] = []

    init(_ aggregate: Aggregate, type: ColumnType) {
        self.aggregate = aggregate
        self.type = type
    }

    /// Makes room for groups that are new.
    mutating func grow(to count: Int) {
        switch aggregate {
        case .rows, .values, .yes, .known: Self.grow(&counts, count, 0)
        case .sum:
            Self.grow(&sums, count, 0)
            Self.grow(&isKnown, count, false)
        case .minimum, .maximum, .earliest, .latest, .earliestTime, .latestTime:
            Self.grow(&words, count, 0)
            Self.grow(&times, count, 0)
            Self.grow(&isKnown, count, false)
            Self.grow(&texts, count, [])
        case .bins, .mergedBins, .distinct, .mergedDistinct: Self.grow(&bins, count, BinCounts())
        }
    }

    private static func grow<Value>(_ values: inout [Value], _ count: Int, _ value: Value) {
        values.append(contentsOf: repeatElement(value, count: max(0, count - values.count)))
    }

    // MARK: Adding

    /// Takes in `rows` of a batch, each of which belongs to the group beside it.
    mutating func add(_ batch: borrowing ColumnBatch, rows: [UInt32], groups: [UInt32], answers: inout [UInt8]) {
        switch aggregate {
        case .rows: for group in groups { counts[Int(group)] += 1 }
        case .values(let column):
            let validity = batch.validity(of: column)
            for index in rows.indices { counts[Int(groups[index])] += Int64(validity[Int(rows[index])]) }
        case .sum(let column): addSums(batch, column, rows, groups)
        case .minimum(let column): addExtremes(batch, column, rows, groups) { $0 < $1 }
        case .maximum(let column): addExtremes(batch, column, rows, groups) { $0 > $1 }
        case .bins(let column, let binning): addBins(batch, column, binning, rows, groups)
        case .mergedBins(let column): mergeBins(batch, column, rows, groups)
        case .distinct, .mergedDistinct: break
        case .yes(let condition):
            condition.evaluate(batch, into: &answers)
            for index in rows.indices where answers[Int(rows[index])] == Condition.Answer.yes {
                counts[Int(groups[index])] += 1
            }
        case .known(let condition):
            condition.evaluate(batch, into: &answers)
            for index in rows.indices where answers[Int(rows[index])] != Condition.Answer.unknown {
                counts[Int(groups[index])] += 1
            }
        case .earliest(let column, let time), .earliestTime(let column, let time):
            addEnds(batch, column, time, rows, groups) {
                $0 < $1
            } textPrecedes: {
                $0.lexicographicallyPrecedes($1)
            }
        case .latest(let column, let time), .latestTime(let column, let time):
            addEnds(batch, column, time, rows, groups) {
                $0 > $1
            } textPrecedes: {
                $1.lexicographicallyPrecedes($0)
            }
        }
    }

    private mutating func addSums(
        _ batch: borrowing ColumnBatch, _ column: Int, _ rows: [UInt32], _ groups: [UInt32]
    ) {
        let (cells, validity) = (batch.words(of: column), batch.validity(of: column))
        for index in rows.indices where validity[Int(rows[index])] != 0 {
            sums[Int(groups[index])] += Int128(cells[Int(rows[index])])
            isKnown[Int(groups[index])] = true
        }
    }

    /// `precedes` compares words, or keys of the same order for doubles.
    @inline(__always)
    private mutating func addExtremes(
        _ batch: borrowing ColumnBatch, _ column: Int, _ rows: [UInt32], _ groups: [UInt32],
        precedes: (Int64, Int64) -> Bool
    ) {
        let (cells, validity) = (batch.words(of: column), batch.validity(of: column))
        let isDouble = type == .double
        for index in rows.indices where validity[Int(rows[index])] != 0 {
            let (group, word) = (Int(groups[index]), cells[Int(rows[index])])
            let key = isDouble ? Self.sortable(word) : word
            // NaN has no place in an order.
            if isDouble, Double(bitPattern: UInt64(bitPattern: word)).isNaN { continue }
            if !isKnown[group] || precedes(key, isDouble ? Self.sortable(words[group]) : words[group]) {
                words[group] = word
                isKnown[group] = true
            }
        }
    }

    /// A double's bits as an integer of the same order.
    @inline(__always)
    private static func sortable(_ bits: Int64) -> Int64 { bits ^ ((bits >> 63) & Int64.max) }

    @inline(__always)
    private mutating func addEnds(
        _ batch: borrowing ColumnBatch, _ column: Int, _ timeColumn: Int, _ rows: [UInt32], _ groups: [UInt32],
        precedes: (Int64, Int64) -> Bool, textPrecedes: ([UInt8], [UInt8]) -> Bool
    ) {
        let (cells, validity) = (batch.words(of: column), batch.validity(of: column))
        let (clock, isTimed) = (batch.words(of: timeColumn), batch.validity(of: timeColumn))
        for index in rows.indices {
            let (row, group) = (Int(rows[index]), Int(groups[index]))
            guard validity[row] != 0, isTimed[row] != 0 else { continue }
            if isKnown[group], precedes(times[group], clock[row]) { continue }
            let isTie = isKnown[group] && times[group] == clock[row]
            if batch.definitions[column].type.hasDictionary {
                let text = batch.bytes(row: row, column: column)
                if isTie, !textPrecedes(text, texts[group]) { continue }
                texts[group] = text
            } else {
                if isTie, !precedes(cells[row], words[group]) { continue }
                words[group] = cells[row]
            }
            times[group] = clock[row]
            isKnown[group] = true
        }
    }

    // MARK: Bins

    private mutating func addBins(
        _ batch: borrowing ColumnBatch, _ column: Int, _ binning: Binning, _ rows: [UInt32], _ groups: [UInt32]
    ) {
        let (cells, validity) = (batch.words(of: column), batch.validity(of: column))
        let binner = Binner(binning, batch.definitions[column].type)
        // Group and bin in one number, sorted: equal ones lie together, ascending by group and then by bin.
        var keys: [UInt64] = []
        keys.reserveCapacity(rows.count)
        for index in rows.indices where validity[Int(rows[index])] != 0 {
            guard let bin = binner.bin(of: cells[Int(rows[index])]) else { continue }
            keys.append(UInt64(groups[index]) << 32 | UInt64(UInt32(bitPattern: bin) ^ 0x8000_0000))
        }
        keys.sort()
        var start = 0
        while start < keys.count {
            let group = keys[start] >> 32
            var entries: [BinCounts.Entry] = []
            while start < keys.count, keys[start] >> 32 == group {
                var end = start + 1
                while end < keys.count, keys[end] == keys[start] { end += 1 }
                let bin = Int32(bitPattern: UInt32(truncatingIfNeeded: keys[start]) ^ 0x8000_0000)
                entries.append(BinCounts.Entry(bin: bin, count: Int64(end - start)))
                start = end
            }
            bins[Int(group)].merge(BinCounts(ascending: entries))
        }
    }

    private mutating func mergeBins(
        _ batch: borrowing ColumnBatch, _ column: Int, _ rows: [UInt32], _ groups: [UInt32]
    ) {
        let (cells, validity) = (batch.words(of: column), batch.validity(of: column))
        let (offsets, bytes) = (batch.dictionaryOffsets(of: column), batch.dictionaryBytes(of: column))
        for index in rows.indices where validity[Int(rows[index])] != 0 {
            let id = Int(cells[Int(rows[index])])
            bins[Int(groups[index])].merge(
                BinCounts(cell: bytes.extracting(Int(offsets[id])..<Int(offsets[id + 1]))))
        }
    }

    // MARK: Writing

    /// The largest sum that a cell of 18 digits holds.
    private static let sumLimit: Int128 = 999_999_999_999_999_999

    /// In how many further rows what is left of a group's sum goes.
    func restCount(_ group: Int) -> Int {
        guard case .sum = aggregate else { return 0 }
        return Int((sums[group].magnitude + Self.sumLimit.magnitude - 1) / Self.sumLimit.magnitude) - 1
    }

    /// Sets the cell of a group in a row that is pending; `part` counts the rows of the group from 0.
    ///
    /// All but sums stand in the first row only, counts as 0 in the others.
    func write(_ group: Int, part: Int, into batch: inout ColumnBatch, column: Int) {
        switch aggregate {
        case .rows, .values, .yes, .known: batch.setWord(part == 0 ? counts[group] : 0, column: column)
        case .sum:
            guard isKnown[group] else { return }
            let done = Self.sumLimit * Int128(part) * (sums[group] < 0 ? -1 : 1)
            guard part == 0 || done.magnitude < sums[group].magnitude else { return }
            let rest = sums[group] - done
            batch.setWord(Int64(max(-Self.sumLimit, min(Self.sumLimit, rest))), column: column)
        case .minimum, .maximum, .earliest, .latest:
            guard part == 0, isKnown[group] else { return }
            if type.hasDictionary {
                batch.setBytes(texts[group], column: column)
            } else {
                batch.setWord(words[group], column: column)
            }
        case .earliestTime, .latestTime:
            guard part == 0, isKnown[group] else { return }
            batch.setWord(times[group], column: column)
        case .bins, .mergedBins:
            guard part == 0, !bins[group].entries.isEmpty else { return }
            batch.setBytes(bins[group].cell, column: column)
        case .distinct, .mergedDistinct: break
        }
    }
}

/// Finds the bins of a column's values.
private struct Binner {
    private let binning: Binning
    private let type: ColumnType

    init(_ binning: Binning, _ type: ColumnType) {
        self.binning = binning
        self.type = type
    }

    /// The bin of a word; nil for what is not a number.
    @inline(__always)
    func bin(of word: Int64) -> Int32? {
        switch binning {
        case .step(let width):
            if type == .double {
                let bin = (Double(bitPattern: UInt64(bitPattern: word)) / Double(width)).rounded(.down)
                return Int32(exactly: bin)
            }
            return Int32(clamping: floorDivide(word, width))
        case .relative: return nil
        }
    }
}

extension ColumnBatch {
    /// The bytes of a cell that is not null.
    func bytes(row: Int, column: Int) -> [UInt8] {
        guard let id = word(row: row, column: column) else { return [] }
        let (offsets, bytes) = (dictionaryOffsets(of: column), dictionaryBytes(of: column))
        let range = Int(offsets[Int(id)])..<Int(offsets[Int(id) + 1])
        return unsafe bytes.extracting(range).withUnsafeBytes { unsafe Array($0) }
    }

    mutating func setBytes(_ bytes: [UInt8], column: Int) {
        // Safe: UInt8 has no padding.
        unsafe setBytes(bytes.span.bytes, column: column)
    }
}
