/// How the values of a column chunk are written.
enum ChunkEncoding: Equatable {
    case plain
    /// Indices of `indexWidth` bits; more than needed where whole bytes let zstd do better.
    case dictionary(indexWidth: Int)
    case delta(isByteAligned: Bool)
    case byteStreamSplit
    case deltaLength
    /// Booleans as runs, behind a length of four bytes.
    case runLength

    var encoding: ValueEncoding {
        switch self {
        case .plain: .plain
        case .dictionary: .runLengthDictionary
        case .delta: .deltaBinaryPacked
        case .byteStreamSplit: .byteStreamSplit
        case .deltaLength: .deltaLengthByteArray
        case .runLength: .runLength
        }
    }
}

/// A stretch of rows that becomes one page.
struct PagePlan {
    var firstRow: Int
    var rowCount: Int
    /// The position of its first value among those that are not null.
    var firstValue: Int
    var valueCount: Int
    /// Bounds in a form whose order is the column's: words, sortable doubles, or places in a sorted dictionary.
    var minimum: Int64 = 0
    var maximum: Int64 = 0
    /// False when there are no values, or only NaN.
    var hasBounds = false
    /// The levels of a nested column; those of others are encoded when the page is written.
    var nestedLevels: NestedLevels?

    /// Values, and what stands for those that are not there.
    var entryCount: Int { nestedLevels?.entryCount ?? rowCount }
    var nullCount: Int { entryCount - valueCount }
    var values: Range<Int> { firstValue..<(firstValue + valueCount) }
    var rows: Range<Int> { firstRow..<(firstRow + rowCount) }
}

/// The end of the file being written: takes encoded pages, compresses them and puts them behind one another.
struct PageSink: ~Copyable {
    /// The file so far.
    private(set) var file: [UInt8] = []
    /// The encoded values of the page in the making.
    var values: [UInt8] = []
    /// The levels of the page in the making, those of repetition first.
    var levels: [UInt8] = []
    private var compressed: [UInt8] = []
    private var thrift = ThriftWriter()
    private var compressor: ZstdCompressor

    /// What the pages of the chunk would take uncompressed, headers included.
    private(set) var uncompressedByteCount = 0
    private(set) var locations: [PageLocation] = []

    init(compressionLevel: Int) throws(ParquetWriteError) {
        compressor = try ZstdCompressor(level: compressionLevel)
    }

    mutating func removeAll() {
        file.removeAll(keepingCapacity: true)
    }

    mutating func append(_ bytes: [UInt8]) {
        file.append(contentsOf: bytes)
    }

    /// Drops what was written since the file had `byteCount` bytes.
    mutating func truncate(to byteCount: Int) {
        file.removeLast(file.count - byteCount)
    }

    mutating func beginChunk() {
        uncompressedByteCount = 0
        locations.removeAll(keepingCapacity: true)
    }

    /// How large the first `byteCount` bytes of ``values`` become when compressed.
    mutating func trialByteCount(_ byteCount: Int) throws(ParquetWriteError) -> Int {
        try min(byteCount, compressor.compress(values, count: byteCount, into: &compressed))
    }

    /// Writes a dictionary page from the first `byteCount` bytes of ``values``.
    mutating func writeDictionaryPage(
        byteCount: Int, entryCount: Int, isSorted: Bool
    ) throws(ParquetWriteError) {
        let compressedCount = try compressor.compress(values, count: byteCount, into: &compressed)
        var checksum = CRC32()
        checksum.update(compressed.span.extracting(first: compressedCount))
        beginHeader(
            type: PageType.dictionary, byteCount: byteCount, compressedByteCount: compressedCount, checksum: checksum)
        thrift.beginStructure(7)
        thrift.field(1, int32: entryCount)
        thrift.field(2, int32: ValueEncoding.plain.rawValue)
        thrift.field(3, boolean: isSorted)
        thrift.endStructure()
        thrift.endStructure()
        file.append(contentsOf: thrift.bytes)
        file.append(contentsOf: compressed[..<compressedCount])
        uncompressedByteCount += thrift.bytes.count + byteCount
    }

    /// Writes a data page, version 2, from the first bytes of ``levels`` and ``values``.
    mutating func writeDataPage(
        _ plan: PagePlan, levelByteCount: Int, valueByteCount: Int, encoding: ValueEncoding
    ) throws(ParquetWriteError) {
        var storedCount = 0
        if valueByteCount > 0 {
            storedCount = try compressor.compress(values, count: valueByteCount, into: &compressed)
        }
        let isCompressed = storedCount < valueByteCount
        if !isCompressed { storedCount = valueByteCount }

        var checksum = CRC32()
        checksum.update(levels.span.extracting(first: levelByteCount))
        if isCompressed {
            checksum.update(compressed.span.extracting(first: storedCount))
        } else {
            checksum.update(values.span.extracting(first: storedCount))
        }
        beginHeader(
            type: PageType.dataV2, byteCount: levelByteCount + valueByteCount,
            compressedByteCount: levelByteCount + storedCount, checksum: checksum)
        thrift.beginStructure(8)
        let repetitionByteCount = plan.nestedLevels?.repetitionByteCount ?? 0
        thrift.field(1, int32: plan.entryCount)
        thrift.field(2, int32: plan.nullCount)
        thrift.field(3, int32: plan.rowCount)
        thrift.field(4, int32: encoding.rawValue)
        thrift.field(5, int32: levelByteCount - repetitionByteCount)
        thrift.field(6, int32: repetitionByteCount)
        thrift.field(7, boolean: isCompressed)
        thrift.endStructure()
        thrift.endStructure()

        let start = file.count
        file.append(contentsOf: thrift.bytes)
        file.append(contentsOf: levels[..<levelByteCount])
        file.append(contentsOf: isCompressed ? compressed[..<storedCount] : values[..<storedCount])
        locations.append(
            PageLocation(byteOffset: start, byteCount: file.count - start, firstRow: plan.firstRow))
        uncompressedByteCount += thrift.bytes.count + levelByteCount + valueByteCount
    }

    private mutating func beginHeader(type: Int, byteCount: Int, compressedByteCount: Int, checksum: CRC32) {
        thrift.removeAll()
        thrift.beginStructureElement()
        thrift.field(1, int32: type)
        thrift.field(2, int32: byteCount)
        thrift.field(3, int32: compressedByteCount)
        thrift.field(4, bits: checksum.value)
    }
}
