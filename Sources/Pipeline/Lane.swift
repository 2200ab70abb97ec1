import DurableFiles
import Journal
import MQTTSource
import Telemetry

/// One connection with its journal: takes batches from the broker, makes them durable, and only then acknowledges.
///
/// When the journal has no room, the lane leaves the broker, its session kept, and comes back when there is: so the
/// broker keeps what it has. One thread runs it.
struct Lane: ~Copyable {
    /// How often a lane that waits for room, or has nothing to do, looks up.
    private static let pause = Duration.milliseconds(200)
    /// The most messages in one batch and so behind one fsync.
    private static let batchMessageCount = 16_384

    /// What the largest batch takes in the journal, with a file's header and those of its messages.
    static func largestBatchByteCount(packetByteCount: Int) -> Int {
        packetByteCount * 2 + batchMessageCount * 40 + 4096
    }

    private let name: String
    /// Room in the journal that must have come free before the lane returns to the broker.
    private let comfortableByteCount: Int
    private var source: MQTTSource
    private var journal: JournalWriter
    private var batch: MessageBatch
    private let progress: LaneProgress
    private let report: @Sendable (PipelineEvent) -> Void

    init(
        name: String, source: consuming MQTTSource, journal: consuming JournalWriter, batchByteCount: Int,
        comfortableByteCount: Int, progress: LaneProgress, report: @escaping @Sendable (PipelineEvent) -> Void
    ) {
        self.name = name
        self.comfortableByteCount = comfortableByteCount
        self.source = source
        self.journal = journal
        self.progress = progress
        self.report = report
        batch = MessageBatch(byteCapacity: batchByteCount, messageCapacity: Self.batchMessageCount)
    }

    /// Runs until the intake is over, then leaves the broker.
    ///
    /// What was not acknowledged, it will send again.
    ///
    /// - Throws: when the journal must be opened anew; nothing unconfirmed was acknowledged.
    mutating func run() throws(JournalWriteError) {
        source.connect()
        while !progress.isIntakeOver {
            let readiness = source.wait(timeout: Self.pause)
            reportEvents()
            if readiness == .readable { try receive() }
            source.maintain()
            cut()
        }
        source.leave()
        reportEvents()
    }

    private mutating func receive() throws(JournalWriteError) {
        batch.removeAll()
        _ = source.receive(into: &batch)
        guard !batch.isEmpty else { return }
        do throws(JournalWriteError) {
            try journal.append(&batch)
        } catch .full(let shortage) {
            return try waitForRoom(shortage)
        }
        try journal.synchronize()
        source.acknowledge()
        progress.didSynchronize(through: journal.durableThrough)
    }

    /// Hands what is in the batch back to the broker by not acknowledging it, and stays away until there is room.
    private mutating func waitForRoom(_ shortage: JournalShortage) throws(JournalWriteError) {
        source.leave()
        reportEvents()
        report(.journalFull(lane: name, shortage))
        var lostCount = 0
        for index in 0..<batch.count where batch.entry(at: index).flags.qualityOfService == 0 { lostCount += 1 }
        if lostCount > 0 { report(.lostAtMostOnce(lane: name, count: lostCount)) }
        // The fold need not wait for its interval: nothing more comes until it has committed.
        progress.wantRoom(true)
        defer { progress.wantRoom(false) }
        while !progress.isIntakeOver {
            cut()
            let shortage = try journal.shortage(
                messageCount: batch.count, byteCount: max(batch.byteCount, comfortableByteCount))
            if shortage == nil {
                report(.journalHasRoom(lane: name))
                source.connect()
                return
            }
            _ = source.wait(timeout: Self.pause)
        }
    }

    /// Gives up the files whose messages are all in the tables.
    private mutating func cut() {
        do throws(FileError) {
            try journal.cut(behind: progress.committed)
        } catch {
            // The journal is whole, and the next call tries again.
            report(.retrying(lane: name, problem: "\(error)"))
        }
    }

    private mutating func reportEvents() {
        while let event = source.nextEvent() { report(.broker(lane: name, event)) }
    }
}
