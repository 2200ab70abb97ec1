import DurableFiles
import Geography
import Streams
import Telemetry
import TestSupport

@testable import Pipeline

/// A made-up city of squares, and a stream of readings in it.
///
///     latitude 11  ┌────┬────┐   west and east are wards from July 2025 on; new year 2026 the border between them
///                  │    │    │   moves from longitude 106 to 106.5. `grove` is a neighbourhood with an outline, in
///     latitude 10  └────┴────┘   the west's south-western corner; `alley` lies in the east, and only its code is known.
///           105   106  107
enum TestAreas {
    static let units = """
        code,name,parent,valid_from
        79,City,,
        west,West,79,
        east,East,79,
        alley,Alley,east,2025-07-01

        """
    static let wards = """
        {"type":"FeatureCollection","features":[
        \(feature("west", 105, 106, #", "valid_from": "2025-07-01""#)),
        \(feature("east", 106, 107, #", "valid_from": "2025-07-01""#)),
        \(feature("west", 105, 106.5, #", "valid_from": "2026-01-01""#)),
        \(feature("east", 106.5, 107, #", "valid_from": "2026-01-01""#))]}
        """
    static let neighbourhoods = """
        {"type":"FeatureCollection","valid_from":"2025-07-01","features":[
        \(feature("grove", 105, 105.25, #", "level": "neighbourhood""#, north: 10.25))]}
        """
    /// `whole` went to the west; `halves` was split.
    static let former = "old_code,new_code\nwhole,west\nhalves,west\nhalves,east\n"

    static func feature(
        _ code: String, _ west: Double, _ east: Double, _ more: String, north: Double = 11
    ) -> String {
        """
        {"type":"Feature","properties":{"code":"\(code)"\(more)},"geometry":{"type":"Polygon","coordinates":\
        [[[\(west),10],[\(east),10],[\(east),\(north)],[\(west),\(north)],[\(west),10]]]}}
        """
    }

    /// The files as they lie in a folder, with the time zone.
    static func folder(_ changes: [String: String] = [:]) throws -> SimulatedFileStore {
        let store = SimulatedFileStore(seed: 1)
        let zone = "\(CivilTimeZone.folder)/\(AreaReference.standardZone)"
        try store.createDirectory("\(CivilTimeZone.folder)/Asia")
        try store.createAtomically(zone, try SystemFileStore().read(zone))
        try store.createDirectory("/areas")
        var files = [
            "units.csv": units, "wards.geojson": wards, "khu_pho.geojson": neighbourhoods, "former.csv": former,
            "ATTRIBUTION.md": "Made up.",
        ]
        files.merge(changes) { $1 }
        for (name, text) in files { try store.createAtomically("/areas/\(name)", Array(text.utf8)) }
        return store
    }

    static func reference() throws -> AreaReference { try .load(folder: "/areas", from: folder()) }

    /// The stream `walk`, whose coordinates have this schema.
    static func catalog(
        coordinates: String = #""type": "number", "multipleOf": 0.000001"#,
        place: String = "{ latitude: /lat, longitude: /lon, ward: /ward }", properties: String = ""
    ) throws -> StreamCatalog {
        let store = SimulatedFileStore(seed: 1)
        let definition = """
            stream: walk
            title: { en: walk, vi: walk }
            schema: v1.schema.json
            time: /t
            identity: [/device, /t]
            duplicate_window: 1h
            clock: { future: 1m, past: 36500d }
            \(place.isEmpty ? "" : "place: \(place)")
            sources:
              - { topic: walk/+, format: json }
            """
        let schema = """
            {
              "type": "object",
              "properties": {
                "t": { "type": "string", "format": "date-time" },
                "device": { "type": "string" },
                "lat": { \(coordinates), "minimum": -90, "maximum": 90 },
                "lon": { \(coordinates), "minimum": -180, "maximum": 180 },
                "ward": { "type": "string" }\(properties)
              },
              "required": ["t", "device"]
            }
            """
        try store.createDirectory("/schemas/walk")
        try store.createAtomically("/schemas/walk/stream.yaml", Array(definition.utf8))
        try store.createAtomically("/schemas/walk/v1.schema.json", Array(schema.utf8))
        return try StreamCatalog.load("/schemas", from: store)
    }
}
