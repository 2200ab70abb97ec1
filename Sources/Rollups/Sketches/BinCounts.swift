/// How many values fell into each of many numbered bins.
///
/// The bins from the lowest used one to the highest lie in one array, so that to count a value costs one addition; what
/// is written down is the map of the used ones. Equal contents have equal arrays, for the first and the last bin of the
/// array are in use.
struct BinCounts: Hashable, Sendable {
    private(set) var first = 0
    private(set) var counts: [UInt64] = []

    init() {}

    var isEmpty: Bool { counts.isEmpty }
    var last: Int { first + counts.count - 1 }
    var total: UInt64 { counts.reduce(0, &+) }

    /// Forgets all counts and keeps the memory.
    mutating func removeAll() {
        counts.removeAll(keepingCapacity: true)
        first = 0
    }

    /// Counts values; when more than `limit` bins would lie side by side, the lowest are put together.
    ///
    /// What lies below the highest bin by the limit or more counts in the lowest bin that is kept. The highest bin only
    /// grows, so that it makes no difference when that happens.
    @inline(__always)
    mutating func add(_ bin: Int, count: UInt64 = 1, limit: Int) {
        let index = bin &- first
        if index >= 0, index < counts.count {
            counts[index] &+= count
        } else {
            extend(to: bin, count: count, limit: limit)
        }
    }

    @inline(never)
    private mutating func extend(to bin: Int, count: UInt64, limit: Int) {
        guard count > 0 else { return }
        if counts.isEmpty {
            first = bin
            counts.append(count)
        } else if bin > last {
            counts.append(contentsOf: repeatElement(0, count: bin - last))
            counts[counts.count - 1] = count
            collapse(to: limit)
        } else {
            let lowest = max(bin, last - limit + 1)
            if lowest < first {
                counts.insert(contentsOf: repeatElement(0, count: first - lowest), at: 0)
                first = lowest
            }
            counts[0] &+= count
        }
    }

    private mutating func collapse(to limit: Int) {
        let excess = counts.count - limit
        guard excess > 0 else { return }
        let removed = counts[..<excess].reduce(0, &+)
        counts.removeFirst(excess)
        first += excess
        counts[0] &+= removed
    }

    mutating func merge(_ other: BinCounts, limit: Int) {
        guard !other.isEmpty else { return }
        // The ends first: then there is room for all between them, and what is below it is known.
        add(other.last, count: other.counts[other.counts.count - 1], limit: limit)
        if other.counts.count > 1 { add(other.first, count: other.counts[0], limit: limit) }
        guard other.counts.count > 2 else { return }
        let (start, end) = (1, other.counts.count - 1)
        let inside = min(max(first - other.first, start), end)
        for index in start..<inside { counts[0] &+= other.counts[index] }
        let shift = other.first - first
        for index in inside..<end { counts[index &+ shift] &+= other.counts[index] }
    }

    /// The used bins in order.
    func forEach(_ body: (_ bin: Int, _ count: UInt64) -> Void) {
        for index in counts.indices where counts[index] > 0 { body(first + index, counts[index]) }
    }
}

/// A bin in use and how many values are in it: an entry of the map that a table holds.
package struct BinCount: Hashable, Sendable, BitwiseCopyable {
    package let bin: Int32
    package let count: Int64

    @inlinable
    package init(bin: Int32, count: Int64) {
        self.bin = bin
        self.count = count
    }
}

/// The share of all values up to which a quantile counts: of `total` values the first of which the cumulative count is
/// at least `share * total`, in doubles, as SQL computes it.
func rankReached(_ cumulative: UInt64, share: Double, total: UInt64) -> Bool {
    cumulative > 0 && Double(cumulative) >= share * Double(total)
}
