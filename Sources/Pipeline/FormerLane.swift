import DurableFiles
import Glibc
import Journal
import Streams
import Synchronization
import Telemetry

/// A lane that has a journal and no connection: one that is not configured any more, or lane replay.
///
/// What the tables lack of it is folded.
final class FormerLane: Sendable {
    let name: String
    let ledgerOffset: JournalOffset

    private let durable: JournalOffset
    private let journal: Mutex<JournalWriter>
    private let openFold: Mutex<Fold?>

    init(
        _ name: String, index: Int, catalog: StreamCatalog, configuration: PipelineConfiguration,
        store: any FileStore, registers: [DuplicateRegister], report: @escaping @Sendable (PipelineEvent) -> Void
    ) throws(PipelineStartError) {
        self.name = name
        var fold: Fold
        do throws(TableError) {
            fold = try Fold(
                identity: Fold.Identity(name: name, index: index), catalog: catalog, configuration: configuration,
                store: store, duplicates: registers, messageByteLimit: configuration.journal.fileByteCount,
                report: report)
        } catch {
            throw .table(error)
        }
        let journal: JournalWriter
        do throws(JournalOpenError) {
            // Opening repairs the tail, and keeps others from writing for as long as this value lives.
            journal = try JournalWriter(
                store, directory: configuration.journalDirectory(lane: name),
                configuration: configuration.journal(ofLane: name), committedThrough: fold.tablesOffset)
        } catch {
            throw .journal(error, lane: name)
        }
        durable = journal.durableThrough
        if journal.firstOffset == journal.nextOffset { fold.giveUp(before: journal.firstOffset) }
        ledgerOffset = fold.ledgerOffset
        openFold = Mutex(fold)
        self.journal = Mutex(journal)
    }

    /// Opens a lane, and waits for a while when somebody is just putting dead letters into its journal.
    static func whenFree(
        _ name: String, index: Int, catalog: StreamCatalog, configuration: PipelineConfiguration,
        store: any FileStore, registers: [DuplicateRegister], report: @escaping @Sendable (PipelineEvent) -> Void
    ) throws(PipelineStartError) -> FormerLane {
        var attemptCount = 0
        while true {
            do throws(PipelineStartError) {
                return try FormerLane(
                    name, index: index, catalog: catalog, configuration: configuration, store: store,
                    registers: registers, report: report)
            } catch {
                attemptCount += 1
                guard error.isLocked, name == ReplayLane.name, attemptCount < Self.mostAttempts else { throw error }
                usleep(Self.attemptMicroseconds)
            }
        }
    }

    /// Half a minute: far more than it takes to append dead letters.
    private static let mostAttempts = 150
    private static let attemptMicroseconds: UInt32 = 200_000

    /// Folds and commits all that the tables lack; nothing to do where they lack nothing.
    func foldWhatIsLeft() throws(PipelineStartError) {
        do throws(FoldError) {
            _ = try fold()
        } catch {
            throw .formerLane(name, problem: error.description)
        }
    }

    /// The same, and gives up the files of the journal that nobody needs any more; an error leaves it to the next call.
    ///
    /// - Returns: through which message.
    func fold() throws(FoldError) -> JournalOffset {
        try openFold.withLock { fold throws(FoldError) in
            try fold?.runThrough(durable, LaneProgress(durable: durable, committed: ledgerOffset))
            fold = nil
        }
        journal.withLock { journal in
            // What is not removed now is removed the next time.
            try? journal.cut(behind: durable)
        }
        return durable
    }
}
