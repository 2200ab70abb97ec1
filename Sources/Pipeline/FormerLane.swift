import DurableFiles
import Journal
import Streams
import Synchronization
import Telemetry

/// A lane that is not configured any more and has left a journal: what the tables lack of it is folded at the start.
final class FormerLane: Sendable {
    let name: String
    let ledgerOffset: JournalOffset

    private let durable: JournalOffset
    private let fold: Mutex<Fold?>

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
        do throws(JournalOpenError) {
            // Opening repairs the tail; the writer is not needed any further.
            let journal = try JournalWriter(
                store, directory: configuration.journalDirectory(lane: name), configuration: configuration.journal,
                committedThrough: fold.tablesOffset)
            durable = journal.durableThrough
            if journal.firstOffset == journal.nextOffset { fold.giveUp(before: journal.firstOffset) }
        } catch {
            throw .journal(error, lane: name)
        }
        ledgerOffset = fold.ledgerOffset
        self.fold = Mutex(fold)
    }

    /// Folds and commits all that the tables lack; nothing to do where they lack nothing.
    func foldWhatIsLeft() throws(PipelineStartError) {
        guard var fold = fold.withLock({ $0.take() }) else { return }
        do throws(FoldError) {
            try fold.runThrough(durable, LaneProgress(durable: durable, committed: ledgerOffset))
        } catch {
            throw .formerLane(name, problem: error.description)
        }
    }
}
