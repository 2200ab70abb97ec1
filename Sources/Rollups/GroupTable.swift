import Telemetry

/// Numbers pairs of a number and a word in the order of their first appearance.
///
/// Group numbers of several key columns come about column by column: each table refines the groups of the one before.
struct GroupTable {
    private struct Pair: Equatable {
        var group: UInt32
        var isNull: Bool
        var word: Int64
    }

    private var pairs: [Pair] = []
    /// Open addressing: number + 1, 0 is free.
    private var table = [UInt32](repeating: 0, count: 64)

    var count: Int { pairs.count }

    /// The number of a pair, which is added when it is new.
    @inline(__always)
    mutating func number(group: UInt32, word: Int64?) -> UInt32 {
        let pair = Pair(group: group, isNull: word == nil, word: word ?? 0)
        let mask = table.count &- 1
        var slot = Self.slot(pair, mask)
        while table[slot] != 0 {
            if pairs[Int(table[slot]) &- 1] == pair { return table[slot] &- 1 }
            slot = (slot &+ 1) & mask
        }
        return add(pair, slot)
    }

    private mutating func add(_ pair: Pair, _ slot: Int) -> UInt32 {
        table[slot] = UInt32(pairs.count) + 1
        pairs.append(pair)
        if pairs.count * 2 > table.count { grow() }
        return UInt32(pairs.count) - 1
    }

    private mutating func grow() {
        table = [UInt32](repeating: 0, count: table.count * 4)
        let mask = table.count - 1
        for (index, pair) in pairs.enumerated() {
            var slot = Self.slot(pair, mask)
            while table[slot] != 0 { slot = (slot + 1) & mask }
            table[slot] = UInt32(index) + 1
        }
    }

    @inline(__always)
    private static func slot(_ pair: Pair, _ mask: Int) -> Int {
        // The odd constant is 2^64 divided by the golden ratio; the product's upper half mixes all bits.
        let mixed = (UInt64(bitPattern: pair.word) ^ UInt64(pair.group) << 32 ^ (pair.isNull ? 0x5555_5555 : 0))
            .multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: mixed.high ^ mixed.low) & mask
    }
}
