/// DELTA_BINARY_PACKED: differences in blocks of 128, each block packed at the bits that it needs.
enum DeltaEncoder {
    private static let blockCount = 128
    private static let miniblockCount = 32

    /// The most bytes that `count` values can take.
    static func capacity(forCount count: Int) -> Int {
        (count + blockCount) * 9 + 64 + BitPacker.slackByteCount
    }

    /// Encodes `values` from `byteOffset` on; returns the offset behind the last byte.
    ///
    /// `is32Bit` says that the column is INT32, whose differences wrap around at 32 bits. `isByteAligned` spends whole
    /// bytes per difference and one base for the whole page, so that zstd sees differences as symbols and can bring
    /// them near to their entropy.
    static func encode(
        _ values: Span<Int64>, is32Bit: Bool, isByteAligned: Bool, into out: inout MutableRawSpan, at byteOffset: Int
    ) -> Int {
        var target = out.storeVariableLength(UInt64(blockCount), at: byteOffset)
        target = out.storeVariableLength(UInt64(blockCount / miniblockCount), at: target)
        target = out.storeVariableLength(UInt64(values.count), at: target)
        guard values.count > 0 else { return out.storeVariableLength(0, at: target) }
        target = out.storeVariableLength(zigzag(values[0]), at: target)

        let base = isByteAligned ? commonBase(of: values, is32Bit: is32Bit) : nil
        let mask: UInt64 = is32Bit ? 0xFFFF_FFFF : .max
        var block = InlineArray<128, UInt64>(repeating: 0)
        var start = 1
        while start < values.count {
            let count = min(blockCount, values.count - start)
            let extent = differences(values, from: start, count: count, is32Bit: is32Bit, into: &block)
            var minimum = extent.minimum
            if let base, base <= minimum, UInt64(bitPattern: extent.maximum &- base) <= 0xFF { minimum = base }
            for index in 0..<count { block[index] = (block[index] &- UInt64(bitPattern: minimum)) & mask }
            for index in count..<blockCount { block[index] = 0 }
            target = out.storeVariableLength(zigzag(minimum), at: target)
            target = pack(block.span, count: count, isByteAligned: isByteAligned, into: &out, at: target)
            start += count
        }
        return target
    }

    @inline(always)
    private static func differences(
        _ values: Span<Int64>, from start: Int, count: Int, is32Bit: Bool, into block: inout InlineArray<128, UInt64>
    ) -> (minimum: Int64, maximum: Int64) {
        var minimum = Int64.max
        var maximum = Int64.min
        let window = values.extracting((start - 1)..<(start + count))
        var previous = window[0]
        for index in 0..<count {
            let value = window[index &+ 1]
            var difference = value &- previous
            if is32Bit { difference = Int64(Int32(truncatingIfNeeded: difference)) }
            previous = value
            minimum = min(minimum, difference)
            maximum = max(maximum, difference)
            block[index] = UInt64(bitPattern: difference)
        }
        return (minimum, maximum)
    }

    /// Writes the widths of a block and its miniblocks; those behind the last value are left out, as the format says.
    @inline(always)
    private static func pack(
        _ block: Span<UInt64>, count: Int, isByteAligned: Bool, into out: inout MutableRawSpan, at byteOffset: Int
    ) -> Int {
        var target = byteOffset + blockCount / miniblockCount
        for miniblock in 0..<(blockCount / miniblockCount) {
            let first = miniblock * miniblockCount
            var width = 0
            if first < count {
                let values = block.extracting(first..<(first + miniblockCount))
                var bits: UInt64 = 0
                for index in values.indices { bits |= values[index] }
                width = BitPacker.width(of: bits)
                if isByteAligned { width = (width + 7) & ~7 }
                BitPacker.pack(values, width: width, into: &out, at: target)
                target += miniblockCount / 8 * width
            }
            out.storeBytes(of: UInt8(width), toByteOffset: byteOffset + miniblock, as: UInt8.self)
        }
        return target
    }

    /// A base from which the differences of most blocks fit into one byte.
    ///
    /// With it the same difference is the same byte in every block of the page.
    private static func commonBase(of values: Span<Int64>, is32Bit: Bool) -> Int64? {
        var maxima: [Int64] = []
        maxima.reserveCapacity(values.count / blockCount + 1)
        var minimum = Int64.max
        var block = InlineArray<128, UInt64>(repeating: 0)
        var start = 1
        while start < values.count {
            let count = min(blockCount, values.count - start)
            let extent = differences(values, from: start, count: count, is32Bit: is32Bit, into: &block)
            let (spread, overflow) = extent.maximum.subtractingReportingOverflow(extent.minimum)
            if !overflow, spread <= 0xFF {
                maxima.append(extent.maximum)
                minimum = min(minimum, extent.minimum)
            }
            start += count
        }
        guard !maxima.isEmpty else { return nil }
        maxima.sort()
        let high = maxima[maxima.count * 9 / 10]
        let (base, overflow) = high.subtractingReportingOverflow(0xFF)
        return overflow ? nil : max(base, minimum)
    }
}
