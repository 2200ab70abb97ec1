import Streams
import Telemetry
import Testing

@testable import Pipeline

struct DeadLetterTests {
    private let catalog: StreamCatalog
    private let arrival: Int64 = 1_795_248_000_000_000

    init() throws {
        catalog = try TestStreams.catalog()
    }

    private func fold(_ messages: [SentMessage], readingCount: Int = 1000) throws -> Machine {
        let machine = try Machine(catalog, readingCount: readingCount)
        _ = try machine.append(messages)
        _ = machine.synchronize()
        try machine.drain()
        return machine
    }

    private func message(_ topic: String, _ payload: [UInt8], stream: Int?, _ reasons: [String]) -> SentMessage {
        SentMessage(
            topic: topic, payload: payload, arrival: arrival, stream: stream,
            fates: reasons.map { .refused(reason: $0) })
    }

    @Test("keep bytes, reason, place and schema version of what is no JSON")
    func bytes() throws {
        let every = (0...255).map { UInt8($0) }
        let payloads: [([UInt8], String, Int64?)] = [
            (every, "not-json", 0), ([0x22, 0xFF, 0x22], "invalid-utf8", 1), ([], "empty", 0),
            (Array(#"{"t":1,}"#.utf8), "not-json", 7),
            (Array(#"{"t":"#.utf8), "truncated", 5), (Array(repeating: 0x20, count: 2001), "too-large", 0),
        ]
        let machine = try fold(payloads.map { message("fast/é", $0.0, stream: 0, [$0.1]) })
        try machine.checkCompleteness("bytes")
        let rows = try machine.table("dead_letters").rows.sorted {
            ($0.number("journal_offset") ?? 0) < ($1.number("journal_offset") ?? 0)
        }
        try #require(rows.count == payloads.count)
        for (row, expected) in zip(rows, payloads) {
            #expect(row.bytes("payload") == expected.0)
            #expect(row.text("reason") == expected.1)
            #expect(row.text("topic") == "fast/é" && row.text("stream") == "fast" && row.text("lane") == "lane0")
            #expect(row["pointer"] == nil && row["reading_index"] == nil)
            #expect(row.text("schema_version") == "3")
            #expect(row.number("ingest_time") == arrival)
            #expect(row.text("sentence")?.isEmpty == false)
            #expect(row.number("byte_offset") == expected.2, "\(expected.1)")
        }
    }

    @Test("name the member and the reading, in the payload's own order")
    func place() throws {
        let good = SentMessage.text(device: "a", seq: 1, tag: 1, time: arrival)
        let other = SentMessage.text(device: "b", seq: 1, tag: 2, time: arrival)
        let wrong = good.replacing(#""seq":1"#, with: #""seq":-4"#)
        var array = message("slow/x", Array("[\(good),\(wrong),7,\(other)]".utf8), stream: 1, [])
        array.fates = [
            .good(SentMessage.Identity(device: "a", seq: 1), tag: 1, time: arrival), .refused(reason: "range"),
            .refused(reason: "type"), .good(SentMessage.Identity(device: "b", seq: 1), tag: 2, time: arrival),
        ]
        array.flags = MessageFlags(qualityOfService: 2, isRetained: true)
        let single = message("slow/x", Array(wrong.utf8), stream: 1, ["range"])
        let machine = try fold([array, single])
        try machine.checkCompleteness("places")
        let rows = try machine.table("dead_letters").rows
        let first = try #require(rows.first { $0.number("reading_index") == 1 })
        #expect(first.text("pointer") == "/1/seq" && first.bytes("payload") == array.payload)
        #expect(first.number("qos") == 2 && first.number("retained") == 1)
        #expect(rows.first { $0.number("reading_index") == 2 }?.text("pointer") == "/2")
        let alone = try #require(rows.first { $0.number("journal_offset") == 2 })
        #expect(alone.text("pointer") == "/seq" && alone["reading_index"] == nil)
        #expect(alone.number("qos") == 1 && alone.number("retained") == 0)
    }

    @Test("take messages of topics that no stream has, without a stream")
    func unknownTopic() throws {
        let good = Array(SentMessage.text(device: "a", seq: 1, tag: 1, time: arrival).utf8)
        let machine = try fold([message("elsewhere/a", good, stream: nil, ["unknown-topic"])])
        try machine.checkCompleteness("unknown topic")
        let row = try #require(try machine.table("dead_letters").rows.first)
        #expect(row["stream"] == nil && row["schema_version"] == nil)
        #expect(row.text("topic") == "elsewhere/a" && row.bytes("payload") == good)
        let report = try Audit.run(dataDirectory: Machine.directory, store: machine.store)
        #expect(report.streams.first { $0.name == nil }?.counts.refused == 1)
    }

    @Test("have room for a message with as many refused readings as its bytes allow", arguments: [1, 7])
    func manyReadings(readingCount: Int) throws {
        let payload = Array("[\(String(repeating: "1,", count: 998))1]".utf8)
        let machine = try fold(
            [message("fast/x", payload, stream: 0, [String](repeating: "type", count: 999))], readingCount: readingCount
        )
        try machine.checkCompleteness("many readings")
    }

    @Test("never swallow the readings behind one that takes more bytes when it is written anew")
    func growingElement() throws {
        let numbers = [String](repeating: "1E15", count: 300).joined(separator: ",")
        let long =
            SentMessage.text(device: "long", seq: nil, tag: 2, time: arrival).dropLast() + #","n":[\#(numbers)]}"#
        let others = [1, 3].map { SentMessage.text(device: "d\($0)", seq: nil, tag: $0, time: arrival) }
        var sent = message("fast/x", Array("[\(others[0]),\(long),\(others[1])]".utf8), stream: 0, [])
        #expect(sent.payload.count < 2000)
        sent.fates = [("d1", 1), ("long", 2), ("d3", 3)].map { device, tag in
            .good(SentMessage.Identity(device: device, seq: nil), tag: tag, time: arrival)
        }
        let machine = try fold([sent])
        try machine.checkCompleteness("a growing element")
    }
}

extension String {
    /// The first `old` replaced.
    func replacing(_ old: String, with new: String) -> String {
        guard let start = utf8.indices.first(where: { self[$0...].hasPrefix(old) }) else { return self }
        return String(self[..<start]) + new + self[index(start, offsetBy: old.count)...]
    }
}
