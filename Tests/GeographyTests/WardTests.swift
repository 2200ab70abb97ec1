import Foundation
import Geography
import TestSupport
import Testing

/// The wards of both cities as they are shipped.
struct WardTests {
    private let atlas: AreaAtlas
    private let version: AreaVersion

    init() throws {
        atlas = try ShippedAreas.atlas()
        version = try #require(atlas.latestVersion)
    }

    @Test("294 wards of two cities have been in force since 1 July 2025")
    func tree() throws {
        #expect(atlas.versions.count == 1)
        #expect(version.validity == Validity(start: CalendarDay("2025-07-01"), end: nil))
        #expect(version.wards.count == 294 && version.neighbourhoods.isEmpty)
        let cities = atlas.areas.filter { $0.level == .city }
        #expect(cities.map(\.code) == ["01", "79"])
        #expect(cities.map(\.nameEnglish) == ["Hanoi", "Ho Chi Minh"])
        #expect(cities.map { atlas.children(of: $0.id).count } == [126, 168])
        let found = try #require(version.area(code: "00004"))
        let baDinh = atlas[found]
        #expect(baDinh.fullName == "Phường Ba Đình" && baDinh.nameEnglish == "Ba Dinh" && baDinh.kindEnglish == "ward")
        #expect(baDinh.declaredSquareKilometres == 2.97)
        #expect(atlas.ancestor(of: baDinh.id, at: .city) == cities[0].id)
        #expect(atlas.ancestor(of: baDinh.id, at: .neighbourhood) == nil)
        let days = try ["2025-06-30", "2025-07-01"].map { try #require(CalendarDay($0)) }
        #expect(days.map { atlas.version(inForceOn: $0)?.wards.count } == [nil, 294])
    }

    @Test("places all over, and around every corner, are found as the slow rule finds them")
    func oracle() throws {
        let wards = version.wards.map { ($0, ShapeOracle(atlas[$0].shape ?? AreaShape(rings: []))) }
        var random = SeededRandom(seed: 20)
        var places: [Position] = []
        for box in [(106.3, 10.2, 107.7, 11.6), (105.2, 20.5, 106.1, 21.5), (106.4, 8.5, 106.8, 8.9)] {
            for _ in 0..<5000 {
                let place = Position(
                    longitude: .random(in: box.0...box.2, using: &random),
                    latitude: .random(in: box.1...box.3, using: &random))
                places.append(try #require(place))
            }
        }
        for corner in version.wards.flatMap({ atlas[$0].shape?.rings.flatMap(\.corners) ?? [] }) {
            guard random.chance(1, in: 4) else { continue }
            let place = Position(
                longitudeUnits: Int64(corner.longitude) + .random(in: -2...2, using: &random),
                latitudeUnits: Int64(corner.latitude) + .random(in: -2...2, using: &random))
            places.append(try #require(place))
        }
        var found = 0
        for place in places {
            let expected = wards.first { $0.1.contains(place) }?.0
            #expect(version.ward(at: place) == expected, "at \(place)")
            found += expected == nil ? 0 : 1
        }
        #expect(found > places.count / 2)
    }

    @Test("polygons have the areas and inner places of the table of units")
    func areas() throws {
        let records = try ShippedAreas.records()
        let table = try ShippedAreas.bytes(of: ShippedAreas.folder.appendingPathComponent("units.csv"))
        let rows = String(decoding: table, as: UTF8.self).split(whereSeparator: \.isNewline).dropFirst()
        var sums = (computed: 0.0, stated: 0.0)
        for row in rows {
            let fields = row.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard let stated = Double(fields[14]), let latitude = Double(fields[8]), let longitude = Double(fields[9])
            else { continue }
            let id = try #require(version.area(code: fields[0]))
            let shape = try #require(atlas[id].shape)
            let computed = shape.squareMetres / 1e6
            // The table gives the polygons before they were simplified, to 0.001 km².
            #expect(abs(computed - stated) < stated * 0.0025 + 0.0005, "\(fields[0]): \(computed) and \(stated) km²")
            sums = (sums.computed + computed, sums.stated + stated)
            let place = try #require(Position(longitude: longitude, latitude: latitude))
            #expect(version.ward(at: place) == id)
            let inner = try #require(shape.innerPosition)
            #expect(version.ward(at: inner) == id)
        }
        #expect(records.count == 296 + 294)
        #expect(abs(sums.computed / sums.stated - 1) < 1e-4)
    }

    @Test("the parts of tiles in a ward add up to the ward", arguments: [10, 14, 17])
    func tileShares(zoom: Int) throws {
        let shares = atlas.tileShares(of: version.wards, zoom: zoom)
        #expect(zip(shares, shares.dropFirst()).allSatisfy { ($0.tile, $0.area) < ($1.tile, $1.area) })
        var sums: [AreaID: Double] = [:]
        var tiles: [Tile: Double] = [:]
        for share in shares {
            #expect(share.tile.zoom == zoom && share.squareMetres > 0)
            sums[share.area, default: 0] += share.squareMetres
            tiles[share.tile, default: 0] += share.squareMetres
        }
        #expect(sums.count == 294)
        for (id, sum) in sums {
            let whole = try #require(atlas[id].shape).squareMetres
            #expect(abs(sum / whole - 1) < 1e-8, "\(atlas[id].code)")
        }
        // No tile has more than itself, but for slivers where simplified outlines overlap: by shapely 622 m² in all.
        let excess = tiles.reduce(0) { $0 + max(0, $1.value - $1.key.squareMetres) }
        #expect(excess < 650)
    }

    @Test("the index of both cities stays below 5 MiB")
    func memory() {
        #expect(version.indexByteCount < 5 << 20)
    }
}
