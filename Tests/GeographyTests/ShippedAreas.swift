import Foundation
import Geography
import Testing

/// The areas under `Schemas/areas`, and what else is at hand on this machine.
enum ShippedAreas {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Schemas/areas")

    static let sharedData = ProcessInfo.processInfo.environment["PHUSA_SHARED_DATA"]

    static func records() throws -> [AreaRecord] {
        let units = try bytes(of: folder.appendingPathComponent("units.csv"))
        let wards = try bytes(of: folder.appendingPathComponent("wards.geojson"))
        return try unsafe UnitTable.read(units.span.bytes, file: "units.csv")
            + BoundaryFile.read(wards.span.bytes, file: "wards.geojson")
    }

    static func atlas() throws -> AreaAtlas { try loaded.get() }

    private static let loaded = Result { try AreaAtlas(records()) }

    static func bytes(of file: URL) throws -> [UInt8] { try Array(Data(contentsOf: file)) }
}

/// Runs the scripts in `Oracle`.
enum PythonScript {
    static let interpreter = ProcessInfo.processInfo.environment["PHUSA_PYTHON"]

    static func run(_ name: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Oracle")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: interpreter ?? "/usr/bin/python3")
        process.arguments = [folder.appendingPathComponent(name).path] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

/// The slow and obvious form of the rule by which a place belongs to a shape.
struct ShapeOracle {
    private let sides: [(Position, Position)]
    private let box: (west: Int32, south: Int32, east: Int32, north: Int32)

    init(_ shape: AreaShape) {
        sides = shape.rings.flatMap { ring in
            zip(ring.corners, ring.corners.dropFirst() + ring.corners.prefix(1)).map { ($0, $1) }
        }
        let corners = shape.rings.flatMap(\.corners)
        box = (
            corners.map(\.longitude).min() ?? 0, corners.map(\.latitude).min() ?? 0,
            corners.map(\.longitude).max() ?? 0, corners.map(\.latitude).max() ?? 0
        )
    }

    func contains(_ place: Position) -> Bool {
        guard (box.west...box.east).contains(place.longitude), (box.south...box.north).contains(place.latitude) else {
            return false
        }
        var isInside = false
        for (start, end) in sides where (start.latitude > place.latitude) != (end.latitude > place.latitude) {
            // The crossing's longitude times the height of the side, in numbers wide enough for anything.
            let height = Int128(end.latitude) - Int128(start.latitude)
            let crossing =
                Int128(start.longitude) * height
                + (Int128(place.latitude) - Int128(start.latitude)) * (Int128(end.longitude) - Int128(start.longitude))
            let longitude = Int128(place.longitude) * height
            if height > 0 ? longitude < crossing : longitude > crossing { isInside.toggle() }
        }
        return isInside
    }
}
