import DurableFiles
import Telemetry
import TestSupport
import Testing

@testable import Streams

let validDefinition = """
    stream: coverage
    title: { en: Coverage, vi: Vùng phủ sóng }
    schema: v1.schema.json
    time: /ts
    identity: [/device, /ts]
    duplicate_window: 1h
    clock: { future: 5m, past: 30d }
    place: { latitude: /lat, longitude: /lon, ward: /ward }
    sources:
      - { topic: telemetry/+/coverage/+, format: json }
    missing:
      /rsrp: [-200, 2147483647]
    precision:
      /lat: 6
    """

let validSchema = """
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "$id": "urn:phusa:schema:test:1",
      "type": "object",
      "required": ["ts", "device"],
      "properties": {
        "ts": { "type": "string", "format": "date-time", "description": "When" },
        "device": { "type": "string" },
        "seq": { "type": "integer" },
        "lat": { "type": ["number", "null"], "minimum": -90, "maximum": 90, "unit": "deg" },
        "lon": { "$ref": "#/$defs/longitude" },
        "ward": { "type": "string" },
        "rsrp": { "type": "number", "minimum": -156, "maximum": -31, "multipleOf": 0.5 },
        "load": { "type": "number" },
        "indoor": { "type": "boolean" },
        "cqi": { "type": "integer", "minimum": 0, "maximum": 15 },
        "day": { "type": "string", "format": "date" },
        "mode": { "enum": ["a", "b", null] },
        "antenna": { "type": "object" }
      },
      "$defs": { "longitude": { "type": "number", "minimum": -180, "maximum": 180, "multipleOf": 0.000001 } }
    }
    """

/// A folder of definitions on disk.
struct TemporaryDefinitions: ~Copyable {
    let directory: TemporaryDirectory

    init(_ files: [(String, String)]) throws {
        let directory = try TemporaryDirectory()
        let store = SystemFileStore()
        for (path, text) in files {
            let folder = path.split(separator: "/").dropLast().joined(separator: "/")
            try store.createDirectory("\(directory.path)/\(folder)")
            try store.createAtomically("\(directory.path)/\(path)", Array(text.utf8))
        }
        self.directory = directory
    }

    func load() throws(DefinitionError) -> StreamCatalog { try StreamCatalog.load(directory.path) }
}

/// The error that loading gives when `old` is replaced by `new` in the definition.
private func loadError(_ old: String, _ new: String, inSchema: Bool = false) throws -> DefinitionError {
    func edited(_ text: String, _ applies: Bool) -> String {
        guard applies, let range = text.firstRange(of: old) else { return text }
        return text.replacingCharacters(in: range, with: new)
    }
    let folder = try TemporaryDefinitions([
        ("coverage/stream.yaml", edited(validDefinition, !inSchema)),
        ("coverage/v1.schema.json", edited(validSchema, inSchema)),
    ])
    do throws(DefinitionError) {
        _ = try folder.load()
    } catch {
        return error
    }
    Issue.record("\(new) was accepted")
    return DefinitionError(file: "", message: "", fix: "")
}

extension String {
    fileprivate func replacingCharacters(in range: Range<Index>, with other: String) -> String {
        self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}

struct StreamDefinitionTests {
    @Test("gives every property its column")
    func columns() throws {
        let folder = try TemporaryDefinitions([
            ("coverage/stream.yaml", validDefinition), ("coverage/v1.schema.json", validSchema),
        ])
        let plan = try #require(try folder.load().stream(named: "coverage"))
        let columns = plan.columns.map { "\($0.name) \($0.type)\($0.isNullable ? "?" : "")" }
        #expect(
            columns == [
                "ts timestamp", "device string", "seq int64?", "lat decimal(precision: 8, scale: 6)?",
                "lon decimal(precision: 9, scale: 6)?", "ward string?", "rsrp decimal(precision: 4, scale: 1)?",
                "load double?", "indoor boolean?", "cqi int32?", "day date?", "mode string?", "antenna string?",
                "extra string?", "ingest_time timestamp", "lane string", "journal_offset int64",
                "schema_version string?", "area string?", "neighbourhood string?", "area_agreement string?",
            ])
        #expect(plan.versions.map(\.version) == [SchemaVersion(major: 1)])
        #expect(plan.identity.columns == [1, 0])
        #expect(plan.sortColumns == [1, 0])
        #expect(plan.timeColumn == 0)
        #expect(plan.duplicateWindow == 3_600_000_000)
        #expect(plan.futureLimit == 300_000_000)
        #expect(plan.pastLimit == 2_592_000_000_000)
        #expect(plan.place.latitude == 3 && plan.place.longitude == 4 && plan.place.ward == 5)
        let derived = try #require(plan.place.derived)
        #expect(
            [derived.area, derived.neighbourhood, derived.agreement].map { plan.columns[$0].name }
                == StreamPlan.reservedPlaceNames)
        #expect(plan.columns[3].comment == "[deg]")
        #expect(plan.properties[0].text == "When" && plan.properties[0].isRequired)
        #expect(plan.columns[plan.journalOffsetColumn].name == "journal_offset")
    }

    @Test(
        "names line and remedy of each mistake",
        arguments: [
            ("stream: coverage", "stream: Coverage", 1, "small letters"),
            ("stream: coverage", "stream: ledger", 1, "another name"),
            ("title: { en: Coverage, vi: Vùng phủ sóng }", "title: Coverage", 2, "key: value"),
            ("title: { en: Coverage, vi: Vùng phủ sóng }", "title: { en: Coverage }", 2, "vi:"),
            ("v1.schema.json", "v2.schema.json", 3, "JSON Schema"),
            ("time: /ts", "time: ts", 4, "such as /rsrp"),
            ("time: /ts", "time: /when", 4, "Correct the name"),
            ("time: /ts", "time: /device", 4, "date-time"),
            ("time: /ts\n", "", 1, "time: /ts"),
            ("[/device, /ts]", "/device", 5, "[a, b]"),
            ("[/device, /ts]", "[/device, /device]", 5, "Remove one"),
            ("[/device, /ts]", "[]", 5, "at least one"),
            ("[/device, /ts]", "[/device, /nothing]", 5, "Correct the name"),
            ("duplicate_window: 1h", "duplicate_window: 1 hour", 6, "15s, 5m, 1h or 30d"),
            ("duplicate_window: 1h", "duplicate_window: 60", 6, "15s, 5m, 1h or 30d"),
            ("duplicate_window: 1h", "duplicate_window: 99999999999999999d", 6, "shorter"),
            ("future: 5m", "futur: 5m", 7, "Known are future, past"),
            ("past: 30d", "past: -30d", 7, "15s, 5m, 1h or 30d"),
            ("latitude: /lat, ", "", 8, "both or neither"),
            ("ward: /ward", "ward: /cqi", 8, "leading zeros"),
            ("latitude: /lat", "latitude: /ward", 8, "degrees"),
            ("telemetry/+/coverage/+", "telemetry/#/coverage", 10, "last level"),
            ("telemetry/+/coverage/+", "$share/g/telemetry/#", 10, "group"),
            ("format: json", "format: lwm2m", 10, "Supported: json, senml"),
            ("format: json", "format: json, filter: x", 10, "Known are topic, format, map, rest, events"),
            ("format: json", "format: json, events: [up]", 10, "it is for chirpstack and tts"),
            ("format: json", "format: tts, events: [uplink]", 10, "Known are up, join, queued"),
            ("format: json", "format: chirpstack, events: []", 10, "Name some"),
            ("format: json", "format: chirpstack, events: up", 10, "[a, b]"),
            ("format: json", "format: chirpstack, events: [up, up]", 10, "Remove one"),
            ("format: json", "format: json, rest: drop", 10, "Add `map`"),
            ("format: json", "format: json, map: { rsrp: object.rsrp }", 10, "such as /rsrp"),
            ("format: json", "format: json, map: { /level: object.rsrp }", 10, "Correct the name"),
            ("format: json", "format: json, map: { /rsrp: object..rsrp }", 10, "JSON pointer"),
            ("format: json", "format: json, map: { /rsrp: [] }", 10, "at least one"),
            ("format: json", "format: json, map: { /rsrp: { multiply: 2 } }", 10, "`from: object.rsrp`"),
            ("format: json", "format: json, map: { /rsrp: { from: a, value: 2 } }", 10, "Write one of"),
            ("format: json", "format: json, map: { /rsrp: { from: a, times: 2 } }", 10, "Known are from"),
            ("format: json", "format: json, map: { /rsrp: { from: a, multiply: two } }", 10, "such as 0.1"),
            (
                "format: json", "format: json, map: { /rsrp: { from: a, unit: { from: degF, to: m } } }", 10,
                "one quantity"
            ),
            ("format: json", "format: json, map: { /rsrp: { value: 2, add: 1 } }", 10, "Remove the keys"),
            ("format: json", "format: json, map: { /ward: { topic: 5 } }", 10, "from 1 to 4"),
            ("format: json", "format: json, map: { /ts: { from: t, zone: Asia/Nowhere } }", 10, "Asia/Ho_Chi_Minh"),
            ("format: json", "format: json, map: { /ts: { from: t, epoch: h } }", 10, "Write one of s, ms"),
            ("format: json", "format: json, map: { /ts: t }, rest: drop", 10, "Add an entry for it"),
            (
                "/coverage/+, format: json }", "/coverage/+, format: json }\n  - { topic: telemetry/#, format: cbor }",
                11,
                "belongs to one source"
            ),
            ("time: /ts", "time: /ts\nversion: ts", 5, "such as /rsrp"),
            ("/rsrp: [-200, 2147483647]", "/rsrp: -200", 12, "[a, b]"),
            ("/rsrp: [-200, 2147483647]", "/rsrp: [none]", 12, "number"),
            ("/rsrp: [-200, 2147483647]", "/device: [1]", 12, "Remove it"),
            ("/lat: 6", "/lat: 12", 14, "Change the number"),
            ("/lat: 6", "/cqi: 1", 14, "Remove it"),
            ("precision:", "rollup: 3\nprecision:", 13, "Known are stream"),
            ("precision:", "time: /ts\nprecision:", 4, "Keep one"),
            ("precision:", "\tprecision:", 13, "Correct the YAML"),
        ])
    func mistakes(old: String, new: String, line: Int, fix: String) throws {
        let error = try loadError(old, new)
        #expect(error.line == line, "\(error)")
        #expect(error.fix.contains(fix), "\(error)")
        #expect(error.file.hasSuffix("coverage/stream.yaml"))
    }

    @Test(
        "names the mistakes of a schema",
        arguments: [
            ("\"type\": \"object\",", "\"type\": \"object\"", "not JSON"),
            ("\"indoor\"", "\"hour\"", "column that the pipeline adds"),
            ("\"indoor\"", "\"Area\"", "column that the pipeline adds where there is a `place`"),
            ("\"indoor\"", "\"LAT\"", "case only"),
            ("\"indoor\"", "\"in door\"", "table column"),
            ("\"maximum\": 180", "\"maximum\": 1e15", "18 digits"),
        ])
    func schemaMistakes(old: String, new: String, message: String) throws {
        let error = try loadError(old, new, inSchema: true)
        #expect(error.message.contains(message), "\(error)")
        #expect(error.file.hasSuffix("coverage/v1.schema.json"))
    }

    @Test("refuses a folder without definition, a name used twice and topics of two streams")
    func folders() throws {
        let twice = try TemporaryDefinitions([
            ("a/stream.yaml", validDefinition), ("a/v1.schema.json", validSchema),
            ("b/stream.yaml", validDefinition), ("b/v1.schema.json", validSchema),
        ])
        #expect(throws: DefinitionError.self) { try twice.load() }

        let other = "stream: other" + validDefinition.dropFirst("stream: coverage".count)
        let overlapping = try TemporaryDefinitions([
            ("a/stream.yaml", validDefinition), ("a/v1.schema.json", validSchema),
            ("b/stream.yaml", other), ("b/v1.schema.json", validSchema),
        ])
        do throws(DefinitionError) {
            _ = try overlapping.load()
            Issue.record("two streams share topics")
        } catch {
            #expect(error.line == 10 && error.message.contains("a/stream.yaml, line 10"), "\(error)")
        }

        let empty = try TemporaryDefinitions([("a/readme.txt", "")])
        do throws(DefinitionError) {
            _ = try empty.load()
            Issue.record("a folder without definition was accepted")
        } catch {
            #expect(error.message == "the folder has no stream.yaml")
        }
        #expect(throws: DefinitionError.self) { try StreamCatalog.load("/nowhere/at/all") }
    }

    @Test("writes an error as file, line, column, problem and remedy")
    func description() {
        let error = DefinitionError(file: "a.yaml", line: 3, column: 7, message: "`x` is wrong", fix: "Write y")
        #expect(error.description == "a.yaml:3:7: `x` is wrong. Write y.")
    }
}

struct DefinitionFolderTests {
    @Test("says everything that is wrong at once, in the order of the files")
    func allMistakes() throws {
        let definition = """
            stream: Coverage
            title: { en: Coverage }
            schema: v1.schema.json
            time: ts
            identity: [/device, /device]
            duplicate_window: 1 hour
            clock: { future: 5m, past: 30d }
            sources:
              - { topic: telemetry/#/coverage, format: jsn, map: { /rsrp: a..b } }
              - { format: json }
            colour: red
            """
        let folder = try TemporaryDefinitions([
            ("a/stream.yaml", definition), ("a/v1.schema.json", validSchema), ("b/readme.txt", ""),
            ("c/stream.yaml", validDefinition.replacing("/lat: 6", with: "/cqi: 6")), ("c/v1.schema.json", "{}"),
        ])
        let read = DefinitionFolder.read(folder.directory.path)
        let places = read.errors.map { "\($0.file.dropFirst(folder.directory.path.count + 1)):\($0.line)" }
        #expect(
            places == [
                "a/stream.yaml:1", "a/stream.yaml:2", "a/stream.yaml:4", "a/stream.yaml:5", "a/stream.yaml:6",
                "a/stream.yaml:9", "a/stream.yaml:9", "a/stream.yaml:9", "a/stream.yaml:10", "a/stream.yaml:11", "b:0",
                "c/v1.schema.json:1",
            ], "\(read.errors)")
    }
}
