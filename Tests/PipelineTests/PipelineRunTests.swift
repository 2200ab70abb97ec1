import DurableFiles
import Glibc
import Journal
import MQTTSource
import Streams
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// The whole pipeline with a real mosquitto and a real disk.
@Suite(.serialized)
struct PipelineRunTests {
    private let catalog: StreamCatalog

    init() throws {
        catalog = try TestStreams.catalog()
    }

    /// What a run needs.
    private final class Site {
        let broker: Mosquitto
        let directory: TemporaryDirectory
        var configuration: PipelineConfiguration
        let events = EventList()

        init() throws {
            broker = try Mosquitto()
            directory = try TemporaryDirectory()
            configuration = PipelineConfiguration(dataDirectory: directory.path, node: "n")
            configuration.journal = JournalWriter.Configuration(diskReserve: 0)
        }

        func start(_ catalog: StreamCatalog, laneCount: Int = 1, packetByteCount: Int = 64 << 10) throws -> Pipeline {
            let lanes = (0..<laneCount).map { index in
                var connection = MQTTConfiguration(host: "127.0.0.1", port: broker.port, clientID: "lane\(index)")
                connection.subscriptions = catalog.topicFilters.map { MQTTSubscription($0.text) }
                connection.maximumPacketByteCount = packetByteCount
                connection.receiveMaximum = 500
                connection.reconnectDelay = .milliseconds(20)
                return Pipeline.LaneConfiguration(name: "lane\(index)", connection: connection)
            }
            return try Pipeline(configuration, catalog: catalog, lanes: lanes) { [events] in events.append($0) }
        }

        func publish(_ tags: Range<Int64>) throws {
            var connection = MQTTConfiguration(host: "127.0.0.1", port: broker.port, clientID: "publisher")
            connection.sessionExpirySeconds = 0
            var publisher = try MQTTPublisher(configuration: connection)
            try publisher.connect()
            for tag in tags {
                let time = millisecondsNow() * 1000
                let text = SentMessage.text(device: "d-\(tag % 10)", seq: tag, tag: tag, time: time)
                try publisher.publish(topic: "slow/x", payload: text.utf8Bytes)
            }
            let isDone = publisher.drain(timeout: .seconds(60))
            #expect(isDone)
            publisher.leave()
        }

        func subscribed(_ count: Int) -> Bool {
            eventually(within: .seconds(20)) {
                events.all.count { if case .broker(_, .subscribed) = $0 { true } else { false } } >= count
            }
        }

        /// Through which message a lane's journal goes.
        func journaled(lane: String = "lane0") throws -> UInt64 {
            let journal = JournalDirectory(SystemFileStore(), configuration.journalDirectory(lane: lane))
            return try journal.facts()?.lastOffset.number ?? 0
        }

        func tags() throws -> [Int64] {
            var cache = TableRows.Cache()
            let table = try TableRows("slow", SystemFileStore(), dataDirectory: directory.path, cache: &cache)
            return table.rows.compactMap { $0.number("tag") }.sorted()
        }

        func expectBalance(messages: Int64? = nil) throws {
            let report = try Audit.run(dataDirectory: directory.path)
            #expect(report.isBalanced, "\(report.findings)")
            #expect(report.lanes.allSatisfy { $0.waitingMessages == 0 })
            if let messages { #expect(report.lanes.reduce(0) { $0 + $1.messages } >= messages) }
        }
    }

    @Test("stopping commits everything that is in the journal")
    func stopping() throws {
        let site = try Site()
        site.configuration.cadence.intervalMilliseconds = 3_600_000
        let pipeline = try site.start(catalog)
        let isSubscribed = site.subscribed(1)
        #expect(isSubscribed)
        try site.publish(0..<2000)
        let isJournaled = try eventually(within: .seconds(30)) { try site.journaled() >= 2000 }
        #expect(isJournaled)
        let before = try site.tags()
        #expect(before.isEmpty, "no commit is due for an hour")
        pipeline.stop()
        #expect(pipeline.failureSentences.isEmpty)
        let tags = try site.tags()
        #expect(tags == Array(0..<2000))
        try site.expectBalance(messages: 2000)
    }

    @Test("with a full journal the lane leaves the broker and comes back: nothing is lost, nothing doubled")
    func fullJournal() throws {
        let site = try Site()
        site.configuration.journal = JournalWriter.Configuration(byteLimit: 900 << 10, diskReserve: 0)
        // No commit is due for an hour: a full journal makes the fold commit at once.
        site.configuration.cadence.intervalMilliseconds = 3_600_000
        let pipeline = try site.start(catalog)
        let isSubscribed = site.subscribed(1)
        #expect(isSubscribed)
        try site.publish(0..<20_000)
        // What fits into the journal at the end is committed by stopping.
        let isJournaled = try eventually(within: .seconds(60)) { try site.journaled() >= 20_000 }
        #expect(isJournaled)
        pipeline.stop()
        let fullCount = site.events.all.count { if case .journalFull = $0 { true } else { false } }
        let roomCount = site.events.all.count { if case .journalHasRoom = $0 { true } else { false } }
        #expect(fullCount > 0 && roomCount > 0, "the journal was full \(fullCount) times")
        #expect(pipeline.failureSentences.isEmpty)
        let tags = try site.tags()
        #expect(tags == Array(0..<20_000))
        try site.expectBalance(messages: 20_000)
    }

    @Test("two lanes that get every message, stopped and started again, store each reading once")
    func twoLanes() throws {
        let site = try Site()
        site.configuration.cadence.intervalMilliseconds = 50
        do {
            let first = try site.start(catalog, laneCount: 2)
            let isSubscribed = site.subscribed(2)
            #expect(isSubscribed)
            try site.publish(0..<1500)
            first.stop()
            #expect(first.failureSentences.isEmpty)
        }
        // What was not acknowledged yet, and what comes while nobody is there, the broker keeps.
        try site.publish(1500..<3000)
        let second = try site.start(catalog, laneCount: 2)
        let isComplete = try eventually(within: .seconds(30)) {
            try site.journaled(lane: "lane0") >= 3000 && site.journaled(lane: "lane1") >= 3000
        }
        #expect(isComplete)
        second.stop()
        #expect(second.failureSentences.isEmpty)
        let tags = try site.tags()
        #expect(tags == Array(0..<3000))
        try site.expectBalance(messages: 6000)
    }

    @Test("a journal too small for the largest packet is a mistake in the configuration")
    func smallJournal() throws {
        let site = try Site()
        site.configuration.journal = JournalWriter.Configuration(byteLimit: 900 << 10, diskReserve: 0)
        var isMistake = false
        do throws(PipelineStartError) {
            _ = try start(site)
        } catch {
            isMistake = error.isConfiguration && error.description.contains("at least")
        }
        #expect(isMistake)
    }

    private func start(_ site: Site) throws(PipelineStartError) -> Pipeline {
        do {
            return try site.start(catalog, packetByteCount: 1 << 20)
        } catch let error as PipelineStartError {
            throw error
        } catch {
            throw .limit("\(error)")
        }
    }
}
