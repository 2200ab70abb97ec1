import Telemetry

/// The order in which the rows of a batch go into segments: by hour of the event, then by the sort key.
///
/// Least significant key first, each pass stable: numbers by radix, only over bytes that differ, and not at all when
/// they are in order already; strings by counting over the ranks of the dictionary. Linear in the number of rows.
struct RowOrder: ~Copyable {
    /// The rows of one hour: a segment.
    struct Partition: Equatable {
        /// Hours since 1970-01-01T00:00:00Z.
        let hour: Int64
        let rows: Range<Int>
    }

    /// Row numbers of the batch, in order.
    private(set) var rows: [UInt32] = []
    private(set) var partitions: [Partition] = []

    private var scratch: [UInt32] = []
    private var keys: [UInt64] = []
    private var hours: [Int64] = []

    /// Sorts the rows of `batch` by hour of `timeColumn`, which is never null, and then by `sortColumns`; null is first.
    mutating func sort(_ batch: borrowing ColumnBatch, timeColumn: Int, sortColumns: [Int]) {
        let count = batch.count
        rows = (0..<UInt32(count)).map { $0 }
        scratch = [UInt32](repeating: 0, count: count)
        for column in sortColumns.reversed() {
            if batch.definitions[column].type.hasDictionary {
                sortByString(batch, column)
            } else {
                sortByWord(batch, column)
            }
        }
        sortByHour(batch, timeColumn)
    }

    private mutating func sortByWord(_ batch: borrowing ColumnBatch, _ column: Int) {
        let words = batch.words(of: column)
        let validity = batch.validity(of: column)
        let isDouble = batch.definitions[column].type == .double
        keys = [UInt64](repeating: 0, count: words.count)
        for row in words.indices where validity[row] != 0 {
            keys[row] = isDouble ? orderedBits(ofDouble: words[row]) : UInt64(bitPattern: words[row] ^ Int64.min)
        }
        sortByKeys()
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
        for row in rows {
            let rank = validity[Int(row)] == 0 ? 0 : Int(ranks[Int(words[Int(row)])]) + 1
            scratch[Int(starts[rank])] = row
            starts[rank] += 1
        }
        swap(&rows, &scratch)
    }

    /// Stable radix sort of `rows` by `keys`, least significant byte first.
    private mutating func sortByKeys() {
        var differing: UInt64 = 0
        var isSorted = true
        var previous: UInt64 = 0
        let first = rows.first.map { keys[Int($0)] } ?? 0
        for row in rows {
            let key = keys[Int(row)]
            differing |= key ^ first
            if key < previous { isSorted = false }
            previous = key
        }
        if isSorted { return }
        for shift in stride(from: UInt64(0), to: 64, by: 8) where (differing >> shift) & 0xFF != 0 {
            var starts = [UInt32](repeating: 0, count: 257)
            for row in rows { starts[Int((keys[Int(row)] >> shift) & 0xFF) + 1] += 1 }
            for digit in 1..<257 { starts[digit] += starts[digit - 1] }
            for row in rows {
                let digit = Int((keys[Int(row)] >> shift) & 0xFF)
                scratch[Int(starts[digit])] = row
                starts[digit] += 1
            }
            swap(&rows, &scratch)
        }
    }

    private mutating func sortByHour(_ batch: borrowing ColumnBatch, _ timeColumn: Int) {
        let times = batch.words(of: timeColumn)
        hours = [Int64](repeating: 0, count: times.count)
        keys = [UInt64](repeating: 0, count: times.count)
        for row in times.indices {
            hours[row] = EventTime(microsecondsSinceEpoch: times[row]).hoursSinceEpoch
            keys[row] = UInt64(bitPattern: hours[row] ^ Int64.min)
        }
        sortByKeys()
        partitions.removeAll(keepingCapacity: true)
        var start = 0
        for position in rows.indices {
            let isLast = position + 1 == rows.count
            let hour = hours[Int(rows[position])]
            guard isLast || hours[Int(rows[position + 1])] != hour else { continue }
            partitions.append(Partition(hour: hour, rows: start..<(position + 1)))
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
