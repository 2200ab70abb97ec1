import Glibc
package import Telemetry

/// The identities of the readings that one stream stored of late.
///
/// An open-addressing table of 16-byte entries: 120 bits of a fingerprint and the slot of time in which the reading
/// arrived. Time counts by arrival, as the journal recorded it, so that reading the journal again decides the same. An
/// identity is remembered for at least the window and at most an eighth longer. Memory: 27 to 71 bytes for each
/// reading of a window (16 bytes at a load factor of 0.22 to 0.6).
@safe
package struct DuplicateWindow: ~Copyable, @unchecked Sendable {
    // @unchecked: noncopyable and sole owner of its memory, so handing it over hands everything over.

    private struct Entry: BitwiseCopyable {
        var low: UInt64
        /// The upper 56 bits belong to the fingerprint, the lower 8 are the stamp; stamp 0 marks a free entry.
        var highAndStamp: UInt64
    }

    private static let stampMask: UInt64 = 0xFF
    /// Stamps run from 1 to 255 and then start over.
    private static let stampCount: Int64 = 255
    private static let slotsInWindow: Int64 = 8
    /// The table is swept before a stamp could be taken for one of the next round.
    private static let slotsBetweenSweeps: Int64 = 128
    private static let initialCapacity = 1024
    /// Tables from this size on lie in huge pages where the system has them: their entries are met in no order.
    private static let hugePageByteCount = 2 << 20

    private let slotMicroseconds: Int64
    private var entries: UnsafeMutableBufferPointer<Entry>
    /// Entries that are not free, remembered or expired.
    private var occupiedCount = 0
    private var currentSlot = Int64.min
    /// The first arrival, in microseconds, that is in a later slot.
    private var currentSlotEnd = Int64.min
    private var sweptSlot = Int64.min
    /// What `fetch` read, kept so that its loads are not dead.
    private var fetched: UInt64 = 0

    /// Remembers identities for `windowMicroseconds`, which is more than 0.
    package init(windowMicroseconds: Int64) {
        require(windowMicroseconds > 0, "a window of duplicates has a length")
        slotMicroseconds = max(1, (windowMicroseconds + Self.slotsInWindow - 1) / Self.slotsInWindow)
        unsafe entries = Self.emptyTable(capacity: Self.initialCapacity)
    }

    deinit {
        unsafe Self.release(entries)
    }

    /// Remembers `identity`, or returns false when it is remembered already: the reading is a duplicate.
    package mutating func insert(_ identity: Fingerprint, arrival: EventTime) -> Bool {
        advance(to: arrival)
        return place(identity, stamp: Self.stamp(of: currentSlot))
    }

    /// Brings the places of these identities into the cache, so that `insert` need not wait for each.
    ///
    /// The loads depend on nothing, so the processor makes many at a time.
    package mutating func fetch(_ candidates: Span<DuplicateRegister.Candidate>) {
        let mask = unsafe entries.count - 1
        var sum: UInt64 = 0
        for index in candidates.indices {
            // Safe: masked by the table's power-of-two count.
            sum ^= unsafe entries[Int(truncatingIfNeeded: candidates[index].identity.low) & mask].low
        }
        fetched = sum
    }

    @inline(__always)
    private mutating func place(_ identity: Fingerprint, stamp newStamp: UInt64) -> Bool {
        if unsafe (occupiedCount + 1) * 10 > entries.count * 6 { sweep() }
        let high = identity.high & ~Self.stampMask
        let mask = unsafe entries.count - 1
        var index = Int(truncatingIfNeeded: identity.low) & mask
        var reusable: Int?
        while true {
            // Safe: masked by the table's power-of-two count.
            let entry = unsafe entries[index]
            let stamp = entry.highAndStamp & Self.stampMask
            if stamp == 0 { break }
            if entry.low == identity.low, entry.highAndStamp & ~Self.stampMask == high {
                if isRemembered(stamp: stamp) { return false }
                unsafe entries[index].highAndStamp = high | newStamp
                return true
            }
            if reusable == nil, !isRemembered(stamp: stamp) { reusable = index }
            index = (index &+ 1) & mask
        }
        if reusable == nil { occupiedCount += 1 }
        // Safe: both come from the loop, masked.
        unsafe entries[reusable ?? index] = Entry(low: identity.low, highAndStamp: high | newStamp)
        return true
    }

    /// Remembers a reading that was stored before, at its own arrival, unless that is past remembering.
    package mutating func restore(_ identity: Fingerprint, arrival: EventTime) {
        let latest = currentSlot
        let slot = floorDivide(arrival.microsecondsSinceEpoch, slotMicroseconds)
        guard slot < latest else {
            _ = insert(identity, arrival: arrival)
            return
        }
        guard latest - slot <= Self.slotsInWindow else { return }
        // Stamped as of its own slot, so that it is forgotten as it would have been.
        _ = place(identity, stamp: Self.stamp(of: slot))
    }

    /// What the table takes in memory.
    package var byteCount: Int { unsafe entries.count * MemoryLayout<Entry>.stride }

    /// The earliest arrival that may still be remembered when a reading arrives at `arrival`.
    package func horizon(at arrival: EventTime) -> EventTime {
        EventTime(
            microsecondsSinceEpoch: arrival.microsecondsSinceEpoch - slotMicroseconds * (Self.slotsInWindow + 1))
    }

    private var stampNow: UInt64 { Self.stamp(of: currentSlot) }

    private static func stamp(of slot: Int64) -> UInt64 {
        UInt64(slot - floorDivide(slot, stampCount) * stampCount) + 1
    }

    @inline(__always)
    private func isRemembered(stamp: UInt64) -> Bool {
        let age = Int64(stampNow) - Int64(stamp)
        return (age >= 0 ? age : age + Self.stampCount) <= Self.slotsInWindow
    }

    /// Time only goes forward here: an arrival before the latest counts as arriving with it.
    @inline(__always)
    private mutating func advance(to arrival: EventTime) {
        if arrival.microsecondsSinceEpoch >= currentSlotEnd { moveOn(to: arrival) }
    }

    private mutating func moveOn(to arrival: EventTime) {
        let slot = floorDivide(arrival.microsecondsSinceEpoch, slotMicroseconds)
        guard slot > currentSlot else { return }
        let isFirst = currentSlot == Int64.min
        let hasExpired = !isFirst && slot - currentSlot > Self.slotsInWindow
        if hasExpired {
            // Safe: the whole table is initialised; this overwrites it.
            unsafe entries.update(repeating: Entry(low: 0, highAndStamp: 0))
            occupiedCount = 0
        }
        let isSweepDue = !isFirst && !hasExpired && slot - sweptSlot > Self.slotsBetweenSweeps
        // A sweep judges by the old slot first: what it keeps is younger than a round of stamps.
        if isSweepDue { sweep() }
        currentSlot = slot
        let (end, isBeyondTime) = (slot &+ 1).multipliedReportingOverflow(by: slotMicroseconds)
        currentSlotEnd = isBeyondTime ? .max : end
        if isFirst || hasExpired || isSweepDue { sweptSlot = slot }
    }

    /// Makes the table anew from what is remembered, with room to spare.
    private mutating func sweep() {
        var rememberedCount = 0
        for index in unsafe entries.indices {
            // Safe: the index comes from the buffer.
            let stamp = unsafe entries[index].highAndStamp & Self.stampMask
            if stamp != 0, isRemembered(stamp: stamp) { rememberedCount += 1 }
        }
        var capacity = Self.initialCapacity
        while capacity * 9 < (rememberedCount + 1) * 20 { capacity *= 2 }
        let table = unsafe Self.emptyTable(capacity: capacity)
        for index in unsafe entries.indices {
            // Safe: the index comes from the buffer; the slot is masked by the new table's power-of-two count.
            let entry = unsafe entries[index]
            let stamp = entry.highAndStamp & Self.stampMask
            guard stamp != 0, isRemembered(stamp: stamp) else { continue }
            var slot = Int(truncatingIfNeeded: entry.low) & (capacity - 1)
            while unsafe table[slot].highAndStamp != 0 { slot = (slot + 1) & (capacity - 1) }
            unsafe table[slot] = entry
        }
        unsafe Self.release(entries)
        unsafe entries = table
        occupiedCount = rememberedCount
    }

    @unsafe
    private static func emptyTable(capacity: Int) -> UnsafeMutableBufferPointer<Entry> {
        let byteCount = capacity * MemoryLayout<Entry>.stride
        // mmap: zeros, which are free entries, without a pass to write them.
        let memory = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
            fatalError("no memory for \(capacity) identities")
        }
        // A hint: without it the table works too, and slower.
        if byteCount >= hugePageByteCount { unsafe _ = madvise(memory, byteCount, MADV_HUGEPAGE) }
        // Safe: freshly mapped with room for `capacity` entries, aligned, and all zero bits are an Entry.
        return unsafe UnsafeMutableBufferPointer(
            start: memory.bindMemory(to: Entry.self, capacity: capacity), count: capacity)
    }

    @unsafe
    private static func release(_ table: UnsafeMutableBufferPointer<Entry>) {
        // Safe: the mapping was made by `emptyTable` with this size; unmapping it cannot fail.
        unsafe _ = munmap(table.baseAddress, table.count * MemoryLayout<Entry>.stride)
    }
}
