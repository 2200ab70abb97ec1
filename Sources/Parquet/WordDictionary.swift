/// The distinct values of a fixed-width column and, for every value, its place among them.
///
/// The memory is kept from column to column.
struct WordDictionary {
    /// More entries than this make a dictionary page that costs more than it saves.
    static let maximumEntryCount = 1 << 15
    /// Values within so narrow a range are counted in a table instead of a hash table.
    private static let tableRange: UInt64 = 1 << 16
    private static let slotCount = 1 << 16
    private static let sampleCount = 1024

    /// The distinct values.
    private(set) var entries: [Int64] = []
    /// For each value the position of its entry, then eight zeros that bit packing may read.
    private(set) var indices: [UInt32] = []
    /// Whether the entries ascend.
    private(set) var isSorted = false
    private var slots: [UInt32] = []

    /// Takes words of 0 and 1 as their own indices.
    mutating func setIndices(toWords values: Span<Int64>) {
        entries.removeAll(keepingCapacity: true)
        if indices.count < values.count + 8 { indices = [UInt32](repeating: 0, count: values.count + 8) }
        var out = indices.mutableSpan
        for index in values.indices { out[index] = UInt32(truncatingIfNeeded: values[index]) }
        for index in values.count..<(values.count + 8) { out[index] = 0 }
    }

    /// Builds the dictionary of `values`, which lie within `minimum` and `maximum`.
    ///
    /// Returns false when there are too many distinct values to be worth it.
    mutating func build(_ values: Span<Int64>, minimum: Int64, maximum: Int64) -> Bool {
        entries.removeAll(keepingCapacity: true)
        if indices.count < values.count + 8 { indices = [UInt32](repeating: 0, count: values.count + 8) }
        let range = UInt64(bitPattern: maximum &- minimum)
        isSorted = range < Self.tableRange
        let isWorthwhile =
            range < Self.tableRange
            ? buildByTable(values, minimum: minimum, range: Int(range)) : buildByHash(values)
        guard isWorthwhile else { return false }
        for index in values.count..<(values.count + 8) { indices[index] = 0 }
        return true
    }

    /// Marks what occurs, numbers the marks in ascending order, and looks every value up.
    private mutating func buildByTable(_ values: Span<Int64>, minimum: Int64, range: Int) -> Bool {
        clearSlots(range + 1)
        Self.mark(values, minimum: minimum, in: &slots)
        Self.numberMarks(range: range, minimum: minimum, in: &slots, entries: &entries)
        guard entries.count <= Self.maximumEntryCount, entries.count <= values.count / 2 + 1 else { return false }
        Self.lookUp(values, minimum: minimum, in: slots, into: &indices)
        return true
    }

    private static func mark(_ values: Span<Int64>, minimum: Int64, in slots: inout [UInt32]) {
        var table = slots.mutableSpan
        for index in values.indices { table[Int(values[index] &- minimum)] = 1 }
    }

    private static func numberMarks(
        range: Int, minimum: Int64, in slots: inout [UInt32], entries: inout [Int64]
    ) {
        var table = slots.mutableSpan
        for offset in 0...range where table[offset] != 0 {
            table[offset] = UInt32(truncatingIfNeeded: entries.count)
            entries.append(minimum &+ Int64(offset))
        }
    }

    private static func lookUp(
        _ values: Span<Int64>, minimum: Int64, in slots: [UInt32], into indices: inout [UInt32]
    ) {
        let table = slots.span
        var out = indices.mutableSpan
        for index in values.indices { out[index] = table[Int(values[index] &- minimum)] }
    }

    /// Numbers values in the order in which they come, after a look at a sample.
    private mutating func buildByHash(_ values: Span<Int64>) -> Bool {
        if values.count > 4 * Self.sampleCount {
            let middle = values.count / 2
            let sample = values.extracting(middle..<(middle + Self.sampleCount))
            clearSlots(Self.slotCount)
            let isRepetitive = Self.number(
                sample, limit: Self.sampleCount / 2, slots: &slots, entries: &entries, indices: &indices)
            entries.removeAll(keepingCapacity: true)
            guard isRepetitive else { return false }
        }
        clearSlots(Self.slotCount)
        let limit = min(Self.maximumEntryCount, values.count / 2 + 1)
        return Self.number(values, limit: limit, slots: &slots, entries: &entries, indices: &indices)
    }

    /// Open addressing: a slot holds the position of an entry plus one, or zero.
    private static func number(
        _ values: Span<Int64>, limit: Int, slots: inout [UInt32], entries: inout [Int64], indices: inout [UInt32]
    ) -> Bool {
        var table = slots.mutableSpan
        var out = indices.mutableSpan
        let mask = slotCount - 1
        for index in values.indices {
            let value = values[index]
            var slot = Int(truncatingIfNeeded: (UInt64(bitPattern: value) &* 0x9E37_79B9_7F4A_7C15) &>> 48) & mask
            while true {
                let found = table[slot]
                if found == 0 {
                    if entries.count == limit { return false }
                    entries.append(value)
                    table[slot] = UInt32(entries.count)
                    out[index] = UInt32(entries.count &- 1)
                    break
                }
                if entries[Int(found &- 1)] == value {
                    out[index] = found &- 1
                    break
                }
                slot = (slot &+ 1) & mask
            }
        }
        return true
    }

    private mutating func clearSlots(_ count: Int) {
        if slots.count < Self.slotCount { slots = [UInt32](repeating: 0, count: Self.slotCount) }
        var table = slots.mutableSpan
        for index in 0..<count { table[index] = 0 }
    }
}
