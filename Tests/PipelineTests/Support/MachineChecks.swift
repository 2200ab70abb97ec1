import DeltaLake
import Parquet
import Telemetry
import Testing

@testable import Pipeline

extension Machine {
    /// A stored reading: where it came from, and the number that only it has.
    struct StoredReading: Hashable {
        let stream: Int
        let lane: String
        let offset: UInt64
        let tag: Int64
    }

    struct DeadLetter: Hashable {
        let lane: String
        let offset: UInt64
        let stream: String?
        let topic: String
        let reason: String
        let index: Int64?
        let payload: [UInt8]
    }

    func table(_ name: String) throws -> TableRows {
        try TableRows(name, store, dataDirectory: Self.directory, cache: &segmentCache)
    }

    /// What is in the tables of the streams; fails where a reading stands twice.
    func storedReadings(_ place: String) throws -> Set<StoredReading> {
        var stored: Set<StoredReading> = []
        for stream in TestStreams.names.indices {
            for row in try table(TestStreams.names[stream]).rows {
                let lane = lanes.first { $0.name == row.text("lane") }
                let offset = UInt64(row.number("journal_offset") ?? 0)
                let reading = StoredReading(
                    stream: stream, lane: row.text("lane") ?? "", offset: offset, tag: row.number("tag") ?? -1)
                #expect(stored.insert(reading).inserted, "\(place): \(reading) stands twice")
                let message = try #require(lane?.appended[offset], "\(place): \(reading) was never sent")
                let fate = message.fates.first {
                    if case .good(_, reading.tag, _) = $0 { true } else { false }
                }
                guard case .good(let identity, _, let time)? = fate, message.stream == stream else {
                    Issue.record("\(place): \(reading) does not belong to its message")
                    continue
                }
                #expect(row.text("device") == identity.device && row.number("seq") == identity.seq, "\(place)")
                #expect(row.number("t") == time && row.number("ingest_time") == message.arrival, "\(place)")
            }
        }
        return stored
    }

    /// What must be in the tables when one lane has folded everything.
    func expectedReadings(of lane: LaneBox) -> Set<StoredReading> {
        var windows = [
            WindowModel(slotMicroseconds: TestStreams.fastSlotMicroseconds),
            WindowModel(slotMicroseconds: TestStreams.slowSlotMicroseconds),
        ]
        var expected: Set<StoredReading> = []
        for (offset, message) in lane.durable.sorted(by: { $0.key < $1.key }) {
            guard let stream = message.stream else { continue }
            for case .good(let identity, let tag, _) in message.fates
            where windows[stream].insert(identity, arrival: message.arrival) {
                expected.insert(StoredReading(stream: stream, lane: lane.name, offset: offset, tag: tag))
            }
        }
        return expected
    }

    /// What must hold at any moment: nothing twice, nothing that was not sent, no count without its rows.
    func checkSoundness(_ place: String) throws {
        _ = try storedReadings(place)
        let report = try Audit.run(dataDirectory: Self.directory, store: store)
        let isBalanced = report.isBalanced
        #expect(isBalanced, "\(place): \(report.findings)")
    }

    /// What must hold when everything durable was folded.
    func checkCompleteness(_ place: String) throws {
        let stored = try storedReadings(place)
        if lanes.count == 1 {
            let expected = expectedReadings(of: lanes[0])
            let isEqual = stored == expected
            #expect(
                isEqual,
                "\(place): missing \(expected.subtracting(stored)), too many \(stored.subtracting(expected))")
        } else {
            checkIdentities(stored, place)
        }
        try checkDeadLetters(place)
        try checkLedger(place)
        try checkRollups(place)
        let report = try Audit.run(dataDirectory: Self.directory, store: store)
        let isBalanced = report.isBalanced
        #expect(isBalanced, "\(place): \(report.findings)")
        for lane in lanes {
            let through = report.lanes.first { $0.name == lane.name }?.committedThrough ?? .beforeFirst
            #expect(through == lane.acknowledged, "\(place): \(lane.name) is committed through \(through)")
        }
    }

    /// Several lanes: each identity stands once, whichever lane was faster.
    private func checkIdentities(_ stored: Set<StoredReading>, _ place: String) {
        struct Reading: Hashable {
            let stream: Int
            let identity: SentMessage.Identity
        }
        var sent: [Reading: [StoredReading]] = [:]
        for lane in lanes {
            for (offset, message) in lane.durable {
                guard let stream = message.stream else { continue }
                for case .good(let identity, let tag, _) in message.fates {
                    sent[Reading(stream: stream, identity: identity), default: []].append(
                        StoredReading(stream: stream, lane: lane.name, offset: offset, tag: tag))
                }
            }
        }
        for (reading, occurrences) in sent {
            let count = occurrences.count { stored.contains($0) }
            #expect(count == 1, "\(place): \(reading) stands \(count) times, sent as \(occurrences)")
        }
    }

    private func checkDeadLetters(_ place: String) throws {
        var expected: [DeadLetter] = []
        for lane in lanes {
            for (offset, message) in lane.durable {
                for (index, fate) in message.fates.enumerated() {
                    guard case .refused(let reason) = fate else { continue }
                    expected.append(
                        DeadLetter(
                            lane: lane.name, offset: offset, stream: message.stream.map { TestStreams.names[$0] },
                            topic: message.topic, reason: reason,
                            index: message.fates.count > 1 ? Int64(index) : nil, payload: message.payload))
                }
            }
        }
        let found = try table("dead_letters").rows.map { row in
            DeadLetter(
                lane: row.text("lane") ?? "", offset: UInt64(row.number("journal_offset") ?? 0),
                stream: row.text("stream"), topic: row.text("topic") ?? "", reason: row.text("reason") ?? "",
                index: row.number("reading_index"), payload: row.bytes("payload") ?? [])
        }
        #expect(found.count == Set(found).count, "\(place): a dead letter stands twice")
        let (missing, surplus) = (
            Set(expected).subtracting(found), Set(found).subtracting(expected)
        )
        let isEqual = missing.isEmpty && surplus.isEmpty
        #expect(isEqual, "\(place): missing \(missing), too many \(surplus)")
    }

    /// Each version of the ledger balances and goes on where the one before ended.
    private func checkLedger(_ place: String) throws {
        let rows = try table("ledger")
        var next = Dictionary(uniqueKeysWithValues: lanes.map { ($0.name, UInt64(1)) })
        let log = try DeltaTable(
            opening: LocalLogStore(tablePath: "\(Self.directory)/tables/ledger", files: store))
        for version in 0...log.snapshot.version {
            var range: (lane: String, first: UInt64, last: UInt64, messages: Int64)?
            for case .add(let add) in try log.actions(ofVersion: version) ?? [] {
                guard let file = rows.files.first(where: { $0.add.path == add.path }) else { continue }
                for row in 0..<file.rowCount {
                    func number(_ name: String) -> Int64 { file.columns[name]?.words[row] ?? -1 }
                    #expect(
                        number("received") == number("stored") + number("duplicate") + number("refused"), "\(place)")
                    let lane = file.columns["lane"]?.text(at: row) ?? ""
                    let (first, last) = (UInt64(number("first_offset")), UInt64(number("last_offset")))
                    range = (
                        lane, min(range?.first ?? first, first), max(range?.last ?? last, last),
                        (range?.messages ?? 0) + number("messages")
                    )
                }
            }
            guard let range else { continue }
            #expect(range.first == next[range.lane], "\(place): the ledger has a gap before \(range)")
            #expect(UInt64(range.messages) == range.last - range.first + 1, "\(place): \(range)")
            next[range.lane] = range.last + 1
        }
    }
}

/// What `DuplicateWindow` promises, by a dictionary.
struct WindowModel {
    let slotMicroseconds: Int64
    private var slots: [SentMessage.Identity: Int64] = [:]
    private var current = Int64.min

    init(slotMicroseconds: Int64) {
        self.slotMicroseconds = slotMicroseconds
    }

    /// False for a duplicate.
    mutating func insert(_ identity: SentMessage.Identity, arrival: Int64) -> Bool {
        current = max(current, floorDivide(arrival, slotMicroseconds))
        if let slot = slots[identity], current - slot <= 8 { return false }
        slots[identity] = current
        return true
    }
}
