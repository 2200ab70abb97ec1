import Conditions
import Telemetry

/// What one aggregate has gathered for every group; which of the arrays are used depends on the aggregate.
struct Accumulator {
    private let aggregate: Aggregate
    private let type: ColumnType
    private var counts: [Int64] = []
    /// 128 bits: a sum of 18-digit numbers passes 64 with the tenth.
    private var sums: [Int128] = []
    /// Instead of `sums` for doubles, which have no common unit.
    private var doubleSums: [CompensatedSum] = []
    /// The hash of each string of a batch's dictionary, as far as it has been read.
    private var hashes: [UInt64] = []
    /// Whether a group has a value yet.
    private var isKnown: [Bool] = []
    private var words: [Int64] = []
    /// The time of the row that a value is of.
    private var times: [Int64] = []
    /// Strings are kept as bytes: their numbers in a dictionary mean nothing in the next batch.
    private var texts: [[UInt8]] = []
    private var histograms: [Histogram] = []
    private var sketches: [HyperLogLog] = []

    init(_ aggregate: Aggregate, type: ColumnType) {
        self.aggregate = aggregate
        self.type = type
    }

    /// Makes room for groups that are new.
    mutating func grow(to count: Int) {
        switch aggregate {
        case .rows, .values, .yes, .known: Self.grow(&counts, count, 0)
        case .sum:
            if type == .double { Self.grow(&doubleSums, count, CompensatedSum()) } else { Self.grow(&sums, count, 0) }
            Self.grow(&isKnown, count, false)
        case .minimum, .maximum, .earliest, .latest, .earliestTime, .latestTime:
            Self.grow(&words, count, 0)
            Self.grow(&times, count, 0)
            Self.grow(&isKnown, count, false)
            Self.grow(&texts, count, [])
        case .bins(_, let binning), .mergedBins(_, let binning): Self.grow(&histograms, count, Histogram(binning))
        case .distinct, .mergedDistinct: Self.grow(&sketches, count, HyperLogLog())
        }
    }

    private static func grow<Value>(_ values: inout [Value], _ count: Int, _ value: Value) {
        values.append(contentsOf: repeatElement(value, count: max(0, count - values.count)))
    }

    // MARK: Adding

    /// Forgets what it knows of the batch, whose dictionaries begin anew.
    mutating func beginBatch() { hashes.removeAll(keepingCapacity: true) }

    /// Takes in `rows` of a batch, each of which belongs to the group beside it; they ascend.
    mutating func add(_ batch: borrowing ColumnBatch, rows: [UInt32], groups: [UInt32], answers: inout [UInt8]) {
        switch aggregate {
        case .rows: for group in groups { counts[Int(group)] += 1 }
        case .values(let column):
            let validity = batch.validity(of: column)
            for index in rows.indices { counts[Int(groups[index])] += Int64(validity[Int(rows[index])]) }
        case .sum(let column): addSums(batch, column, rows, groups)
        case .minimum(let column): addExtremes(batch, column, rows, groups) { $0 < $1 }
        case .maximum(let column): addExtremes(batch, column, rows, groups) { $0 > $1 }
        case .bins(let column, _): addBins(batch, column, rows, groups)
        case .mergedBins(let column, _): mergeBins(batch, column, rows, groups)
        case .distinct(let column): addDistinct(batch, column, rows, groups)
        case .mergedDistinct(let column): mergeDistinct(batch, column, rows, groups)
        case .yes(let condition), .known(let condition):
            guard let first = rows.first, let last = rows.last else { return }
            condition.evaluate(batch, rows: Int(first)..<Int(last) + 1, into: &answers)
            var isWanted: InlineArray<3, Int64> = [0, 1, 0]
            if case .known = aggregate { isWanted[Int(Condition.Answer.no)] = 1 }
            for index in rows.indices {
                counts[Int(groups[index])] += isWanted[Int(answers[Int(rows[index] - first)])]
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
        if type == .double {
            for index in rows.indices where validity[Int(rows[index])] != 0 {
                doubleSums[Int(groups[index])].add(Double(bitPattern: UInt64(bitPattern: cells[Int(rows[index])])))
                isKnown[Int(groups[index])] = true
            }
            return
        }
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

    // MARK: Sketches

    private mutating func addBins(
        _ batch: borrowing ColumnBatch, _ column: Int, _ rows: [UInt32], _ groups: [UInt32]
    ) {
        let (cells, validity) = (batch.words(of: column), batch.validity(of: column))
        let type = batch.definitions[column].type
        for index in rows.indices where validity[Int(rows[index])] != 0 {
            histograms[Int(groups[index])].add(cells[Int(rows[index])], type: type)
        }
    }

    private mutating func mergeBins(
        _ batch: borrowing ColumnBatch, _ column: Int, _ rows: [UInt32], _ groups: [UInt32]
    ) {
        let (cells, validity) = (batch.words(of: column), batch.validity(of: column))
        let (offsets, bytes) = (batch.dictionaryOffsets(of: column), batch.dictionaryBytes(of: column))
        for index in rows.indices where validity[Int(rows[index])] != 0 {
            let id = Int(cells[Int(rows[index])])
            histograms[Int(groups[index])].merge(
                BinCount.entries(cell: bytes.extracting(Int(offsets[id])..<Int(offsets[id + 1]))))
        }
    }

    private mutating func addDistinct(
        _ batch: borrowing ColumnBatch, _ column: Int, _ rows: [UInt32], _ groups: [UInt32]
    ) {
        let (cells, validity) = (batch.words(of: column), batch.validity(of: column))
        guard batch.definitions[column].type.hasDictionary else {
            for index in rows.indices where validity[Int(rows[index])] != 0 {
                let word = UInt64(bitPattern: cells[Int(rows[index])])
                sketches[Int(groups[index])].add(hash: StableHash.hash(word))
            }
            return
        }
        // Each string is hashed once.
        let (offsets, bytes) = (batch.dictionaryOffsets(of: column), batch.dictionaryBytes(of: column))
        for id in hashes.count..<max(hashes.count, offsets.count - 1) {
            hashes.append(StableHash.hash(bytes.extracting(Int(offsets[id])..<Int(offsets[id + 1]))))
        }
        for index in rows.indices where validity[Int(rows[index])] != 0 {
            sketches[Int(groups[index])].add(hash: hashes[Int(cells[Int(rows[index])])])
        }
    }

    private mutating func mergeDistinct(
        _ batch: borrowing ColumnBatch, _ column: Int, _ rows: [UInt32], _ groups: [UInt32]
    ) {
        let validity = batch.validity(of: column)
        for index in rows.indices where validity[Int(rows[index])] != 0 {
            // What is no sketch of ours was damaged after its checksum was made; the rest still counts.
            guard let sketch = try? HyperLogLog(bytes: batch.bytes(row: Int(rows[index]), column: column)) else {
                continue
            }
            sketches[Int(groups[index])].merge(sketch)
        }
    }

    // MARK: Writing

    /// The largest sum that a cell of 18 digits holds.
    private static let sumLimit: Int128 = 999_999_999_999_999_999

    /// In how many further rows what is left of a group's sum goes.
    func restCount(_ group: Int) -> Int {
        guard case .sum = aggregate, type != .double else { return 0 }
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
            if type == .double {
                if part == 0 { batch.setDouble(doubleSums[group].value, column: column) }
                return
            }
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
            guard part == 0, !histograms[group].isEmpty else { return }
            batch.setBytes(BinCount.cell(histograms[group].entries), column: column)
        case .distinct, .mergedDistinct:
            guard part == 0 else { return }
            batch.setBytes(sketches[group].bytes, column: column)
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
