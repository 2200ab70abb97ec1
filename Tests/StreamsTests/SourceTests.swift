import JSONDocument
import Payloads
import Telemetry
import TestSupport
import Testing

@testable import Streams

private func plan(_ sources: String) throws -> StreamPlan {
    let definition = validDefinition.replacing(
        "  - { topic: telemetry/+/coverage/+, format: json }", with: sources)
    let folder = try TemporaryDefinitions([
        ("coverage/stream.yaml", definition), ("coverage/v1.schema.json", validSchema),
    ])
    return try #require(try folder.load().stream(named: "coverage"))
}

private let chirpStack = """
      - topic: application/+/device/+/event/up
        format: chirpstack
        rest: drop
        map:
          /ts: { from: [when, time], zone: Asia/Ho_Chi_Minh }
          /device: deviceInfo.devEui
          /rsrp: [object.rsrp, object.RSRP]
          /load: { from: object.humidity, multiply: 100 }
          /cqi: { from: object.fahrenheit, unit: { from: degF, to: Cel }, round: 0 }
          /mode: { from: object.st, values: { "0": a, "1": b } }
          /ward: { topic: 2 }
          /indoor: { value: true }
          /day: { value: "2026-11-21" }
    """

struct SourceTests {
    @Test("makes readings of an envelope by the mapping")
    func mapping() throws {
        let payload = #"""
            {"deviceInfo":{"devEui":"24e124128b0c0001"},"fCnt":7,"fPort":2,"time":"2026-11-21T15:00:00",
             "object":{"RSRP":-90.5,"humidity":0.54,"fahrenheit":50,"st":1,"else":3}}
            """#
        let readings = decode(
            Array(payload.utf8), try plan(chirpStack), topic: "application/26740/device/24e124128b0c0001/event/up")
        #expect(readings.first?.refusal == nil)
        #expect(
            readings.map(\.cells) == [
                [
                    "ts": "2026-11-21T08:00:00Z", "device": "24e124128b0c0001", "rsrp": "-905", "load": "54.0",
                    "cqi": "10", "mode": "b", "ward": "26740", "indoor": "true", "day": "20778",
                    "schema_version": "1",
                ]
            ])
    }

    @Test("a source takes the events that it names; a topic of other events is a mistake")
    func events() throws {
        let source = "  - { topic: application/+/device/+/event/+, format: chirpstack, map: { /rsrp: margin }"
        let status = Array(#"{"deviceInfo":{"devEui":"01"},"time":"2026-11-21T08:00:00Z","margin":-90}"#.utf8)
        let topic = "application/1/device/01/event/status"
        #expect(decode(status, try plan(source + " }"), topic: topic).map(\.refusal?.reason) == [.notAReading])
        let readings = decode(status, try plan(source + ", events: [up, status] }"), topic: topic)
        #expect(readings.map { $0.cells["rsrp"] } == ["-900"])
        let error = #expect(throws: DefinitionError.self) {
            try plan("  - { topic: application/+/device/+/event/status, format: chirpstack }")
        }
        #expect(error?.fix == "Write `events: [status]` or another topic")
    }

    @Test("a value that cannot be converted refuses its reading, with the place in the payload")
    func conversion() throws {
        let payload = #"""
            {"deviceInfo":{"devEui":"24e124128b0c0001"},"time":"2026-11-21T08:00:00Z","object":{"humidity":"wet"}}
            """#
        let refusal = decode(Array(payload.utf8), try plan(chirpStack), topic: "application/1/device/x/event/up")
            .first?.refusal
        #expect(refusal?.reason == .mapping)
        #expect(refusal?.pointer == "/object/humidity", "\(String(describing: refusal))")
    }

    @Test("the good records of a pack are stored beside a bad one, whose place is named")
    func partialPack() throws {
        let pack = #"""
            [{"bn":"urn:dev:mac:01:","bt":1795248000,"n":"rsrp","v":-90},{"n":"rsrp","t":1,"v":-10},
             {"n":"rsrp","t":2,"v":-80},{"n":"rsrp","t":3}]
            """#
        let senML = try plan("  - { topic: senml/+, format: senml }")
        let readings = decode(Array(pack.utf8), senML, topic: "senml/x")
        #expect(readings.count == 4)
        let reasons = readings.compactMap(\.refusal?.reason)
        #expect(readings.filter { $0.refusal == nil }.map { $0.cells["rsrp"] } == ["-900", "-800"])
        #expect(reasons.contains(.range) && reasons.count == 2, "\(reasons)")
        let range = readings.compactMap(\.refusal).first { $0.reason == .range }
        #expect(range?.pointer.hasSuffix("/rsrp") == true && range?.pointer != "/rsrp", "\(String(describing: range))")
    }

    @Test("compressed payloads of a plain source become the same rows")
    func compressed() throws {
        let plain = try plan("  - { topic: telemetry/#, format: json }")
        let good = #"{"ts":"2026-11-21T08:00:00Z","device":"d","rsrp":-90,"é":1}"#
        let bad = #"{"ts":"2026-11-21T08:00:00Z","device":"d","rsrp":-10}"#
        for payload in [good, bad, "[\(good),\(bad),7,\(good)]", "[]", "{", "  "] {
            let expected = decode(payload, plain)
            let found = decode(gzipped(Array(payload.utf8)), plain)
            #expect(found.map(\.cells) == expected.map(\.cells), "\(payload)")
            #expect(found.map(\.refusal?.reason) == expected.map(\.refusal?.reason), "\(payload)")
            #expect(found.map(\.refusal?.pointer) == expected.map(\.refusal?.pointer), "\(payload)")
        }
        #expect(decode([0x1F, 0x8B, 8, 0], plain).map(\.refusal?.reason) == [.truncated])
    }

    @Test("a topic tells the source, and with it the format", arguments: PayloadFormat.allCases)
    func formats(format: PayloadFormat) throws {
        let plan = try plan("  - { topic: a/b, format: json }\n  - { topic: c/#, format: \(format.rawValue) }")
        #expect(plan.sources.map(\.format) == [.json, format])
        var matcher = StreamCatalog(streams: [plan]).makeTopicMatcher()
        let routes = (matcher.route(of: "a/b".utf8Bytes), matcher.route(of: "c/d/e".utf8Bytes))
        #expect(routes.0 == TopicRoute(stream: 0, source: 0))
        #expect(routes.1 == TopicRoute(stream: 0, source: 1))
    }

    @Test("a mapping of plain JSON keeps what it does not name")
    func rest() throws {
        let plan = try plan(
            "  - { topic: old/+, format: json, map: { /ts: { from: at, epoch: s }, /device: { topic: 2 } } }")
        let readings = decode(Array(#"[{"at":1795248000,"rsrp":-90,"n":1},{"at":"soon"}]"#.utf8), plan, topic: "old/d7")
        #expect(readings.first?.cells["ts"] == "2026-11-21T08:00:00Z")
        #expect(readings.first?.cells["device"] == "d7")
        #expect(readings.first?.cells["rsrp"] == "-900")
        #expect(readings.first?.cells["extra"] == #"{"n":1}"#)
        #expect(readings.last?.refusal?.reason == .mapping)
        #expect(readings.last?.refusal?.pointer == "/1/at")
    }
}

/// The bytes as a gzip member with one stored block: RFC 1951, 3.2.4, and RFC 1952, 2.3.
private func gzipped(_ bytes: [UInt8]) -> [UInt8] {
    func littleEndian(_ number: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
    }
    let count = UInt32(bytes.count)
    var remainder: UInt32 = .max
    for byte in bytes {
        remainder ^= UInt32(byte)
        for _ in 0..<8 { remainder = remainder & 1 == 0 ? remainder >> 1 : remainder >> 1 ^ 0xEDB8_8320 }
    }
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF, 1] + littleEndian(count, 2) + littleEndian(~count, 2) + bytes
        + littleEndian(~remainder, 4) + littleEndian(count, 4)
}
