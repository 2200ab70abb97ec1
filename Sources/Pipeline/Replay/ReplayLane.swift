import DurableFiles
import Journal
import Streams
import Synchronization
import Telemetry

/// The lane without a broker: dead letters that a person sends through the pipeline again, or gives up.
///
/// `ReplayDesk` writes its journal under the journal's lock and lets go of it; this folds what it finds there, under
/// the same lock. So what is folded is durable, and nobody chooses dead letters while their marks are being made. One
/// thread runs it.
final class ReplayLane: Sendable {
    /// Its name in the ledger, in the tables and below `journal`.
    static let name = "replay"

    /// How often it looks for something to do.
    private static let lookMilliseconds: Int32 = 1000

    private let index: Int
    private let catalog: StreamCatalog
    private let configuration: PipelineConfiguration
    private let store: any FileStore
    private let registers: [DuplicateRegister]
    private let report: @Sendable (PipelineEvent) -> Void
    private let progress = LaneProgress(durable: .beforeFirst, committed: .beforeFirst)

    init(
        index: Int, catalog: StreamCatalog, configuration: PipelineConfiguration, store: any FileStore,
        registers: [DuplicateRegister], report: @escaping @Sendable (PipelineEvent) -> Void
    ) {
        self.index = index
        self.catalog = catalog
        self.configuration = configuration
        self.store = store
        self.registers = registers
        self.report = report
    }

    /// Starts the thread; `fail` gets one sentence when it ends for good.
    func begin(fail: @escaping @Sendable (String) -> Void) -> WorkerThread {
        WorkerThread { [self] in
            do throws(PipelineStartError) {
                try run()
            } catch {
                report(.failed(lane: Self.name, problem: error.description))
                fail("lane \(Self.name): \(error)")
            }
        }
    }

    /// Asks the thread to end: what it has begun, it finishes; what it has not is there at the next start.
    func end() { progress.drain() }

    private func run() throws(PipelineStartError) {
        var look = Look(store, configuration)
        while !progress.isDraining {
            if look.findsMessages() {
                if let through = try foldWhatIsThere() { look = Look(store, configuration, behind: through) }
            }
            progress.wait(timeoutMilliseconds: Self.lookMilliseconds)
        }
    }

    /// Folds and commits everything in the journal.
    ///
    /// - Returns: through which message; nil when somebody is writing it just now.
    /// - Throws: what trying again cannot mend.
    private func foldWhatIsThere() throws(PipelineStartError) -> JournalOffset? {
        let lane: FormerLane
        do throws(PipelineStartError) {
            lane = try FormerLane(
                Self.name, index: index, catalog: catalog, configuration: configuration, store: store,
                registers: registers, report: report)
        } catch {
            guard error.isTransient else { throw error }
            if !error.isLocked { report(.retrying(lane: Self.name, problem: error.description)) }
            return nil
        }
        while true {
            do throws(FoldError) {
                return try lane.fold()
            } catch {
                guard error.isTransient else { throw .formerLane(Self.name, problem: error.description) }
                report(.retrying(lane: Self.name, problem: error.description))
                // A commit that was begun is finished at the next start.
                guard !progress.isDraining else { return nil }
                progress.wait(timeoutMilliseconds: Self.lookMilliseconds)
            }
        }
    }

    /// Looks whether there is something behind what was folded, at the cost of a read at the journal's end.
    private struct Look: ~Copyable {
        private var reader: JournalReader
        private var batch = MessageBatch(byteCapacity: 4096, messageCapacity: 1)
        private var hasFound = false

        /// Without an offset, everything that is there counts.
        init(
            _ store: any FileStore, _ configuration: PipelineConfiguration, behind offset: JournalOffset = .beforeFirst
        ) {
            reader = JournalReader(
                store, directory: configuration.journalDirectory(lane: ReplayLane.name), from: offset.next)
        }

        mutating func findsMessages() -> Bool {
            guard !hasFound else { return true }
            do throws(JournalReadError) {
                hasFound = try reader.read(into: &batch, through: nil) > 0
            } catch {
                // Whatever it is, opening the journal finds it too, and says it better.
                hasFound = true
            }
            return hasFound
        }
    }
}

extension PipelineConfiguration {
    /// The sizes of a lane's journal.
    ///
    /// Lane replay's has small files: it is seldom used, and nothing waits in it. Its limit is the disk.
    func journal(ofLane lane: String) -> JournalWriter.Configuration {
        guard lane == ReplayLane.name else { return journal }
        return JournalWriter.Configuration(
            fileByteCount: 1 << 20, byteLimit: 1 << 50, diskReserve: journal.diskReserve, spareFileCount: 0)
    }
}
