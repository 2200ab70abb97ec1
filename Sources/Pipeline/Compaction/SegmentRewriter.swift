package import DeltaLake
import Parquet
package import Telemetry

/// Makes one segment of several.
///
/// What it leaves out or merges is its own business; the compactor only sees to it that the old segments go in the same
/// commit in which the new one comes. Called by one thread.
package protocol SegmentRewriter: ~Copyable {
    /// Writes the rows of `segments`, which belong to one partition of a table with the columns `columns`, as one.
    ///
    /// - Throws: `TableError`; the segments then stay as they are.
    mutating func rewrite(
        _ segments: [SegmentReader], columns: [ColumnDefinition], sources: [String], compressionLevel: Int
    ) throws(TableError) -> RewrittenSegment
}

/// A segment in memory that is to take the place of others.
package struct RewrittenSegment: Sendable {
    package let bytes: [UInt8]
    package let statistics: FileStatistics
    package let tags: [String: String]
    /// Whether it has other rows than the segments before: true when rows were merged or left out.
    package let isDataChange: Bool

    package init(bytes: [UInt8], statistics: FileStatistics, tags: [String: String], isDataChange: Bool) {
        self.bytes = bytes
        self.statistics = statistics
        self.tags = tags
        self.isDataChange = isDataChange
    }
}

/// Puts all rows into one segment, in the order that the segments before say they have.
///
/// Column by column, so that only the columns of the sort key and one more are in memory at a time.
package struct SortingRewriter: SegmentRewriter, ~Copyable {
    private let table: String
    private var order = RowOrder()
    private var cells = GatheredCells()

    package init(table: String) {
        self.table = table
    }

    package mutating func rewrite(
        _ segments: [SegmentReader], columns: [ColumnDefinition], sources: [String], compressionLevel: Int
    ) throws(TableError) -> RewrittenSegment {
        let rowCount = segments.reduce(0) { $0 + $1.reader.rowCount }
        let names = Set(segments.flatMap { $0.reader.schema.fields.map(\.name) })
        // A column that none of them has is null in all rows, and so it stays.
        let columns = columns.filter { names.contains($0.name) }
        let sortColumns = Self.sortColumns(of: segments, columns)
        try sort(segments, by: sortColumns.map { columns[$0] }, rowCount: rowCount)
        var writer = try makeWriter(columns, sortColumns: sortColumns, compressionLevel: compressionLevel)
        writer.addMetadata(key: Self.sourcesKey, value: sources.joined(separator: "\n"))
        do throws(ParquetWriteError) {
            try writer.beginRowGroup(rowCount: rowCount)
        } catch {
            throw .segment(error, table: table)
        }
        for column in columns { try write(column, of: segments, rowCount: rowCount, to: &writer) }
        let bytes: [UInt8]
        do throws(ParquetWriteError) {
            bytes = try writer.finish()
        } catch {
            throw .segment(error, table: table)
        }
        let statistics = SegmentWriter.statistics(of: columns, from: writer.columnStatistics)
        return RewrittenSegment(
            bytes: bytes,
            statistics: FileStatistics(rowCount: rowCount, columns: columns, statistics: statistics),
            tags: LaneTags.tags(try Self.lastOffsets(of: segments)), isDataChange: false)
    }

    /// The places of the columns by which the segments are sorted; those of the widest segment when they differ.
    private static func sortColumns(of segments: [SegmentReader], _ columns: [ColumnDefinition]) -> [Int] {
        let widest = segments.max { $0.reader.schema.columns.count < $1.reader.schema.columns.count }
        guard let reader = widest?.reader, let sorting = reader.rowGroups.first?.sortingColumns else { return [] }
        var places: [Int] = []
        for column in sorting {
            guard !column.isDescending, column.nullsFirst, reader.schema.columns.indices.contains(column.columnIndex),
                let place = columns.firstIndex(where: { $0.name == reader.schema.columns[column.columnIndex].name })
            else { break }
            places.append(place)
        }
        return places
    }

    private mutating func sort(
        _ segments: [SegmentReader], by columns: [ColumnDefinition], rowCount: Int
    ) throws(TableError) {
        // Without a key they stay as they come; a batch needs a column.
        let definitions = columns.isEmpty ? [ColumnDefinition("none", .boolean)] : columns
        var keys = ColumnBatch(definitions, rowLimit: max(1, rowCount))
        for segment in segments { try segment.appendRows(to: &keys) }
        order.sort(keys, timeColumn: nil, sortColumns: Array(columns.indices))
    }

    private func makeWriter(
        _ columns: [ColumnDefinition], sortColumns: [Int], compressionLevel: Int
    ) throws(TableError) -> ParquetWriter {
        let schema = TableLayout.parquetSchema(of: columns)
        let sorting = sortColumns.compactMap { schema.index(of: columns[$0].name) }
        do throws(ParquetWriteError) {
            return try ParquetWriter(
                schema: schema,
                configuration: ParquetWriterConfiguration(
                    compressionLevel: compressionLevel,
                    sortingColumns: sorting.map { ParquetSortingColumn(columnIndex: $0, nullsFirst: true) }))
        } catch {
            throw .segment(error, table: table)
        }
    }

    private mutating func write(
        _ column: ColumnDefinition, of segments: [SegmentReader], rowCount: Int, to writer: inout ParquetWriter
    ) throws(TableError) {
        var batch = ColumnBatch([column], rowLimit: max(1, rowCount))
        for segment in segments { try segment.appendRows(to: &batch) }
        // Taken out for the call, which also borrows the order.
        var cells = GatheredCells()
        swap(&cells, &self.cells)
        defer { swap(&cells, &self.cells) }
        do throws(ParquetWriteError) {
            try SegmentWriter.writeColumn(batch, column: 0, rows: order.rows.span, writer: &writer, cells: &cells)
        } catch {
            throw .segment(error, table: table)
        }
    }

    /// How far the rows go in each lane; empty for tables whose rows do not say where they came from.
    private static func lastOffsets(of segments: [SegmentReader]) throws(TableError) -> [String: JournalOffset] {
        var last: [String: JournalOffset] = [:]
        for segment in segments {
            guard let lanes = try segment.columnIfPresent("lane"),
                let offsets = try segment.columnIfPresent("journal_offset"), !offsets.type.isByteArray
            else { return [:] }
            // By the number of the lane's name, so that a text is made for each lane and not for each row.
            var lastByEntry: [Int64: Int64] = [:]
            for row in offsets.words.indices where lanes.defined[row] == 1 {
                lastByEntry[lanes.words[row]] = max(lastByEntry[lanes.words[row]] ?? 0, offsets.words[row])
            }
            for row in lanes.words.indices {
                guard let offset = lastByEntry.removeValue(forKey: lanes.words[row]), let lane = lanes.text(at: row)
                else {
                    continue
                }
                last[lane] = max(last[lane] ?? .beforeFirst, JournalOffset(UInt64(clamping: offset)))
            }
        }
        return last
    }

    /// The footer's key under which a segment says from which others it was made.
    static let sourcesKey = "phusa.compacted"
}
