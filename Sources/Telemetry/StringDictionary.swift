import Glibc

/// The distinct strings of one column of a batch, numbered from 0 in the order of their first appearance.
///
/// An open-addressing table of ids over one arena of bytes. Equality is decided by bytes, not by hash: most strings of
/// telemetry have at most 16 bytes, and two words and the length say all about them.
@safe
struct StringDictionary: ~Copyable {
    private var arena: UnsafeMutableRawBufferPointer
    private var starts: UnsafeMutableBufferPointer<UInt32>
    private var digests: UnsafeMutableBufferPointer<Digest>
    private var table: UnsafeMutableBufferPointer<UInt32>
    private(set) var count = 0
    private(set) var byteCount = 0

    /// 64 entries: a column without strings costs next to nothing, and growth doubles.
    private static let initialCapacity = 64
    /// `table` holds id + 1; 0 is a free slot.
    private static let free: UInt32 = 0

    /// What strings are compared by first, and find their slot with: 16 bytes, so that many lie in a cache.
    private struct Digest: BitwiseCopyable {
        /// Up to this length the digest is the whole string.
        static let wholeByteCount = 15
        private static let isFingerprint: UInt64 = 0xFF << 56

        let first: UInt64
        /// The uppermost byte is the length of a string that is whole here, 0xFF with the fingerprint of a longer one.
        let last: UInt64

        /// The bytes of the string and its length, or its fingerprint.
        @inline(__always)
        init(_ string: RawSpan) {
            let byteCount = string.byteCount
            let length = UInt64(truncatingIfNeeded: byteCount) &<< 56
            if byteCount > Self.wholeByteCount {
                let fingerprint = Fingerprint(string)
                (first, last) = (fingerprint.low, fingerprint.high | Self.isFingerprint)
            } else if byteCount >= 8 {
                // Safe: the string has at least 8 bytes.
                first = unsafe string.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt64.self)
                let end = unsafe string.unsafeLoadUnaligned(
                    fromUncheckedByteOffset: byteCount &- 8, as: UInt64.self)
                // Only what is behind the first 8 bytes. `>>` gives 0 for a shift by 64.
                last = end >> UInt64(truncatingIfNeeded: 8 &* (16 &- byteCount)) | length
            } else if byteCount >= 4 {
                // Safe: the string has at least 4 bytes; where both words overlap they agree.
                let start = unsafe string.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt32.self)
                let end = unsafe string.unsafeLoadUnaligned(
                    fromUncheckedByteOffset: byteCount &- 4, as: UInt32.self)
                first = UInt64(start) | UInt64(end) &<< UInt64(truncatingIfNeeded: 8 &* (byteCount &- 4))
                last = length
            } else {
                var word: UInt64 = 0
                for offset in 0..<byteCount {
                    // Safe: the loop's bound is the string's.
                    let byte = unsafe string.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
                    word = word &<< 8 | UInt64(byte)
                }
                (first, last) = (word, length)
            }
        }

        var isWhole: Bool { last < Self.isFingerprint }

        @inline(__always)
        func slot(key: (UInt64, UInt64), mask: Int) -> Int {
            Int(truncatingIfNeeded: folded(first ^ key.0, last ^ key.1)) & mask
        }

        @inline(__always)
        static func == (left: Digest, right: Digest) -> Bool {
            left.first == right.first && left.last == right.last
        }
    }

    /// Of the process, so that no sender can choose strings that meet in one slot.
    private let key = (Fingerprint.key.1, Fingerprint.key.3)

    init() {
        unsafe arena = .allocate(byteCount: Self.initialCapacity * 16, alignment: 8)
        unsafe starts = .allocate(capacity: Self.initialCapacity + 1)
        unsafe digests = .allocate(capacity: Self.initialCapacity)
        unsafe table = .allocate(capacity: Self.initialCapacity * 2)
        // Safe: freshly allocated with that capacity.
        unsafe table.initialize(repeating: Self.free)
        unsafe starts[0] = 0
    }

    deinit {
        unsafe arena.deallocate()
        unsafe starts.deallocate()
        unsafe digests.deallocate()
        unsafe table.deallocate()
    }

    /// The id of `string`, which is added when it is new.
    mutating func intern(_ string: RawSpan) -> UInt32 {
        let digest = Digest(string)
        let mask = unsafe table.count &- 1
        var slot = digest.slot(key: key, mask: mask)
        while true {
            // Safe: masked by the table's power-of-two count.
            let entry = unsafe table[slot]
            if entry == Self.free { break }
            let id = Int(entry) &- 1
            // Safe: the table holds ids below `count` only.
            if unsafe digests[id] == digest,
                unsafe digest.isWhole || equals(string, id: id)
            {
                return entry &- 1
            }
            slot = (slot &+ 1) & mask
        }
        return add(string, digest: digest, slot: slot)
    }

    /// What tells string `id` from others in every dictionary of the process; not mixed yet.
    func identity(of id: Int) -> Fingerprint {
        require(id >= 0 && id < count, "an id comes from this dictionary")
        // Safe: just checked.
        let digest = unsafe digests[id]
        return Fingerprint(low: digest.first, high: digest.last)
    }

    /// Where each string begins in `bytes`, and behind the last where it ends: `count + 1` values.
    var offsets: Span<UInt32> {
        @_lifetime(borrow self)
        get {
            // Safe: `count + 1` starts are always initialised; the span cannot outlive `self`.
            let used = unsafe UnsafeBufferPointer(rebasing: starts[..<(count + 1)])
            return unsafe _overrideLifetime(Span(_unsafeElements: used), borrowing: self)
        }
    }

    /// The bytes of all strings, one behind the other.
    var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            // Safe: the first `byteCount` bytes are initialised; the span cannot outlive `self`.
            let used = unsafe UnsafeRawBufferPointer(rebasing: arena[..<byteCount])
            return unsafe _overrideLifetime(RawSpan(_unsafeBytes: used), borrowing: self)
        }
    }

    mutating func removeAll() {
        count = 0
        byteCount = 0
        // Safe: the table is initialised from the start; this overwrites it.
        unsafe table.update(repeating: Self.free)
    }

    @unsafe
    private func equals(_ string: RawSpan, id: Int) -> Bool {
        // Safe: ids below `count` have both bounds, and the arena holds what lies between.
        let start = unsafe Int(starts[id])
        let length = unsafe Int(starts[id + 1]) - start
        guard length == string.byteCount else { return false }
        return unsafe string.withUnsafeBytes { candidate in
            guard length > 0, let left = candidate.baseAddress, let right = unsafe arena.baseAddress else {
                return true
            }
            return unsafe memcmp(left, right + start, length) == 0
        }
    }

    private mutating func add(_ string: RawSpan, digest: Digest, slot: Int) -> UInt32 {
        let id = count
        reserve(byteCount + string.byteCount, id + 1)
        // Safe: `reserve` made room in the arena and in both arrays.
        unsafe string.withUnsafeBytes { source in
            guard let from = source.baseAddress else { return }
            unsafe arena.baseAddress?.advanced(by: byteCount).copyMemory(from: from, byteCount: source.count)
        }
        byteCount += string.byteCount
        count += 1
        unsafe starts[count] = UInt32(byteCount)
        unsafe digests[id] = digest
        unsafe table[slot] = UInt32(id + 1)
        if unsafe count * 2 > table.count { growTable() }
        return UInt32(id)
    }

    private mutating func reserve(_ neededBytes: Int, _ neededCount: Int) {
        require(neededBytes <= Int(UInt32.max), "the strings of one column of a batch stay below 4 GiB")
        if unsafe neededBytes > arena.count {
            let grown = unsafe UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(neededBytes, arena.count * 2), alignment: 8)
            // Safe: the new arena is larger, and `byteCount` bytes of the old one are initialised.
            unsafe grown.copyMemory(from: UnsafeRawBufferPointer(rebasing: arena[..<byteCount]))
            unsafe arena.deallocate()
            unsafe arena = grown
        }
        if unsafe neededCount > digests.count {
            let capacity = unsafe digests.count * 2
            unsafe starts = Self.grown(starts, keeping: count + 1, capacity: capacity + 1)
            unsafe digests = Self.grown(digests, keeping: count, capacity: capacity)
        }
    }

    @unsafe
    private static func grown<Element: BitwiseCopyable>(
        _ old: UnsafeMutableBufferPointer<Element>, keeping count: Int, capacity: Int
    ) -> UnsafeMutableBufferPointer<Element> {
        let new = UnsafeMutableBufferPointer<Element>.allocate(capacity: capacity)
        // Safe: `count` elements are initialised in the old buffer and fit the larger new one.
        _ = unsafe new.update(fromContentsOf: UnsafeMutableBufferPointer(rebasing: old[..<count]))
        unsafe old.deallocate()
        return unsafe new
    }

    private mutating func growTable() {
        let capacity = unsafe table.count * 2
        unsafe table.deallocate()
        unsafe table = .allocate(capacity: capacity)
        unsafe table.initialize(repeating: Self.free)
        for id in 0..<count {
            // Safe: ids below `count` have a digest; the slot is masked.
            var slot = unsafe digests[id].slot(key: key, mask: capacity - 1)
            while unsafe table[slot] != Self.free { slot = (slot + 1) & (capacity - 1) }
            unsafe table[slot] = UInt32(id + 1)
        }
    }
}
