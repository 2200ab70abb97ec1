package import DurableFiles
package import Journal
package import MQTTSource
package import Streams
import Synchronization
import Telemetry

/// A running pipeline: its lanes, each with a thread for the broker and one for the fold.
package final class Pipeline: Sendable {
    /// A lane and the connection that feeds it.
    package struct LaneConfiguration: Sendable {
        package let name: String
        package let connection: MQTTConfiguration

        package init(name: String, connection: MQTTConfiguration) {
            self.name = name
            self.connection = connection
        }
    }

    private struct RunningLane: Sendable {
        let name: String
        let live: LivePartials
        let progress: LaneProgress
        let intake: WorkerThread
        let fold: WorkerThread
    }

    private let lanes: Mutex<[RunningLane]>
    private let replays: ReplayLane
    private let replayThread = Mutex<WorkerThread?>(nil)
    private let upkeep: TableUpkeep
    private let upkeepThread = Mutex<WorkerThread?>(nil)
    private let feedback: FeedbackSender?
    private let feedbackThread = Mutex<WorkerThread?>(nil)
    private let directory: DataDirectory
    private let failures = Mutex<[String]>([])

    /// Opens journal and tables, takes in what a crash left, and starts to work.
    ///
    /// - Throws: when something must be put right first; nothing is running then.
    package init(
        _ configuration: PipelineConfiguration, catalog: StreamCatalog, lanes laneConfigurations: [LaneConfiguration],
        store: any FileStore = SystemFileStore(), report: @escaping @Sendable (PipelineEvent) -> Void
    ) throws(PipelineStartError) {
        // Mistakes in the configuration come out before anything is touched.
        for lane in laneConfigurations {
            _ = try LaneStart.source(of: lane)
            try LaneStart.checkLimit(
                configuration.journal, packetByteCount: lane.connection.maximumPacketByteCount)
        }
        feedback = try Self.feedback(configuration.feedback, lanes: laneConfigurations, report: report)
        directory = try DataDirectory.whenFree(configuration, store: store, report: report)
        lanes = Mutex([])
        do throws(TableError) {
            // Before lanes open the tables of the rollups, which must then be where those of the streams are.
            try RollupRecovery(
                catalog: catalog, configuration: configuration, store: store, report: report
            ).run()
        } catch {
            throw .table(error)
        }
        let registers = catalog.streams.map { DuplicateRegister(windowMicroseconds: $0.duplicateWindow) }
        var starts: [LaneStart] = []
        for (index, lane) in laneConfigurations.enumerated() {
            starts.append(
                try LaneStart(
                    lane, index: index, catalog: catalog, configuration: configuration, store: store,
                    registers: registers, feedback: feedback, report: report))
        }
        // A lane that is no longer configured may have acknowledged messages that no table has yet; and dead letters
        // may wait to be folded again.
        let names = Set(starts.map(\.name))
        var former: [FormerLane] = []
        for name in try directory.lanesWithJournal() where !names.contains(name) {
            former.append(
                try FormerLane.whenFree(
                    name, index: starts.count + former.count, catalog: catalog, configuration: configuration,
                    store: store, registers: registers, report: report))
        }
        replays = ReplayLane(
            index: starts.count + former.count, catalog: catalog, configuration: configuration, store: store,
            registers: registers, report: report)
        upkeep = TableUpkeep(configuration: configuration, store: store, report: report)
        let recovery = Recovery(
            catalog: catalog, configuration: configuration, store: store, registers: registers, report: report)
        do throws(TableError) {
            try recovery.run(
                starts.map { Recovery.LaneState(name: $0.name, ledgerOffset: $0.ledgerOffset) }
                    + former.map { Recovery.LaneState(name: $0.name, ledgerOffset: $0.ledgerOffset) })
        } catch {
            throw .table(error)
        }
        for lane in former { try lane.foldWhatIsLeft() }
        former = []
        for start in starts {
            let running = start.begin { [weak self] problem in self?.fail(problem) }
            lanes.withLock {
                $0.append(
                    RunningLane(
                        name: start.name, live: start.live, progress: start.progress, intake: running.intake,
                        fold: running.fold))
            }
        }
        let thread = replays.begin { [weak self] problem in self?.fail(problem) }
        replayThread.withLock { $0 = thread }
        let looking = upkeep.begin()
        upkeepThread.withLock { $0 = looking }
        let sending = feedback?.begin()
        feedbackThread.withLock { $0 = sending }
    }

    /// Checks what is to be sent back to fleets before anything is opened.
    private static func feedback(
        _ configuration: FeedbackConfiguration?, lanes: [LaneConfiguration],
        report: @escaping @Sendable (PipelineEvent) -> Void
    ) throws(PipelineStartError) -> FeedbackSender? {
        guard let configuration else { return nil }
        let filters = lanes.flatMap { $0.connection.subscriptions.map(\.filter) }
        if let filter = configuration.topic?.loop(among: filters) {
            throw .limit(
                "the feedback topic \(configuration.topic?.template ?? "") can match the subscription \(filter): what is "
                    + "sent to fleets would come back as a message, be refused, and be answered again. Choose a topic that "
                    + "no filter takes")
        }
        let sender = FeedbackSender(configuration, report: report)
        do throws(MQTTError) {
            _ = try sender.makePublisher()
        } catch {
            throw .broker(error, lane: FeedbackSender.laneName)
        }
        return sender
    }

    /// The partials that no table has yet, one for each lane that runs.
    package var livePartials: [LivePartials] { lanes.withLock { $0.map(\.live) } }

    /// Why lanes have ended by themselves; empty while all is well.
    package var failureSentences: [String] { failures.withLock { $0 } }

    /// Leaves the broker, folds and commits what is in the journal, and ends all threads.
    package func stop() {
        let running = lanes.withLock { lanes in
            defer { lanes = [] }
            return lanes
        }
        upkeep.end()
        for lane in running { lane.progress.endIntake() }
        for lane in running { lane.intake.join() }
        for lane in running { lane.progress.drain() }
        for lane in running { lane.fold.join() }
        replays.end()
        replayThread.withLock { $0.take() }?.join()
        upkeepThread.withLock { $0.take() }?.join()
        feedback?.end()
        feedbackThread.withLock { $0.take() }?.join()
    }

    private func fail(_ sentence: String) {
        failures.withLock { $0.append(sentence) }
    }
}

/// Why a pipeline did not start.
package enum PipelineStartError: Error, CustomStringConvertible {
    case file(FileError)
    case broker(MQTTError, lane: String)
    case journal(JournalOpenError, lane: String)
    case table(TableError)
    /// The data belongs to another node.
    case otherNode(directory: String, owner: String, node: String)
    /// A lane that is not configured any more could not be finished.
    case formerLane(String, problem: String)
    /// A limit of the configuration that cannot work.
    case limit(String)

    package var description: String {
        switch self {
        case .file(let error): error.description
        case .broker(.configuration(let mistakes), _): mistakes.joined(separator: " ")
        case .broker(let error, let lane): "lane \(lane): \(error)"
        case .journal(let error, let lane): "lane \(lane): \(error)"
        case .table(let error): error.description
        case .otherNode(let directory, let owner, let node):
            "\(directory) belongs to node \(owner), and this is node \(node): set node to \(owner), or give another data "
                + "folder"
        case .formerLane(let lane, let problem): "lane \(lane), which is not configured any more: \(problem)"
        case .limit(let sentence): sentence
        }
    }

    /// Whether another process holds what is needed.
    package var isLocked: Bool {
        switch self {
        case .journal(.locked, _): true
        case .file(let error): error.isLocked
        default: false
        }
    }

    /// Whether trying again later can help.
    var isTransient: Bool {
        switch self {
        case .journal(.locked, _), .journal(.file, _), .file: true
        case .table(let error): error.isTransient
        default: false
        }
    }

    /// Whether the configuration must be changed, so that nothing was touched.
    package var isConfiguration: Bool {
        switch self {
        case .broker(.configuration, _), .otherNode, .limit: true
        default: false
        }
    }
}
