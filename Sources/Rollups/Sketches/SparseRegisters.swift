import Glibc

/// The entries of a `HyperLogLog` while they are few: an open-addressing table.
struct SparseRegisters: Sendable {
    /// The first 25 bits of a hash, then the position of the first one bit behind them in 6.
    struct Entry: Hashable, Comparable, Sendable, BitwiseCopyable {
        static let precision = 25
        let bits: UInt32

        /// Of a table; nil when no hash gives this entry.
        init?(bits: UInt32) {
            guard (1...UInt32(65 - Self.precision)).contains(bits & 63), bits >> 31 == 0 else { return nil }
            self.bits = bits
        }

        fileprivate init(knownBits: UInt32) {
            bits = knownBits
        }

        @inline(__always)
        init(hash: UInt64) {
            let behind = hash &<< UInt64(Self.precision) | 1 &<< UInt64(Self.precision - 1)
            let index = UInt32(truncatingIfNeeded: hash &>> UInt64(64 - Self.precision))
            bits = index &<< 6 | UInt32(truncatingIfNeeded: behind.leadingZeroBitCount &+ 1)
        }

        static func < (left: Entry, right: Entry) -> Bool { left.bits < right.bits }

        @inline(__always)
        var index: UInt32 { bits &>> 6 }

        /// The register of a coarser precision that the entry's hash belongs to, and the rank that it has there.
        func register(precision: Int) -> (index: Int, rank: UInt8) {
            let restBitCount = Self.precision - precision
            let rest = index & (1 << UInt32(restBitCount) - 1)
            let rank =
                rest == 0
                ? UInt32(restBitCount) + bits & 63
                : UInt32(rest.leadingZeroBitCount - (UInt32.bitWidth - restBitCount) + 1)
            return (Int(index >> UInt32(restBitCount)), UInt8(rank))
        }
    }

    private(set) var count = 0
    /// A power of two, or none; 0 is a free slot, for no entry has rank 0.
    private var slots: [UInt32] = []

    init() {}

    /// Inserts the entry, or raises the rank of that with its index.
    @inline(__always)
    mutating func insert(_ entry: Entry) {
        if !slots.isEmpty {
            let mask = slots.count &- 1
            // The index is part of a hash; its low bits are as good as any.
            var slot = Int(entry.index) & mask
            while slots[slot] != 0 {
                if slots[slot] &>> 6 == entry.index {
                    if slots[slot] < entry.bits { slots[slot] = entry.bits }
                    return
                }
                slot = (slot &+ 1) & mask
            }
        }
        insertAbsent(entry)
    }

    private mutating func insertAbsent(_ entry: Entry) {
        // At most three of four slots are taken.
        if (count + 1) * 4 > slots.count * 3 {
            let old = slots
            slots = Array(repeating: 0, count: max(16, old.count * 2))
            for bits in old where bits != 0 { place(bits) }
        }
        place(entry.bits)
        count += 1
    }

    private mutating func place(_ bits: UInt32) {
        let mask = slots.count - 1
        var slot = Int(bits >> 6) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = bits
    }

    /// Forgets all entries and keeps the memory.
    mutating func removeAll() {
        for slot in slots.indices { slots[slot] = 0 }
        count = 0
    }

    /// Goes through the entries in no order.
    @inline(__always)
    func forEach(_ body: (Entry) -> Void) {
        for bits in slots where bits != 0 { body(Entry(knownBits: bits)) }
    }

    /// In the order of the hashes.
    var sorted: [Entry] {
        var entries: [Entry] = []
        forEach { entries.append($0) }
        return entries.sorted()
    }

    /// Linear counting (Whang, Vander-Zanden and Taylor, ACM Transactions on Database Systems 15, 1990) over 2^25
    /// places: at 768 entries it adds less than one hundredth to their count.
    var estimate: Double {
        let places = Double(1 << Entry.precision)
        return places * log(places / (places - Double(count)))
    }
}
