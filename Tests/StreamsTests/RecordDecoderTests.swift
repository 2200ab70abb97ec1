import JSONDocument
import JSONSchema
import Payloads
import Telemetry
import Testing

@testable import Streams

private let reading = """
    {"ts":"2026-11-21T08:00:00.123Z","device":"hcm-cov-00412","seq":18234,"lat":10.776889,"lon":106.700806,\
    "operator":"45204","technology":"5G","rsrp":-95,"rsrq":-11.5,"sinr":13.5,"cell":271828183,"speed_kmh":23.4,\
    "ward":"26740"}
    """

struct RecordDecoderTests {
    private let plan: StreamPlan

    init() throws {
        plan = try #require(try StreamCatalog.load(shippedStreams).stream(named: "coverage"))
    }

    @Test("writes the coverage reading cell by cell")
    func coverage() {
        #expect(
            decode(reading, plan) == [
                DecodedReading(cells: [
                    "ts": "2026-11-21T08:00:00.123Z", "device": "hcm-cov-00412", "seq": "18234", "lat": "10776889",
                    "lon": "106700806", "operator": "45204", "technology": "5G", "rsrp": "-950", "rsrq": "-115",
                    "sinr": "135", "cell": "271828183", "speed_kmh": "234", "ward": "26740",
                    "schema_version": "1",
                ])
            ])
    }

    @Test("rounds to the precision of the definition")
    func precision() {
        let reading =
            #"{"ts":"2026-11-21T08:00:00Z","device":"d","lat":51.901047999999996,"lon":-8.4779555,"speed_kmh":1.25}"#
        let cells = decode(reading, plan).first?.cells
        #expect(cells?["lat"] == "51901048")
        #expect(cells?["lon"] == "-8477956")
        #expect(cells?["speed_kmh"] == "13")
    }

    @Test("keeps members that the schema does not name as JSON text")
    func extra() {
        let reading = #"{"ts":"2026-11-21T08:00:00Z","a\"b":[1, 2.5],"device":"d","rsrp":-90,"o":{"x":null}}"#
        let cells = decode(reading, plan).first?.cells
        #expect(cells?["extra"] == #"{"a\"b":[1,2.5],"o":{"x":null}}"#)
        #expect(cells?["rsrp"] == "-900")
        #expect(decode(#"{"ts":"2026-11-21T08:00:00Z","device":"d"}"#, plan).first?.cells["extra"] == nil)
    }

    @Test(
        "refuses bytes that are no JSON, with the place",
        arguments: [
            ("", RefusalReason.empty, 0), (" \n ", .empty, 0), ("hello", .notJSON, 0),
            (#"{"ts":"2026-11-21T08:00:00Z","device":"d""#, .truncated, 41), (#"{"ts":1,}"#, .notJSON, 8),
            (#"{"seq":123456789012345678901}"#, .numberOutOfRange, 7),
        ])
    func syntax(payload: String, reason: RefusalReason, byteOffset: Int) {
        let readings = decode(payload, plan)
        #expect(readings.count == 1)
        #expect(readings.first?.refusal?.reason == reason, "\(readings)")
        #expect(readings.first?.refusal?.byteOffset == byteOffset, "\(readings)")
    }

    @Test("refuses invalid UTF-8, deep nesting, long payloads and equal names")
    func limits() {
        let invalid = Array(#"{"device":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)
        #expect(decode(invalid, plan).first?.refusal?.reason == .invalidUTF8)
        #expect(decode(invalid, plan).first?.refusal?.byteOffset == 11)

        let deep = #"{"x":"# + String(repeating: "[", count: 100) + String(repeating: "]", count: 100) + "}"
        #expect(decode(deep, plan).first?.refusal?.reason == .tooDeep)

        let long = decode(Array(reading.utf8), plan, limits: PayloadLimits(maximumByteCount: 100))
        #expect(long.first?.refusal?.reason == .tooLarge)

        let twice = #"{"ts":"2026-11-21T08:00:00Z","device":"d","rsrp":-90,"rsrp":-91}"#
        #expect(decode(twice, plan).first?.refusal?.reason == .duplicateKey)
        #expect(decode(twice, plan).first?.refusal?.pointer == "/rsrp")
    }

    @Test("a reading whose check would take too much work is refused as undecided, not as wrong")
    func undecided() throws {
        let levels = (0..<40).map { level in
            let next = ##"{"$ref":"#/$defs/d\##(level + 1)"}"##
            return #""d\#(level)":{"allOf":[\#(next),\#(next)]}"#
        }
        let text = ##"{"$defs":{\##(levels.joined(separator: ",")),"d40":{"type":"integer"}},"$ref":"#/$defs/d0"}"##
        var validator = SchemaValidator(try CompiledSchema(JSONTree(parsing: text)))
        var parser = JSONParser()
        let violation = try validator.violation(in: parser.parse("1"))
        let refusal = try Refusal(#require(violation), in: "/3")
        #expect(refusal.reason == .undecided)
        #expect(refusal.pointer == "/3")
        #expect(refusal.sentence.contains("the limit for its size"))
    }

    @Test(
        "lets a reading's time be as far from the arrival as the clock allows, and no microsecond further",
        arguments: [
            ("2026-11-21T08:06:00Z", nil), ("2026-11-21T08:06:00.000001Z", RefusalReason.clockFuture),
            ("2026-11-21T15:06:00+07:00", nil), ("2026-10-22T08:01:00Z", nil),
            ("2026-10-22T08:00:59.999999Z", .clockPast), ("0001-01-01T00:00:00Z", .clockPast),
            ("9999-12-31T23:59:59Z", .clockFuture),
        ])
    func clock(text: String, reason: RefusalReason?) {
        let readings = decode(#"{"ts":"\#(text)","device":"d"}"#, plan, arrival: "2026-11-21T08:01:00Z")
        #expect(readings.first?.refusal?.reason == reason)
        #expect(readings.first?.refusal.map(\.pointer) == reason.map { _ in "/ts" })
    }

    @Test("judges each reading of an array alone")
    func batch() {
        let good = #"{"ts":"2026-11-21T08:00:00Z","device":"d","rsrp":-90,"new":1}"#
        let bad = #"{"ts":"2026-11-21T08:00:00Z","device":"d","rsrp":-10}"#
        let readings = decode("[\(good),\(bad),7,\(good)]", plan)
        #expect(readings.map { $0.refusal?.reason } == [nil, .range, .type, nil])
        #expect(readings.map { $0.refusal?.pointer } == [nil, "/1/rsrp", "/2", nil])
        #expect(readings.first?.cells["extra"] == #"{"new":1}"#)
        #expect(readings.first == readings.last)
    }

    @Test("refuses an array without a reading, so that no message vanishes")
    func emptyBatch() {
        #expect(decode("[]", plan).map { $0.refusal?.reason } == [.empty])
    }

    @Test("decodes the shortest readings, hundreds in one message")
    func manyReadings() {
        let shortest = #"{"ts":"2026-11-21T08:00:00Z","device":""}"#
        let count = 500
        let payload = "[" + Array(repeating: shortest, count: count).joined(separator: ",") + "]"
        #expect(decode(payload, plan).count == count)
    }

    @Test("leaves nothing of a refused reading in the next row")
    func isolation() {
        let full = #"{"ts":"2026-11-21T08:00:00Z","device":"d","rsrp":-90,"extra1":1,"lat":1,"lon":2,"speed_kmh":501}"#
        let small = #"{"ts":"2026-11-21T08:00:00Z","device":"e"}"#
        let readings = decode("[\(full),\(small)]", plan)
        #expect(readings.last?.cells == ["ts": "2026-11-21T08:00:00Z", "device": "e", "schema_version": "1"])
    }
}
