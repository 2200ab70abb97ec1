/// Writes one column chunk of strings or bytes.
struct ByteArrayChunkEncoder {
    let column: ParquetColumn
    let configuration: ParquetWriterConfiguration

    /// Whether to write each used entry once and its place per value.
    static func prefersDictionary(_ used: borrowing UsedEntries, valueCount: Int) -> Bool {
        let count = used.entries.count
        let indexByteCount = valueCount * (BitPacker.width(of: UInt32(max(count, 1) - 1)) + 7) / 8
        return count <= maximumEntryCount && used.entryByteCount <= maximumDictionaryByteCount
            && used.entryByteCount + 4 * count + indexByteCount < used.valueByteCount + 4 * valueCount
    }

    /// Readers hold a whole dictionary in memory.
    private static let maximumEntryCount = 1 << 17
    private static let maximumDictionaryByteCount = 16 << 20

    /// Writes entries once, in ascending order, and their places per value; finds the bounds of the pages too.
    func writeDictionary(
        defined: Span<UInt8>?, pages: inout [PagePlan], used: inout UsedEntries, dictionary: ByteArrays,
        sink: inout PageSink
    ) throws(ParquetWriteError) -> ChunkEncoding {
        let valueCount = pages.reduce(0) { $0 + $1.valueCount }
        used.sort(in: dictionary, valueCount: valueCount)
        let indices = used.indices
        for index in pages.indices where pages[index].valueCount > 0 {
            Self.findBounds(&pages[index], indices: indices.span)
        }
        let width = try chooseWidth(indices, entryCount: used.entries.count, valueCount: valueCount, sink: &sink)
        let byteCount = Self.encodePlain(
            used.entries.span, range: used.entries.indices, entries: nil, dictionary: dictionary, into: &sink.values)
        try sink.writeDictionaryPage(byteCount: byteCount, entryCount: used.entries.count, isSorted: true)
        for page in pages {
            let levelByteCount = LevelEncoding.encode(page, of: column, defined: defined, sink: &sink)
            let byteCount = Self.encodeIndices(indices.span, range: page.values, width: width, into: &sink.values)
            try sink.writeDataPage(
                page, levelByteCount: levelByteCount, valueByteCount: byteCount, encoding: .runLengthDictionary)
        }
        return .dictionary(indexWidth: width)
    }

    private static func findBounds(_ page: inout PagePlan, indices: Span<UInt32>) {
        var minimum = UInt32.max
        var maximum: UInt32 = 0
        let places = indices.extracting(page.values)
        for index in places.indices {
            minimum = min(minimum, places[index])
            maximum = max(maximum, places[index])
        }
        page.minimum = Int64(minimum)
        page.maximum = Int64(maximum)
        page.hasBounds = true
    }

    /// Tries the fewest bits against whole bytes, which zstd packs by how often each place occurs.
    private func chooseWidth(
        _ indices: [UInt32], entryCount: Int, valueCount: Int, sink: inout PageSink
    ) throws(ParquetWriteError) -> Int {
        let fewest = BitPacker.width(of: UInt32(max(entryCount, 1) - 1))
        let whole = (fewest + 7) & ~7
        if fewest <= 1 || fewest == whole { return fewest }
        let start = valueCount / 3
        let range = start..<min(start + 8192, valueCount)
        let tight = Self.encodeIndices(indices.span, range: range, width: fewest, into: &sink.values)
        let tightCost = try sink.trialByteCount(tight) + tight / 64
        let aligned = Self.encodeIndices(indices.span, range: range, width: whole, into: &sink.values)
        let alignedCost = try sink.trialByteCount(aligned) + aligned / 64
        return alignedCost < tightCost ? whole : fewest
    }

    private static func encodeIndices(
        _ indices: Span<UInt32>, range: Range<Int>, width: Int, into bytes: inout [UInt8]
    ) -> Int {
        bytes.reserveZeroed(RunLengthEncoder.capacity(forCount: range.count) + 1)
        var out = bytes.mutableSpan
        // Safe: bytes of bytes; the span is used up inside this function.
        var raw = unsafe out.mutableBytes
        raw.storeBytes(of: UInt8(width), toByteOffset: 0, as: UInt8.self)
        return RunLengthEncoder.encode(indices, range: range, width: width, into: &raw, at: 1)
    }

    /// Writes every value itself: all lengths, then all bytes.
    func writeValues(
        defined: Span<UInt8>?, pages: inout [PagePlan], used: borrowing UsedEntries, dictionary: ByteArrays,
        sink: inout PageSink
    ) throws(ParquetWriteError) -> ChunkEncoding {
        let indices = used.indices
        let entries = used.entries
        for index in pages.indices where pages[index].valueCount > 0 {
            Self.findBounds(&pages[index], indices: indices, entries: entries, dictionary: dictionary)
        }
        for page in pages {
            let levelByteCount = LevelEncoding.encode(page, of: column, defined: defined, sink: &sink)
            let byteCount = Self.encodeLengths(
                indices.span, range: page.values, entries: entries.span, dictionary: dictionary, into: &sink.values)
            guard byteCount <= Int(Int32.max) else { throw .tooLarge(column: column.name) }
            try sink.writeDataPage(
                page, levelByteCount: levelByteCount, valueByteCount: byteCount, encoding: .deltaLengthByteArray)
        }
        return .deltaLength
    }

    /// Bounds as positions in `entries`, which is not sorted.
    private static func findBounds(
        _ page: inout PagePlan, indices: [UInt32], entries: [UInt32], dictionary: ByteArrays
    ) {
        var minimum = indices[page.firstValue]
        var maximum = minimum
        for index in page.values {
            let bytes = dictionary.entry(entries[Int(indices[index])])
            if bytes.precedes(dictionary.entry(entries[Int(minimum)])) { minimum = indices[index] }
            if dictionary.entry(entries[Int(maximum)]).precedes(bytes) { maximum = indices[index] }
        }
        page.minimum = Int64(minimum)
        page.maximum = Int64(maximum)
        page.hasBounds = true
    }

    private static func encodeLengths(
        _ indices: Span<UInt32>, range: Range<Int>, entries: Span<UInt32>, dictionary: ByteArrays,
        into bytes: inout [UInt8]
    ) -> Int {
        var lengths: [Int64] = []
        lengths.reserveCapacity(range.count)
        var total = 0
        for index in range {
            let length = dictionary.entry(entries[Int(indices[index])]).byteCount
            lengths.append(Int64(length))
            total += length
        }
        bytes.reserveZeroed(DeltaEncoder.capacity(forCount: range.count) + total)
        var out = bytes.mutableSpan
        // Safe: bytes of bytes; the span is used up inside this function.
        var raw = unsafe out.mutableBytes
        var target = DeltaEncoder.encode(lengths.span, is32Bit: true, isByteAligned: false, into: &raw, at: 0)
        for index in range {
            target = raw.store(dictionary.entry(entries[Int(indices[index])]), at: target)
        }
        return target
    }

    /// PLAIN: each entry behind its length in four bytes.
    private static func encodePlain(
        _ numbers: Span<UInt32>, range: Range<Int>, entries: Span<UInt32>?, dictionary: ByteArrays,
        into bytes: inout [UInt8]
    ) -> Int {
        var total = 0
        for index in range { total += 4 + dictionary.entry(numbers[index]).byteCount }
        bytes.reserveZeroed(total + 8)
        var out = bytes.mutableSpan
        // Safe: bytes of bytes; the span is used up inside this function.
        var raw = unsafe out.mutableBytes
        var target = 0
        for index in range {
            let entry = dictionary.entry(numbers[index])
            raw.storeBytes(of: UInt32(entry.byteCount).littleEndian, toByteOffset: target, as: UInt32.self)
            target = raw.store(entry, at: target + 4)
        }
        return target
    }
}

extension MutableRawSpan {
    /// Copies `bytes` to `byteOffset` and returns the offset behind them.
    @_lifetime(self: copy self)
    mutating func store(_ bytes: RawSpan, at byteOffset: Int) -> Int {
        let end = byteOffset + bytes.byteCount
        precondition(end <= byteCount)
        // Safe: the range was just shown to be inside this span, and the two never share memory.
        unsafe withUnsafeMutableBytes { target in
            unsafe bytes.withUnsafeBytes { source in
                if let from = source.baseAddress, let base = target.baseAddress {
                    unsafe base.advanced(by: byteOffset).copyMemory(from: from, byteCount: source.count)
                }
            }
        }
        return end
    }
}
