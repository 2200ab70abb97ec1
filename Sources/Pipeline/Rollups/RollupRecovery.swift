import DeltaLake
import DurableFiles
import Parquet
import Rollups
import Streams
import Telemetry

/// What is done once at the start for rollups: rows that the stream's table has and a rollup lacks are gathered from the
/// stream's segments.
///
/// That is so after a crash between two commits, and for a rollup that is new, which so begins with all that was stored.
struct RollupRecovery {
    let catalog: StreamCatalog
    let configuration: PipelineConfiguration
    let store: any FileStore
    let report: @Sendable (PipelineEvent) -> Void

    /// Brings every rollup to where its stream's table is, for all lanes that have written it.
    func run() throws(TableError) {
        for entry in configuration.rollups.entries {
            let stream = catalog.streams[entry.stream]
            guard let snapshot = try snapshot(of: stream.name) else { continue }
            for lane in lanes(in: snapshot) { try catchUp(entry.plan, with: snapshot, of: stream, lane: lane) }
        }
    }

    /// The lanes of this node that have committed to a table.
    private func lanes(in snapshot: DeltaSnapshot) -> [String] {
        let prefix = PipelineTable.applicationID(node: configuration.node, lane: "")
        return snapshot.transactions.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
            .sorted()
    }

    /// Nil when there is no table yet.
    private func snapshot(of name: String) throws(TableError) -> DeltaSnapshot? {
        do throws(DeltaError) {
            let log = LocalLogStore(tablePath: "\(configuration.tablesDirectory)/\(name)", files: store)
            return try DeltaTable(opening: log).snapshot
        } catch DeltaError.notATable {
            return nil
        } catch {
            throw .log(error, table: name)
        }
    }

    private func catchUp(
        _ plan: RollupPlan, with snapshot: DeltaSnapshot, of stream: StreamPlan, lane: String
    ) throws(TableError) {
        let appId = PipelineTable.applicationID(node: configuration.node, lane: lane)
        let last = JournalOffset(UInt64(clamping: snapshot.transactions[appId]?.version ?? 0))
        let rollup = try StreamRollup(plan, store: store, configuration: configuration, lane: lane)
        guard rollup.table.lacks(last) else { return }
        let first = rollup.table.committedThrough
        var rowCount = 0
        let days = Dictionary(grouping: snapshot.files, by: \.day)
        for day in days.keys.sorted() {
            for file in days[day] ?? [] {
                guard try mayHold(file, lane: lane, after: first, schema: snapshot.schema, name: stream.name) else {
                    continue
                }
                let path = "\(configuration.tablesDirectory)/\(stream.name)/\(file.path)"
                let segment = try SegmentReader(store, path, table: stream.name)
                var rows = ColumnBatch(stream.layout.columns, rowLimit: max(1, segment.reader.rowCount))
                try segment.appendRows(to: &rows)
                let wanted = Self.rows(of: rows, stream: stream, lane: lane, after: first, through: last)
                rowCount += wanted.reduce(0) { $0 + Int($1) }
                try rollup.add(rows, where: wanted)
            }
            // One day at a time, so that memory holds the partials of a day and not of years.
            try rollup.stage(through: last)
        }
        _ = try rollup.commitStaged(through: last)
        if rowCount > 0 { report(.rollupCaughtUp(table: rollup.table.layout.name, lane: lane, readingCount: rowCount)) }
    }

    /// Whether a file can have rows of the lane behind `offset`.
    private func mayHold(
        _ file: AddFile, lane: String, after offset: JournalOffset, schema: DeltaSchema, name: String
    ) throws(TableError) -> Bool {
        do throws(DeltaError) {
            guard let statistics = try file.statistics(schema: schema) else { return true }
            if case .long(let greatest)? = statistics.column("journal_offset")?.maximum,
                UInt64(clamping: greatest) <= offset.number
            {
                return false
            }
            // Bounds of long names are their beginnings.
            if case .string(let least)? = statistics.column("lane")?.minimum, least > lane { return false }
            return true
        } catch {
            throw .log(error, table: name)
        }
    }

    /// Which rows came through a lane behind `first` and up to `last`.
    private static func rows(
        of readings: borrowing ColumnBatch, stream: StreamPlan, lane: String, after first: JournalOffset,
        through last: JournalOffset
    ) -> [UInt8] {
        (0..<readings.count).map { row in
            guard let number = readings.word(row: row, column: stream.journalOffsetColumn),
                UInt64(clamping: number) > first.number, UInt64(clamping: number) <= last.number
            else { return 0 }
            return readings.string(row: row, column: stream.laneColumn) == lane ? 1 : 0
        }
    }
}

extension AddFile {
    /// The day of the file's partition, since 1970-01-01; the least number for a file that has none.
    var day: Int32 {
        guard case .date(let day)? = partitionValues.first(where: { $0.column == "date" })?.value(as: .date) else {
            return .min
        }
        return day
    }
}
