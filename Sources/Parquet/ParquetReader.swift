/// Reads a Parquet file that lies whole in memory.
///
/// It reads what ``ParquetWriter`` writes and files of other writers: data pages of version 1 and 2, the
/// encodings PLAIN, dictionary, RLE, DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY and BYTE_STREAM_SPLIT, uncompressed
/// or with zstd. Anything else is refused by name. The bytes may be anything: damage gives an error, never a trap.
public struct ParquetReader: Sendable {
    /// What one file may ask for: bounds for memory, since few bytes can stand for very many values.
    public struct Limits: Hashable, Sendable {
        /// The most rows in one row group.
        public var rowGroupRowCount: Int
        /// The most bytes of one page after decompression.
        public var pageByteCount: Int
        /// The most bytes that the strings of one column of one row group may take together.
        public var columnByteCount: Int
        /// Off only in tests, so that damage gets past the checksums to the decoders.
        var verifiesChecksums = true

        /// Sets what differs from the defaults.
        public init(
            rowGroupRowCount: Int = 1 << 24, pageByteCount: Int = 1 << 28, columnByteCount: Int = 1 << 30
        ) {
            self.rowGroupRowCount = rowGroupRowCount
            self.pageByteCount = pageByteCount
            self.columnByteCount = columnByteCount
        }
    }

    /// One row group of a file.
    public struct RowGroup: Hashable, Sendable {
        /// How many rows it has.
        public let rowCount: Int
        /// How many bytes its pages take in the file.
        public let compressedByteCount: Int
        /// The order that its writer states.
        public let sortingColumns: [ParquetSortingColumn]
    }

    /// The columns.
    public let schema: ParquetSchema
    /// The rows of all row groups.
    public let rowCount: Int
    /// The row groups in their order.
    public let rowGroups: [RowGroup]
    /// The entries of the metadata in their order; a key may occur more than once.
    public let metadata: [(key: String, value: String?)]
    /// Who wrote the file.
    public let createdBy: String?

    private let bytes: [UInt8]
    private let footer: FileMetadata
    private let layouts: [ColumnLayout]
    private let limits: Limits
    /// Pages lie before it.
    private let pagesEnd: Int

    private static let magic = Array("PAR1".utf8)

    /// Reads the footer of a file.
    ///
    /// - Throws: ``ParquetReadError`` when the bytes are no Parquet file, are damaged, or have types or ways to
    ///   nest that this reader does not know.
    public init(bytes: [UInt8], limits: Limits = Limits()) throws(ParquetReadError) {
        guard bytes.count >= 12, bytes.prefix(4) == Self.magic[...], bytes.suffix(4) == Self.magic[...] else {
            throw .notParquet
        }
        let lengthStart = bytes.count - 8
        let length = Int(bytes.span.extracting(lengthStart..<(lengthStart + 4)).littleEndianWord(at: 0))
        guard length <= lengthStart - 4 else { throw .notParquet }
        pagesEnd = lengthStart - length
        var thrift = ThriftReader(bytes.span.extracting(pagesEnd..<lengthStart))
        let footer = try FileMetadata(&thrift)
        let fileSchema = try FileSchema(footer.schema)
        layouts = fileSchema.layouts
        try Self.check(footer, layouts: layouts, limits: limits)
        self.bytes = bytes
        self.footer = footer
        self.limits = limits
        schema = ParquetSchema(fields: fileSchema.fields)
        rowCount = footer.rowCount
        rowGroups = footer.rowGroups.map { group in
            RowGroup(
                rowCount: group.rowCount,
                compressedByteCount: group.columns.reduce(0) { $0 &+ $1.compressedByteCount },
                sortingColumns: group.sortingColumns)
        }
        metadata = footer.keyValues.map { ($0.key, $0.value) }
        createdBy = footer.createdBy
    }

    private static func check(
        _ footer: FileMetadata, layouts: [ColumnLayout], limits: Limits
    ) throws(ParquetReadError) {
        var rowCount = 0
        for (number, group) in footer.rowGroups.enumerated() {
            guard group.columns.count == layouts.count else {
                throw .malformed("row group \(number) has \(group.columns.count) columns instead of \(layouts.count)")
            }
            guard group.rowCount <= limits.rowGroupRowCount else {
                throw .limitExceeded("row group \(number) has \(group.rowCount) rows")
            }
            rowCount += group.rowCount
            for (column, layout) in zip(group.columns, layouts)
            where column.physicalType != layout.physicalType.rawValue || column.path != layout.path {
                throw .malformed("row group \(number) has another column where \"\(layout.column.name)\" should be")
            }
        }
        guard rowCount == footer.rowCount else {
            throw .malformed("the row groups have \(rowCount) rows, and the file claims \(footer.rowCount)")
        }
    }

    /// What the footer says about a column of a row group; nil when it says nothing.
    ///
    /// - Throws: ``ParquetReadError/outOfRange(_:)`` for a column or row group that does not exist.
    public func statistics(column: Int, rowGroup: Int) throws(ParquetReadError) -> ColumnStatistics? {
        let chunk = try chunk(column: column, rowGroup: rowGroup)
        guard let encoded = chunk.statistics else { return nil }
        var statistics = ColumnStatistics(nullCount: encoded.nullCount)
        guard footer.hasTypeDefinedOrder else { return statistics }
        let layout = layouts[column]
        statistics.minimum = encoded.minimum.flatMap { Self.bound($0, layout: layout) }
        statistics.maximum = encoded.maximum.flatMap { Self.bound($0, layout: layout) }
        // Older files do not say it, and then only strings may have been cut.
        let isWhole = !layout.column.type.isByteArray
        statistics.isMinimumExact = encoded.isMinimumExact ?? (isWhole || encoded.minimum == nil)
        statistics.isMaximumExact = encoded.isMaximumExact ?? (isWhole || encoded.maximum == nil)
        return statistics
    }

    private static func bound(_ bytes: [UInt8], layout: ColumnLayout) -> ParquetValue? {
        if layout.column.type.isByteArray { return ParquetValue(bytes: bytes, type: layout.column.type) }
        if layout.physicalType == .boolean { return bytes.count == 1 ? .boolean(bytes[0] != 0) : nil }
        guard let plain = layout.plain, bytes.count == plain.byteCount else { return nil }
        var words: [Int64] = []
        do throws(DecodingFailure) {
            try PlainDecoder.decode(bytes.span, count: 1, layout: plain, isSplit: false, into: &words)
        } catch {
            return nil
        }
        let value = words.first.flatMap { ParquetValue(word: $0, type: layout.column.type) }
        if case .double(let number) = value, number.isNaN { return nil }
        return value
    }

    /// Reads all cells of a column of a row group and checks every checksum on the way.
    ///
    /// Of a nested column these are its entries, of which a row can have several; see ``ParquetColumnData/levels``.
    ///
    /// - Throws: ``ParquetReadError``
    public func readColumn(_ column: Int, rowGroup: Int) throws(ParquetReadError) -> ParquetColumnData {
        let chunk = try chunk(column: column, rowGroup: rowGroup)
        var reader = try ColumnChunkReader(
            layout: layouts[column], chunk: chunk, rowCount: footer.rowGroups[rowGroup].rowCount, limits: limits)
        return try reader.read(bytes.span.extracting(first: pagesEnd))
    }

    /// Calls `body` for each page of a column of a row group, with the number of its first row and its cells.
    ///
    /// Only one page and the dictionary are in memory at a time: a way through columns of large strings.
    ///
    /// - Throws: ``ParquetReadError``, also for a nested column; pages before the damage have been given by then.
    public func forEachPage(
        ofColumn column: Int, rowGroup: Int, _ body: (_ firstRow: Int, _ cells: ParquetColumnData) -> Void
    ) throws(ParquetReadError) {
        let chunk = try chunk(column: column, rowGroup: rowGroup)
        var reader = try ColumnChunkReader(
            layout: layouts[column], chunk: chunk, rowCount: footer.rowGroups[rowGroup].rowCount, limits: limits)
        try reader.forEachPage(bytes.span.extracting(first: pagesEnd), body)
    }

    private func chunk(column: Int, rowGroup: Int) throws(ParquetReadError) -> ColumnChunkMetadata {
        guard footer.rowGroups.indices.contains(rowGroup) else { throw .outOfRange("row group \(rowGroup)") }
        guard layouts.indices.contains(column) else { throw .outOfRange("column \(column)") }
        return footer.rowGroups[rowGroup].columns[column]
    }
}
