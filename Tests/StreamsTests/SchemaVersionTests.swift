import JSONDocument
import Telemetry
import Testing

@testable import Streams

private let definition = """
    stream: lamp
    title: { en: Lamps, vi: Đèn }
    schema: v2.schema.json
    version: /schema_version
    time: /ts
    identity: [/device, /ts]
    duplicate_window: 1h
    clock: { future: 5m, past: 30d }
    sources:
      - { topic: lamp/+, format: json }
    """

private func schema(_ properties: String, required: String = #""ts", "device""#) -> String {
    """
    {
      "type": "object",
      "required": [\(required)],
      "properties": {
        "ts": { "type": "string", "format": "date-time" },
        "device": { "type": "string" },
        \(properties)
      }
    }
    """
}

/// Version 1 has `lit`, 1.1 adds `power`, 2 renames the first and requires it; 3 is not in use yet.
private func lamps(_ definition: String = definition, extra: [(String, String)] = []) throws -> TemporaryDefinitions {
    try TemporaryDefinitions(
        [
            ("lamp/stream.yaml", definition),
            ("lamp/v1.schema.json", schema(#""lit": { "type": "boolean" }"#)),
            ("lamp/v1.1.schema.json", schema(#""lit": { "type": "boolean" }, "power": { "type": "integer" }"#)),
            (
                "lamp/v2.schema.json",
                schema(
                    #""state": { "enum": ["on", "off"] }, "power": { "type": "integer" }, "schema_version": {}"#,
                    required: #""ts", "device", "state""#)
            ),
            ("lamp/v3.schema.json", schema(#""state": { "type": "integer" }"#)),
        ] + extra)
}

struct SchemaVersionTests {
    @Test(
        "reads versions from file names and messages",
        arguments: [
            ("1", "1"), ("1.0", "1"), ("1.1", "1.1"), ("12.34", "12.34"), ("01", "1"), ("0", nil), ("", nil),
            (".1", nil),
            ("1.", nil), ("1.1.1", nil), ("v1", nil), ("1234567", nil), ("-1", nil),
        ] as [(String, String?)])
    func text(text: String, expected: String?) {
        #expect(SchemaVersion(text)?.description == expected)
        #expect(SchemaVersion(fileName: "v\(text).schema.json")?.description == expected)
        #expect(SchemaVersion(fileName: "x\(text).schema.json") == nil)
    }

    @Test("makes the columns of all versions up to the one that the definition names, newest first")
    func columns() throws {
        let folder = try lamps()
        let plan = try #require(try folder.load().stream(named: "lamp"))
        #expect(plan.versions.map(\.version.description) == ["2", "1.1", "1"])
        let columns = plan.columns.map { "\($0.name)\($0.isNullable ? "?" : "")" }
        #expect(
            columns == [
                "ts", "device", "state?", "power?", "lit?", "extra?", "ingest_time", "lane", "journal_offset",
                "schema_version?",
            ])
        #expect(plan.extraColumn == 5 && plan.schemaVersionColumn == 9)
    }

    private func decodeOne(_ members: String, told: String? = nil) throws -> DecodedReading {
        let folder = try lamps()
        let plan = try #require(try folder.load().stream(named: "lamp"))
        let payload = Array(#"{"ts":"2026-11-21T08:00:00Z","device":"d",\#(members)}"#.utf8)
        let readings = decode(payload, plan, toldVersion: told)
        let slow = decode(payload, plan, toldVersion: told, scansPlainReadings: false)
        #expect(readings == slow)
        return try #require(readings.first)
    }

    @Test("records the newest version that a reading satisfies when it tells none")
    func newest() throws {
        #expect(try decodeOne(#""state":"on""#).cells["schema_version"] == "2")
        #expect(try decodeOne(#""lit":true,"power":40"#).cells["schema_version"] == "1.1")
        let cells = try decodeOne(#""lit":true,"power":"dim""#).cells
        #expect(cells["schema_version"] == "1")
        #expect(cells["extra"] == #"{"power":"dim"}"#, "version 1 knows nothing of power")
        #expect(cells["lit"] == "true")
    }

    @Test("goes by the version that the message tells, in a property or in a member")
    func told() throws {
        let lit = #""lit":true,"power":40"#
        #expect(try decodeOne(lit, told: "1").cells["schema_version"] == "1")
        #expect(try decodeOne(lit, told: "1").cells["extra"] == #"{"power":40}"#)
        #expect(try decodeOne(lit, told: "1.1").cells["power"] == "40")
        #expect(try decodeOne(lit, told: "2").refusal?.reason == .required)
        #expect(try decodeOne(lit + #","schema_version":"1""#).cells["schema_version"] == "1")
        #expect(try decodeOne(lit + #","schema_version":1.1"#).cells["schema_version"] == "1.1")
        #expect(try decodeOne(lit + #","schema_version":null"#).cells["schema_version"] == "1.1")
        // The property comes before the member.
        #expect(try decodeOne(lit + #","schema_version":2"#, told: "1").cells["schema_version"] == "1")
        let state = try decodeOne(#""state":"off","schema_version":"2""#).cells
        #expect(state["schema_version"] == "2" && state["state"] == "off" && state["extra"] == nil)
        #expect(try decodeOne(#""state":"off","schema_version":2"#).cells["schema_version"] == "2")
    }

    @Test("refuses a version that there is not, or that is not in use yet")
    func unknown() throws {
        let refusal = try decodeOne(#""state":"on","schema_version":"3""#).refusal
        #expect(refusal?.reason == .unknownVersion)
        #expect(refusal?.pointer == "/schema_version")
        #expect(refusal?.sentence == "the message tells version 3 of the schema; there are 2, 1.1, 1")
        #expect(try decodeOne(#""state":"on""#, told: "latest").refusal?.reason == .unknownVersion)
        #expect(try decodeOne(#""state":"on""#, told: "latest").refusal?.pointer == "")
    }

    @Test("says what is wrong by the newest version when none is satisfied")
    func refusal() throws {
        let refusal = try decodeOne(#""state":"dim","lit":1"#).refusal
        #expect(refusal?.reason == .enumeration && refusal?.pointer == "/state")
    }

    @Test("judges each reading of an array by its own version")
    func array() throws {
        let folder = try lamps()
        let plan = try #require(try folder.load().stream(named: "lamp"))
        let head = #"{"ts":"2026-11-21T08:00:00Z","device":"d""#
        let readings = decode(
            "[\(head),\"state\":\"on\"},\(head),\"lit\":true},\(head),\"schema_version\":1,\"lit\":true},\(head)}]",
            plan)
        #expect(readings.map { $0.cells["schema_version"] } == ["2", "1.1", "1", "1.1"])
    }

    @Test("refuses versions that one column cannot hold, and a definition whose versions lack the time")
    func conflicts() throws {
        let active = try lamps(definition.replacing("v2.schema.json", with: "v3.schema.json"))
        do throws(DefinitionError) {
            _ = try active.load()
            Issue.record("a number and a text have one column")
        } catch {
            #expect(error.file.hasSuffix("v3.schema.json") && error.line == 7, "\(error)")
            #expect(error.message.contains("/state is int64 here and string in v2.schema.json"), "\(error)")
        }
        let noVersion = try lamps(extra: [("lamp/v0.9.schema.json", "{}")])
        #expect(throws: Never.self) { try noVersion.load() }
        let tooLarge = try lamps(extra: [("lamp/v99999999999999999999.schema.json", "{}")])
        do throws(DefinitionError) {
            _ = try tooLarge.load()
            Issue.record("a version that cannot be counted was ignored")
        } catch {
            #expect(error.file.hasSuffix("lamp/v99999999999999999999.schema.json"), "\(error)")
        }
        let without = try lamps(
            extra: [("lamp/v1.2.schema.json", #"{"type":"object","properties":{"device":{"type":"string"}}}"#)])
        do throws(DefinitionError) {
            _ = try without.load()
            Issue.record("a version without a time was accepted")
        } catch {
            #expect(error.message.contains("v1.2.schema.json does not have"), "\(error)")
        }
    }

    @Test("widens a column to what all versions allow")
    func joinedColumns() throws {
        let folder = try TemporaryDefinitions([
            ("lamp/stream.yaml", definition.replacing("version: /schema_version\n", with: "")),
            (
                "lamp/v1.schema.json",
                schema(
                    """
                    "a": { "type": "integer", "minimum": 0, "maximum": 9 },
                    "b": { "type": "number", "minimum": 0, "maximum": 9, "multipleOf": 0.01 },
                    "c": { "type": "integer", "minimum": 0, "maximum": 9 },
                    "d": { "type": "string" }
                    """, required: #""ts", "device", "d""#)
            ),
            (
                "lamp/v2.schema.json",
                schema(
                    """
                    "a": { "type": "integer" },
                    "b": { "type": "number", "minimum": 0, "maximum": 9999, "multipleOf": 0.5 },
                    "c": { "type": "number" },
                    "d": { "type": "string" }
                    """, required: #""ts", "device", "d""#)
            ),
        ])
        let plan = try #require(try folder.load().stream(named: "lamp"))
        let columns = plan.columns.prefix(6).map { "\($0.name) \($0.type)\($0.isNullable ? "?" : "")" }
        #expect(
            columns == [
                "ts timestamp", "device string", "a int64?", "b decimal(precision: 6, scale: 2)?", "c double?",
                "d string",
            ])
        let reading = #"{"ts":"2026-11-21T08:00:00Z","device":"d","d":"x","a":5,"b":1.25,"c":2}"#
        let cells = decode(reading, plan).first?.cells
        #expect(cells?["b"] == "125" && cells?["c"] == "2.0" && cells?["schema_version"] == "1")
    }
}
