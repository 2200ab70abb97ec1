import Telemetry

/// How many different things were seen, from their hashes, in 4 KiB at most.
///
/// Few things are kept as the first 25 bits of their hashes with the number of zeros behind them, as in Heule, Nunkesser
/// and Hall, "HyperLogLog in Practice" (EDBT 2013), section 5.3; up to some hundreds the answer is practically exact.
/// When there are more entries than registers take memory, the registers are filled from them. Which of both it is
/// depends on the hashes seen and not on their order.
package struct HyperLogLog: Mergeable {
    /// 4096 registers, a standard error of 1.6 %.
    package static let defaultPrecision = 12
    package static let precisions = 4...18

    /// The number of registers is two to this power.
    package let precision: Int
    /// Empty while there are few things.
    private var entries = SparseRegisters()
    /// The highest rank seen in each register; none while there are few things.
    private var ranks: [UInt8] = []

    /// An empty one; a precision that is not one of `precisions` stops the process.
    package init(precision: Int = defaultPrecision) {
        require(Self.precisions.contains(precision), "the precision was checked with the configuration")
        self.precision = precision
    }

    init(precision: Int, ranks: [UInt8]) {
        self.precision = precision
        self.ranks = ranks
    }

    init(precision: Int, entries: SparseRegisters) {
        self.precision = precision
        self.entries = entries
    }

    /// As many entries as take the memory of the registers, of 6 bits each.
    var entryLimit: Int { (1 << precision) * 6 / 32 }

    private var hasRanks: Bool { !ranks.isEmpty }

    /// Adds a thing by its hash, which must be good in all bits.
    package mutating func add(hash: UInt64) {
        if hasRanks {
            raise(Int(hash &>> (64 &- UInt64(precision))), to: rank(of: hash))
        } else {
            entries.insert(SparseRegisters.Entry(hash: hash))
            if entries.count > entryLimit { fillRanks() }
        }
    }

    package mutating func merge(_ other: HyperLogLog) {
        require(precision == other.precision, "only sketches of one measure are merged")
        if !other.hasRanks {
            other.entries.forEach { add($0) }
        } else if hasRanks {
            for index in ranks.indices { ranks[index] = max(ranks[index], other.ranks[index]) }
        } else {
            ranks = other.ranks
            fillRanks()
        }
    }

    private mutating func add(_ entry: SparseRegisters.Entry) {
        if hasRanks {
            raise(entry)
        } else {
            entries.insert(entry)
            if entries.count > entryLimit { fillRanks() }
        }
    }

    /// Lets registers stand for the entries.
    private mutating func fillRanks() {
        if ranks.isEmpty { ranks = Array(repeating: 0, count: 1 << precision) }
        let few = entries
        entries = SparseRegisters()
        few.forEach { raise($0) }
    }

    /// Forgets all things; the memory of the registers is given back.
    package mutating func removeAll() {
        entries.removeAll()
        ranks = []
    }

    /// The number of different things, estimated.
    package var estimate: Double {
        hasRanks ? HyperLogLogEstimate.estimate(ranks, precision: precision) : entries.estimate
    }

    /// What is written down: the ranks of the registers, or else the entries in order.
    var content: (ranks: [UInt8], entries: [SparseRegisters.Entry]) { (ranks, entries.sorted) }

    package static func == (left: HyperLogLog, right: HyperLogLog) -> Bool {
        left.precision == right.precision && left.content == right.content
    }

    // MARK: Registers

    /// The position of the first one bit behind the register's index, from 1.
    @inline(__always)
    private func rank(of hash: UInt64) -> UInt8 {
        let bits = hash &<< UInt64(precision) | 1 &<< UInt64(precision &- 1)
        return UInt8(truncatingIfNeeded: bits.leadingZeroBitCount &+ 1)
    }

    @inline(__always)
    private mutating func raise(_ index: Int, to rank: UInt8) {
        if ranks[index] < rank { ranks[index] = rank }
    }

    private mutating func raise(_ entry: SparseRegisters.Entry) {
        let (index, rank) = entry.register(precision: precision)
        raise(index, to: rank)
    }
}
