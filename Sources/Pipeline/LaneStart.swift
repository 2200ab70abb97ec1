import DurableFiles
import Journal
import MQTTSource
import Streams
import Synchronization
import Telemetry

/// A lane that is open and not running yet.
///
/// It hands its parts to its two threads, once.
final class LaneStart: Sendable {
    let name: String
    let ledgerOffset: JournalOffset
    let progress: LaneProgress
    let live: LivePartials

    private let lane: Mutex<Lane?>
    private let fold: Mutex<Fold?>
    private let report: @Sendable (PipelineEvent) -> Void

    init(
        _ lane: Pipeline.LaneConfiguration, index: Int, catalog: StreamCatalog, configuration: PipelineConfiguration,
        store: any FileStore, registers: [DuplicateRegister], feedback: FeedbackSender?,
        report: @escaping @Sendable (PipelineEvent) -> Void
    ) throws(PipelineStartError) {
        name = lane.name
        self.report = report
        let source = try Self.source(of: lane)
        let packetByteCount = lane.connection.maximumPacketByteCount
        var fold: Fold
        do throws(TableError) {
            fold = try Fold(
                identity: Fold.Identity(name: lane.name, index: index), catalog: catalog,
                configuration: configuration, store: store, duplicates: registers,
                messageByteLimit: packetByteCount + Self.recordOverhead, report: report)
        } catch {
            throw .table(error)
        }
        let journal: JournalWriter
        do throws(JournalOpenError) {
            journal = try JournalWriter(
                store, directory: configuration.journalDirectory(lane: lane.name), configuration: configuration.journal,
                committedThrough: fold.tablesOffset)
        } catch {
            throw .journal(error, lane: lane.name)
        }
        if journal.firstOffset == journal.nextOffset { fold.giveUp(before: journal.firstOffset) }
        fold.feedback = feedback.map {
            FoldFeedback($0.outbox, $0.configuration, knownThrough: journal.durableThrough)
        }
        ledgerOffset = fold.ledgerOffset
        report(
            .journalOpened(
                lane: lane.name, nextOffset: journal.nextOffset, cutByteCount: journal.cutByteCountAtOpening))
        progress = LaneProgress(durable: journal.durableThrough, committed: fold.ledgerOffset)
        live = LivePartials(lane: lane.name, progress: progress)
        fold.live = live
        self.fold = Mutex(fold)
        self.lane = Mutex(
            Lane(
                name: lane.name, source: source, journal: journal, batchByteCount: packetByteCount * 2,
                comfortableByteCount: min(16 << 20, configuration.journal.byteLimit / 4), progress: progress,
                report: report))
    }

    /// Two of the largest messages must fit the journal when it is empty; else the lane would wait for room for ever.
    static func checkLimit(
        _ journal: JournalWriter.Configuration, packetByteCount: Int
    ) throws(PipelineStartError) {
        let needed = Lane.largestBatchByteCount(packetByteCount: packetByteCount)
        guard journal.byteLimit < needed else { return }
        throw .limit(
            "the journal's limit of \(journal.byteLimit) bytes is too small for packets of up to \(packetByteCount) "
                + "bytes: give it at least \(needed), or lower the limit of packets")
    }

    static func source(of lane: Pipeline.LaneConfiguration) throws(PipelineStartError) -> MQTTSource {
        do throws(MQTTError) {
            return try MQTTSource(configuration: lane.connection)
        } catch {
            throw .broker(error, lane: lane.name)
        }
    }

    /// Topic and header of a journal record: at most 64 KiB and a little.
    private static let recordOverhead = 66 << 10

    /// Starts both threads.
    ///
    /// `fail` gets one sentence when one of them ends for good.
    func begin(
        fail: @escaping @Sendable (String) -> Void
    ) -> (intake: WorkerThread, fold: WorkerThread) {
        let intake = WorkerThread { [self] in
            guard var lane = lane.withLock({ $0.take() }) else { return }
            do throws(JournalWriteError) {
                try lane.run()
            } catch {
                end("\(error)", fail)
            }
        }
        let folding = WorkerThread { [self] in
            guard var fold = fold.withLock({ $0.take() }) else { return }
            defer { live.close() }
            do throws(FoldError) {
                try fold.run(progress)
            } catch {
                end("\(error)", fail)
            }
        }
        return (intake, folding)
    }

    private func end(_ problem: String, _ fail: (String) -> Void) {
        report(.failed(lane: name, problem: problem))
        fail("lane \(name): \(problem)")
    }
}
