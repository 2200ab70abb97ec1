import JSONDocument

/// Finds a string of a document among fixed ones, comparing eight bytes at a time.
struct NameTable: Sendable {
    /// A name; the masks cut the loaded words to its length.
    struct Entry {
        let byteCount: Int
        let first: UInt64
        let firstMask: UInt64
        let second: UInt64
        let secondMask: UInt64
        let offset: Int
    }

    /// The names, for messages and for making other tables.
    let allNames: [String]
    private(set) var entries: [Entry] = []
    private var bytes: [UInt8] = []
    /// Open addressing: an entry's index plus 1, or 0.
    private var slots: [UInt16]
    private let slotMask: Int

    /// A table of distinct names; a name's index is its position.
    init(_ names: [String]) {
        precondition(names.count < 1 << 14, "a table has fewer than 16384 names")
        allNames = names
        var slotCount = 4
        while slotCount < names.count * 3 { slotCount *= 2 }
        slots = [UInt16](repeating: 0, count: slotCount)
        slotMask = slotCount - 1
        for name in names { append(Array(name.utf8)) }
    }

    var count: Int { entries.count }

    private mutating func append(_ name: [UInt8]) {
        func word(at start: Int) -> UInt64 {
            var word: UInt64 = 0
            for (position, byte) in name.dropFirst(start).prefix(8).enumerated() {
                word |= UInt64(byte) << UInt64(8 * position)
            }
            return word
        }
        let first = word(at: 0)
        let second = word(at: 8)
        let entry = Entry(
            byteCount: name.count, first: first, firstMask: Self.mask(name.count), second: second,
            secondMask: Self.mask(name.count - 8), offset: bytes.count)
        entries.append(entry)
        bytes.append(contentsOf: name)
        var slot = Self.hash(first, second, name.count) & slotMask
        while slots[slot] != 0 { slot = (slot + 1) & slotMask }
        slots[slot] = UInt16(entries.count)
    }

    /// Whether `entry` is the name of the string of `byteCount` bytes at `offset` in a document's string storage.
    @inline(__always)
    func matches(_ entry: Entry, _ strings: RawSpan, offset: Int, byteCount: Int) -> Bool {
        guard byteCount == entry.byteCount, Self.word(strings, offset) & entry.firstMask == entry.first else {
            return false
        }
        guard byteCount > 8 else { return true }
        guard Self.word(strings, offset &+ 8) & entry.secondMask == entry.second else { return false }
        return byteCount <= 16 || matchesRest(entry, strings, offset)
    }

    /// The index of the name that is the string of `byteCount` bytes at `offset` in a document's string storage.
    func index(_ strings: RawSpan, offset: Int, byteCount: Int) -> Int? {
        let first = Self.word(strings, offset) & Self.mask(byteCount)
        let second = byteCount > 8 ? Self.word(strings, offset &+ 8) & Self.mask(byteCount &- 8) : 0
        var slot = Self.hash(first, second, byteCount) & slotMask
        while slots[slot] != 0 {
            let index = Int(slots[slot]) &- 1
            if matches(entries[index], strings, offset: offset, byteCount: byteCount) { return index }
            slot = (slot &+ 1) & slotMask
        }
        return nil
    }

    /// The index of the name that is the string at `index` of the document.
    func index(of index: Int, in document: JSONDocument) -> Int? {
        let offset = document.stringOffset(at: index)
        return self.index(document.stringStorage, offset: offset, byteCount: document.stringByteCount(at: offset))
    }

    private func matchesRest(_ entry: Entry, _ strings: RawSpan, _ offset: Int) -> Bool {
        for position in 16..<entry.byteCount
        where strings.byte(at: offset + position) != bytes[entry.offset + position] { return false }
        return true
    }

    @inline(__always)
    private static func word(_ strings: RawSpan, _ offset: Int) -> UInt64 {
        // Safe: the storage has 8 readable bytes behind every string; the bounds are checked.
        unsafe strings.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    @inline(__always)
    private static func mask(_ byteCount: Int) -> UInt64 {
        if byteCount >= 8 { return .max }
        return byteCount <= 0 ? 0 : (1 &<< UInt64(8 &* byteCount)) &- 1
    }

    @inline(__always)
    private static func hash(_ first: UInt64, _ second: UInt64, _ byteCount: Int) -> Int {
        let mixed = (first ^ UInt64(byteCount)) &* 0x9E37_79B9_7F4A_7C15 ^ second &* 0xC2B2_AE3D_27D4_EB4F
        return Int(truncatingIfNeeded: (mixed ^ mixed &>> 29) &>> 7)
    }
}
