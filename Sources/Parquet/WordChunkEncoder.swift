/// Writes one column chunk of fixed-width values.
struct WordChunkEncoder {
    let column: ParquetColumn
    private let is32Bit: Bool

    init(_ column: ParquetColumn) {
        self.column = column
        is32Bit = column.type.physicalType == .int32
    }

    /// Finds the bounds of every page and of the whole; refuses words that the type cannot hold.
    ///
    /// - Throws: ``ParquetWriteError/valueOutOfRange(column:)``
    func findBounds(of values: Span<Int64>, in pages: inout [PagePlan]) throws(ParquetWriteError) {
        let (lowest, highest) = column.type.wordRange
        for index in pages.indices {
            let page = values.extracting(pages[index].values)
            guard let bounds = column.type == .double ? Self.doubleBounds(page) : Self.bounds(page) else { continue }
            guard lowest <= bounds.minimum, bounds.maximum <= highest else {
                throw .valueOutOfRange(column: column.name)
            }
            pages[index].minimum = bounds.minimum
            pages[index].maximum = bounds.maximum
            pages[index].hasBounds = true
        }
    }

    private static func bounds(_ values: Span<Int64>) -> (minimum: Int64, maximum: Int64)? {
        if values.isEmpty { return nil }
        var minimum = Int64.max
        var maximum = Int64.min
        for index in values.indices {
            minimum = min(minimum, values[index])
            maximum = max(maximum, values[index])
        }
        return (minimum, maximum)
    }

    /// NaN has no place in an order, and zero as a bound has the sign that lets it stand for both.
    private static func doubleBounds(_ values: Span<Int64>) -> (minimum: Int64, maximum: Int64)? {
        var minimum = Int64.max
        var maximum = Int64.min
        for index in values.indices where values[index] & Int64.max <= 0x7FF0_0000_0000_0000 {
            let key = SortableDouble.key(forBits: values[index])
            minimum = min(minimum, key)
            maximum = max(maximum, key)
        }
        if minimum > maximum { return nil }
        return (minimum == 0 ? -1 : minimum, maximum == -1 ? 0 : maximum)
    }

    /// Writes all pages and returns how they were encoded.
    func write(
        _ values: Span<Int64>, defined: Span<UInt8>?, pages: [PagePlan], dictionary: inout WordDictionary,
        sink: inout PageSink
    ) throws(ParquetWriteError) -> ChunkEncoding {
        let encoding = try chooseEncoding(values, pages: pages, dictionary: &dictionary, sink: &sink)
        if case .dictionary = encoding {
            let byteCount = encodeDictionary(dictionary.entries, into: &sink.values)
            let isSorted = dictionary.isSorted && column.type != .double
            try sink.writeDictionaryPage(
                byteCount: byteCount, entryCount: dictionary.entries.count, isSorted: isSorted)
        }
        let indices = dictionary.indices
        for page in pages {
            let levelByteCount = LevelEncoding.encode(page, of: column, defined: defined, sink: &sink)
            let byteCount = encode(
                values, indices: indices.span, range: page.values, as: encoding, into: &sink.values)
            try sink.writeDataPage(
                page, levelByteCount: levelByteCount, valueByteCount: byteCount, encoding: encoding.encoding)
        }
        return encoding
    }

    private func encodeDictionary(_ entries: [Int64], into bytes: inout [UInt8]) -> Int {
        bytes.reserveZeroed(entries.count * 8 + 8)
        var out = bytes.mutableSpan
        // Safe: bytes of bytes; the span is used up inside this function.
        var raw = unsafe out.mutableBytes
        return is32Bit
            ? PlainEncoder.encode32(entries.span, into: &raw, at: 0)
            : PlainEncoder.encode64(entries.span, into: &raw, at: 0)
    }

    /// Encodes `values[range]` from the start of `bytes`; returns how many bytes it took.
    ///
    /// A page of nulls has the header of its encoding all the same: some readers look for it.
    private func encode(
        _ values: Span<Int64>, indices: Span<UInt32>, range: Range<Int>, as encoding: ChunkEncoding,
        into bytes: inout [UInt8]
    ) -> Int {
        bytes.reserveZeroed(DeltaEncoder.capacity(forCount: range.count))
        var out = bytes.mutableSpan
        // Safe: bytes of bytes; the span is used up inside this function.
        var raw = unsafe out.mutableBytes
        let page = values.extracting(range)
        switch encoding {
        case .dictionary(let width):
            raw.storeBytes(of: UInt8(width), toByteOffset: 0, as: UInt8.self)
            return RunLengthEncoder.encode(indices, range: range, width: width, into: &raw, at: 1)
        case .runLength:
            let end = RunLengthEncoder.encode(indices, range: range, width: 1, into: &raw, at: 4)
            raw.storeBytes(of: UInt32(end - 4).littleEndian, toByteOffset: 0, as: UInt32.self)
            return end
        case .delta(let isByteAligned):
            return DeltaEncoder.encode(page, is32Bit: is32Bit, isByteAligned: isByteAligned, into: &raw, at: 0)
        case .byteStreamSplit:
            return PlainEncoder.encodeSplit(page, byteCount: is32Bit ? 4 : 8, into: &raw, at: 0)
        case .plain, .deltaLength:
            return is32Bit
                ? PlainEncoder.encode32(page, into: &raw, at: 0) : PlainEncoder.encode64(page, into: &raw, at: 0)
        }
    }

    // MARK: Choosing

    /// How many values a trial encodes, twice: enough for zstd to show what it can do.
    private static let trialCount = 4096

    /// Encodes and compresses two samples in every way that may be good, and takes what came out smallest.
    private func chooseEncoding(
        _ values: Span<Int64>, pages: [PagePlan], dictionary: inout WordDictionary, sink: inout PageSink
    ) throws(ParquetWriteError) -> ChunkEncoding {
        if values.isEmpty { return .plain }
        if column.type == .boolean {
            dictionary.setIndices(toWords: values)
            return .runLength
        }
        var minimum = Int64.min
        var maximum = Int64.max
        if column.type != .double {
            minimum = pages.lazy.filter(\.hasBounds).map(\.minimum).min() ?? minimum
            maximum = pages.lazy.filter(\.hasBounds).map(\.maximum).max() ?? maximum
        }
        var candidates: [ChunkEncoding] = []
        if dictionary.build(values, minimum: minimum, maximum: maximum) {
            let width = BitPacker.width(of: UInt32(dictionary.entries.count - 1))
            if width == 0 { return .dictionary(indexWidth: 0) }
            candidates.append(.dictionary(indexWidth: width))
            if (2...7).contains(width) { candidates.append(.dictionary(indexWidth: 8)) }
        }
        if column.type == .double {
            candidates.append(.plain)
        } else {
            candidates.append(.delta(isByteAligned: false))
            candidates.append(.delta(isByteAligned: true))
        }
        candidates.append(.byteStreamSplit)

        let dictionaryByteCount = dictionary.entries.count * (is32Bit ? 4 : 8)
        let indices = dictionary.indices
        var best = ChunkEncoding.plain
        var bestCost = Int.max
        for candidate in candidates {
            var cost = 0
            for range in Self.trialRanges(values.count) {
                let byteCount = encode(values, indices: indices.span, range: range, as: candidate, into: &sink.values)
                // What is not there need not be compressed: a little for speed.
                cost += try sink.trialByteCount(byteCount) + byteCount / 64
                if case .dictionary = candidate {
                    cost += dictionaryByteCount * range.count / values.count * 5 / 8
                }
            }
            if cost < bestCost {
                bestCost = cost
                best = candidate
            }
        }
        return best
    }

    private static func trialRanges(_ count: Int) -> [Range<Int>] {
        if count <= 2 * trialCount { return [0..<count] }
        let first = count / 4
        // Two thirds in and not three quarters, lest both meet the same phase of something periodic.
        let second = min(count * 2 / 3, count - trialCount)
        return [first..<(first + trialCount), second..<(second + trialCount)]
    }
}

/// Doubles as integers of the same order.
enum SortableDouble {
    /// Turns the bits of a double into a number that sorts like it, and back.
    @inline(always)
    static func key(forBits bits: Int64) -> Int64 {
        bits ^ ((bits &>> 63) & Int64.max)
    }
}

/// Levels of a page in the making.
enum LevelEncoding {
    static func encode(
        _ page: PagePlan, of column: ParquetColumn, defined: Span<UInt8>?, sink: inout PageSink
    ) -> Int {
        if let levels = page.nestedLevels {
            sink.levels.replaceSubrange(0..<min(levels.bytes.count, sink.levels.count), with: levels.bytes)
            return levels.bytes.count
        }
        guard column.isNullable else { return 0 }
        if let defined {
            return DefinitionLevels.encode(
                defined.extracting(page.rows), definedCount: page.valueCount, into: &sink.levels)
        }
        return DefinitionLevels.encodeAllDefined(count: page.rowCount, into: &sink.levels)
    }
}

extension ParquetType {
    var physicalType: PhysicalType {
        switch self {
        case .boolean: .boolean
        case .int32, .date: .int32
        case .int64, .timestampMicros: .int64
        case .double: .double
        case .decimal(let precision, _): precision <= 9 ? .int32 : .int64
        case .string, .binary: .byteArray
        }
    }

    /// The words that the type can hold.
    var wordRange: (lowest: Int64, highest: Int64) {
        switch self {
        case .boolean: return (0, 1)
        case .int32, .date: return (Int64(Int32.min), Int64(Int32.max))
        case .decimal(let precision, _):
            var limit: Int64 = 1
            for _ in 0..<precision { limit *= 10 }
            return (1 - limit, limit - 1)
        default: return (.min, .max)
        }
    }
}
