import DurableFiles
import Streams
import TestSupport

/// Two small streams: `fast` forgets its duplicates after ten seconds, `slow` after an hour.
enum TestStreams {
    static let fast = 0
    static let slow = 1
    /// As wide as a slot of the window of `fast`: an eighth of it, rounded up.
    static let fastSlotMicroseconds: Int64 = 1_250_000
    static let slowSlotMicroseconds: Int64 = 450_000_000
    static let names = ["fast", "slow"]

    /// With other kinds than usual, the schema of a later day.
    static func catalog(
        kinds: [String] = ["a", "b"], share: String = "level >= 10 OR on = true"
    ) throws -> StreamCatalog {
        let store = SimulatedFileStore(seed: 1)
        for (name, window) in [("fast", "10s"), ("slow", "1h")] {
            try store.createDirectory("/schemas/\(name)")
            try store.createAtomically("/schemas/\(name)/stream.yaml", Array(definition(name, window, share).utf8))
            try store.createAtomically("/schemas/\(name)/v3.schema.json", Array(schema(kinds).utf8))
        }
        return try StreamCatalog.load("/schemas", from: store)
    }

    private static func definition(_ name: String, _ window: String, _ share: String) -> String {
        """
        stream: \(name)
        title: { en: \(name), vi: \(name) }
        schema: v3.schema.json
        time: /t
        identity: [/device, /seq]
        duplicate_window: \(window)
        clock: { future: 1m, past: 36500d }
        sources:
          - { topic: \(name)/+, format: json }
        rollups:
          \(name):
            by: [kind, on]
            windows: [5m, 1h, 1d]
            measures:
              level: { figures: [count, sum, mean, min, max, p50], step: 0.5 }
              tags: { of: tag, figures: [sum, p90] }
              ratio: [mean]
              high: { share: \(share) }
              devices: { distinct: device }
              newest: { last: tag }
          \(name)_on:
            by: [device]
            where: on = true
            windows: [1h]
            measures: { tag: [sum] }
        """
    }

    private static func schema(_ kinds: [String]) -> String {
        """
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "type": "object",
          "properties": {
            "t": { "type": "string", "format": "date-time" },
            "device": { "type": "string", "minLength": 1, "maxLength": 40, "pattern": "^[a-zé0-9-]+$" },
            "seq": { "type": "integer", "minimum": 0, "maximum": 4294967295 },
            "tag": { "type": "integer", "minimum": 0, "maximum": 9007199254740991 },
            "level": { "type": "number", "multipleOf": 0.5, "minimum": -100, "maximum": 100 },
            "ratio": { "type": "number" },
            "kind": { "enum": [\(kinds.map { "\"\($0)\"" }.joined(separator: ", "))] },
            "mail": { "type": "string", "format": "date" },
            "on": { "type": "boolean" }
          },
          "required": ["t", "device", "tag"]
        }
        """
    }
}
