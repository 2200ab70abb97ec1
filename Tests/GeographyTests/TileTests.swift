import Geography
import TestSupport
import Testing

struct TileTests {
    @Test("tiles, quadkeys and bounds are those that Microsoft and mercantile document")
    func golden() throws {
        // learn.microsoft.com/bingmaps/articles/bing-maps-tile-system: tile (3, 5) at level 3 has the quadkey 213.
        #expect(Tile(column: 3, row: 5, zoom: 3)?.quadkey == "213")
        // mercantile.readthedocs.io, quickstart: tile, bounds and quadkey of (486, 332, 10).
        let tile = try #require(Tile(column: 486, row: 332, zoom: 10))
        #expect(tile.quadkey == "0313102310")
        #expect(abs(tile.bounds.west - -9.140625) < 1e-12)
        #expect(abs(tile.bounds.south - 53.12040528310657) < 1e-12)
        #expect(abs(tile.bounds.east - -8.7890625) < 1e-12)
        #expect(abs(tile.bounds.north - 53.33087298301705) < 1e-12)
        let place = try #require(Position(longitude: 20.6852, latitude: 40.1222))
        #expect(Tile(containing: place, zoom: 9) == Tile(column: 285, row: 193, zoom: 9))
    }

    @Test("id, quadkey, column and row name the same tile", arguments: Tile.zooms)
    func names(zoom: Int) throws {
        var random = SeededRandom(seed: UInt64(zoom))
        for _ in 0..<500 {
            let (column, row) = (
                Int.random(in: 0..<(1 << zoom), using: &random), Int.random(in: 0..<(1 << zoom), using: &random)
            )
            let tile = try #require(Tile(column: column, row: row, zoom: zoom))
            #expect(tile.zoom == zoom && tile.column == column && tile.row == row)
            #expect(Tile(id: tile.id) == tile)
            #expect(tile.quadkey.count == zoom && Tile(quadkey: tile.quadkey) == tile)
        }
    }

    @Test("what names no tile gives none")
    func refused() {
        #expect(Tile(id: 0) == nil && Tile(id: 1) == nil && Tile(id: 8) == nil && Tile(id: 1 << 42) == nil)
        #expect(Tile(id: 4)?.quadkey == "0" && Tile(id: (1 << 41) - 1)?.quadkey == String(repeating: "3", count: 20))
        #expect(Tile(quadkey: "") == nil && Tile(quadkey: "014") == nil && Tile(quadkey: "0 1") == nil)
        #expect(Tile(quadkey: String(repeating: "0", count: 21)) == nil)
        #expect(Tile(column: 2, row: 0, zoom: 1) == nil && Tile(column: 0, row: 0, zoom: 0) == nil)
    }

    @Test("a place lies in its tile, and its tiles of all zooms in each other", arguments: [UInt64(1), 2, 3])
    func containing(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<1000 {
            let position = try #require(
                Position(
                    longitude: .random(in: -180...180, using: &random), latitude: .random(in: -85...85, using: &random))
            )
            var parent: Tile?
            for zoom in Tile.zooms {
                let tile = Tile(containing: position, zoom: zoom)
                let bounds = tile.bounds
                #expect(bounds.west - 1e-9 <= position.longitudeDegrees)
                #expect(position.longitudeDegrees <= bounds.east + 1e-9)
                #expect(bounds.south - 1e-9 <= position.latitudeDegrees)
                #expect(position.latitudeDegrees <= bounds.north + 1e-9)
                if zoom > 1 { #expect(tile.parent == parent) }
                #expect(tile.ancestor(zoom: 1)?.id == Tile(containing: position, zoom: 1).id)
                parent = tile
            }
        }
    }

    @Test("places beyond the map belong to its outermost rows, and the date line to the last column")
    func edges() throws {
        let north = try #require(Position(longitude: 0, latitude: 90))
        let south = try #require(Position(longitude: 180, latitude: -90))
        #expect(Tile(containing: north, zoom: 20).row == 0)
        #expect(Tile(containing: south, zoom: 20).row == (1 << 20) - 1)
        #expect(Tile(containing: south, zoom: 20).column == (1 << 20) - 1)
    }

    @Test("neighbours touch, go around the earth and end at the poles")
    func neighbours() throws {
        let inner = try #require(Tile(column: 5, row: 6, zoom: 4))
        #expect(inner.neighbours.count == 8)
        #expect(inner.neighbours.allSatisfy { $0.neighbours.contains(inner) })
        let corner = try #require(Tile(column: 0, row: 0, zoom: 4))
        #expect(corner.neighbours.count == 5)
        #expect(corner.neighbour(east: -1, south: 0) == Tile(column: 15, row: 0, zoom: 4))
        #expect(corner.neighbour(east: 0, south: -1) == nil)
        #expect(Tile(quadkey: "0")?.neighbours.count == 3)
    }

    @Test("children make up their parent, also in area")
    func children() throws {
        var random = SeededRandom(seed: 5)
        for _ in 0..<200 {
            let id = (UInt64(1) << 34) | (random.next() & ((1 << 34) - 1))
            let tile = try #require(Tile(id: id))
            #expect(tile.children.count == 4)
            #expect(tile.children.allSatisfy { $0.parent == tile })
            let sum = tile.children.reduce(0) { $0 + $1.squareMetres }
            #expect(abs(sum / tile.squareMetres - 1) < 1e-6)
        }
        #expect(Tile(quadkey: String(repeating: "1", count: 20))?.children.isEmpty == true)
    }

    @Test("the ellipsoid has the area that WGS 84 has")
    func ellipsoid() throws {
        // NIMA TR8350.2, table 3.3 gives the radius of the sphere of equal area, 6371007.1809 m.
        let radius = 6_371_007.1809
        let whole = 4 * Double.pi * Ellipsoid.areaToEquator(latitudeDegrees: 90)
        #expect(abs(whole / (4 * .pi * radius * radius) - 1) < 1e-10)
        let map = (0..<4).reduce(0.0) { $0 + (Tile(quadkey: String($1))?.squareMetres ?? 0) }
        #expect(map < whole && map > whole * 0.99)
        // A tile of zoom 17 in Ho Chi Minh City has sides of 2π · 6378137 / 2^17 · cos(10.77°), about 300 m.
        let place = try #require(Position(longitude: 106.7, latitude: 10.77))
        let side = Tile(containing: place, zoom: 17).squareMetres.squareRoot()
        #expect(side > 298 && side < 301)
    }
}
