/// A 128-bit hash of bytes and numbers, keyed per process, to tell readings apart by their identity.
///
/// Two different identities among `n` agree with a probability of about n²/2¹²⁹: with a billion readings in a window
/// below 10⁻²⁰. It lives in memory only; after a restart it is computed again from the tables.
package struct Fingerprint: Hashable, Sendable, BitwiseCopyable {
    package var low: UInt64
    package var high: UInt64

    @inlinable
    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// Random for each process, so that no sender can construct two readings that agree.
    @usableFromInline static let key: (UInt64, UInt64, UInt64, UInt64) = (
        .random(in: .min ... .max) | 1, .random(in: .min ... .max) | 1,
        .random(in: .min ... .max) | 1, .random(in: .min ... .max) | 1
    )

    /// The fingerprint of no bytes at all, from which others are made.
    @inlinable
    package static var start: Fingerprint {
        let key = key
        return Fingerprint(low: key.0, high: key.2)
    }

    /// The fingerprint of `bytes`.
    package init(_ bytes: RawSpan) {
        let key = Self.key
        var low = key.0 ^ UInt64(truncatingIfNeeded: bytes.byteCount)
        var high = key.2
        var position = 0
        while position + 16 <= bytes.byteCount {
            // Safe: the loop's bound leaves 16 bytes.
            let first = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self)
            let second = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position + 8, as: UInt64.self)
            low = folded(low ^ first, key.1 ^ second)
            high = folded(high ^ second, key.3 ^ first)
            position += 16
        }
        let (first, second) = Self.lastBytes(of: bytes, from: position)
        self.low = folded(low ^ first ^ key.3, key.1 ^ second)
        self.high = folded(high ^ second ^ key.1, key.3 ^ first)
    }

    /// Mixes a number in.
    @inlinable
    package mutating func combine(_ word: UInt64) {
        let key = Self.key
        low = folded(low ^ word, key.1)
        high = folded(high ^ word ^ key.0, key.3)
    }

    /// Mixes another fingerprint in; order matters.
    @inlinable
    package mutating func combine(_ other: Fingerprint) {
        combine(other.low)
        combine(other.high)
    }

    /// Up to 15 bytes as two words, zero filled.
    private static func lastBytes(of bytes: RawSpan, from position: Int) -> (UInt64, UInt64) {
        let count = bytes.byteCount - position
        if count >= 8 {
            // Safe: at least 8 bytes are left, and the second load ends with the last byte.
            let first = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self)
            let last = unsafe bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: bytes.byteCount - 8, as: UInt64.self)
            return (first, last &+ UInt64(truncatingIfNeeded: count))
        }
        var word: UInt64 = 0
        for offset in position..<bytes.byteCount {
            // Safe: the loop's bound is the span's.
            let byte = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
            word = word << 8 | UInt64(byte)
        }
        return (word, UInt64(truncatingIfNeeded: count))
    }
}

/// The two halves of the 128-bit product, folded: one multiplication mixes 64 bits well (the idea of wyhash).
@inlinable
func folded(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
}
