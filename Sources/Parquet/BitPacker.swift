/// Packs numbers at a fixed count of bits, lowest bit first, as Parquet's hybrid and delta encodings want it.
enum BitPacker {
    /// How many bytes past the packed ones the functions may write: whole words are stored.
    static let slackByteCount = 16

    /// The bits that `value` needs.
    @inline(always)
    static func width<Word: FixedWidthInteger & UnsignedInteger>(of value: Word) -> Int {
        Word.bitWidth - value.leadingZeroBitCount
    }

    /// Packs all of `values`, a multiple of eight, at `width` bits each.
    ///
    /// Every value must fit into `width` bits, and `out` needs ``slackByteCount`` bytes behind the packed ones.
    @inline(always)
    static func pack<Word: FixedWidthInteger & UnsignedInteger>(
        _ values: Span<Word>, width: Int, into out: inout MutableRawSpan, at byteOffset: Int
    ) {
        switch width {
        case 0: break
        case 8: packBytes(values, into: &out, at: byteOffset)
        case 1...8: packNarrow(values, width: width, into: &out, at: byteOffset)
        case 9...16: packMiddle(values, width: width, into: &out, at: byteOffset)
        default: packWide(values, width: width, into: &out, at: byteOffset)
        }
    }

    @inline(always)
    private static func packBytes<Word: FixedWidthInteger & UnsignedInteger>(
        _ values: Span<Word>, into out: inout MutableRawSpan, at byteOffset: Int
    ) {
        for index in values.indices {
            out.storeBytes(
                of: UInt8(truncatingIfNeeded: values[index]), toByteOffset: byteOffset &+ index, as: UInt8.self)
        }
    }

    /// Eight values fill at most one word.
    @inline(always)
    private static func packNarrow<Word: FixedWidthInteger & UnsignedInteger>(
        _ values: Span<Word>, width: Int, into out: inout MutableRawSpan, at byteOffset: Int
    ) {
        let step = UInt64(width)
        var target = byteOffset
        var index = 0
        while index &+ 8 <= values.count {
            var word = UInt64(truncatingIfNeeded: values[index])
            word |= UInt64(truncatingIfNeeded: values[index &+ 1]) &<< step
            word |= UInt64(truncatingIfNeeded: values[index &+ 2]) &<< (2 &* step)
            word |= UInt64(truncatingIfNeeded: values[index &+ 3]) &<< (3 &* step)
            word |= UInt64(truncatingIfNeeded: values[index &+ 4]) &<< (4 &* step)
            word |= UInt64(truncatingIfNeeded: values[index &+ 5]) &<< (5 &* step)
            word |= UInt64(truncatingIfNeeded: values[index &+ 6]) &<< (6 &* step)
            word |= UInt64(truncatingIfNeeded: values[index &+ 7]) &<< (7 &* step)
            out.storeBytes(of: word.littleEndian, toByteOffset: target, as: UInt64.self)
            index &+= 8
            target &+= width
        }
    }

    /// Four values fill at most one word; two such halves make a group of eight.
    @inline(always)
    private static func packMiddle<Word: FixedWidthInteger & UnsignedInteger>(
        _ values: Span<Word>, width: Int, into out: inout MutableRawSpan, at byteOffset: Int
    ) {
        let step = UInt64(width)
        var target = byteOffset
        var index = 0
        while index &+ 8 <= values.count {
            var low = UInt64(truncatingIfNeeded: values[index])
            low |= UInt64(truncatingIfNeeded: values[index &+ 1]) &<< step
            low |= UInt64(truncatingIfNeeded: values[index &+ 2]) &<< (2 &* step)
            low |= UInt64(truncatingIfNeeded: values[index &+ 3]) &<< (3 &* step)
            var high = UInt64(truncatingIfNeeded: values[index &+ 4])
            high |= UInt64(truncatingIfNeeded: values[index &+ 5]) &<< step
            high |= UInt64(truncatingIfNeeded: values[index &+ 6]) &<< (2 &* step)
            high |= UInt64(truncatingIfNeeded: values[index &+ 7]) &<< (3 &* step)
            // `<<` and `>>` give 0 when all 64 bits leave, as they do for a width of 16.
            let first = low | (high << (4 &* step))
            let second = high >> (64 &- 4 &* step)
            out.storeBytes(of: first.littleEndian, toByteOffset: target, as: UInt64.self)
            out.storeBytes(of: second.littleEndian, toByteOffset: target &+ 8, as: UInt64.self)
            index &+= 8
            target &+= width
        }
    }

    @inline(always)
    private static func packWide<Word: FixedWidthInteger & UnsignedInteger>(
        _ values: Span<Word>, width: Int, into out: inout MutableRawSpan, at byteOffset: Int
    ) {
        var target = byteOffset
        var word: UInt64 = 0
        var filled = 0
        for index in values.indices {
            let value = UInt64(truncatingIfNeeded: values[index])
            word |= value &<< UInt64(filled)
            filled &+= width
            if filled >= 64 {
                out.storeBytes(of: word.littleEndian, toByteOffset: target, as: UInt64.self)
                target &+= 8
                filled &-= 64
                word = filled == 0 ? 0 : value &>> UInt64(width &- filled)
            }
        }
        // A multiple of eight values ends on a whole byte; the rest of the word is slack.
        if filled > 0 { out.storeBytes(of: word.littleEndian, toByteOffset: target, as: UInt64.self) }
    }
}

extension MutableRawSpan {
    /// Stores `value` in groups of seven bits and returns the offset behind it.
    @inline(always)
    mutating func storeVariableLength(_ value: UInt64, at byteOffset: Int) -> Int {
        var rest = value
        var target = byteOffset
        while rest >= 0x80 {
            storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: target, as: UInt8.self)
            rest >>= 7
            target &+= 1
        }
        storeBytes(of: UInt8(rest), toByteOffset: target, as: UInt8.self)
        return target &+ 1
    }
}

/// Maps small numbers of either sign to small numbers without one.
@inline(always)
func zigzag(_ value: Int64) -> UInt64 {
    UInt64(bitPattern: (value &<< 1) ^ (value &>> 63))
}
