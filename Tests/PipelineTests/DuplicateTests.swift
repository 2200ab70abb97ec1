import Streams
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// Duplicates through the whole machine: what the window itself does is in `DuplicateWindowTests`.
struct DuplicateTests {
    enum Restart: String, CaseIterable {
        case none, kill, powerCut
    }

    private let catalog: StreamCatalog
    /// The start of a slot of both windows.
    private let start = 1_795_248_000_000_000 / 11_250_000_000 * Int64(11_250_000_000)

    init() throws {
        catalog = try TestStreams.catalog()
    }

    private func send(_ messages: [SentMessage], _ machine: Machine, lane: Int = 0) throws {
        _ = try machine.append(messages, lane: lane)
        _ = machine.synchronize(lane: lane)
        try machine.drain(lane: lane)
    }

    @Test("end with the window, also when the machine was started anew in between", arguments: Restart.allCases)
    func edges(restart: Restart) throws {
        // Slots are 1.25 s: remembered through the slot eight later.
        let cases: [(distance: Int64, isDuplicate: Bool)] = [
            (0, true), (9_999_999, true), (10_000_000, true), (11_249_999, true), (11_250_000, false),
        ]
        for (distance, isDuplicate) in cases {
            let machine = try Machine(catalog)
            try send([.reading(0, device: "a", seq: 1, tag: 1, arrival: start)], machine)
            if restart != .none { try machine.restart(cuttingPower: restart == .powerCut) }
            try send([.reading(0, device: "a", seq: 1, tag: 2, arrival: start + distance)], machine)
            let count = try machine.storedReadings("").count
            #expect(count == (isDuplicate ? 1 : 2), "\(restart.rawValue): \(distance) µs later")
            try machine.checkCompleteness("\(restart.rawValue), \(distance)")
        }
    }

    @Test("a missing part of the identity is a value of its own")
    func missingMembers() throws {
        let machine = try Machine(catalog)
        func messages(from tag: Int64) -> [SentMessage] {
            [
                .reading(1, device: "a", seq: nil, tag: tag, arrival: start + tag),
                .reading(1, device: "a", seq: 0, tag: tag + 1, arrival: start + tag),
                .reading(1, device: "b", seq: nil, tag: tag + 2, arrival: start + tag),
            ]
        }
        try send(messages(from: 10), machine)
        try send(messages(from: 20), machine)
        try machine.restart(cuttingPower: true)
        try send(messages(from: 30), machine)
        let tags = Set(try machine.storedReadings("").map(\.tag))
        #expect(tags == [10, 11, 12])
        try machine.checkCompleteness("missing members")
    }

    @Test("a reading twice in one message is stored once")
    func withinMessage() throws {
        let machine = try Machine(catalog)
        let texts = (1...3).map { SentMessage.text(device: "a", seq: 1, tag: $0, time: start) }
        let identity = SentMessage.Identity(device: "a", seq: 1)
        let message = SentMessage(
            topic: "fast/a", payload: Array("[\(texts.joined(separator: ","))]".utf8), arrival: start, stream: 0,
            fates: (1...3).map { .good(identity, tag: $0, time: start) })
        try send([message], machine)
        try machine.checkCompleteness("within a message")
        #expect(try machine.storedReadings("").map(\.tag) == [1])
    }

    @Test("lanes share their windows, before and after a restart", arguments: Restart.allCases)
    func acrossLanes(restart: Restart) throws {
        let machine = try Machine(catalog, laneCount: 2)
        try send([.reading(1, device: "a", seq: 1, tag: 1, arrival: start)], machine, lane: 0)
        if restart != .none { try machine.restart(cuttingPower: restart == .powerCut) }
        try send([.reading(1, device: "a", seq: 1, tag: 2, arrival: start + 5)], machine, lane: 1)
        #expect(try machine.storedReadings("").map(\.tag) == [1])
        try machine.checkCompleteness(restart.rawValue)
    }

    @Test("a stream with nothing but duplicates does not hold up the others")
    func onlyDuplicates() throws {
        let machine = try Machine(catalog, readingCount: 1_000_000)
        // So little that the strings of duplicates alone reach it.
        machine.configuration.cadence.byteCount = 20_000
        try machine.restart(cuttingPower: false)
        for round in 0..<40 {
            let messages = (0..<10).map { number in
                let tag = Int64(round * 10 + number)
                let text = SentMessage.text(device: "a", seq: 1, tag: tag, time: start)
                let more = String(repeating: "x", count: 100) + "\(tag)"
                return SentMessage(
                    topic: "slow/a", payload: Array((text.dropLast() + #","more":"\#(more)"}"#).utf8),
                    arrival: start + tag, stream: 1,
                    fates: [.good(SentMessage.Identity(device: "a", seq: 1), tag: tag, time: start)])
            }
            _ = try machine.append(messages)
            _ = machine.synchronize()
            var stepCount = 0
            while try machine.advance(isLast: false) {
                stepCount += 1
                try #require(stepCount < 100, "the fold goes round and round")
            }
        }
        try machine.drain()
        try machine.checkCompleteness("only duplicates")
    }

    @Test("readings that are read again count although the clock was set back before them")
    func clockSetBack() throws {
        let machine = try Machine(catalog, readingCount: 1000)
        let messages = [
            SentMessage.reading(1, device: "a", seq: 1, tag: 1, arrival: start + 7_200_000_000_000),
            SentMessage.reading(1, device: "b", seq: 1, tag: 2, arrival: start),
        ]
        _ = try machine.append(messages)
        _ = machine.synchronize()
        while try machine.advance(isLast: false) {}
        for step in 0..<60 {
            machine.store.fail(afterSteps: step, code: 5)
            if (try? machine.drain()) != nil { break }
            try machine.restart(cuttingPower: false)
            while try machine.advance(isLast: false) {}
        }
        machine.store.failNoMore()
        try machine.drain()
        try machine.checkCompleteness("with the clock set back")
        #expect(try machine.storedReadings("").count == 2)
    }
}
