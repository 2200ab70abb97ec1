package import DeltaLake
import DurableFiles
import Glibc
import Telemetry

/// How the tables are looked after while the pipeline runs.
package struct UpkeepConfiguration: Sendable {
    /// Whether small segments are written together.
    package var compacts = true
    package var compaction = CompactionSettings()
    /// Checkpoints, and how long commits and removed segments stay.
    package var log = LogUpkeep()
    /// How often a look is taken at what has been committed.
    package var lookMilliseconds: Int64 = 60_000
    /// How much the work gives way to everything else, 0 to 19.
    ///
    /// At 10 a thread beside busy ones still gets a tenth of what they get; at 19 it hardly gets on at all.
    package var niceness = 10

    package init() {}
}

/// Looks after the tables in the background: checkpoints, compaction, vacuum and the log's clean-up.
///
/// One thread of low priority, which shares nothing with the folds but the tables on disk. What fails is reported
/// and tried again; the tables are sound without it.
final class TableUpkeep: Sendable {
    /// A table is gone through after so many looks at the latest, when anything was committed or waits for its time.
    private static let mostLooks = 10

    private let configuration: PipelineConfiguration
    private let store: any FileStore
    private let report: @Sendable (PipelineEvent) -> Void
    private let progress = LaneProgress(durable: .beforeFirst, committed: .beforeFirst)

    private var settings: UpkeepConfiguration { configuration.upkeep }

    /// What is known of a table between looks: its log without its files.
    private struct Known {
        var log: DeltaTable
        /// The version at the last pass.
        var version: Int64 = -1
        var hasWaiting = false
        var lookCount = 0
    }

    init(
        configuration: PipelineConfiguration, store: any FileStore, report: @escaping @Sendable (PipelineEvent) -> Void
    ) {
        self.configuration = configuration
        self.store = store
        self.report = report
    }

    /// Starts the thread.
    func begin() -> WorkerThread {
        WorkerThread { [self] in
            // On Linux this is the priority of this thread alone; without it the work is done all the same.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Int32(settings.niceness))
            var known: [String: Known] = [:]
            while !progress.isDraining {
                look(&known)
                progress.wait(timeoutMilliseconds: Int32(clamping: settings.lookMilliseconds))
            }
        }
    }

    /// Asks the thread to end; a segment that it is writing is finished.
    func end() { progress.drain() }

    private func look(_ known: inout [String: Known]) {
        let names: [String]
        do throws(FileError) {
            names = try store.entries(of: configuration.tablesDirectory).filter(\.isDirectory).map(\.name)
        } catch {
            return report(.upkeepFailed(table: "*", problem: error.description))
        }
        for name in names {
            guard !progress.isDraining else { return }
            do throws(TableError) {
                try look(at: name, &known)
            } catch {
                // A folder that is no table yet, or none at all.
                if case .log(.notATable, _) = error { continue }
                report(.upkeepFailed(table: name, problem: error.description))
            }
        }
    }

    private func look(at name: String, _ known: inout [String: Known]) throws(TableError) {
        var table: Known
        do throws(DeltaError) {
            let log = LocalLogStore(tablePath: "\(configuration.tablesDirectory)/\(name)", files: store)
            if let found = known[name] {
                table = found
                try table.log.update()
            } else {
                table = Known(log: try DeltaTable(opening: log, options: .init(keepsFiles: false)))
            }
        } catch {
            throw .log(error, table: name)
        }
        table.lookCount += 1
        defer { known[name] = table }
        let newCount = table.log.snapshot.version - table.version
        let interval = settings.log.respecting(table.log.snapshot.metadata).checkpointInterval
        let isDue = table.lookCount >= Self.mostLooks && (newCount > 0 || table.hasWaiting)
        guard newCount >= interval || isDue || table.version < 0 else { return }
        guard let hasWaiting = try pass(over: name) else { return }
        table.hasWaiting = hasWaiting
        table.version = table.log.snapshot.version
        table.lookCount = 0
    }

    /// Does all that there is to do for a table.
    ///
    /// - Returns: whether partitions wait for their time; nil when another process is at work on the tables.
    private func pass(over name: String) throws(TableError) -> Bool? {
        let lock: CompactionLock
        do throws(FileError) {
            lock = try CompactionLock(dataDirectory: configuration.dataDirectory, store: store)
        } catch {
            if error.isLocked { return nil }
            throw .file(error, table: name)
        }
        defer { withExtendedLifetime(lock) {} }
        var compactor = try Compactor(
            name, tablesDirectory: configuration.tablesDirectory, node: configuration.node,
            settings: settings.compaction, store: store)
        let sweptCount = try compactor.sweep()
        if sweptCount > 0 { report(.swept(table: name, fileCount: sweptCount)) }
        // Before a checkpoint, which forgets what was removed long ago.
        try vacuum(compactor)
        let hasWaiting = settings.compacts ? try compact(&compactor) : false
        try keepLog(of: compactor.table, name)
        return hasWaiting
    }

    private func vacuum(_ compactor: Compactor) throws(TableError) {
        let snapshot = compactor.table.snapshot
        let retention = settings.log.respecting(snapshot.metadata).deletedFileMilliseconds
        do throws(FileError) {
            let count = try Vacuum(snapshot, removedBefore: millisecondsNow() - retention)
                .run(in: "\(configuration.tablesDirectory)/\(compactor.name)", store: store)
            if count > 0 { report(.vacuumed(table: compactor.name, fileCount: count)) }
        } catch {
            throw .file(error, table: compactor.name)
        }
    }

    private func compact(_ compactor: inout Compactor) throws(TableError) -> Bool {
        var rewriter = SortingRewriter(table: compactor.name)
        let plan = try compactor.plan()
        for job in plan.jobs {
            guard !progress.isDraining else { return true }
            do throws(TableError) {
                if let outcome = try compactor.run(job, with: &rewriter) { report(.compacted(outcome)) }
            } catch {
                // A full disk is full for the next segment, too; one that is damaged does not keep others from their turn.
                if error.isTransient { throw error }
                report(.upkeepFailed(table: compactor.name, problem: error.description))
            }
        }
        return plan.hasWaiting
    }

    private func keepLog(of table: DeltaTable, _ name: String) throws(TableError) {
        var table = table
        let upkeep = settings.log.respecting(table.snapshot.metadata)
        guard table.commitCountSinceCheckpoint >= upkeep.checkpointInterval else { return }
        do throws(DeltaError) {
            try table.writeCheckpoint(upkeep, timestampMilliseconds: millisecondsNow())
            let removed = try table.removeOldLog(upkeep, timestampMilliseconds: millisecondsNow())
            report(.checkpointed(table: name, version: table.snapshot.version, removedCommits: removed.commitCount))
        } catch {
            throw .log(error, table: name)
        }
    }
}
