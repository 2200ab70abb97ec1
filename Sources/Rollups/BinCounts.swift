/// How often each bin of a histogram occurs: what a cell of the type `ColumnType.counts` holds.
///
///     12 bytes an entry: bin Int32, count Int64, little endian; ascending by bin, no bin twice, no count 0
package struct BinCounts: Equatable, Sendable {
    /// One bin and its count.
    package struct Entry: Equatable, Sendable {
        package var bin: Int32
        package var count: Int64

        package init(bin: Int32, count: Int64) {
            self.bin = bin
            self.count = count
        }
    }

    /// Ascending by bin.
    package private(set) var entries: [Entry] = []

    package init() {}

    /// Takes entries that ascend by bin.
    package init(ascending entries: [Entry]) {
        self.entries = entries
    }

    /// Reads a cell.
    package init(cell: RawSpan) {
        let count = cell.byteCount / Self.entryByteCount
        entries.reserveCapacity(count)
        for index in 0..<count {
            let start = index * Self.entryByteCount
            // Safe: the loop's bound leaves twelve bytes.
            let bin = unsafe cell.unsafeLoadUnaligned(fromByteOffset: start, as: Int32.self)
            // Safe: as above.
            let value = unsafe cell.unsafeLoadUnaligned(fromByteOffset: start + 4, as: Int64.self)
            entries.append(Entry(bin: Int32(littleEndian: bin), count: Int64(littleEndian: value)))
        }
    }

    private static let entryByteCount = 12

    /// The number of values in all bins.
    package var total: Int64 { entries.reduce(0) { $0 + $1.count } }

    /// The form in which a cell holds it.
    package var cell: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.count * Self.entryByteCount)
        for entry in entries {
            for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: entry.bin >> shift)) }
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: entry.count >> Int64(shift)))
            }
        }
        return bytes
    }

    /// Adds what another histogram with the same bins has counted.
    package mutating func merge(_ other: BinCounts) {
        if entries.isEmpty {
            entries = other.entries
            return
        }
        var merged: [Entry] = []
        merged.reserveCapacity(entries.count + other.entries.count)
        var (left, right) = (0, 0)
        while left < entries.count || right < other.entries.count {
            if right == other.entries.count
                || (left < entries.count && entries[left].bin < other.entries[right].bin)
            {
                merged.append(entries[left])
                left += 1
            } else if left == entries.count || other.entries[right].bin < entries[left].bin {
                merged.append(other.entries[right])
                right += 1
            } else {
                merged.append(
                    Entry(bin: entries[left].bin, count: entries[left].count + other.entries[right].count))
                left += 1
                right += 1
            }
        }
        entries = merged
    }

    /// The bin that holds the value below which `share` of all values lie: the nearest rank, as SQL's
    /// `percentile_disc`; nil when there are no values.
    package func bin(atShare share: Double) -> Int32? {
        let total = total
        guard total > 0 else { return nil }
        let rank = max(1, min(total, Int64((share * Double(total)).rounded(.up))))
        var seen: Int64 = 0
        for entry in entries {
            seen += entry.count
            if seen >= rank { return entry.bin }
        }
        return entries.last?.bin
    }
}
