import DurableFiles
import Streams
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// Replays of messages that a limit had ended before their last reading.
struct OpenEndedReplayTests {
    private let start: Int64 = 1_795_248_000_000_000

    @Test("what stood behind the end of reading is stored once the message is within the limits, and only once")
    func all() throws {
        // 300 KB that the mapping adds to each record: 13 of them are as much as a payload may hold.
        let machine = try Machine(try catalog(note: String(repeating: "x", count: 300_000)))
        let readings = (0..<28).map { #"{"t":"2026-11-21T08:00:00Z","device":"d","seq":\#($0)}"# }
        _ = try machine.append([message(readings)])
        _ = machine.synchronize()
        try machine.drain()
        #expect(try sequence(machine) == Array(0..<13))
        let letter = try #require(try letters(machine).first)
        #expect(letter.reason == "expanded-too-large" && letter.key.readingIndex == 13)
        #expect(letter.standsForAllBehind)

        // Under the same limit it is refused again, and nothing is stored.
        try replay(machine, try catalog(note: String(repeating: "y", count: 300_000)))
        #expect(try letters(machine).first?.lastMark?.mark == .refusedAgain)
        #expect(try sequence(machine) == Array(0..<13))

        try replay(machine, try catalog(note: "short"))
        #expect(try sequence(machine) == Array(0..<28))
        #expect(try letters(machine).isEmpty)
        let mark = try #require(
            try machine.table("dead_letter_marks").rows.first { $0.text("mark") == "replayed" })
        #expect(mark.number("stored") == 15 && mark.number("duplicate") == 0)
        let report = try Audit.run(dataDirectory: Machine.directory, store: machine.store)
        let isBalanced = report.isBalanced
        #expect(isBalanced, "\(report.findings)")
    }

    private func message(_ readings: [String]) -> SentMessage {
        SentMessage(
            topic: "wide/x", payload: Array("[\(readings.joined(separator: ","))]".utf8), arrival: start, stream: 0,
            fates: [])
    }

    private func replay(_ machine: Machine, _ catalog: StreamCatalog) throws {
        let desk = ReplayDesk(machine.configuration, store: machine.store)
        _ = try desk.submit(
            .replay, DeadLetterFilter(), now: EventTime(microsecondsSinceEpoch: start + 3_600_000_000))
        try desk.fold(catalog, areas: .none)
    }

    private func letters(_ machine: Machine) throws -> [DeadLetter] {
        var letters: [DeadLetter] = []
        try DeadLetterBox(dataDirectory: Machine.directory, store: machine.store).forEach(DeadLetterFilter()) {
            letter throws(Never) in letters.append(letter)
        }
        return letters
    }

    private func sequence(_ machine: Machine) throws -> [Int64] {
        try machine.table("wide").rows.compactMap { $0.number("seq") }.sorted()
    }

    private func catalog(note: String) throws -> StreamCatalog {
        let store = SimulatedFileStore(seed: 1)
        let definition = """
            stream: wide
            title: { en: Wide, vi: Rộng }
            schema: v1.schema.json
            time: /t
            identity: [/device, /seq]
            duplicate_window: 1h
            clock: { future: 1m, past: 30d }
            sources:
              - { topic: wide/+, format: json, map: { /note: { value: "\(note)" } } }
            """
        let schema = """
            {
              "$schema": "https://json-schema.org/draft/2020-12/schema",
              "type": "object",
              "properties": {
                "t": { "type": "string", "format": "date-time" },
                "device": { "type": "string" },
                "seq": { "type": "integer", "minimum": 0, "maximum": 4294967295 },
                "note": { "type": "string" }
              },
              "required": ["t", "device", "seq"]
            }
            """
        try store.createDirectory("/schemas/wide")
        try store.createAtomically("/schemas/wide/stream.yaml", Array(definition.utf8))
        try store.createAtomically("/schemas/wide/v1.schema.json", Array(schema.utf8))
        return try StreamCatalog.load("/schemas", from: store)
    }
}
