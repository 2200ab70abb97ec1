import Conditions
import DurableFiles
import Rollups
import Telemetry

/// A rollup of one stream in one lane: its partials are made of exactly the rows that the stream's table gets.
///
/// The stream's table is committed first. What its segments hold of the lane and the rollup lacks, after a crash or
/// because the rollup is new, is gathered from them at the start (`RollupRecovery`): so a rollup never asks what was
/// judged, only what is stored. One thread owns it.
final class StreamRollup {
    let plan: RollupPlan
    let table: PipelineTable
    private let lane: String
    /// What the rows say that the stream's table has not committed yet, as far as they were gathered.
    private var aggregation: Aggregation
    private var gatheredRowCount = 0
    /// Through which message the table's batch holds partials that wait for their commit.
    private var preparedThrough: JournalOffset

    init(
        _ plan: RollupPlan, store: any FileStore, configuration: PipelineConfiguration, lane: String
    ) throws(TableError) {
        self.plan = plan
        self.lane = lane
        table = try PipelineTable(layout: plan.layout, store: store, configuration: configuration, lane: lane)
        aggregation = plan.partials()
        preparedThrough = table.committedThrough
    }

    /// Makes partials of all rows that the stream's table is about to commit through `offset`, unless that was done.
    func prepare(_ readings: borrowing ColumnBatch, through offset: JournalOffset) throws(TableError) {
        guard offset > preparedThrough, !readings.isEmpty else { return }
        try gather(readings)
        append(aggregation, through: offset)
        aggregation = plan.partials()
        gatheredRowCount = 0
        preparedThrough = offset
    }

    /// Commits what was prepared, be it nothing: so the table knows that it lacks none of the stream's rows.
    func commit(through offset: JournalOffset, firstOffset: JournalOffset) throws(TableError) -> CommittedRows? {
        guard preparedThrough == offset, table.lacks(offset) else { return nil }
        return try table.commit(through: offset, firstOffset: firstOffset, isForced: true)
    }

    /// Partials of the rows that wait, for those who ask now.
    func live(_ readings: borrowing ColumnBatch) throws(TableError) -> LivePartials.Partials {
        try gather(readings)
        var batch = ColumnBatch(plan.columns, rowLimit: max(1, aggregation.rowCount))
        aggregation.write(into: &batch)
        return LivePartials.Partials(batch: batch, base: table.committedThrough)
    }

    private func gather(_ readings: borrowing ColumnBatch) throws(TableError) {
        try add(readings, from: gatheredRowCount, to: &aggregation)
        gatheredRowCount = readings.count
    }

    // MARK: Rows of segments

    /// Takes in rows of a segment for which `wanted` is yes.
    func add(_ readings: borrowing ColumnBatch, where wanted: [UInt8]) throws(TableError) {
        try add(readings, from: 0, where: wanted, to: &aggregation)
    }

    /// Writes what was taken in as segments that are committed later.
    func stage(through offset: JournalOffset) throws(TableError) {
        append(aggregation, through: offset)
        aggregation = plan.partials()
        try table.stage(firstOffset: table.committedThrough.next)
    }

    /// Commits what was staged.
    func commitStaged(through offset: JournalOffset) throws(TableError) -> CommittedRows? {
        defer { preparedThrough = offset }
        return try table.commit(through: offset, firstOffset: table.committedThrough.next, isForced: true)
    }

    // MARK: Parts

    private func add(
        _ readings: borrowing ColumnBatch, from firstRow: Int, where wanted: [UInt8]? = nil,
        to aggregation: inout Aggregation
    ) throws(TableError) {
        var rows = wanted
        if let filter = plan.filter {
            var answers: [UInt8] = []
            filter.evaluate(readings, rows: firstRow..<readings.count, into: &answers)
            if let wanted {
                for index in answers.indices where wanted[index] != 1 { answers[index] = 0 }
            }
            rows = answers
        }
        do throws(RollupError) {
            try aggregation.add(readings, from: firstRow, where: rows)
        } catch {
            throw .rollup(error, table: table.layout.name)
        }
    }

    private func append(_ aggregation: borrowing Aggregation, through offset: JournalOffset) {
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
    }
}

extension RollupPlan {
    /// The table of the rollup.
    package var layout: TableLayout {
        TableLayout(
            name: Self.tablePrefix + name,
            description: "Partial aggregates; rows with equal keys and window are to be merged",
            columns: tableColumns, timeColumn: 0, sortColumns: Array(1..<1 + keyCount) + [0], partitioning: .day,
            meaning: signature)
    }
}
