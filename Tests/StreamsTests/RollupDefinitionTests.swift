import DurableFiles
import Telemetry
import TestSupport
import Testing

@testable import Streams

struct RollupDefinitionTests {
    private func catalog(_ rollups: String) throws -> StreamCatalog {
        let store = SimulatedFileStore(seed: 1)
        try store.createDirectory("/schemas/probe")
        let definition = """
            stream: probe
            title: { en: probe, vi: probe }
            schema: v1.schema.json
            time: /t
            identity: [/device]
            duplicate_window: 1h
            clock: { future: 1m, past: 30d }
            sources: [{ topic: probe/+, format: json }]
            rollups:
            \(rollups)
            """
        let schema = """
            { "type": "object", "required": ["t"], "properties": {
              "t": { "type": "string", "format": "date-time" }, "device": { "type": "string" },
              "level": { "type": "number", "minimum": -156, "maximum": -31, "multipleOf": 0.1 } } }
            """
        try store.createAtomically("/schemas/probe/stream.yaml", Array(definition.utf8))
        try store.createAtomically("/schemas/probe/v1.schema.json", Array(schema.utf8))
        return try StreamCatalog.load("/schemas", from: store)
    }

    @Test("a rollup is read with its keys, windows, measures and tiles")
    func whole() throws {
        let rollup = try #require(
            try catalog(
                """
                  levels:
                    by: [device]
                    windows: [15m, 1d]
                    where: level IS NOT NULL
                    measures:
                      level: [count, mean, p5, median]
                      strong: { share: level >= -105 }
                      devices: { distinct: device }
                      other: { of: level, figures: [max], step: 0.5 }
                    tiles: { zoom: 17, voice: device }
                """
            ).streams.first?.rollups.first)
        #expect(rollup.name.value == "levels" && rollup.keys.map(\.value) == ["device"])
        #expect(rollup.windows.map(\.value) == ["15m", "1d"] && rollup.filter?.value == "level IS NOT NULL")
        #expect(rollup.tiles?.zoom.value == 17 && rollup.zone.name == "Asia/Ho_Chi_Minh")
        guard case .quantity(let column, let figures, nil) = rollup.measures[0].kind,
            case .quantity(let other, _, let step?) = rollup.measures[3].kind
        else {
            Issue.record("the measures are quantities")
            return
        }
        #expect(column.value == "level" && other.value == "level")
        #expect(figures.map(\.value) == [.count, .mean, .quantile(percent: 5), .quantile(percent: 50)])
        #expect(step.value == RollupDefinition.Decimal(digits: 5, scale: 1))
    }

    @Test(
        "what is wrong is named with its line and what to do",
        arguments: [
            ("  levels: 3", 10, "must be a mapping"),
            ("  Levels: { by: [], windows: [1h], measures: { level: [mean] } }", 10, "Use small letters"),
            ("  levels: { windows: [1h], measures: { level: [mean] } }", 10, "by: [area, operator]"),
            ("  levels: { by: [], windows: [1h], measures: {} }", 10, "Name at least one measure"),
            ("  levels: { by: [], windows: [1h], measures: { level: [medium] } }", 10, "Known are count"),
            ("  levels: { by: [], windows: [1h], measures: { level: [p101] } }", 10, "Known are count"),
            ("  levels: { by: [device, device], windows: [1h], measures: { level: [mean] } }", 10, "Remove one"),
            ("  levels: { by: [], windows: [1h], measures: { level: { share: a, last: b } } }", 10, "must say one of"),
            (
                "  levels: { by: [], windows: [1h], measures: { level: { figures: [p5], step: 0 } } }", 10,
                "number above 0"
            ),
            ("  levels: { by: [], windows: [1h], measures: { level: [mean] }, tiles: 3 }", 10, "from 10 to 20"),
            ("  levels: { by: [], windows: [1h], measures: { level: [mean] }, zone: Mars }", 10, "time zone"),
        ])
    func mistakes(rollups: String, line: Int, advice: String) throws {
        let error = #expect(throws: DefinitionError.self) { try catalog(rollups) }
        #expect(error?.line == line && error?.description.contains(advice) == true, "\(error?.description ?? "")")
    }
}
