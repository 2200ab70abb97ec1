/// What a row group has so far: the metadata and page indexes of its finished columns.
struct RowGroupInProgress {
    /// The page indexes of a column chunk, encoded.
    struct Indexes {
        var column: [UInt8]?
        var offset: [UInt8]
    }

    let rowCount: Int
    /// Where its first page begins.
    let byteOffset: Int
    private(set) var columns: [ColumnChunkMetadata] = []
    private(set) var indexes: [Indexes] = []

    init(rowCount: Int, byteOffset: Int) {
        self.rowCount = rowCount
        self.byteOffset = byteOffset
    }

    /// Adds a chunk whose pages stand in the file from `start` on.
    mutating func addChunk(
        of column: ParquetColumn, from start: Int, encoding: ChunkEncoding, pages: [PagePlan],
        bounds: [EncodedBounds?], whole: EncodedBounds?, isOrdered: Bool, sink: borrowing PageSink
    ) {
        var chunk = ColumnChunkMetadata()
        chunk.physicalType = column.type.physicalType.rawValue
        chunk.path = column.path
        chunk.codec = CompressionCodec.zstd
        chunk.valueCount = pages.reduce(0) { $0 + $1.entryCount }
        chunk.uncompressedByteCount = sink.uncompressedByteCount
        chunk.compressedByteCount = sink.file.count - start
        chunk.encodings = [ValueEncoding.runLength.rawValue]
        if encoding.encoding != .runLength { chunk.encodings.append(encoding.encoding.rawValue) }
        if case .dictionary = encoding {
            chunk.encodings.append(ValueEncoding.plain.rawValue)
            chunk.dictionaryPageOffset = start
            chunk.pageEncodings.append((PageType.dictionary, ValueEncoding.plain.rawValue, 1))
        }
        chunk.dataPageOffset = sink.locations.first?.byteOffset ?? start
        chunk.pageEncodings.append((PageType.dataV2, encoding.encoding.rawValue, sink.locations.count))
        chunk.statistics = EncodedStatistics(
            minimum: whole?.minimum, maximum: whole?.maximum, nullCount: pages.reduce(0) { $0 + $1.nullCount },
            isMinimumExact: whole?.isMinimumExact, isMaximumExact: whole?.maximum == nil ? nil : whole?.isMaximumExact)
        columns.append(chunk)
        indexes.append(
            Indexes(
                column: PageIndex.encodeColumnIndex(pages: pages, bounds: bounds, isOrdered: isOrdered),
                offset: PageIndex.encodeOffsetIndex(sink.locations)))
    }

    /// The whole, when it has all columns and the file goes on at `end`.
    func metadata(sortingColumns: [ParquetSortingColumn], end: Int) -> RowGroupMetadata {
        RowGroupMetadata(
            columns: columns, byteCount: columns.reduce(0) { $0 + $1.uncompressedByteCount }, rowCount: rowCount,
            sortingColumns: sortingColumns, fileOffset: byteOffset, compressedByteCount: end - byteOffset)
    }
}
