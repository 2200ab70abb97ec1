import DurableFiles
import Rollups
import Streams
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

struct RollupCatalogTests {
    private func catalog(_ rollups: String, name: String = "fast") throws -> StreamCatalog {
        let store = SimulatedFileStore(seed: 1)
        try store.createDirectory("/schemas/\(name)")
        let definition = """
            stream: \(name)
            title: { en: probe, vi: probe }
            schema: v1.schema.json
            time: /t
            identity: [/device]
            duplicate_window: 1h
            clock: { future: 1m, past: 30d }
            place: { latitude: /lat, longitude: /lon }
            sources: [{ topic: \(name)/+, format: json }]
            rollups:
            \(rollups)
            """
        let schema = """
            { "type": "object", "required": ["t"], "properties": {
              "t": { "type": "string", "format": "date-time" }, "device": { "type": "string" },
              "lat": { "type": "number", "minimum": -90, "maximum": 90, "multipleOf": 0.000001 },
              "lon": { "type": "number", "minimum": -180, "maximum": 180, "multipleOf": 0.000001 },
              "speed": { "type": "number", "minimum": 0, "maximum": 500000, "multipleOf": 0.1 },
              "level": { "type": "number", "minimum": -156, "maximum": -31, "multipleOf": 0.1, "unit": "dBm" } } }
            """
        try store.createAtomically("/schemas/\(name)/stream.yaml", Array(definition.utf8))
        try store.createAtomically("/schemas/\(name)/v1.schema.json", Array(schema.utf8))
        return try StreamCatalog.load("/schemas", from: store)
    }

    @Test("levels in dBm get bins of 1 dB, other quantities a sketch, and tiles a rollup of their own")
    func compiled() throws {
        let rollups = try RollupCatalog(
            catalog(
                """
                  levels:
                    by: [device]
                    windows: [15m, 1d]
                    measures: { level: [p50], speed: [p95], good: { share: level >= -105 } }
                    tiles: 17
                """))
        #expect(rollups.entries.map(\.plan.name) == ["levels", "levels_tiles"])
        let (plan, tiles) = (rollups.entries[0].plan, rollups.entries[1].plan)
        guard case .quantity(_, _, _, .step(let scale)?) = plan.measures[0],
            case .quantity(_, _, _, .relative?) = plan.measures[1]
        else {
            Issue.record("the measures have bins")
            return
        }
        #expect(scale.unitsPerStep == 10 && scale.bins == -156 ... -31)
        #expect(tiles.keyNames.first == "tile" && tiles.keyNames.contains("device"))
        #expect(tiles.windows == [.localDay])
        // Sums and counts are enough for means; a sketch for each tile, device and day would be too much.
        #expect(!tiles.columns.contains { $0.type == .counts } && tiles.columns.contains { $0.name == "level_sum" })
    }

    @Test(
        "what does not fit the stream is named with what there is",
        arguments: [
            ("  a: { by: [ward], windows: [1h], measures: { level: [mean] } }", "Columns are t, device"),
            ("  a: { by: [], windows: [7m], measures: { level: [mean] } }", "1m to 12h"),
            ("  a: { by: [], windows: [1h, 15m], measures: { level: [mean] } }", "from the shortest to the longest"),
            ("  a: { by: [], windows: [], measures: { level: [mean] } }", "Write one, such as [1h]"),
            ("  a: { by: [], windows: [1h], measures: { device: [mean] } }", "is not a number"),
            ("  a: { by: [], windows: [1h], measures: { x: { share: level >> 3 } } }", "at character"),
            ("  a: { by: [], windows: [1h], where: nothing = 3, measures: { level: [mean] } }", "`where`"),
            ("  a: { by: [], windows: [1h], measures: { speed: { figures: [p5], step: 1 } } }", "more than 4096"),
            ("  a: { by: [], windows: [1h], measures: { level: { figures: [p5], step: 0.25 } } }", "multiple of"),
            (
                "  a: { by: [], windows: [1h], measures: { level: [mean] } }\n  a_tiles: { by: [], windows: [1h], "
                    + "measures: { level: [mean] } }\n  b: { by: [], windows: [1h], measures: { level: [mean] }, "
                    + "tiles: { zoom: 17, voice: nobody } }", "`tiles.voice` names"
            ),
        ])
    func mistakes(rollups: String, advice: String) throws {
        let streams = try catalog(rollups)
        let error = #expect(throws: DefinitionError.self) { try RollupCatalog(streams) }
        #expect(error?.line ?? 0 >= 10 && error?.description.contains(advice) == true, "\(error?.description ?? "")")
    }

    @Test("a table belongs to one rollup")
    func twice() throws {
        let streams = try catalog(
            """
              a: { by: [], windows: [1h], measures: { level: [mean] }, tiles: 17 }
              a_tiles: { by: [], windows: [1h], measures: { level: [mean] } }
            """)
        let error = #expect(throws: DefinitionError.self) { try RollupCatalog(streams) }
        #expect(error?.description.contains("rollup_a_tiles") == true)
    }
}
