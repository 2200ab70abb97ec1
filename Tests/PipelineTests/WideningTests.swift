import DeltaLake
import DurableFiles
import Streams
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// Definitions that gain columns while their tables have rows.
struct WideningTests {
    private let arrival: Int64 = 1_795_248_000_000_000

    /// The catalog of one stream with these schemas, of which `newest` is in use.
    private func catalog(
        _ schemas: [(version: String, properties: String, required: String)], newest: String,
        identity: String = "[/device, /t]"
    ) throws -> StreamCatalog {
        let store = SimulatedFileStore(seed: 1)
        let definition = """
            stream: lamp
            title: { en: lamp, vi: lamp }
            schema: v\(newest).schema.json
            time: /t
            identity: \(identity)
            duplicate_window: 1h
            clock: { future: 1m, past: 36500d }
            sources:
              - { topic: lamp/+, format: json }
            """
        try store.createDirectory("/schemas/lamp")
        try store.createAtomically("/schemas/lamp/stream.yaml", Array(definition.utf8))
        for schema in schemas {
            let text = """
                {
                  "type": "object",
                  "properties": {
                    "t": { "type": "string", "format": "date-time" },
                    "device": { "type": "string" }\(schema.properties)
                  },
                  "required": ["t", "device"\(schema.required)]
                }
                """
            try store.createAtomically("/schemas/lamp/v\(schema.version).schema.json", Array(text.utf8))
        }
        return try StreamCatalog.load("/schemas", from: store)
    }

    private let first = (version: "1", properties: #", "lit": { "type": "boolean" }"#, required: #", "lit""#)
    private let second = (
        version: "1.1", properties: #", "lit": { "type": "boolean" }, "seq": { "type": "integer" }"#, required: ""
    )

    private func fold(_ machine: Machine, _ members: [String]) throws {
        let time = EventTime(microsecondsSinceEpoch: arrival)
        let appended = try machine.append(
            members.map { members in
                SentMessage(
                    topic: "lamp/a", payload: Array(#"{"t":"\#(time)","device":"a"\#(members)}"#.utf8),
                    arrival: arrival,
                    stream: 0, fates: [])
            })
        #expect(appended && machine.synchronize())
        try machine.drain()
    }

    private func widened(_ machine: Machine) -> [[String]] {
        machine.events.all.compactMap { if case .widened("lamp", let columns) = $0 { columns } else { nil } }
    }

    @Test(
        "a new column comes to the table at the start, once, and older rows are null there", arguments: [false, true])
    func newColumn(cutsPower: Bool) throws {
        let machine = try Machine(try catalog([first], newest: "1"), laneCount: 2)
        try fold(machine, [#","lit":true,"seq":4"#])
        #expect(widened(machine).isEmpty)

        machine.catalog = try catalog([first, second], newest: "1.1", identity: "[/device, /t, /seq]")
        try machine.restart(cuttingPower: cutsPower)
        #expect(
            widened(machine) == [["lit", "seq"]], "lit may be null now, seq is new, and the second lane finds both")
        // The first was stored before seq was part of the identity.
        try fold(machine, [#","lit":true"#, #","lit":true,"seq":5"#, #","seq":5"#, #","seq":6"#])
        try machine.restart(cuttingPower: cutsPower)
        try fold(machine, [#","seq":6"#, #","seq":7"#])
        #expect(widened(machine).count == 1)

        let table = try machine.table("lamp")
        let rows = table.rows.sorted { ($0.number("journal_offset") ?? 0) < ($1.number("journal_offset") ?? 0) }
        #expect(rows.map { $0.number("seq") } == [nil, 5, 6, 7])
        #expect(rows.map { $0.text("schema_version") } == ["1", "1.1", "1.1", "1.1"])
        #expect(rows.first?.text("extra") == #"{"seq":4}"#)
        let columns = table.snapshot.schema.columns.map { "\($0.name)\($0.isNullable ? "?" : "")" }
        #expect(
            columns == [
                "t", "device", "lit?", "extra?", "ingest_time", "lane", "journal_offset", "schema_version?", "date?",
                "hour?", "seq?",
            ])
        let ledger = try machine.table("ledger").rows
        #expect(ledger.reduce(0) { $0 + ($1.number("duplicate") ?? 0) } == 3)
    }

    @Test("a definition without a column that the table has leaves it null")
    func lostColumn() throws {
        let machine = try Machine(try catalog([first], newest: "1"))
        try fold(machine, [#","lit":true"#])
        machine.catalog = try catalog([("2", #", "on": { "type": "boolean" }"#, "")], newest: "2")
        try machine.restart(cuttingPower: false)
        #expect(widened(machine) == [["lit", "on"]])
        let later = #"{"t":"\#(EventTime(microsecondsSinceEpoch: arrival + 1))","device":"a","lit":true,"on":true}"#
        let message = SentMessage(topic: "lamp/a", payload: Array(later.utf8), arrival: arrival, stream: 0, fates: [])
        #expect(try machine.append([message]) && machine.synchronize())
        try machine.drain()
        let rows = try machine.table("lamp").rows.sorted { ($0.number("t") ?? 0) < ($1.number("t") ?? 0) }
        #expect(rows.map { $0.number("lit") } == [1, nil] && rows.map { $0.number("on") } == [nil, 1])
        #expect(rows.last?.text("extra") == #"{"lit":true}"#)
    }

    @Test("a column of another type is refused at the start, with what to do")
    func otherType() throws {
        let machine = try Machine(try catalog([first], newest: "1"))
        try fold(machine, [#","lit":true"#])
        machine.close()
        machine.catalog = try catalog([("1", #", "lit": { "type": "integer" }"#, "")], newest: "1")
        do {
            try machine.open()
            Issue.record("a boolean became a number")
        } catch let error as TableError {
            #expect(!error.isTransient)
            #expect(
                error.description
                    == "table lamp: the stream's definition no longer fits the table, whose columns keep their types: "
                    + "column lit is boolean in the existing table, not long. Give the member another name where its "
                    + "type changes, take the change back, or move the table's folder away")
        }
        machine.catalog = try catalog([first], newest: "1")
        try machine.open()
        try fold(machine, [#","lit":true"#])
        #expect(try machine.table("lamp").rows.count == 1)
    }

    @Test("rows of two processes, one of which widens the table, all come in")
    func otherNode() throws {
        let machine = try Machine(try catalog([first], newest: "1"))
        let store = machine.store
        var configuration = machine.configuration
        configuration.node = "other"
        // Opened before the table is widened, as by another node that runs on.
        let old = try PipelineTable(
            layout: machine.catalog.streams[0].layout, store: store, configuration: configuration, lane: "lane0")
        machine.catalog = try catalog([first, second], newest: "1.1")
        try machine.restart(cuttingPower: false)
        try fold(machine, [#","seq":5"#])
        old.batch.beginRow()
        for (column, word) in [(0, arrival), (2, 1), (4, arrival), (6, 9)] { old.batch.setWord(word, column: column) }
        old.batch.setString("b", column: 1)
        old.batch.setString("lane0", column: 5)
        old.batch.commitRow()
        _ = try old.commit(through: JournalOffset(9), firstOffset: JournalOffset(9))
        let rows = try machine.table("lamp").rows
        #expect(Set(rows.map { $0.text("device") }) == ["a", "b"] && rows.count == 2)
    }
}
