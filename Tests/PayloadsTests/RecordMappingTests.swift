import JSONDocument
import Telemetry
import Testing

@testable import Payloads

@Suite("Mappings")
struct RecordMappingTests {
    private func outcome(
        _ json: String, _ entries: [RecordMapping.Entry], rest: RecordMapping.Rest = .drop, topic: String = "a/b/c"
    ) throws -> [String] {
        var reader = PayloadReader(format: .json, mapping: try RecordMapping(entries, rest: rest))
        return reader.records(of: Array(json.utf8), topic: topic).outcomes
    }

    private func from(_ paths: String...) throws -> RecordMapping.Origin {
        .document(try paths.map { path throws(RecordMappingError) in try SourcePath(path) })
    }

    @Test("members are renamed, and those that no entry names stay")
    func rename() throws {
        let json = #"{"t": 21.5, "hum": 40, "id": "x", "deep": {"a": 1, "b": 2}}"#
        let entries = [
            RecordMapping.Entry("temperature", from: try from("t")), .init("a", from: try from("deep.a")),
        ]
        #expect(try outcome(json, entries, rest: .keep) == [#"{"temperature":21.5,"a":1,"hum":40,"id":"x"}"#])
        #expect(try outcome(json, entries) == [#"{"temperature":21.5,"a":1}"#])
    }

    @Test("an entry that writes a member takes the place of the one that was there")
    func overwrite() throws {
        let entries = [RecordMapping.Entry("a", from: try from("b"))]
        #expect(try outcome(#"{"a": 1, "b": 2}"#, entries, rest: .keep) == [#"{"a":2}"#])
    }

    @Test("of several places, the first that is there and not null counts, and all of them are named")
    func alternatives() throws {
        let entries = [RecordMapping.Entry("rsrp", from: try from("rsrp_dbm", "RSRP", "signal.rsrp"))]
        #expect(try outcome(#"{"RSRP": -95}"#, entries) == [#"{"rsrp":-95}"#])
        #expect(
            try outcome(#"{"rsrp_dbm": null, "RSRP": -95, "c": 1}"#, entries, rest: .keep) == [#"{"rsrp":-95,"c":1}"#])
        #expect(try outcome(#"{"rsrp_dbm": null}"#, entries) == [#"{"rsrp":null}"#])
        #expect(try outcome(#"{"signal": {"rsrp": -1}}"#, entries) == [#"{"rsrp":-1}"#])
        #expect(try outcome(#"{"other": 1}"#, entries) == ["{}"], "what is missing is the schema's business")
    }

    @Test(
        "paths lead through objects and arrays, as pointers and with dots, also to names with dots",
        arguments: [
            ("a.b", "1"), ("/a/b", "1"), ("list.1.x", "7"), ("/list/1/x", "7"), ("m.n.o", "2"), ("q.r.s", "3"),
            ("/q/r.s", "3"), ("/with~1slash", "4"),
        ])
    func paths(path: String, expected: String) throws {
        let json =
            #"{"a":{"b":1},"list":[{"x":6},{"x":7}],"m.n.o":2,"q":{"r.s":3},"with/slash":4}"#
        #expect(try outcome(json, [.init("v", from: try from(path))]) == [#"{"v":\#(expected)}"#])
    }

    @Test(
        "paths that lead nowhere leave the member out",
        arguments: ["a.c", "list.2", "list.01", "list.x", "a.b.c", "/a.b"])
    func deadEnds(path: String) throws {
        #expect(try outcome(#"{"a":{"b":1},"list":[1,2]}"#, [.init("v", from: try from(path))]) == ["{}"])
    }

    @Test("paths must be paths", arguments: ["", "a..b", ".a", "a.", "/a~2"])
    func badPaths(path: String) {
        #expect(throws: RecordMappingError.badPath(path)) { _ = try SourcePath(path) }
    }

    @Test("constants, levels of the topic and the arrival are values too")
    func others() throws {
        let entries: [RecordMapping.Entry] = [
            .init("operator", from: .constant(.text("452\"04"))), .init("kind", from: .constant(.number("1.50"))),
            .init("city", from: .topic(level: 2)), .init("none", from: .topic(level: 9)), .init("at", from: .arrival),
            .init("ward", from: .topic(level: 3), try RecordConversion(multiply: "2")),
        ]
        #expect(
            try outcome("{}", entries, topic: "telemetry/hcm/26734") == [
                #"{"operator":"452\"04","kind":1.50,"city":"hcm","at":"2026-11-21T08:00:00Z","ward":53468}"#
            ])
    }

    @Test("listed values become others; the rest is refused, or goes on to the next conversion")
    func values() throws {
        let states = try RecordConversion(values: [
            ("0", .text("off")), ("1", .text("on")), ("true", .text("on")), ("stuck", .null), ("null", .text("none")),
        ])
        let entries = [RecordMapping.Entry("state", from: try from("st"), states)]
        for (json, expected) in [
            ("0", "\"off\""), ("1.0", "\"on\""), ("true", "\"on\""), (#""1""#, "\"on\""), (#""stuck""#, "null"),
            ("null", "\"none\""),
        ] {
            #expect(try outcome(#"{"st": \#(json)}"#, entries) == [#"{"state":\#(expected)}"#])
        }
        #expect(try outcome(#"[{"x":1},{"st": 7}]"#, entries) == ["{}", "!mapping /1/st"])
        let sentinel = try RecordConversion(values: [("65535", .null)], multiply: "0.1")
        #expect(
            try outcome(#"[{"st": 65535}, {"st": 215}]"#, [.init("t", from: try from("st"), sentinel)]) == [
                #"{"t":null}"#, #"{"t":21.5}"#,
            ])
    }

    @Test("a value that cannot be converted refuses its record, with the place in the payload and what was found")
    func refusals() throws {
        let entries = [RecordMapping.Entry("hum", from: try from("sensor.h"), try RecordConversion(ratio: .percent))]
        var reader = PayloadReader(format: .json, mapping: try RecordMapping(entries))
        let json =
            #"[{"sensor": {"h": 0.29}}, {"sensor": {"h": "wet"}}, {"sensor": {"h": "0.5"}}, {"sensor": {"h": null}}]"#
        let records = reader.records(of: Array(json.utf8))
        #expect(records.outcomes == [#"{"hum":29}"#, "!mapping /1/sensor/h", #"{"hum":50}"#, #"{"hum":null}"#])
        #expect(
            records.records[1].refusal?.sentence
                == #"/hum: "wet" is no number, and the mapping of this source computes with it"#)
    }

    @Test("a name that stands twice in an object is refused: which one counts is open")
    func duplicates() throws {
        #expect(try outcome(#"{"a": 1, "a": 2}"#, [.init("b", from: try from("a"))]) == ["!duplicate-key /a"])
    }

    @Test("what is no object stays as it is, for the schema to refuse")
    func noObject() throws {
        #expect(try outcome("[7]", [.init("b", from: try from("a"))]) == ["7"])
    }

    @Test("a mapping that cannot be is refused when it is made")
    func errors() throws {
        #expect(throws: RecordMappingError.twice("a")) {
            _ = try RecordMapping([.init("a", from: .arrival), .init("a", from: .arrival)])
        }
        #expect(throws: RecordMappingError.noPath("a")) { _ = try RecordMapping([.init("a", from: .document([]))]) }
        #expect(throws: RecordMappingError.noTopicLevel(0)) {
            _ = try RecordMapping([.init("a", from: .topic(level: 0))])
        }
        #expect(throws: RecordMappingError.badValue("x")) {
            _ = try RecordMapping([.init("a", from: .constant(.number("x")))])
        }
        for error in [RecordMappingError.twice("a"), .unknownUnit("x"), .badPath("."), .tooManyDigits] {
            #expect(!error.message.isEmpty && !error.fix.isEmpty)
        }
    }

    @Test("observations of OGC SensorThings are plain JSON with a mapping")
    func sensorThings() throws {
        let json = #"{"result": 49, "phenomenonTime": "2020-10-11T12:13:14+02:00", "Datastream": {"@iot.id": 999}}"#
        let entries = [
            RecordMapping.Entry("device", from: try from("/Datastream/@iot.id")),
            .init("ts", from: try from("phenomenonTime"), try RecordConversion(time: TimeRule(part: .start))),
            .init(
                "temperature", from: try from("result"), try RecordConversion(unit: ("degF", "Cel"), decimalPlaces: 2)),
        ]
        #expect(
            try outcome(json, entries, rest: .keep) == [
                #"{"device":999,"ts":"2020-10-11T10:13:14Z","temperature":9.44}"#
            ])
    }
}
