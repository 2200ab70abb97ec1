import Telemetry

/// The order in which the rows of a batch go into segments: by hour or day of the event, then by the sort key.
///
/// Least significant key first, each pass stable: numbers by radix, only over bytes that differ, and not at all when
/// they are in order already; strings by counting over the ranks of the dictionary. Linear in the number of rows.
struct RowOrder: ~Copyable {
    /// The rows of one hour or day: a segment.
    struct Partition: Equatable {
        /// Its first hour, counted since 1970-01-01T00:00:00Z.
        let hour: Int64
        let rows: Range<Int>
    }

    /// Row numbers of the batch, in order.
    private(set) var rows: [UInt32] = []
    private(set) var partitions: [Partition] = []

    private var scratch: [UInt32] = []
    private var keys: [UInt64] = []
    private var otherKeys: [UInt64] = []

    /// 11: the counts of a pass take 8 KiB, and three passes order the microseconds of two hours.
    private static let digitBitCount = 11

    /// Sorts the rows of `batch` by the partition of `timeColumn`, which is never null, and then by `sortColumns`.
    ///
    /// Null is first. Without a time column there are no partitions.
    mutating func sort(
        _ batch: borrowing ColumnBatch, timeColumn: Int?, sortColumns: [Int],
        partitioning: TableLayout.Partitioning = .hour
    ) {
        let count = batch.count
        rows.removeAll(keepingCapacity: true)
        rows.append(contentsOf: 0..<UInt32(count))
        // As many as rows, since it takes their place.
        if scratch.count != count { scratch = [UInt32](repeating: 0, count: count) }
        if keys.count < count {
            keys = [UInt64](repeating: 0, count: count)
            otherKeys = keys
        }
        for column in sortColumns.reversed() {
            if batch.definitions[column].type.hasDictionary {
                sortByString(batch, column)
            } else {
                sortByWord(batch, column)
            }
        }
        if let timeColumn { sortByPartition(batch, timeColumn, partitioning) } else { partitions.removeAll() }
    }

    private mutating func sortByWord(_ batch: borrowing ColumnBatch, _ column: Int) {
        let words = batch.words(of: column)
        let validity = batch.validity(of: column)
        let isDouble = batch.definitions[column].type == .double
        Self.fill(&keys, rows) { row in
            if validity[row] == 0 { return 0 }
            return isDouble ? orderedBits(ofDouble: words[row]) : UInt64(bitPattern: words[row] ^ Int64.min)
        }
        sortByKeys()
    }

    /// Fills `keys` in the order of `rows`.
    @inline(__always)
    private static func fill(_ keys: inout [UInt64], _ rows: [UInt32], key: (Int) -> UInt64) {
        var keys = keys.mutableSpan
        let rows = rows.span
        for position in rows.indices { keys[position] = key(Int(rows[position])) }
    }

    private mutating func sortByString(_ batch: borrowing ColumnBatch, _ column: Int) {
        let words = batch.words(of: column)
        let validity = batch.validity(of: column)
        let ranks = ranksOfStrings(
            offsets: batch.dictionaryOffsets(of: column), bytes: batch.dictionaryBytes(of: column))
        // Counting sort; rank 0 is null.
        var starts = [UInt32](repeating: 0, count: ranks.count + 2)
        for row in words.indices {
            let rank = validity[row] == 0 ? 0 : Int(ranks[Int(words[row])]) + 1
            starts[rank + 1] += 1
        }
        for rank in 1..<starts.count { starts[rank] += starts[rank - 1] }
        Self.move(rows, into: &scratch, &starts) { row in
            validity[row] == 0 ? 0 : Int(ranks[Int(words[row])]) + 1
        }
        swap(&rows, &scratch)
    }

    @inline(__always)
    private static func move(
        _ rows: [UInt32], into target: inout [UInt32], _ starts: inout [UInt32], place: (Int) -> Int
    ) {
        let rows = rows.span
        var target = target.mutableSpan
        var starts = starts.mutableSpan
        for position in rows.indices {
            let place = place(Int(rows[position]))
            target[Int(starts[place])] = rows[position]
            starts[place] &+= 1
        }
    }

    /// Stable radix sort of `rows` by `keys`, which stand in the same order, least significant digit first.
    private mutating func sortByKeys() {
        guard let (least, range) = Self.spread(keys, count: rows.count) else { return }
        var shift = 0
        while shift < 64 - range.leadingZeroBitCount {
            Self.sortByDigit(&rows, &scratch, &keys, &otherKeys, least: least, shift: UInt64(shift))
            shift += Self.digitBitCount
        }
    }

    /// The least key and how far the largest is above it; nil when the keys are in order already.
    private static func spread(_ keys: [UInt64], count: Int) -> (least: UInt64, range: UInt64)? {
        let keys = keys.span.extracting(first: count)
        var isSorted = true
        var least = UInt64.max
        var largest: UInt64 = 0
        var previous: UInt64 = 0
        for position in keys.indices {
            let key = keys[position]
            isSorted = isSorted && previous <= key
            least = min(least, key)
            largest = max(largest, key)
            previous = key
        }
        return isSorted ? nil : (least, largest - least)
    }

    private static func sortByDigit(
        _ rows: inout [UInt32], _ otherRows: inout [UInt32], _ keys: inout [UInt64], _ otherKeys: inout [UInt64],
        least: UInt64, shift: UInt64
    ) {
        let mask: UInt64 = 1 << UInt64(digitBitCount) - 1
        var starts = InlineArray<2049, UInt32>(repeating: 0)
        moveByDigit(rows, into: &otherRows, keys, into: &otherKeys, &starts) { ($0 &- least) &>> shift & mask }
        swap(&rows, &otherRows)
        swap(&keys, &otherKeys)
    }

    @inline(__always)
    private static func moveByDigit(
        _ rows: [UInt32], into otherRows: inout [UInt32], _ keys: [UInt64], into otherKeys: inout [UInt64],
        _ starts: inout InlineArray<2049, UInt32>, digit: (UInt64) -> UInt64
    ) {
        let rows = rows.span
        let keys = keys.span
        var otherRows = otherRows.mutableSpan
        var otherKeys = otherKeys.mutableSpan
        for position in rows.indices { starts[Int(digit(keys[position])) &+ 1] &+= 1 }
        for place in 1..<2049 { starts[place] &+= starts[place - 1] }
        for position in rows.indices {
            let place = Int(digit(keys[position]))
            let target = Int(starts[place])
            starts[place] &+= 1
            otherRows[target] = rows[position]
            otherKeys[target] = keys[position]
        }
    }

    private mutating func sortByPartition(
        _ batch: borrowing ColumnBatch, _ timeColumn: Int, _ partitioning: TableLayout.Partitioning
    ) {
        let times = batch.words(of: timeColumn)
        partitions.removeAll(keepingCapacity: true)
        guard times.count > 0 else { return }
        var (first, last) = (Int64.max, Int64.min)
        for row in times.indices {
            first = min(first, times[row])
            last = max(last, times[row])
        }
        let hour = partitioning.firstHour(of: first)
        guard partitioning.firstHour(of: last) != hour else {
            partitions.append(Partition(hour: hour, rows: 0..<rows.count))
            return
        }
        Self.fill(&keys, rows) { row in
            UInt64(bitPattern: partitioning.firstHour(of: times[row]) ^ Int64.min)
        }
        sortByKeys()
        var start = 0
        for position in rows.indices {
            guard position + 1 == rows.count || keys[position + 1] != keys[position] else { continue }
            partitions.append(
                Partition(hour: Int64(bitPattern: keys[position]) ^ Int64.min, rows: start..<(position + 1)))
            start = position + 1
        }
    }
}

/// A key whose unsigned order is the order of the doubles: negative ones reversed, then positive ones.
private func orderedBits(ofDouble word: Int64) -> UInt64 {
    let bits = UInt64(bitPattern: word)
    return bits >> 63 == 1 ? ~bits : bits | 1 << 63
}

/// For each string of a dictionary its place in byte order.
private func ranksOfStrings(offsets: Span<UInt32>, bytes: RawSpan) -> [UInt32] {
    let count = offsets.count - 1
    // The first eight bytes decide most comparisons without touching the strings again.
    var prefixes = [UInt64](repeating: 0, count: count)
    for id in 0..<count {
        var prefix: UInt64 = 0
        for position in 0..<8 {
            let index = Int(offsets[id]) + position
            let byte = index < Int(offsets[id + 1]) ? unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self) : 0
            prefix = prefix << 8 | UInt64(byte)
        }
        prefixes[id] = prefix
    }
    var ids = (0..<UInt32(count)).map { $0 }
    unsafe bytes.withUnsafeBytes { buffer in
        unsafe offsets.withUnsafeBufferPointer { offsets in
            ids.sort { left, right in
                let (left, right) = (Int(left), Int(right))
                if prefixes[left] != prefixes[right] { return prefixes[left] < prefixes[right] }
                // Safe: offsets are ascending and end within the bytes.
                let first = unsafe UnsafeRawBufferPointer(rebasing: buffer[Int(offsets[left])..<Int(offsets[left + 1])])
                let second = unsafe UnsafeRawBufferPointer(
                    rebasing: buffer[Int(offsets[right])..<Int(offsets[right + 1])])
                return unsafe first.lexicographicallyPrecedes(second)
            }
        }
    }
    var ranks = [UInt32](repeating: 0, count: count)
    for (rank, id) in ids.enumerated() { ranks[Int(id)] = UInt32(rank) }
    return ranks
}
