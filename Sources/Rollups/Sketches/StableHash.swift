/// A 64-bit hash of bytes that is the same on every machine and in every version: XXH64, by the specification in
/// github.com/Cyan4973/xxHash, doc/xxhash_spec.md.
///
/// Spark, ClickHouse and others have it too, so that they can add to our sketches. A seed that only the operator knows
/// keeps senders from choosing names that count as one.
package enum StableHash {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    package static func hash(_ bytes: RawSpan, seed: UInt64 = 0) -> UInt64 {
        var position = 0
        var hash: UInt64
        if bytes.byteCount >= 32 {
            var lanes = (seed &+ prime1 &+ prime2, seed &+ prime2, seed, seed &- prime1)
            while position + 32 <= bytes.byteCount {
                lanes.0 = round(lanes.0, word(bytes, position))
                lanes.1 = round(lanes.1, word(bytes, position + 8))
                lanes.2 = round(lanes.2, word(bytes, position + 16))
                lanes.3 = round(lanes.3, word(bytes, position + 24))
                position += 32
            }
            hash = rotate(lanes.0, 1) &+ rotate(lanes.1, 7) &+ rotate(lanes.2, 12) &+ rotate(lanes.3, 18)
            hash = fold(fold(fold(fold(hash, lanes.0), lanes.1), lanes.2), lanes.3)
        } else {
            hash = seed &+ prime5
        }
        hash &+= UInt64(bytes.byteCount)
        while position + 8 <= bytes.byteCount {
            hash = rotate(hash ^ round(0, word(bytes, position)), 27) &* prime1 &+ prime4
            position += 8
        }
        if position + 4 <= bytes.byteCount {
            // Safe: four bytes are left, and any four bytes are a UInt32.
            let half = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt32.self).littleEndian
            hash = rotate(hash ^ UInt64(half) &* prime1, 23) &* prime2 &+ prime3
            position += 4
        }
        while position < bytes.byteCount {
            // Safe: the loop's bound is the span's, and any byte is a UInt8.
            let byte = unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
            hash = rotate(hash ^ UInt64(byte) &* prime5, 11) &* prime1
            position += 1
        }
        return avalanche(hash)
    }

    /// The hash of a number: that of its eight bytes, the lowest first.
    package static func hash(_ word: UInt64, seed: UInt64 = 0) -> UInt64 {
        avalanche(rotate((seed &+ prime5 &+ 8) ^ round(0, word), 27) &* prime1 &+ prime4)
    }

    private static func avalanche(_ value: UInt64) -> UInt64 {
        var hash = value
        hash = (hash ^ hash >> 33) &* prime2
        hash = (hash ^ hash >> 29) &* prime3
        return hash ^ hash >> 32
    }

    private static func word(_ bytes: RawSpan, _ position: Int) -> UInt64 {
        // Safe: the callers leave eight bytes, and any eight bytes are a UInt64.
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
    }

    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ word &* prime2, 31) &* prime1
    }

    private static func fold(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
        (hash ^ round(0, lane)) &* prime1 &+ prime4
    }

    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value &<< count | value &>> (64 &- count) }
}
