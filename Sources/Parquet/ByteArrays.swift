/// A borrowed list of byte strings: string `i` is `bytes[offsets[i]..<offsets[i + 1]]`.
///
/// String and binary columns are written as numbers that point into such a list. Its entries need no order, may be
/// unused, and are checked when they are used.
public struct ByteArrays: ~Escapable {
    /// Where each entry starts, and where the last one ends: one more than there are entries.
    public let offsets: Span<UInt32>
    /// The bytes of all entries, one behind the other.
    public let bytes: RawSpan

    /// Borrows `offsets` and `bytes`.
    @_lifetime(copy offsets, copy bytes)
    public init(offsets: Span<UInt32>, bytes: RawSpan) {
        self.offsets = offsets
        self.bytes = bytes
    }

    /// How many entries there are.
    public var count: Int { max(offsets.count - 1, 0) }

    /// Where entry `index` lies, or nil when the offsets contradict themselves or the bytes.
    func range(of index: Int) -> Range<Int>? {
        let start = Int(offsets[index])
        let end = Int(offsets[index + 1])
        guard start <= end, end <= bytes.byteCount else { return nil }
        return start..<end
    }

    /// The bytes of an entry that was found sound before.
    @_lifetime(copy self)
    func entry(_ index: UInt32) -> RawSpan {
        bytes.extracting(Int(offsets[Int(index)])..<Int(offsets[Int(index) + 1]))
    }
}

extension RawSpan {
    /// Up to eight bytes from `byteOffset` on as a number that sorts like them; missing bytes count as zero.
    func sortKey(at byteOffset: Int) -> UInt64 {
        if byteOffset + 8 <= byteCount {
            // Safe: the eight bytes were just shown to be inside, and every bit pattern is a UInt64.
            return unsafe unsafeLoadUnaligned(fromByteOffset: byteOffset, as: UInt64.self).bigEndian
        }
        var key: UInt64 = 0
        for offset in 0..<8 {
            key <<= 8
            // Safe: the offset is checked against the count, and every bit pattern is a UInt8.
            if byteOffset + offset < byteCount {
                key |= UInt64(unsafe unsafeLoad(fromByteOffset: byteOffset + offset, as: UInt8.self))
            }
        }
        return key
    }

    /// Whether these bytes come before `other`, compared as unsigned numbers, a prefix before its extension.
    func precedes(_ other: RawSpan) -> Bool {
        var offset = 0
        let shared = Swift.min(byteCount, other.byteCount)
        while offset < shared {
            let ours = sortKey(at: offset)
            let theirs = other.sortKey(at: offset)
            if ours != theirs { return ours < theirs }
            offset += 8
        }
        return byteCount < other.byteCount
    }

    /// A copy of the bytes.
    var array: [UInt8] {
        // Safe: the buffer is used only inside the closure.
        unsafe withUnsafeBytes { unsafe [UInt8]($0) }
    }
}
