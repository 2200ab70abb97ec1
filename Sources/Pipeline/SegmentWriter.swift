import DurableFiles
import Parquet
import Rollups
import Telemetry

/// A sealed Parquet file that no commit names yet.
struct Segment: Sendable {
    /// Relative to the table's directory, as the Delta log wants it, not yet URL-encoded.
    let path: String
    let byteCount: Int
    let rowCount: Int
    /// The first hour of the partition, since 1970-01-01T00:00:00Z.
    let hour: Int64
    /// One for each column of the layout; nil for those that are maps, of which the log says nothing.
    let statistics: [ColumnStatistics?]
}

/// Lays the rows of a batch down as Parquet files, one for each partition.
///
/// Each file is written whole, synced and renamed into place before its segment is returned.
struct SegmentWriter: ~Copyable {
    private let layout: TableLayout
    private let store: any FileStore
    private let tableDirectory: String
    private let namePrefix: String
    private var writer: ParquetWriter
    private var order = RowOrder()
    private var cells = GatheredCells()

    /// - Throws: `TableError.segment` when the layout is none that Parquet can hold.
    init(
        layout: TableLayout, store: any FileStore, tableDirectory: String, namePrefix: String, compressionLevel: Int
    ) throws(TableError) {
        self.layout = layout
        self.store = store
        self.tableDirectory = tableDirectory
        self.namePrefix = namePrefix
        let configuration = ParquetWriterConfiguration(
            compressionLevel: compressionLevel,
            sortingColumns: layout.sortColumns.map { ParquetSortingColumn(columnIndex: $0, nullsFirst: true) })
        do {
            writer = try ParquetWriter(schema: layout.parquetSchema, configuration: configuration)
        } catch {
            throw .segment(error, table: layout.name)
        }
    }

    /// Writes all rows of `batch`.
    ///
    /// - Throws: when a file could not be made durable; those written before are removed, or swept at the next start.
    mutating func write(_ batch: borrowing ColumnBatch, firstOffset: JournalOffset) throws(TableError) -> [Segment] {
        order.sort(
            batch, timeColumn: layout.timeColumn, sortColumns: layout.sortColumns, partitioning: layout.partitioning)
        let rows = order.rows
        var segments: [Segment] = []
        var files: [NewFile] = []
        for partition in order.partitions {
            let file: [UInt8]
            do throws(ParquetWriteError) {
                file = try Self.encode(
                    batch, rows: rows.span.extracting(partition.rows), layout: layout, writer: &writer, cells: &cells)
            } catch {
                writer.reset()
                throw .segment(error, table: layout.name)
            }
            let path = path(hour: partition.hour, namePrefix: namePrefix, firstOffset: firstOffset)
            files.append(NewFile(path: "\(tableDirectory)/\(path)", bytes: file))
            segments.append(
                Segment(
                    path: path, byteCount: file.count, rowCount: partition.rows.count, hour: partition.hour,
                    statistics: Self.statistics(of: layout.columns, from: writer.columnStatistics)))
        }
        do throws(FileError) {
            try store.createAll(files)
        } catch {
            for file in files {
                // No commit names them, so the next start removes what stays.
                try? store.remove(file.path)
            }
            throw .file(error, table: layout.name)
        }
        return segments
    }

    /// Where a new segment goes; no two are ever called the same.
    private func path(hour: Int64, namePrefix: String, firstOffset: JournalOffset) -> String {
        let civil = CivilTime(EventTime(microsecondsSinceEpoch: hour * 3_600_000_000))
        let random = String(UInt32.random(in: .min ... .max), radix: 16)
        let unique = String(repeating: "0", count: 8 - random.utf8.count) + random
        let folder = layout.partitioning == .hour ? "date=\(civil.date)/hour=\(civil.hour)" : "date=\(civil.date)"
        return "\(folder)/\(namePrefix)\(firstOffset)-\(unique).zstd.parquet"
    }

    private static func encode(
        _ batch: borrowing ColumnBatch, rows: Span<UInt32>, layout: TableLayout, writer: inout ParquetWriter,
        cells: inout GatheredCells
    ) throws(ParquetWriteError) -> [UInt8] {
        try writer.beginRowGroup(rowCount: rows.count)
        for column in layout.columns.indices {
            try writeColumn(batch, column: column, rows: rows, writer: &writer, cells: &cells)
        }
        return try writer.finish()
    }

    /// Writes the cells of one column as the next of an open row group, in the order of `rows`.
    static func writeColumn(
        _ batch: borrowing ColumnBatch, column: Int, rows: Span<UInt32>, writer: inout ParquetWriter,
        cells: inout GatheredCells
    ) throws(ParquetWriteError) {
        let type = batch.definitions[column].type
        let hasNulls = cells.gather(batch, column: column, rows: rows)
        let words = cells.words.span.extracting(first: rows.count)
        // A span of the right length also where it is not used.
        let validity = cells.validity.span.extracting(first: rows.count)
        if type == .counts {
            try writeCounts(batch, column: column, words: words, validity: hasNulls ? validity : nil, to: &writer)
        } else if type.hasDictionary {
            let dictionary = ByteArrays(
                offsets: batch.dictionaryOffsets(of: column), bytes: batch.dictionaryBytes(of: column))
            try writer.writeColumn(indices: words, defined: hasNulls ? validity : nil, dictionary: dictionary)
        } else {
            try writer.writeColumn(words: words, defined: hasNulls ? validity : nil)
        }
    }

    /// Writes the bins and then the counts of all rows: the two columns of a map.
    private static func writeCounts(
        _ batch: borrowing ColumnBatch, column: Int, words: Span<Int64>, validity: Span<UInt8>?,
        to writer: inout ParquetWriter
    ) throws(ParquetWriteError) {
        let (offsets, bytes) = (batch.dictionaryOffsets(of: column), batch.dictionaryBytes(of: column))
        var (bins, counts): ([Int64], [Int64]) = ([], [])
        var (keyLevels, valueLevels) = (ParquetLevels(), ParquetLevels())
        for row in words.indices {
            var isNull = false
            if let validity { isNull = validity[row] == 0 }
            let id = Int(words[row])
            let entries =
                isNull ? [] : BinCount.entries(cell: bytes.extracting(Int(offsets[id])..<Int(offsets[id + 1])))
            if entries.isEmpty {
                // 0 says that there is no map, 1 that it is empty.
                keyLevels.append(definition: isNull ? 0 : 1)
                valueLevels.append(definition: isNull ? 0 : 1)
            }
            for (index, entry) in entries.enumerated() {
                bins.append(Int64(entry.bin))
                counts.append(entry.count)
                keyLevels.append(definition: 2, repetition: index == 0 ? 0 : 1)
                valueLevels.append(definition: 3, repetition: index == 0 ? 0 : 1)
            }
        }
        try writer.writeColumn(words: bins.span, levels: keyLevels)
        try writer.writeColumn(words: counts.span, levels: valueLevels)
    }

    /// What the writer knows of each column; nil for those that are maps.
    static func statistics(
        of definitions: [ColumnDefinition], from columns: [ColumnStatistics]
    ) -> [ColumnStatistics?] {
        var next = 0
        return definitions.map { column in
            defer { next += column.type == .counts ? 2 : 1 }
            return column.type == .counts ? nil : columns[next]
        }
    }
}

/// The cells of one column in the order of the segment; the memory serves all columns and segments in turn.
struct GatheredCells {
    /// At least as many as rows; behind those they mean nothing.
    private(set) var words: [Int64] = []
    private(set) var validity: [UInt8] = []
    /// Whether `validity` is all zeros, as a column without values leaves it.
    private var isAllNull = true

    /// Fills both from `column` and returns whether any cell is null; `validity` means nothing when none is.
    mutating func gather(_ batch: borrowing ColumnBatch, column: Int, rows: Span<UInt32>) -> Bool {
        if words.count < rows.count {
            words = [Int64](repeating: 0, count: rows.count)
            validity = [UInt8](repeating: 0, count: rows.count)
            isAllNull = true
        }
        guard batch.mayHaveValues(column) else {
            if !isAllNull { Self.clear(&validity) }
            isAllNull = true
            return true
        }
        Self.copy(batch.words(of: column), rows: rows, into: &words)
        let defined = batch.validity(of: column)
        var all: UInt8 = 1
        for row in defined.indices { all &= defined[row] }
        if all == 1 { return false }
        isAllNull = false
        Self.copy(defined, rows: rows, into: &validity)
        return true
    }

    private static func copy<Cell: BitwiseCopyable>(
        _ source: Span<Cell>, rows: Span<UInt32>, into target: inout [Cell]
    ) {
        var target = target.mutableSpan
        for position in rows.indices { target[position] = source[Int(rows[position])] }
    }

    private static func clear(_ target: inout [UInt8]) {
        var target = target.mutableSpan
        for position in target.indices { target[position] = 0 }
    }
}
