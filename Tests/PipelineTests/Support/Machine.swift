import DurableFiles
import Glibc
import Journal
import Streams
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// Journals, folds and tables on a simulated disk, driven step by step, beside what must come of it.
///
/// It opens everything as `Pipeline` does; the tests are the broker and the clock.
final class Machine {
    static let directory = "/var/phusa"

    /// A lane and what was sent through it.
    final class LaneBox {
        let name: String
        var writer: JournalWriter?
        var fold: Fold?
        var progress = LaneProgress(durable: .beforeFirst, committed: .beforeFirst)
        var live: LivePartials?
        /// What was appended and may be in the journal, by number.
        var appended: [UInt64: SentMessage] = [:]
        /// Every message up to this one was acknowledged.
        var acknowledged = JournalOffset.beforeFirst

        init(name: String) {
            self.name = name
        }

        /// What is in the journal for good.
        var durable: [UInt64: SentMessage] { appended.filter { $0.key <= acknowledged.number } }
    }

    let store: SimulatedFileStore
    /// Another one counts from the next opening on.
    var catalog: StreamCatalog
    var configuration: PipelineConfiguration
    let lanes: [LaneBox]
    /// What the pipeline reported.
    let events = EventList()
    var segmentCache = TableRows.Cache()
    /// What the clock of the machine says.
    private var latestArrival: Int64 = 0

    init(
        _ catalog: StreamCatalog, seed: UInt64 = 1, laneCount: Int = 1, capacity: Int = .max, readingCount: Int = 20
    ) throws {
        self.catalog = catalog
        store = SimulatedFileStore(seed: seed, capacity: capacity)
        configuration = PipelineConfiguration(dataDirectory: Self.directory, node: "n")
        configuration.cadence.readingCount = readingCount
        configuration.maximumPayloadByteCount = 2000
        configuration.compressionLevel = 1
        configuration.rollups = try RollupCatalog(catalog)
        configuration.journal = JournalWriter.Configuration(fileByteCount: 8192, byteLimit: 1 << 20, diskReserve: 0)
        lanes = (0..<laneCount).map { LaneBox(name: "lane\($0)") }
        try open()
    }

    // MARK: Starting and crashing

    /// Opens everything in the order of `Pipeline.init`.
    func open() throws {
        try store.createDirectory(Self.directory)
        try RollupRecovery(
            catalog: catalog, configuration: configuration, store: store, report: { [events] in events.append($0) }
        ).run()
        let registers = catalog.streams.map { DuplicateRegister(windowMicroseconds: $0.duplicateWindow) }
        let report: @Sendable (PipelineEvent) -> Void = { [events] in events.append($0) }
        for (index, lane) in lanes.enumerated() {
            var fold = try Fold(
                identity: Fold.Identity(name: lane.name, index: index), catalog: catalog, configuration: configuration,
                store: store, duplicates: registers, messageByteLimit: 1 << 16, report: report)
            let writer = try JournalWriter(
                store, directory: configuration.journalDirectory(lane: lane.name), configuration: configuration.journal,
                committedThrough: fold.tablesOffset)
            if writer.firstOffset == writer.nextOffset { fold.giveUp(before: writer.firstOffset) }
            lane.progress = LaneProgress(durable: writer.durableThrough, committed: fold.ledgerOffset)
            let live = LivePartials(lane: lane.name, progress: lane.progress)
            fold.live = live
            lane.live = live
            lane.fold = consume fold
            lane.writer = consume writer
        }
        try Recovery(
            catalog: catalog, configuration: configuration, store: store, registers: registers, report: report
        ).run(
            lanes.map { lane in
                Recovery.LaneState(name: lane.name, ledgerOffset: lane.fold?.ledgerOffset ?? .beforeFirst)
            }, now: EventTime(microsecondsSinceEpoch: latestArrival))
        for lane in lanes {
            let next = lane.writer?.nextOffset ?? .beforeFirst
            #expect(next > lane.acknowledged, "an acknowledged message is not in the journal of \(lane.name)")
            lane.appended = lane.appended.filter { $0.key < next.number }
            // Everything found at the opening is durable, whether it was acknowledged or not.
            lane.acknowledged = JournalOffset(next.number - 1)
        }
    }

    /// Ends everything, with the power when it is cut, and opens it again, as often as the disk lets it fail.
    func restart(cuttingPower: Bool) throws {
        close()
        if cuttingPower { store.crash() }
        for _ in 0..<20 {
            do {
                try open()
                return
            } catch let error as TableError where error.isTransient {
                close()
            } catch JournalOpenError.file {
                close()
            } catch is FileError {
                close()
            }
        }
        try open()
    }

    func close() {
        for lane in lanes {
            lane.acknowledged = max(lane.acknowledged, lane.writer?.durableThrough ?? .beforeFirst)
            lane.fold = nil
            lane.writer = nil
        }
    }

    // MARK: Steps

    /// Appends messages; false when the journal must be opened anew.
    func append(_ messages: [SentMessage], lane: Int = 0) throws -> Bool {
        let lane = lanes[lane]
        guard !messages.isEmpty, let first = lane.writer?.nextOffset else { return true }
        var batch = MessageBatch(
            byteCapacity: messages.reduce(64) { $0 + $1.topic.utf8.count + $1.payload.count },
            messageCapacity: messages.count)
        for message in messages {
            latestArrival = max(latestArrival, message.arrival)
            // Safe: UInt8 has no padding.
            unsafe batch.append(
                topic: message.topic.utf8Bytes, payload: message.payload.span.bytes,
                arrival: EventTime(microsecondsSinceEpoch: message.arrival),
                flags: message.flags)
        }
        do throws(JournalWriteError) {
            _ = try lane.writer?.append(&batch)
        } catch {
            if case .full = error { return true }
            // A part of it may have reached the disk.
            for (index, message) in messages.enumerated() { lane.appended[first.advanced(by: index).number] = message }
            return false
        }
        for (index, message) in messages.enumerated() { lane.appended[first.advanced(by: index).number] = message }
        return true
    }

    /// Makes durable what was appended, as before an acknowledgement; false when the journal must be opened anew.
    func synchronize(lane: Int = 0) -> Bool {
        let lane = lanes[lane]
        do throws(JournalWriteError) {
            try lane.writer?.synchronize()
        } catch {
            return false
        }
        lane.acknowledged = lane.writer?.durableThrough ?? lane.acknowledged
        lane.progress.didSynchronize(through: lane.acknowledged)
        return true
    }

    /// One step of the fold; false when there was nothing to do.
    func advance(lane: Int = 0, through: JournalOffset? = nil, isLast: Bool) throws(FoldError) -> Bool {
        let lane = lanes[lane]
        let durable = lane.progress.durable
        return try lane.fold?.advance(lane.progress, through: min(through ?? durable, durable), isLast: isLast, at: nil)
            ?? false
    }

    /// Folds and commits everything that is durable.
    func drain(lane: Int = 0) throws { while try advance(lane: lane, isLast: true) {} }

    func cut(lane: Int = 0) {
        do throws(FileError) {
            try lanes[lane].writer?.cut(behind: lanes[lane].progress.committed)
        } catch {
            // The next call tries again.
            #expect(error.code == EIO || error.isDiskFull)
        }
    }
}

/// Events from any thread.
final class EventList: Sendable {
    private let events = Mutex<[PipelineEvent]>([])

    func append(_ event: PipelineEvent) { events.withLock { $0.append(event) } }

    var all: [PipelineEvent] { events.withLock { $0 } }
}
