import DurableFiles
import Glibc
import Parquet
import Streams
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// Sparkplug's certificates over restarts.
struct BirthTests {
    private let catalog: StreamCatalog
    private let start: Int64 = 1_795_248_000_000_000

    init() throws {
        let store = SimulatedFileStore(seed: 1)
        try store.createDirectory("/schemas/boiler")
        try store.createAtomically("/schemas/boiler/stream.yaml", Array(Self.definition.utf8))
        try store.createAtomically("/schemas/boiler/v1.schema.json", Array(Self.schema.utf8))
        catalog = try StreamCatalog.load("/schemas", from: store)
    }

    @Test("what is read with a birth is read the same whatever breaks off in between", arguments: [false, true])
    func everyStep(cutsPower: Bool) throws {
        let clean = try machine(seed: 1)
        try fold(clean)
        let before = clean.store.stepCount
        try clean.drain()
        let stepCount = clean.store.stepCount - before
        try check(clean, "without an error")
        for step in 0..<stepCount {
            let place = "\(cutsPower ? "power cut" : "kill") after step \(step)"
            let machine = try machine(seed: UInt64(step) + 1)
            try fold(machine)
            machine.store.fail(afterSteps: step, code: EIO)
            #expect(throws: FoldError.self, "\(place)") { try machine.drain() }
            try machine.restart(cuttingPower: cutsPower)
            machine.store.failNoMore()
            try machine.drain()
            try check(machine, place)
        }
    }

    @Test("a birth that was committed is there after a restart, and a death as well")
    func restart() throws {
        let machine = try machine(seed: 5)
        try machine.drain()
        try machine.restart(cuttingPower: true)
        _ = try machine.append([
            message("NDATA/a", data(seq: 4, 26, minute: 10)), message("NDATA/b", data(seq: 2, 44, minute: 10)),
        ])
        _ = machine.synchronize()
        try machine.drain()
        #expect(try temperatures(machine) == [21, 22, 24, 26, 41, 42])
        // The data of b, which had died, is refused once more.
        #expect(try reasons(machine).filter { $0 == "birth-missing" }.count == 3)
        try checkBalance(machine, "after a restart")
    }

    @Test("a later birth of a node ends its devices, a death what was born")
    func holding() {
        let events: [(BirthEvent, String)] = [
            (.birth, "g/a"), (.birth, "g/a/x"), (.birth, "g/b"), (.birth, "g/b/y"), (.birth, "g/a"),
            (.birth, "g/a/z"), (.death, "g/b/y"), (.birth, "g/c"), (.birth, "g/c/w"), (.death, "g/c"),
        ]
        let keys = events.enumerated().map { index, event in
            CertificateKey(
                edge: event.1, event: event.0, arrival: 0, offset: JournalOffset(UInt64(index + 1)), file: 0,
                row: index)
        }
        var random = SeededRandom(seed: 3)
        // Segments come in any order.
        for _ in 0..<50 {
            var latest = LatestCertificates()
            for key in keys.shuffled(using: &random) { latest.insert(key) }
            #expect(latest.holding.map(\.edge) == ["g/b", "g/a", "g/a/z"])
            #expect(latest.holding.map(\.row) == [2, 4, 5])
        }
    }

    // MARK: Machines

    /// Nothing is committed yet; data comes before its birth, with it, after it and after a death.
    private func machine(seed: UInt64) throws -> Machine {
        let machine = try Machine(catalog, seed: seed, readingCount: 1000)
        _ = try machine.append([
            message("NDATA/a", data(seq: 9, 20, minute: 0)), message("NBIRTH/a", birth(21, minute: 1)),
            message("NDATA/a", data(seq: 1, 22, minute: 2)), message("NBIRTH/b", birth(41, minute: 1)),
            message("NDATA/b", data(seq: 1, 42, minute: 2)), message("NDEATH/b", death()),
            message("NDATA/b", data(seq: 2, 43, minute: 3)), message("NDATA/a", data(seq: 2, 24, minute: 4)),
        ])
        _ = machine.synchronize()
        return machine
    }

    private func fold(_ machine: Machine) throws { while try machine.advance(isLast: false) {} }

    private func message(_ topic: String, _ payload: [UInt8]) -> SentMessage {
        SentMessage(
            topic: "spBv1.0/plant/\(topic)", payload: payload, arrival: start + 3_600_000_000, stream: 0, fates: [])
    }

    private func temperatures(_ machine: Machine) throws -> [Double] {
        try machine.table("boiler").rows.compactMap { row in
            guard case .double(let value)? = row["temperature"] else { return nil }
            return value
        }.sorted()
    }

    private func reasons(_ machine: Machine) throws -> [String] {
        try machine.table("dead_letters").rows.compactMap { $0.text("reason") }.sorted()
    }

    private func check(_ machine: Machine, _ place: String) throws {
        let found = try temperatures(machine)
        #expect(found == [21, 22, 24, 41, 42], "\(place)")
        let reasons = try reasons(machine)
        #expect(reasons == ["birth-missing", "birth-missing"], "\(place)")
        // The death counts as a message, and has no reading.
        let ledger = try machine.table("ledger").rows
        #expect(ledger.compactMap { $0.number("messages") }.reduce(0, +) == 8, "\(place)")
        #expect(ledger.compactMap { $0.number("received") }.reduce(0, +) == 7, "\(place)")
        let events = try machine.table("sparkplug_births").rows.sorted {
            ($0.number("journal_offset") ?? 0) < ($1.number("journal_offset") ?? 0)
        }
        #expect(events.compactMap { $0.text("event") } == ["birth", "birth", "death"], "\(place)")
        #expect(events.compactMap { $0.text("edge") } == ["plant/a", "plant/b", "plant/b"], "\(place)")
        try checkBalance(machine, place)
    }

    private func checkBalance(_ machine: Machine, _ place: String) throws {
        let report = try Audit.run(dataDirectory: Machine.directory, store: machine.store)
        let isBalanced = report.isBalanced
        #expect(isBalanced, "\(place): \(report.findings)")
    }

    // MARK: Payloads: the wire format of sparkplug_b.proto, by hand

    private func birth(_ value: Double, minute: Int64) -> [UInt8] { payload(seq: 0, value, minute, isBirth: true) }

    private func data(seq: UInt64, _ value: Double, minute: Int64) -> [UInt8] {
        payload(seq: seq, value, minute, isBirth: false)
    }

    private func death() -> [UInt8] { field(1, UInt64(start / 1000)) }

    private func payload(seq: UInt64, _ value: Double, _ minute: Int64, isBirth: Bool) -> [UInt8] {
        let time = UInt64((start + minute * 60_000_000) / 1000)
        var metric = isBirth ? field(1, Array("temperature".utf8)) : []
        metric += field(2, 7) + field(3, time)
        if isBirth { metric += field(4, 10) }
        metric += varint(13 << 3 | 1) + (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
        return field(1, time) + field(2, metric) + field(3, seq)
    }

    private func field(_ number: UInt64, _ value: UInt64) -> [UInt8] { varint(number << 3) + varint(value) }

    private func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
        varint(number << 3 | 2) + varint(UInt64(bytes.count)) + bytes
    }

    private func varint(_ number: UInt64) -> [UInt8] {
        number < 0x80 ? [UInt8(number)] : [UInt8(truncatingIfNeeded: number) | 0x80] + varint(number >> 7)
    }

    private static let definition = """
        stream: boiler
        title: { en: Boilers, vi: Lò hơi }
        schema: v1.schema.json
        time: /ts
        identity: [/device, /ts]
        duplicate_window: 1h
        clock: { future: 5m, past: 30d }
        sources:
          - { topic: spBv1.0/plant/+/+, format: sparkplug }
        """

    private static let schema = """
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "type": "object",
          "properties": {
            "ts": { "type": "string", "format": "date-time" },
            "device": { "type": "string" },
            "temperature": { "type": "number" }
          },
          "required": ["ts", "device", "temperature"]
        }
        """
}
