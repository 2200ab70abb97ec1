/// Builds a Parquet file in memory, column by column.
///
/// Each row group is opened with ``beginRowGroup(rowCount:)`` and then given its columns in the order of the schema.
/// Encodings are chosen from the data: every plausible one is tried on a sample together with zstd.
///
/// ```swift
/// var writer = try ParquetWriter(schema: schema)
/// try writer.beginRowGroup(rowCount: rows.count)
/// try writer.writeColumn(words: timestamps.span, defined: nil)
/// try writer.writeColumn(indices: names.span, defined: valid.span, dictionary: dictionary)
/// let file = try writer.finish()
/// ```
///
/// A writer keeps its buffers and its compressor: use one for many files. After an error the call had no effect.
public struct ParquetWriter: ~Copyable {
    /// The columns of the file.
    public private(set) var schema: ParquetSchema
    /// How the file is written.
    public let configuration: ParquetWriterConfiguration
    /// The rows of all row groups begun so far.
    public private(set) var rowCount = 0

    private var sink: PageSink
    private var rowGroups: [RowGroupMetadata] = []
    private var pageIndexes: [[RowGroupInProgress.Indexes]] = []
    private var keyValues: [KeyValue] = []
    private var statistics: [StatisticsAccumulator] = []
    /// Whether `statistics` are still those of the file before.
    private var areStatisticsFinished = false

    /// The row group being filled; nil before the first and between them.
    private var open: RowGroupInProgress?
    private var pages: [PagePlan] = []
    private var values: [Int64] = []
    private var wordDictionary = WordDictionary()
    private var usedEntries = UsedEntries()

    private static let magic = Array("PAR1".utf8)

    /// Makes a writer for files with the columns of `schema`.
    ///
    /// - Throws: ``ParquetWriteError`` when the schema or a setting makes no sense.
    public init(
        schema: ParquetSchema, configuration: ParquetWriterConfiguration = ParquetWriterConfiguration()
    ) throws(ParquetWriteError) {
        try schema.validate()
        try configuration.validate(for: schema)
        let sink = try PageSink(compressionLevel: configuration.compressionLevel)
        self.schema = schema
        self.configuration = configuration
        self.sink = sink
        reset()
    }

    /// Forgets the file in the making, metadata and statistics included, and starts the next one.
    public mutating func reset() {
        sink.removeAll()
        sink.append(Self.magic)
        rowCount = 0
        rowGroups.removeAll(keepingCapacity: true)
        pageIndexes.removeAll(keepingCapacity: true)
        keyValues.removeAll(keepingCapacity: true)
        clearStatistics()
        open = nil
    }

    private mutating func clearStatistics() {
        statistics = schema.columns.map(StatisticsAccumulator.init)
        areStatisticsFinished = false
    }

    /// Forgets the file in the making and starts one with other columns.
    ///
    /// - Throws: ``ParquetWriteError`` when the schema makes no sense; the writer is then unchanged.
    public mutating func reset(schema: ParquetSchema) throws(ParquetWriteError) {
        try schema.validate()
        try configuration.validate(for: schema)
        self.schema = schema
        reset()
    }

    /// Adds an entry to the metadata of the file.
    public mutating func addMetadata(key: String, value: String) {
        keyValues.append(KeyValue(key: key, value: value))
    }

    /// What the columns of the file hold so far, in the order of the schema.
    ///
    /// After ``finish()`` they stay until the next row group begins.
    public var columnStatistics: [ColumnStatistics] {
        statistics.map { $0.statistics(boundByteCount: configuration.boundByteCount) }
    }

    /// Opens the next row group.
    ///
    /// One without rows is accepted, takes its columns like any other, and leaves no trace in the file.
    ///
    /// - Throws: ``ParquetWriteError/outOfOrder(_:)`` while the one before still lacks columns.
    public mutating func beginRowGroup(rowCount: Int) throws(ParquetWriteError) {
        if open != nil { throw .outOfOrder("the row group before still lacks columns") }
        guard (0...Int(Int32.max)).contains(rowCount) else {
            throw .outOfOrder("a row group cannot have \(rowCount) rows")
        }
        if areStatisticsFinished { clearStatistics() }
        self.rowCount += rowCount
        open = RowGroupInProgress(rowCount: rowCount, byteOffset: sink.file.count)
    }

    /// Writes the next column, of any type of fixed width.
    ///
    /// - Parameters:
    ///   - words: one word per row, in the form that ``ParquetType`` gives; those of null rows are ignored.
    ///   - defined: one byte per row, 1 where there is a value and 0 for null; nil when nothing is null.
    /// - Throws: ``ParquetWriteError`` when the cells do not fit the schema.
    public mutating func writeColumn(words: Span<Int64>, defined: Span<UInt8>?) throws(ParquetWriteError) {
        let column = try nextColumn(isByteArray: false, cellCount: words.count, defined: defined)
        let nullCount = try planPages(column, cellCount: words.count, defined: defined)
        // Taken out for the call, so that its span does not hold on to the writer.
        var dense: [Int64] = []
        swap(&dense, &values)
        defer { swap(&dense, &values) }
        if nullCount > 0, let defined {
            let count = PagePlanning.compact(words, defined: defined, into: &dense)
            try write(dense.span.extracting(first: count), of: column, defined: defined)
        } else {
            try write(words, of: column, defined: defined)
        }
    }

    /// Writes the next column, nested and of any type of fixed width.
    ///
    /// - Parameters:
    ///   - words: one word per value, in the form that ``ParquetType`` gives.
    ///   - levels: how the values belong to rows.
    /// - Throws: ``ParquetWriteError`` when the values or levels do not fit the schema.
    public mutating func writeColumn(words: Span<Int64>, levels: ParquetLevels) throws(ParquetWriteError) {
        let column = try nextNestedColumn(isByteArray: false, valueCount: words.count, levels: levels)
        NestedLevels.plan(levels, column: column, configuration: configuration, byteCount: { _ in 8 }, into: &pages)
        try write(words, of: column, defined: nil)
    }

    private mutating func write(
        _ values: Span<Int64>, of column: ParquetColumn, defined: Span<UInt8>?
    ) throws(ParquetWriteError) {
        let encoder = WordChunkEncoder(column)
        try encoder.findBounds(of: values, in: &pages)
        let start = sink.file.count
        sink.beginChunk()
        let encoding: ChunkEncoding
        do throws(ParquetWriteError) {
            encoding = try encoder.write(
                values, defined: defined, pages: pages, dictionary: &wordDictionary, sink: &sink)
        } catch {
            sink.truncate(to: start)
            throw error
        }
        let bounds = pages.map { page in
            page.hasBounds ? EncodedBounds(words: page.minimum, page.maximum, type: column.type) : nil
        }
        var whole: EncodedBounds?
        for page in pages where page.hasBounds {
            statistics[columnIndex].include(words: page.minimum, page.maximum)
        }
        if let minimum = pages.lazy.filter(\.hasBounds).map(\.minimum).min(),
            let maximum = pages.lazy.filter(\.hasBounds).map(\.maximum).max()
        {
            whole = EncodedBounds(words: minimum, maximum, type: column.type)
        }
        finishChunk(of: column, from: start, encoding: encoding, bounds: bounds, whole: whole, isOrdered: true)
    }

    /// Writes the next column, of strings or bytes.
    ///
    /// - Parameters:
    ///   - indices: for each row the position of its value in `dictionary`; those of null rows are ignored.
    ///   - defined: one byte per row, 1 where there is a value and 0 for null; nil when nothing is null.
    ///   - dictionary: the values, in any order; what no row uses is not written.
    /// - Throws: ``ParquetWriteError`` when the cells do not fit the schema or the dictionary.
    public mutating func writeColumn(
        indices: Span<Int64>, defined: Span<UInt8>?, dictionary: ByteArrays
    ) throws(ParquetWriteError) {
        let column = try nextColumn(isByteArray: true, cellCount: indices.count, defined: defined)
        let nullCount = try planPages(column, cellCount: indices.count, defined: defined)
        let usesDictionary = try collect(
            indices, defined: defined, valueCount: indices.count - nullCount, dictionary: dictionary, column: column)
        if !usesDictionary {
            PagePlanning.plan(
                rowCount: indices.count, defined: defined, pageRowCount: configuration.pageRowCount,
                pageByteCount: configuration.pageByteCount, used: usedEntries, dictionary: dictionary, into: &pages)
        }
        try write(dictionary, of: column, defined: defined, usesDictionary: usesDictionary)
    }

    /// Writes the next column, nested and of strings or bytes.
    ///
    /// - Parameters:
    ///   - indices: for each value its position in `dictionary`.
    ///   - levels: how the values belong to rows.
    ///   - dictionary: the values, in any order; what none uses is not written.
    /// - Throws: ``ParquetWriteError`` when values, levels or dictionary do not fit the schema or each other.
    public mutating func writeColumn(
        indices: Span<Int64>, levels: ParquetLevels, dictionary: ByteArrays
    ) throws(ParquetWriteError) {
        let column = try nextNestedColumn(isByteArray: true, valueCount: indices.count, levels: levels)
        let usesDictionary = try collect(
            indices, defined: nil, valueCount: indices.count, dictionary: dictionary, column: column)
        let (entries, places) = (usedEntries.entries, usedEntries.indices)
        NestedLevels.plan(
            levels, column: column, configuration: configuration,
            byteCount: { usesDictionary ? 4 : 4 + dictionary.entry(entries[Int(places[$0])]).byteCount }, into: &pages)
        try write(dictionary, of: column, defined: nil, usesDictionary: usesDictionary)
    }

    /// Finds out what the cells use of the dictionary, and whether to write that once with a place per value.
    private mutating func collect(
        _ indices: Span<Int64>, defined: Span<UInt8>?, valueCount: Int, dictionary: ByteArrays, column: ParquetColumn
    ) throws(ParquetWriteError) -> Bool {
        try usedEntries.collect(
            indices, defined: defined, valueCount: valueCount, dictionary: dictionary, column: column)
        return valueCount > 0 && ByteArrayChunkEncoder.prefersDictionary(usedEntries, valueCount: valueCount)
    }

    private mutating func write(
        _ dictionary: ByteArrays, of column: ParquetColumn, defined: Span<UInt8>?, usesDictionary: Bool
    ) throws(ParquetWriteError) {
        let encoder = ByteArrayChunkEncoder(column: column, configuration: configuration)
        let start = sink.file.count
        sink.beginChunk()
        let encoding: ChunkEncoding
        do throws(ParquetWriteError) {
            encoding =
                if usesDictionary {
                    try encoder.writeDictionary(
                        defined: defined, pages: &pages, used: &usedEntries, dictionary: dictionary, sink: &sink)
                } else {
                    try encoder.writeValues(
                        defined: defined, pages: &pages, used: usedEntries, dictionary: dictionary, sink: &sink)
                }
        } catch {
            sink.truncate(to: start)
            throw error
        }
        finishByteArrays(of: column, from: start, encoding: encoding, dictionary: dictionary)
    }

    private mutating func finishByteArrays(
        of column: ParquetColumn, from start: Int, encoding: ChunkEncoding, dictionary: ByteArrays
    ) {
        let limit = configuration.boundByteCount
        var bounds: [EncodedBounds?] = []
        var lowest: UInt32?
        var highest: UInt32?
        for page in pages {
            guard page.hasBounds else {
                bounds.append(nil)
                continue
            }
            let low = usedEntries.entries[Int(page.minimum)]
            let high = usedEntries.entries[Int(page.maximum)]
            bounds.append(
                EncodedBounds(
                    bytes: dictionary.entry(low), dictionary.entry(high), type: column.type, limit: limit))
            let lowestSoFar = lowest ?? low
            lowest = dictionary.entry(low).precedes(dictionary.entry(lowestSoFar)) ? low : lowestSoFar
            let highestSoFar = highest ?? high
            highest = dictionary.entry(highestSoFar).precedes(dictionary.entry(high)) ? high : highestSoFar
        }
        var whole: EncodedBounds?
        if let lowest, let highest {
            statistics[columnIndex].include(bytes: dictionary.entry(lowest), dictionary.entry(highest))
            whole = EncodedBounds(
                bytes: dictionary.entry(lowest), dictionary.entry(highest), type: column.type, limit: limit)
        }
        finishChunk(
            of: column, from: start, encoding: encoding, bounds: bounds, whole: whole,
            isOrdered: encoding != .deltaLength)
    }

    /// Ends the file and returns its bytes; the writer is then as after ``reset()``, but for ``columnStatistics``.
    ///
    /// - Throws: ``ParquetWriteError/outOfOrder(_:)`` while a row group lacks columns.
    public mutating func finish() throws(ParquetWriteError) -> [UInt8] {
        if open != nil { throw .outOfOrder("the last row group still lacks columns") }
        writePageIndexes()
        let metadata = FileMetadata(
            schema: SchemaElement.elements(for: schema), rowCount: rowCount, rowGroups: rowGroups,
            keyValues: keyValues, createdBy: configuration.createdBy, hasTypeDefinedOrder: true)
        let footer = metadata.encoded()
        sink.append(footer)
        let length = UInt32(footer.count)
        sink.append((0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32(8 * $0)) })
        sink.append(Self.magic)
        let file = sink.file
        let finished = statistics
        reset()
        statistics = finished
        areStatisticsFinished = true
        return file
    }

    /// The indexes stand behind all row groups, so that a reader gets them together with the footer.
    private mutating func writePageIndexes() {
        for group in rowGroups.indices {
            for column in rowGroups[group].columns.indices {
                guard let index = pageIndexes[group][column].column else { continue }
                rowGroups[group].columns[column].columnIndexOffset = sink.file.count
                rowGroups[group].columns[column].columnIndexByteCount = index.count
                sink.append(index)
            }
        }
        for group in rowGroups.indices {
            for column in rowGroups[group].columns.indices {
                let index = pageIndexes[group][column].offset
                rowGroups[group].columns[column].offsetIndexOffset = sink.file.count
                rowGroups[group].columns[column].offsetIndexByteCount = index.count
                sink.append(index)
            }
        }
    }

    // MARK: One column chunk

    private var columnIndex: Int { open?.columns.count ?? 0 }

    private func nextColumn(
        isByteArray: Bool, cellCount: Int, defined: Span<UInt8>?
    ) throws(ParquetWriteError) -> ParquetColumn {
        guard let open else { throw .outOfOrder("a column needs an open row group") }
        let column = schema.columns[open.columns.count]
        guard column.type.isByteArray == isByteArray, !column.isNested else {
            throw .wrongColumnType(column: column.name, type: column.type)
        }
        for count in [cellCount, defined?.count ?? cellCount] where count != open.rowCount {
            throw .rowCountMismatch(column: column.name, expected: open.rowCount, actual: count)
        }
        return column
    }

    private func nextNestedColumn(
        isByteArray: Bool, valueCount: Int, levels: ParquetLevels
    ) throws(ParquetWriteError) -> ParquetColumn {
        guard let open else { throw .outOfOrder("a column needs an open row group") }
        let column = schema.columns[open.columns.count]
        guard column.type.isByteArray == isByteArray, column.isNested else {
            throw .wrongColumnType(column: column.name, type: column.type)
        }
        try levels.check(column, rowCount: open.rowCount, valueCount: valueCount)
        return column
    }

    /// Fills `pages` and returns how many cells are null.
    private mutating func planPages(
        _ column: ParquetColumn, cellCount: Int, defined: Span<UInt8>?
    ) throws(ParquetWriteError) -> Int {
        PagePlanning.plan(
            rowCount: cellCount, defined: defined, pageRowCount: configuration.pageRowCount, into: &pages)
        let nullCount = pages.reduce(0) { $0 + $1.nullCount }
        if nullCount > 0, !column.isNullable { throw .nullInRequiredColumn(column: column.name) }
        return nullCount
    }

    private mutating func finishChunk(
        of column: ParquetColumn, from start: Int, encoding: ChunkEncoding, bounds: [EncodedBounds?],
        whole: EncodedBounds?, isOrdered: Bool
    ) {
        statistics[columnIndex].nullCount += pages.reduce(0) { $0 + $1.nullCount }
        open?.addChunk(
            of: column, from: start, encoding: encoding, pages: pages, bounds: bounds, whole: whole,
            isOrdered: isOrdered, sink: sink)
        guard let group = open, group.columns.count == schema.columns.count else { return }
        open = nil
        if group.rowCount == 0 { return }
        rowGroups.append(group.metadata(sortingColumns: configuration.sortingColumns, end: sink.file.count))
        pageIndexes.append(group.indexes)
    }
}
