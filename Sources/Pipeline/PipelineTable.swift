import DeltaLake
import DurableFiles
import Glibc
import Parquet
import Streams
import Telemetry

/// A table that one lane appends to: the rows that wait, the writer of segments and the Delta log.
///
/// One thread owns it. Rows at or below `committedThrough` are in the table already and are not appended again.
final class PipelineTable {
    let layout: TableLayout
    var batch: ColumnBatch

    /// The last offset of this lane whose rows are in the table.
    private(set) var committedThrough: JournalOffset

    /// Fills the columns of areas; nil for a table without them, and where no areas are known.
    private var areas: AreaFill?

    private let appId: String
    private var segments: SegmentWriter
    /// What a commit that did not succeed has written of the rows that still wait.
    private var writtenSegments: [Segment]?
    /// Written ahead of the commit, because memory has no room for all its rows.
    private var staged: [Segment] = []
    private var table: DeltaTable
    /// The columns that the table has got, or that may be null, since this opened it.
    let widenedColumns: [String]

    /// Opens the table, or makes it; a table that lacks columns gets them.
    ///
    /// - Throws: `TableError.columnsChanged` when it has a column of another type.
    init(
        layout: TableLayout, store: any FileStore, configuration: PipelineConfiguration, lane: String,
        areas: AreaFill? = nil
    ) throws(TableError) {
        self.layout = layout
        self.areas = areas
        appId = Self.applicationID(node: configuration.node, lane: lane)
        // The last message of a cycle may hold as many readings as fit.
        let mostInMessage = RecordDecoder.maximumReadingCount(inPayloadOf: configuration.maximumPayloadByteCount)
        batch = ColumnBatch(
            layout.columns,
            rowLimit: configuration.cadence.readingCount + max(mostInMessage, ReadingSelection.maximumCount))
        let directory = "\(configuration.tablesDirectory)/\(layout.name)"
        segments = try SegmentWriter(
            layout: layout, store: store, tableDirectory: directory,
            namePrefix: Self.segmentNamePrefix(node: configuration.node, lane: lane),
            compressionLevel: Int(configuration.compressionLevel))
        table = try Self.open(layout, LocalLogStore(tablePath: directory, files: store))
        if let differences = layout.differences(from: table.snapshot.metadata.configuration) {
            throw .meaningChanged(table: layout.name, differences)
        }
        widenedColumns = try Self.widen(&table, to: layout)
        committedThrough = JournalOffset(UInt64(max(0, table.snapshot.transactions[appId]?.version ?? 0)))
    }

    private static func open(_ layout: TableLayout, _ log: LocalLogStore) throws(TableError) -> DeltaTable {
        let options = DeltaTable.Options(keepsFiles: false)
        let metadata = TableMetadata(
            schema: layout.deltaSchema, partitionColumns: layout.partitioning.columns, name: layout.name,
            description: layout.description,
            configuration: layout.meaning.isEmpty
                ? [:] : [TableLayout.meaningProperty: layout.meaning.joined(separator: "\n")],
            createdMilliseconds: millisecondsNow())
        do throws(DeltaError) {
            return try DeltaTable(opening: log, options: options)
        } catch DeltaError.notATable {
            do throws(DeltaError) {
                return try DeltaTable(
                    creating: metadata, in: log, options: options, timestampMilliseconds: millisecondsNow())
            } catch {
                throw .log(error, table: layout.name)
            }
        } catch {
            throw .log(error, table: layout.name)
        }
    }

    /// Commits a new schema if rows of the layout need one; returns the columns that it is about.
    private static func widen(_ table: inout DeltaTable, to layout: TableLayout) throws(TableError) -> [String] {
        // Another node may do the same at the same time; then there is nothing left to do.
        for _ in 0..<3 {
            let schema = try fittedSchema(of: table, to: layout)
            let changed = schema.columns.filter { $0 != table.snapshot.schema.column($0.name) }.map(\.name)
            guard !changed.isEmpty else { return [] }
            var metadata = table.snapshot.metadata
            metadata.schema = schema
            do throws(DeltaError) {
                _ = try table.commit(
                    DeltaTransaction(
                        metadata: metadata, operation: "ADD COLUMNS",
                        operationParameters: ["columns": changed.joined(separator: ",")],
                        timestampMilliseconds: millisecondsNow()))
                return changed
            } catch DeltaError.metadataChanged {
                continue
            } catch {
                throw .log(error, table: layout.name)
            }
        }
        throw .log(.tooManyConflicts(attemptCount: 3), table: layout.name)
    }

    private static func fittedSchema(
        of table: DeltaTable, to layout: TableLayout
    ) throws(TableError) -> DeltaSchema {
        guard table.snapshot.partitionColumns == layout.partitioning.columns else {
            throw .columnsChanged(
                table: layout.name,
                problems: ["it is partitioned by \(table.snapshot.partitionColumns.joined(separator: ", "))"])
        }
        do throws(DeltaError) {
            return try table.snapshot.schema.fitted(to: layout.deltaSchema)
        } catch DeltaError.tableDiffers(let sentences) {
            throw .columnsChanged(table: layout.name, problems: sentences)
        } catch {
            throw .log(error, table: layout.name)
        }
    }

    /// Under which name a lane's offsets stand in the logs of its tables.
    static func applicationID(node: String, lane: String) -> String { "\(node)/\(lane)" }

    /// What the names of all segments that a lane writes begin with.
    static func segmentNamePrefix(node: String, lane: String) -> String { "part-\(node)-\(lane)-" }

    /// Whether rows of this message still have to be appended.
    func lacks(_ offset: JournalOffset) -> Bool { offset > committedThrough }

    /// Works out the columns that follow from others, for the rows that came since the last call.
    ///
    /// A commit does it by itself; who looks at waiting rows before asks for it. It is best done for many rows at a time,
    /// while the index of areas lies in the cache.
    func complete() {
        areas?.fill(&batch)
    }

    private func empty() {
        batch.removeAll()
        areas?.reset()
    }

    /// Writes the rows that wait and commits them with the offset through which they are complete; without rows only when
    /// `isForced`.
    ///
    /// - Throws: when it is not known whether the rows are in the table. They still wait, and the very same call must be
    ///   made again before any row is added: with other rows or another offset, some could come in twice.
    func commit(
        through offset: JournalOffset, firstOffset: JournalOffset, isForced: Bool = false
    ) throws(TableError) -> CommittedRows? {
        guard !batch.isEmpty || !staged.isEmpty || isForced else {
            // Readings that were not stored may have left strings.
            empty()
            return nil
        }
        complete()
        let written = try staged + writeSegments(firstOffset: firstOffset)
        let now = millisecondsNow()
        let transaction = DeltaTransaction(
            adding: try written.map { (segment) throws(TableError) in try addFile(segment, now: now) },
            applicationTransaction: ApplicationTransaction(
                appId: appId, version: Int64(offset.number), lastUpdatedMilliseconds: now),
            operationMetrics: [
                "numFiles": String(written.count), "numOutputRows": String(written.reduce(0) { $0 + $1.rowCount }),
                "numOutputBytes": String(written.reduce(0) { $0 + $1.byteCount }),
            ], timestampMilliseconds: now)
        let rows = written.reduce(0) { $0 + $1.rowCount }
        let mismatches = areas?.mismatchCount ?? 0
        try append(transaction)
        empty()
        writtenSegments = nil
        staged = []
        committedThrough = offset
        return CommittedRows(
            table: layout.name, version: table.snapshot.version, rowCount: rows, segmentCount: written.count,
            byteCount: written.reduce(0) { $0 + $1.byteCount }, areaMismatchCount: mismatches)
    }

    /// Writes the rows that wait; they are part of the table with the next commit only.
    func stage(firstOffset: JournalOffset) throws(TableError) {
        guard !batch.isEmpty else { return }
        staged += try segments.write(batch, firstOffset: firstOffset)
        batch.removeAll()
    }

    private func append(_ transaction: DeltaTransaction) throws(TableError) {
        while true {
            do throws(DeltaError) {
                _ = try table.commit(transaction)
                return
            } catch DeltaError.alreadyCommitted {
                // An earlier try of this same commit had reached the log after all.
                return
            } catch DeltaError.metadataChanged {
                // Another node has widened the table; what is to be added must still fit.
                _ = try Self.fittedSchema(of: table, to: layout)
            } catch {
                throw .log(error, table: layout.name)
            }
        }
    }

    /// The rows that wait as segments; those of a try before when there are some, so that a full disk does not fill more.
    private func writeSegments(firstOffset: JournalOffset) throws(TableError) -> [Segment] {
        if let writtenSegments { return writtenSegments }
        let written = try segments.write(batch, firstOffset: firstOffset)
        writtenSegments = written
        return written
    }

    private func addFile(_ segment: Segment, now: Int64) throws(TableError) -> AddFile {
        let (day, hour) = (floorDivide(segment.hour, 24), segment.hour - floorDivide(segment.hour, 24) * 24)
        do throws(DeltaError) {
            return AddFile(
                path: segment.path,
                partitionValues: Array(
                    [
                        try PartitionValue("date", .date(days: Int32(clamping: day))),
                        try PartitionValue("hour", .integer(Int32(hour))),
                    ].prefix(layout.partitioning.columns.count)),
                byteCount: Int64(segment.byteCount), modificationMilliseconds: now,
                statistics: FileStatistics(
                    rowCount: segment.rowCount, columns: layout.columns, statistics: segment.statistics))
        } catch {
            throw .log(error, table: layout.name)
        }
    }
}

/// What one commit of a table brought.
package struct CommittedRows: Sendable {
    package let table: String
    package let version: Int64
    package let rowCount: Int
    package let segmentCount: Int
    package let byteCount: Int
    /// Rows with the code of a ward that contradicts their location.
    package let areaMismatchCount: Int
}

/// A clock that nobody sets, in milliseconds, to measure how long something takes.
func monotonicMilliseconds() -> Int64 {
    var time = timespec()
    // CLOCK_MONOTONIC always exists, so the call cannot fail.
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}

/// The wall clock, in milliseconds since 1970-01-01T00:00:00Z.
package func millisecondsNow() -> Int64 {
    var time = timespec()
    // CLOCK_REALTIME always exists, so the call cannot fail.
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}
