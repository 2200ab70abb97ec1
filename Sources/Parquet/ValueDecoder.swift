/// The decoders' own error: the caller adds where it happened.
enum DecodingFailure: Error {
    case endsEarly
    case contradictory(String)
}

extension Span<UInt8> {
    /// Up to eight bytes from `offset` on, little endian; missing ones count as zero.
    @inline(always)
    func littleEndianWord(at offset: Int) -> UInt64 {
        if offset + 8 <= count {
            // Safe: the eight bytes were just shown to be inside, and every bit pattern is a UInt64.
            return unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
        }
        var word: UInt64 = 0
        var index = offset
        while index < count {
            word |= UInt64(self[index]) << UInt64(8 * (index - offset))
            index += 1
        }
        return word
    }

    /// The number of `width` bits at `bitOffset`; the caller has checked that it is inside.
    @inline(always)
    func bits(at bitOffset: Int, width: Int) -> UInt64 {
        if width == 0 { return 0 }
        let offset = bitOffset >> 3
        let shift = bitOffset & 7
        var word = littleEndianWord(at: offset) >> UInt64(shift)
        if shift + width > 64 { word |= UInt64(self[offset + 8]) << UInt64(64 - shift) }
        return width == 64 ? word : word & ((1 << UInt64(width)) - 1)
    }

    /// Reads groups of seven bits from `offset` on and moves it behind them.
    func variableLength(at offset: inout Int) throws(DecodingFailure) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < count {
            let next = self[offset]
            offset += 1
            guard shift < 63 || next <= 1 else { throw .contradictory("number of more than 64 bits") }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
        }
        throw .endsEarly
    }
}

/// Parquet's RLE / bit-packed hybrid.
enum RunLengthDecoder {
    /// Appends `count` values of `width` bits to `values`.
    static func decode(
        _ bytes: Span<UInt8>, width: Int, count: Int, into values: inout [UInt32]
    ) throws(DecodingFailure) {
        guard (0...32).contains(width) else { throw .contradictory("index of \(width) bits") }
        var remaining = count
        var offset = 0
        while remaining > 0 {
            let header = try bytes.variableLength(at: &offset)
            if header & 1 == 1 {
                let groups = Int(min(header >> 1, UInt64(remaining / 8 + 1)))
                let taken = min(groups * 8, remaining)
                guard taken > 0 else { throw .contradictory("empty run") }
                // The last group may be cut behind its last value.
                guard (taken * width + 7) / 8 <= bytes.count - offset else { throw .endsEarly }
                for index in 0..<taken {
                    values.append(
                        UInt32(truncatingIfNeeded: bytes.bits(at: offset * 8 + index * width, width: width)))
                }
                offset = min(offset + groups * width, bytes.count)
                remaining -= taken
            } else {
                let byteCount = (width + 7) / 8
                guard byteCount <= bytes.count - offset else { throw .endsEarly }
                let taken = Int(min(header >> 1, UInt64(remaining)))
                guard taken > 0 else { throw .contradictory("empty run") }
                let value = bytes.bits(at: offset * 8, width: byteCount * 8)
                guard width == 32 || value >> UInt64(width) == 0 else {
                    throw .contradictory("run of too large a value")
                }
                values.append(contentsOf: repeatElement(UInt32(truncatingIfNeeded: value), count: taken))
                offset += byteCount
                remaining -= taken
            }
        }
    }
}

/// DELTA_BINARY_PACKED.
enum DeltaDecoder {
    /// Appends exactly `count` values to `values` and returns how many bytes they took.
    static func decode(
        _ bytes: Span<UInt8>, count: Int, is32Bit: Bool, into values: inout [Int64]
    ) throws(DecodingFailure) -> Int {
        var offset = 0
        let blockCount = try bytes.variableLength(at: &offset)
        let miniblocks = try bytes.variableLength(at: &offset)
        let total = try bytes.variableLength(at: &offset)
        guard total == UInt64(count) else { throw .contradictory("\(total) values instead of \(count)") }
        guard (8...65536).contains(blockCount), (1...512).contains(miniblocks),
            blockCount % miniblocks == 0, (blockCount / miniblocks) % 8 == 0
        else { throw .contradictory("block layout") }
        let perMiniblock = Int(blockCount / miniblocks)
        var last = try signed(bytes, at: &offset)
        if count == 0 { return offset }
        values.append(last)
        var remaining = count - 1
        while remaining > 0 {
            let minimum = try signed(bytes, at: &offset)
            let widths = offset
            guard Int(miniblocks) <= bytes.count - offset else { throw .endsEarly }
            offset += Int(miniblocks)
            for miniblock in 0..<Int(miniblocks) where remaining > 0 {
                let width = Int(bytes[widths + miniblock])
                guard width <= 64 else { throw .contradictory("difference of \(width) bits") }
                let byteCount = perMiniblock / 8 * width
                guard byteCount <= bytes.count - offset else { throw .endsEarly }
                let taken = min(perMiniblock, remaining)
                for index in 0..<taken {
                    let packed = bytes.bits(at: offset * 8 + index * width, width: width)
                    last = last &+ minimum &+ Int64(bitPattern: packed)
                    if is32Bit { last = Int64(Int32(truncatingIfNeeded: last)) }
                    values.append(last)
                }
                remaining -= taken
                offset += byteCount
            }
        }
        return offset
    }

    private static func signed(_ bytes: Span<UInt8>, at offset: inout Int) throws(DecodingFailure) -> Int64 {
        let value = try bytes.variableLength(at: &offset)
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}

/// Values of a fixed width, one behind the other or split into streams of bytes.
enum PlainDecoder {
    /// How the bytes of one value become a word.
    enum Layout {
        case signed32
        case signed64
        case float
        /// A decimal in so many bytes, most significant first.
        case bigEndian(byteCount: Int)

        var byteCount: Int {
            switch self {
            case .signed32, .float: 4
            case .signed64: 8
            case .bigEndian(let byteCount): byteCount
            }
        }
    }

    static func decode(
        _ bytes: Span<UInt8>, count: Int, layout: Layout, isSplit: Bool, into values: inout [Int64]
    ) throws(DecodingFailure) {
        let width = layout.byteCount
        guard count <= bytes.count / width else { throw .endsEarly }
        let (step, stride) = isSplit ? (1, count) : (width, 1)
        if isSplit, bytes.count != count * width { throw .contradictory("streams of unequal length") }
        for index in 0..<count {
            let start = index * step
            if case .bigEndian = layout {
                values.append(try bigEndian(bytes, start: start, stride: stride, byteCount: width))
                continue
            }
            var word: UInt64 = 0
            if isSplit {
                for byte in 0..<width { word |= UInt64(bytes[start + byte * stride]) << UInt64(8 * byte) }
            } else {
                word = bytes.littleEndianWord(at: start)
            }
            values.append(Self.word(word, layout: layout))
        }
    }

    private static func word(_ word: UInt64, layout: Layout) -> Int64 {
        switch layout {
        case .signed32: return Int64(Int32(truncatingIfNeeded: word))
        case .float:
            let value = Double(Float(bitPattern: UInt32(truncatingIfNeeded: word)))
            return Int64(bitPattern: value.bitPattern)
        case .signed64, .bigEndian: return Int64(bitPattern: word)
        }
    }

    private static func bigEndian(
        _ bytes: Span<UInt8>, start: Int, stride: Int, byteCount: Int
    ) throws(DecodingFailure) -> Int64 {
        var value = Int64(Int8(bitPattern: bytes[start]))
        for byte in 1..<max(byteCount, 1) {
            guard value >> 55 == 0 || value >> 55 == -1 else { throw .contradictory("decimal of more than 64 bits") }
            value = value << 8 | Int64(bytes[start + byte * stride])
        }
        return value
    }

    /// One bit per value.
    static func decodeBooleans(
        _ bytes: Span<UInt8>, count: Int, into values: inout [Int64]
    ) throws(DecodingFailure) {
        guard (count + 7) / 8 <= bytes.count else { throw .endsEarly }
        for index in 0..<count { values.append(Int64(bytes[index >> 3] >> UInt8(index & 7) & 1)) }
    }
}
