import Conditions
import DeltaLake
package import DurableFiles
import Parquet
package import Rollups
import Synchronization
import Telemetry

/// Answers questions about rollups from their tables and, in the process that ingests, from what no table has yet.
///
/// Any thread may ask. Segments that were read stay in memory up to a limit, since they never change.
package final class RollupReader: Sendable {
    private let store: any FileStore
    private let dataDirectory: String
    private let node: String
    private let rollups: RollupCatalog
    private let live: @Sendable () -> [LivePartials]
    private let cache: SegmentCache
    private let tables = Mutex<[String: DeltaTable]>([:])

    private let liveMaximumAgeMilliseconds: Int64
    private static let liveTimeoutMilliseconds: Int64 = 2000
    private static let attemptCount = 20

    /// Reads below `dataDirectory`; `live` gives the lanes that run in this process.
    ///
    /// What is in no table yet may be `liveMaximumAgeMilliseconds` old. Half a second: a reading counts in an answer less
    /// than two seconds after its acknowledgement, and many who ask at once share one look at the fold.
    package init(
        _ rollups: RollupCatalog, dataDirectory: String, node: String, store: any FileStore = SystemFileStore(),
        cacheByteLimit: Int = 256 << 20, liveMaximumAgeMilliseconds: Int64 = 500,
        live: @escaping @Sendable () -> [LivePartials] = { [] }
    ) {
        self.rollups = rollups
        self.dataDirectory = dataDirectory
        self.node = node
        self.store = store
        self.live = live
        self.liveMaximumAgeMilliseconds = liveMaximumAgeMilliseconds
        cache = SegmentCache(byteLimit: cacheByteLimit)
    }

    /// Answers a question about the rollup `name`.
    package func answer(_ question: RollupQuestion, of name: String) throws(RollupReadError) -> RollupResult {
        guard let index = rollups.entries.firstIndex(where: { $0.plan.name == name }) else {
            throw .unknownRollup(name)
        }
        let plan = rollups.entries[index].plan
        let (snapshot, partials) = try state(of: plan, index: index)
        var merge = plan.merge(window: question.window, keys: question.keys, figures: question.figures)
        var partialCount = 0
        for file in snapshot.files where try Self.mayHold(file, question, snapshot, plan) {
            let batch = try segment(file, of: plan)
            partialCount += try Self.add(batch.rows, question, to: &merge)
        }
        for part in partials ?? [] { partialCount += try Self.add(part.batch, question, to: &merge) }
        let keyCount = question.keys.count + (question.window == nil ? 0 : 1)
        let hasNoKeys = keyCount == 0
        return RollupResult(
            answer: RollupAnswer(
                merge, keyCount: hasNoKeys ? 1 : keyCount, figures: question.figures, plan: plan, hidesKeys: hasNoKeys),
            tableVersion: snapshot.version, isLive: partials != nil, partialCount: partialCount)
    }

    // MARK: One moment

    /// The table and what is not in it yet, of the same moment: for every lane that runs, the table ends where its
    /// partials begin.
    private func state(
        of plan: RollupPlan, index: Int
    ) throws(RollupReadError) -> (DeltaSnapshot, [LivePartials.Partials]?) {
        let lanes = live()
        var maximumAge = liveMaximumAgeMilliseconds
        for _ in 0..<Self.attemptCount {
            var partials: [LivePartials.Partials]? = lanes.isEmpty ? nil : []
            for lane in lanes {
                let all = lane.current(
                    maximumAgeMilliseconds: maximumAge, timeoutMilliseconds: Self.liveTimeoutMilliseconds)
                if let all { partials?.append(all[index]) } else { partials = nil }
            }
            let snapshot = try snapshot(of: plan)
            guard let partials else { return (snapshot, nil) }
            let isOneMoment = zip(lanes, partials).allSatisfy { lane, part in
                let appId = PipelineTable.applicationID(node: node, lane: lane.lane)
                return UInt64(clamping: snapshot.transactions[appId]?.version ?? 0) == part.base.number
            }
            if isOneMoment { return (snapshot, partials) }
            // A commit came between; the next answer is from behind it.
            maximumAge = 0
        }
        return (try snapshot(of: plan), nil)
    }

    private func snapshot(of plan: RollupPlan) throws(RollupReadError) -> DeltaSnapshot {
        let name = plan.layout.name
        let opened: DeltaTable
        do throws(DeltaError) {
            if var table = tables.withLock({ $0[name] }) {
                let snapshot = try table.update()
                tables.withLock { $0[name] = table }
                return snapshot
            }
            let log = LocalLogStore(tablePath: "\(dataDirectory)/tables/\(name)", files: store)
            let table = try DeltaTable(opening: log)
            opened = table
        } catch DeltaError.notATable {
            throw .noTable(path: "\(dataDirectory)/tables/\(name)")
        } catch {
            throw .table(.log(error, table: name))
        }
        if let differences = plan.layout.differences(from: opened.snapshot.metadata.configuration) {
            throw .table(.meaningChanged(table: name, differences))
        }
        tables.withLock { $0[name] = opened }
        return opened.snapshot
    }

    // MARK: Rows

    /// Whether the file's windows reach into the time that is meant.
    private static func mayHold(
        _ file: AddFile, _ question: RollupQuestion, _ snapshot: DeltaSnapshot, _ plan: RollupPlan
    ) throws(RollupReadError) -> Bool {
        let dayLength: Int64 = 86_400_000_000
        if file.day != .min {
            let start = Int64(file.day) * dayLength
            if let from = question.from, start + dayLength <= from.microsecondsSinceEpoch { return false }
            if let to = question.to, start >= to.microsecondsSinceEpoch { return false }
        }
        do throws(DeltaError) {
            guard let bounds = try file.statistics(schema: snapshot.schema)?.column(plan.columns[0].name) else {
                return true
            }
            if let from = question.from, case .timestamp(let last)? = bounds.maximum,
                last < from.microsecondsSinceEpoch
            {
                return false
            }
            if let to = question.to, case .timestamp(let first)? = bounds.minimum, first >= to.microsecondsSinceEpoch {
                return false
            }
            return true
        } catch {
            throw .table(.log(error, table: plan.layout.name))
        }
    }

    private func segment(_ file: AddFile, of plan: RollupPlan) throws(RollupReadError) -> SegmentCache.Segment {
        let table = plan.layout.name
        let path = "\(dataDirectory)/tables/\(table)/\(file.path)"
        if let known = cache[path] { return known }
        do throws(TableError) {
            let reader = try SegmentReader(store, path, table: table)
            var rows = ColumnBatch(plan.columns, rowLimit: max(1, reader.reader.rowCount))
            try reader.appendRows(to: &rows)
            let segment = SegmentCache.Segment(rows)
            cache.insert(segment, for: path)
            return segment
        } catch {
            throw .table(error)
        }
    }

    /// Merges the rows that the question is about; returns how many they were.
    private static func add(
        _ rows: borrowing ColumnBatch, _ question: RollupQuestion, to merge: inout Aggregation
    ) throws(RollupReadError) -> Int {
        guard !rows.isEmpty else { return 0 }
        var answers = [UInt8](repeating: Condition.Answer.yes, count: rows.count)
        question.filter?.evaluate(rows, into: &answers)
        let starts = rows.words(of: 0)
        if question.from != nil || question.to != nil {
            for row in starts.indices where !question.contains(starts[row]) { answers[row] = Condition.Answer.no }
        }
        do throws(RollupError) {
            try merge.add(rows, where: answers)
        } catch {
            throw .rollup(error)
        }
        return answers.reduce(0) { $0 + ($1 == Condition.Answer.yes ? 1 : 0) }
    }
}

/// Why a question about a rollup has no answer.
package enum RollupReadError: Error, CustomStringConvertible {
    case unknownRollup(String)
    /// Nothing was ever ingested with this rollup here.
    case noTable(path: String)
    case table(TableError)
    case rollup(RollupError)

    package var description: String {
        switch self {
        case .unknownRollup(let name): "no stream defines a rollup \(name)"
        case .noTable(let path):
            "there is no table \(path): it comes with the first start of phusa run. Give --data its data folder"
        case .table(let error): error.description
        case .rollup(.tooManyGroups(let limit)):
            "the answer has more than \(limit) rows: ask for fewer keys, a longer window or a shorter time"
        }
    }
}
