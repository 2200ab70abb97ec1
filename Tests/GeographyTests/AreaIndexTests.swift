import Geography
import TestSupport
import Testing

struct AreaIndexTests {
    /// Quadrilaterals that share their sides without gaps, with corners that a seed moves about.
    ///
    /// Some corners stay on one parallel or meridian, so that rays run along sides and through corners.
    private static func mesh(_ count: Int, side: Int64, random: inout SeededRandom) -> [AreaShape] {
        func corner(_ column: Int, _ row: Int) -> (Int64, Int64) { (Int64(column) * side, Int64(row) * side) }
        var corners: [[Position]] = []
        for row in 0...count {
            corners.append(
                (0...count).compactMap { column in
                    let (east, north) = corner(column, row)
                    let isOuter = [0, count].contains(row) || [0, count].contains(column)
                    let shift = isOuter || random.chance(1, in: 3) ? 0 : side / 3
                    return Position(
                        longitudeUnits: 1_066_000_000 + east + .random(in: -shift...shift, using: &random),
                        latitudeUnits: 107_000_000 + north + .random(in: -shift...shift, using: &random))
                })
        }
        return (0..<count).flatMap { row in
            (0..<count).map { column in
                let ring = [
                    corners[row][column], corners[row][column + 1], corners[row + 1][column + 1],
                    corners[row + 1][column],
                ]
                return AreaShape(rings: [AreaShape.Ring(corners: ring, isHole: false)])
            }
        }
    }

    @Test(
        "every place of a mesh belongs to exactly one area, on sides and corners too", arguments: [UInt64(1), 2, 3, 4])
    func partition(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        // Small sides, so that many places lie exactly on them.
        let side: Int64 = seed % 2 == 0 ? 12 : 60_000
        let shapes = Self.mesh(9, side: side, random: &random)
        let oracles = shapes.map(ShapeOracle.init)
        let index = AreaIndex(shapes)
        var places: [Position] = shapes.flatMap { $0.rings[0].corners }
        for shape in shapes {
            let ring = shape.rings[0].corners
            for (start, end) in zip(ring, ring.dropFirst() + ring.prefix(1)) {
                let middle = Position(
                    longitudeUnits: (Int64(start.longitude) + Int64(end.longitude)) / 2,
                    latitudeUnits: (Int64(start.latitude) + Int64(end.latitude)) / 2)
                places.append(try #require(middle))
            }
        }
        for _ in 0..<5000 {
            let place = Position(
                longitudeUnits: 1_066_000_000 + .random(in: -side..<(10 * side), using: &random),
                latitudeUnits: 107_000_000 + .random(in: -side..<(10 * side), using: &random))
            places.append(try #require(place))
        }
        for place in places {
            let holders = oracles.indices.filter { oracles[$0].contains(place) }
            let isInSquare =
                (1_066_000_000..<(1_066_000_000 + 9 * side)).contains(Int64(place.longitude))
                && (107_000_000..<(107_000_000 + 9 * side)).contains(Int64(place.latitude))
            #expect(holders.count == (isInSquare ? 1 : 0), "at \(place), seed \(seed)")
            #expect(index.shape(at: place) == holders.first, "at \(place), seed \(seed)")
        }
        var found: [Int32] = []
        index.findShapes(at: places.span, into: &found)
        #expect(found == places.map { index.shape(at: $0).map { Int32($0) } ?? -1 }, "many at a time, seed \(seed)")
    }

    @Test("a limit of memory makes no difference to the answers", arguments: [0, 70_000, 4 << 20])
    func memoryLimit(maximumCellCount: Int) throws {
        var random = SeededRandom(seed: 11)
        let shapes = Self.mesh(20, side: 20_000, random: &random)
        let index = AreaIndex(shapes, maximumCellCount: maximumCellCount)
        let oracles = shapes.map(ShapeOracle.init)
        for _ in 0..<2000 {
            let place = try #require(
                Position(
                    longitudeUnits: 1_066_000_000 + .random(in: 0..<400_000, using: &random),
                    latitudeUnits: 107_000_000 + .random(in: 0..<400_000, using: &random)))
            #expect(index.shape(at: place) == oracles.firstIndex { $0.contains(place) })
        }
    }

    @Test(
        "stars that overlap, with holes, as large as continents: the first in the list has the place",
        arguments: [
            (UInt64(1), Int64(1000)), (2, 5_000_000), (3, 800_000_000),
        ])
    func overlapping(seed: UInt64, extent: Int64) throws {
        var random = SeededRandom(seed: seed)
        let shapes = (0..<12).map { _ in
            let rings = (0..<2).map { hole in
                // Random corners: the rings cross themselves, and the rule still gives one answer.
                let corners = (0..<40).compactMap { _ in
                    Position(
                        longitudeUnits: .random(in: -extent...extent, using: &random),
                        latitudeUnits: .random(in: -extent...extent, using: &random) / 2)
                }
                return AreaShape.Ring(corners: corners, isHole: hole == 1)
            }
            return AreaShape(rings: rings)
        }
        let index = AreaIndex(shapes)
        let oracles = shapes.map(ShapeOracle.init)
        let corners = shapes.flatMap(\.rings).flatMap(\.corners)
        for round in 0..<6000 {
            var longitude = Int64.random(in: -extent...extent, using: &random)
            var latitude = Int64.random(in: -extent...extent, using: &random) / 2
            if round % 3 == 0, let corner = corners.randomElement(using: &random) {
                (longitude, latitude) = (Int64(corner.longitude), Int64(corner.latitude))
                longitude += .random(in: -1...1, using: &random)
            }
            let place = try #require(Position(longitudeUnits: longitude, latitudeUnits: latitude))
            #expect(index.shape(at: place) == oracles.firstIndex { $0.contains(place) }, "at \(place), seed \(seed)")
        }
    }

    @Test("an index over nothing finds nothing")
    func empty() throws {
        let place = try #require(Position(longitude: 0, latitude: 0))
        #expect(AreaIndex([]).shape(at: place) == nil)
        #expect(AreaIndex([AreaShape(rings: [])]).shape(at: place) == nil)
        let line = [place, try #require(Position(longitude: 1, latitude: 0)), place]
        #expect(AreaIndex([AreaShape(rings: [.init(corners: line, isHole: false)])]).shape(at: place) == nil)
    }
}
