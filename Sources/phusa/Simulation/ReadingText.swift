/// The JSON text of one reading, written into memory that is allocated once.
///
/// Member names go in as one or two words and digits in pairs, so that a fleet writes millions of readings a second.
@safe
struct ReadingText: ~Copyable {
    /// A reading of the simulation has a few hundred bytes.
    private static let capacity = 1024
    /// No single write is longer, so one check per write is enough.
    private static let writeLimit = 64

    private let storage: UnsafeMutableRawPointer
    private(set) var count = 0

    init() {
        unsafe storage = .allocate(byteCount: Self.capacity, alignment: 16)
        // Safe: just allocated with that many bytes.
        unsafe storage.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity)
    }

    deinit {
        unsafe storage.deallocate()
    }

    mutating func removeAll() {
        count = 0
    }

    /// Adds what has been written to `bytes`.
    func append(to bytes: inout [UInt8]) {
        // Safe: the first `count` bytes are initialised and below the capacity.
        let written = unsafe UnsafeRawBufferPointer(start: storage, count: count)
        unsafe bytes.append(contentsOf: written)
    }

    /// A text of at most 24 bytes, ready to be written as three words.
    struct Fixed {
        fileprivate let words: (UInt64, UInt64, UInt64)
        fileprivate let count: Int

        init(_ text: String) {
            var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
            precondition(text.utf8.count <= 24, "a fixed text has at most 24 bytes")
            for (position, byte) in text.utf8.enumerated() {
                let shifted = UInt64(byte) << UInt64(position % 8 * 8)
                switch position / 8 {
                case 0: words.0 |= shifted
                case 1: words.1 |= shifted
                default: words.2 |= shifted
                }
            }
            self.words = words
            count = text.utf8.count
        }
    }

    mutating func write(_ text: Fixed) {
        reserve()
        // Safe: `reserve` left room for 24 bytes behind `count`.
        unsafe storage.storeBytes(of: text.words.0.littleEndian, toByteOffset: count, as: UInt64.self)
        if text.count > 8 {
            unsafe storage.storeBytes(of: text.words.1.littleEndian, toByteOffset: count &+ 8, as: UInt64.self)
            unsafe storage.storeBytes(of: text.words.2.littleEndian, toByteOffset: count &+ 16, as: UInt64.self)
        }
        count &+= text.count
    }

    /// Any text, byte by byte.
    mutating func write(text: String) {
        for byte in text.utf8 { write(byte: byte) }
    }

    /// `value` rounded to `digits` digits behind the point, or null.
    mutating func write(_ value: Double?, digits: Int) {
        guard let value else { return write(text: "null") }
        var power = 1.0
        for _ in 0..<digits { power *= 10 }
        write(scaled: Int((value * power).rounded()), digits: digits)
    }

    mutating func write(byte: UInt8) {
        reserve()
        // Safe: `reserve` left room.
        unsafe storage.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    /// Exactly two digits of a number below 100.
    mutating func write(twoDigits number: Int) {
        reserve()
        unsafe store(pair: number, at: count)
        count &+= 2
    }

    mutating func write(threeDigits number: Int) {
        write(byte: UInt8(truncatingIfNeeded: 48 + number / 100))
        write(twoDigits: number % 100)
    }

    mutating func write(_ number: Int) {
        if number < 0 { write(byte: UInt8(ascii: "-")) }
        write(magnitude: number.magnitude)
    }

    /// `scaled / 10^digits` with exactly `digits` digits behind the point, 1 to 8.
    mutating func write(scaled: Int, digits: Int) {
        if scaled < 0 { write(byte: UInt8(ascii: "-")) }
        var power: UInt = 1
        for _ in 0..<digits { power &*= 10 }
        let (whole, fraction) = scaled.magnitude.quotientAndRemainder(dividingBy: power)
        write(magnitude: whole)
        write(byte: UInt8(ascii: "."))
        var rest = fraction
        reserve()
        for position in stride(from: digits - 1, through: 0, by: -1) {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            // Safe: at most 8 digits, and `reserve` left room for 64 bytes.
            unsafe storage.storeBytes(
                of: UInt8(truncatingIfNeeded: 48 &+ digit), toByteOffset: count &+ position, as: UInt8.self)
            rest = quotient
        }
        count &+= digits
    }

    private mutating func write(magnitude: UInt) {
        reserve()
        var width = 1
        var limit: UInt = 10
        while width < 19, magnitude >= limit {
            width &+= 1
            limit &*= 10
        }
        var rest = magnitude
        var position = count &+ width
        while rest >= 100 {
            let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
            position &-= 2
            unsafe store(pair: Int(pair), at: position)
            rest = quotient
        }
        // Safe: `position` is one or two bytes behind `count`, with the room that `reserve` left.
        if rest >= 10 {
            unsafe store(pair: Int(rest), at: position &- 2)
        } else {
            unsafe storage.storeBytes(
                of: UInt8(truncatingIfNeeded: 48 &+ rest), toByteOffset: position &- 1, as: UInt8.self)
        }
        count &+= width
    }

    /// The two digits of `pair`, below 100, at `position`.
    @unsafe
    private func store(pair: Int, at position: Int) {
        let tens = pair / 10
        let digits = UInt16(truncatingIfNeeded: 0x3030 &+ tens &+ (pair &- tens &* 10) &<< 8)
        // Safe: the caller has made room for two bytes at `position`.
        unsafe storage.storeBytes(of: digits.littleEndian, toByteOffset: position, as: UInt16.self)
    }

    private func reserve() {
        precondition(count <= Self.capacity - Self.writeLimit, "a simulated reading fits into its buffer")
    }
}
