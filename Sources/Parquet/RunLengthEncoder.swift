/// Parquet's RLE / bit-packed hybrid: dictionary indices, booleans and definition levels.
enum RunLengthEncoder {
    /// The most bytes that `count` values can take.
    static func capacity(forCount count: Int) -> Int {
        count * 5 + 64 + BitPacker.slackByteCount
    }

    /// Encodes `values[range]` at `width` bits from `byteOffset` on; returns the offset behind the last byte.
    ///
    /// The last group of eight may reach past the range: `values` needs seven more there that fit into `width` bits.
    static func encode(
        _ values: Span<UInt32>, range: Range<Int>, width: Int, into out: inout MutableRawSpan, at byteOffset: Int
    ) -> Int {
        var target = byteOffset
        // A run costs its own header, and one more for the literals behind it.
        let minimumRun = max(16, 64 / max(width, 1))
        var literalStart = range.lowerBound
        var index = range.lowerBound
        let end = range.upperBound
        while index < end {
            let value = values[index]
            guard index &+ 8 <= end, value == values[index &+ 7], value == values[index &+ 3] || width == 0 else {
                index = min(index &+ 8, end)
                continue
            }
            var runEnd = index &+ 1
            while runEnd < end, values[runEnd] == value { runEnd &+= 1 }
            if runEnd &- index < minimumRun {
                index &+= 8
                continue
            }
            target = literals(values, range: literalStart..<index, width: width, into: &out, at: target)
            target = run(of: value, count: runEnd &- index, width: width, into: &out, at: target)
            index = runEnd
            literalStart = runEnd
        }
        return literals(values, range: literalStart..<end, width: width, into: &out, at: target)
    }

    static func run(
        of value: UInt32, count: Int, width: Int, into out: inout MutableRawSpan, at byteOffset: Int
    ) -> Int {
        var target = out.storeVariableLength(UInt64(count) &<< 1, at: byteOffset)
        for byte in 0..<((width + 7) / 8) {
            out.storeBytes(
                of: UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)), toByteOffset: target, as: UInt8.self)
            target &+= 1
        }
        return target
    }

    private static func literals(
        _ values: Span<UInt32>, range: Range<Int>, width: Int, into out: inout MutableRawSpan, at byteOffset: Int
    ) -> Int {
        if range.isEmpty { return byteOffset }
        let groups = (range.count + 7) / 8
        let target = out.storeVariableLength(UInt64(groups) &<< 1 | 1, at: byteOffset)
        let padded = values.extracting(range.lowerBound..<(range.lowerBound + groups * 8))
        BitPacker.pack(padded, width: width, into: &out, at: target)
        return target &+ groups &* width
    }
}

/// Definition levels of a flat column: one bit per row.
enum DefinitionLevels {
    /// Encodes the validity bytes of one page from the start of `levels`; returns how many bytes it took.
    ///
    /// `definedCount` is how many of them are set. Levels are never compressed, so long stretches of equal ones
    /// become runs.
    static func encode(_ defined: Span<UInt8>, definedCount: Int, into levels: inout [UInt8]) -> Int {
        levels.reserveZeroed(defined.count / 8 * 7 + 64)
        var words = levels.mutableSpan
        // Safe: bytes of bytes; the span is used up inside this function.
        var out = unsafe words.mutableBytes
        if definedCount == defined.count || definedCount == 0 {
            return RunLengthEncoder.run(
                of: definedCount == 0 ? 0 : 1, count: defined.count, width: 1, into: &out, at: 0)
        }
        var target = 0
        var literalStart = 0
        var index = 0
        while index < defined.count {
            let bits = packed(defined, at: index)
            if bits == 0 || bits == 0xFF, let run = longRun(in: defined, at: index, bits: bits) {
                target = literals(defined, range: literalStart..<index, into: &out, at: target)
                target = RunLengthEncoder.run(of: UInt32(bits & 1), count: run, width: 1, into: &out, at: target)
                index += run
                literalStart = index
            } else {
                index += 8
            }
        }
        return literals(defined, range: literalStart..<defined.count, into: &out, at: target)
    }

    static func encodeAllDefined(count: Int, into levels: inout [UInt8]) -> Int {
        levels.reserveZeroed(64)
        var words = levels.mutableSpan
        // Safe: bytes of bytes; the span is used up inside this function.
        var out = unsafe words.mutableBytes
        return RunLengthEncoder.run(of: 1, count: count, width: 1, into: &out, at: 0)
    }

    /// 64 rows take eight bytes as literals and two to four as a run.
    private static let minimumRun = 64

    /// The length of a worthwhile run of whole groups that starts at `start`.
    private static func longRun(in defined: Span<UInt8>, at start: Int, bits: UInt8) -> Int? {
        var end = start + 8
        while end + 8 <= defined.count, packed(defined, at: end) == bits { end += 8 }
        return end - start >= minimumRun ? end - start : nil
    }

    private static func literals(
        _ defined: Span<UInt8>, range: Range<Int>, into out: inout MutableRawSpan, at byteOffset: Int
    ) -> Int {
        if range.isEmpty { return byteOffset }
        let groups = (range.count + 7) / 8
        var target = out.storeVariableLength(UInt64(groups) &<< 1 | 1, at: byteOffset)
        var index = range.lowerBound
        for _ in 0..<groups {
            out.storeBytes(of: packed(defined, at: index), toByteOffset: target, as: UInt8.self)
            target += 1
            index += 8
        }
        return target
    }

    /// The validity of up to eight rows as bits.
    @inline(always)
    private static func packed(_ defined: Span<UInt8>, at start: Int) -> UInt8 {
        if start + 8 <= defined.count {
            // Safe: the eight bytes were just shown to be inside, and every bit pattern is a UInt64.
            let word = unsafe defined.bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self).littleEndian
            // Brings the lowest bit of every byte together in the highest byte.
            return UInt8(truncatingIfNeeded: ((word & 0x0101_0101_0101_0101) &* 0x0102_0408_1020_4080) &>> 56)
        }
        var bits: UInt8 = 0
        for index in start..<defined.count { bits |= (defined[index] & 1) << UInt8(index - start) }
        return bits
    }
}
