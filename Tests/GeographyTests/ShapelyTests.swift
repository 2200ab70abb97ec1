import Foundation
import Geography
import TestSupport
import Testing

/// Places and areas as shapely 2 sees them.
@Suite(.enabled(if: PythonScript.interpreter != nil, "set PHUSA_PYTHON to a Python with shapely"))
struct ShapelyTests {
    @Test("shapely finds the same wards for 100,000 random places and around all borders")
    func wards() throws {
        let atlas = try ShippedAreas.atlas()
        let version = try #require(atlas.latestVersion)
        var random = SeededRandom(seed: 100_000)
        var places: [Position] = []
        for _ in 0..<100_000 {
            let box = [(106.3, 10.2, 107.7, 11.6), (105.2, 20.5, 106.1, 21.5), (106.4, 8.5, 106.8, 8.9)]
                .randomElement(using: &random)
            let (west, south, east, north) = try #require(box)
            let place = Position(
                longitude: .random(in: west...east, using: &random),
                latitude: .random(in: south...north, using: &random))
            places.append(try #require(place))
        }
        for id in version.wards {
            for ring in atlas[id].shape?.rings ?? [] {
                for (start, end) in zip(ring.corners, ring.corners.dropFirst() + ring.corners.prefix(1)) {
                    places += try Self.places(around: start, end, random: &random)
                }
            }
        }
        var lines = ""
        var wards: [Int32] = []
        version.findWards(at: places.span, into: &wards)
        for (place, ward) in zip(places, wards) {
            #expect(version.ward(at: place).map { Int32($0.index) } ?? -1 == ward)
            let code = ward < 0 ? "-" : atlas.areas[Int(ward)].code
            lines += "\(place.longitude) \(place.latitude) \(code)\n"
        }
        try check("wards.py", lines)
    }

    @Test("shapely cuts the same areas out of tiles", arguments: [12, 16])
    func tileShares(zoom: Int) throws {
        let atlas = try ShippedAreas.atlas()
        let version = try #require(atlas.latestVersion)
        let wards = zoom == 12 ? version.wards : version.wards.filter { atlas[$0].code.hasSuffix("3") }
        #expect(wards.count > 20)
        var lines = ""
        for share in atlas.tileShares(of: wards, zoom: zoom) {
            lines += "\(share.tile.quadkey) \(atlas[share.area].code) \(share.squareMetres)\n"
        }
        try check("tile_shares.py", lines)
    }

    /// A corner, the middle of the side behind it, and a place within 5 m of each.
    private static func places(
        around start: Position, _ end: Position, random: inout SeededRandom
    ) throws -> [Position] {
        let middle = (
            (Int64(start.longitude) + Int64(end.longitude)) / 2, (Int64(start.latitude) + Int64(end.latitude)) / 2
        )
        return try [(Int64(start.longitude), Int64(start.latitude)), middle].flatMap { longitude, latitude in
            let near = try #require(
                Position(
                    longitudeUnits: longitude + .random(in: -450...450, using: &random),
                    latitudeUnits: latitude + .random(in: -450...450, using: &random)))
            return [try #require(Position(longitudeUnits: longitude, latitudeUnits: latitude)), near]
        }
    }

    private func check(_ script: String, _ lines: String) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("places-\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: file) }  // A leftover in the temporary folder harms nobody.
        try Data(lines.utf8).write(to: file)
        let wards = ShippedAreas.folder.appendingPathComponent("wards.geojson").path
        let result = try PythonScript.run(script, [wards, file.path])
        #expect(result.status == 0, "\(result.output)")
        print(result.output)
    }
}
