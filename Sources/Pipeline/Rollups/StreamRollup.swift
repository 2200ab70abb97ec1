import DeltaLake
import DurableFiles
import Parquet
package import Rollups
import Telemetry

/// A rollup of one stream in one lane: its partials are made of exactly the rows that the stream's table gets.
///
/// The stream's table is committed first. What its segments hold of the lane and the rollup lacks, after a crash or
/// because the rollup is new, is gathered from them at the start: so a rollup never asks what was judged, only what is
/// stored. One thread owns it.
final class StreamRollup {
    package let plan: RollupPlan
    let table: PipelineTable
    private let lane: String
    /// The last message of which the partials that wait are made.
    private var gatheredThrough: JournalOffset

    init(
        _ plan: RollupPlan, store: any FileStore, configuration: PipelineConfiguration, lane: String
    ) throws(TableError) {
        self.plan = plan
        self.lane = lane
        table = try PipelineTable(layout: plan.layout, store: store, configuration: configuration, lane: lane)
        gatheredThrough = table.committedThrough
    }

    /// Makes partials of the rows that the stream's table is about to commit through `offset`, unless that was done.
    func gather(_ readings: borrowing ColumnBatch, through offset: JournalOffset) throws(TableError) {
        guard offset > gatheredThrough else { return }
        var aggregation = plan.partials()
        try add(readings, to: &aggregation)
        append(aggregation, through: offset)
    }

    /// Makes partials of what the stream's segments hold of this lane behind the rollup's own offset, and commits them.
    func catchUp(
        with segments: [AddFile], of stream: TableLayout, in directory: String, through offset: JournalOffset,
        store: any FileStore
    ) throws(TableError) -> CommittedRows? {
        guard offset > table.committedThrough else { return nil }
        let first = table.committedThrough
        var aggregation = plan.partials()
        for file in segments {
            let segment = try SegmentReader(store, "\(directory)/\(file.path)", table: stream.name)
            var rows = ColumnBatch(stream.columns, rowLimit: max(1, segment.reader.rowCount))
            try segment.appendRows(to: &rows)
            let wanted = self.rows(of: rows, stream: stream, after: first, through: offset)
            try add(rows, where: wanted, to: &aggregation)
        }
        append(aggregation, through: offset)
        return try table.commit(through: offset, firstOffset: first.next)
    }

    /// Partials of rows that are not committed yet, for those who ask now.
    func live(_ readings: borrowing ColumnBatch) throws(TableError) -> Aggregation {
        var aggregation = plan.partials()
        try add(readings, to: &aggregation)
        return aggregation
    }

    // MARK: Parts

    private func add(
        _ readings: borrowing ColumnBatch, where wanted: [UInt8]? = nil, to aggregation: inout Aggregation
    ) throws(TableError) {
        do throws(RollupError) {
            try aggregation.add(readings, where: wanted)
        } catch {
            throw .rollup(error, table: table.layout.name)
        }
    }

    private func append(_ aggregation: consuming Aggregation, through offset: JournalOffset) {
        let needed = aggregation.rowCount
        // The first partials of a rollup that is new can be those of years.
        if table.batch.isEmpty, needed > table.batch.rowLimit {
            table.batch = ColumnBatch(table.layout.columns, rowLimit: needed)
        }
        let first = table.batch.count
        aggregation.write(into: &table.batch)
        // Behind the columns of a partial come those that say where it came from.
        let lane = table.batch.intern(self.lane.utf8Bytes, column: plan.columns.count)
        for row in first..<table.batch.count {
            table.batch.setWord(lane, row: row, column: plan.columns.count)
            table.batch.setWord(Int64(offset.number), row: row, column: plan.columns.count + 1)
        }
        gatheredThrough = offset
    }

    /// Which rows came through this lane behind `first` and up to `last`.
    private func rows(
        of readings: borrowing ColumnBatch, stream: TableLayout, after first: JournalOffset,
        through last: JournalOffset
    ) -> [UInt8] {
        let (laneColumn, offsetColumn) = (stream.index(of: "lane"), stream.index(of: "journal_offset"))
        return (0..<readings.count).map { row in
            guard let number = readings.word(row: row, column: offsetColumn),
                UInt64(clamping: number) > first.number, UInt64(clamping: number) <= last.number
            else { return 0 }
            return readings.string(row: row, column: laneColumn) == lane ? 1 : 0
        }
    }
}

extension RollupPlan {
    /// The table of the rollup.
    package var layout: TableLayout {
        TableLayout(
            name: "rollup_\(name)", description: "Partial aggregates; rows with equal keys and window are to be merged",
            columns: tableColumns, timeColumn: 0, sortColumns: Array(1...max(1, keyCount)))
    }
}
