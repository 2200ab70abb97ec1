import Glibc
import Telemetry

/// A cell of the web-mercator grid (EPSG 3857), named by a quadkey as in Microsoft's "Bing Maps Tile System".
///
/// The id is the quadkey as a number, two bits a digit, with a 1 in front: the root would be 1, its children 4 to 7.
/// So ids of all zooms differ, fit a signed 64-bit column and a JSON number, the parent is `id >> 2`, and tiles of one
/// zoom sorted by id lie in Z order.
package struct Tile: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The zooms of tiles: from 2 x 2 tiles down to tiles of 38 m on the equator.
    package static let zooms = 1...20
    /// Where the square map ends; places beyond belong to the outermost row.
    package static let maximumLatitude = 85.051128779806592

    package let id: UInt64

    /// The tile with this id; nil when it is none.
    package init?(id: UInt64) {
        let bitCount = UInt64.bitWidth - id.leadingZeroBitCount
        guard bitCount % 2 == 1, Self.zooms.contains((bitCount - 1) / 2) else { return nil }
        self.id = id
    }

    /// The tile in `column` from the west and `row` from the north, both from 0; nil outside the map.
    package init?(column: Int, row: Int, zoom: Int) {
        guard Self.zooms.contains(zoom) else { return nil }
        let count = 1 << zoom
        guard (0..<count).contains(column), (0..<count).contains(row) else { return nil }
        self.init(checkedColumn: UInt64(column), row: UInt64(row), zoom: zoom)
    }

    /// The tile with this quadkey, such as `132310`; nil when it is none.
    package init?(quadkey: String) {
        guard Self.zooms.contains(quadkey.utf8.count) else { return nil }
        var id: UInt64 = 1
        for character in quadkey.utf8 {
            let digit = character &- UInt8(ascii: "0")
            guard digit < 4 else { return nil }
            id = id << 2 | UInt64(digit)
        }
        self.id = id
    }

    /// The tile that holds `position`: its west and north sides belong to a tile, its east and south sides to the next.
    ///
    /// A zoom that is not one of `zooms` stops the process.
    package init(containing position: Position, zoom: Int) {
        require(Self.zooms.contains(zoom), "the zoom of tiles was checked with the configuration")
        let last = Int64(1) &<< Int64(zoom) - 1
        // The column is exact: 3.6e9 units around the earth.
        let column = (Int64(position.longitude) + 1_800_000_000) &<< Int64(zoom) / 3_600_000_000
        let sine = sin(position.latitudeDegrees * .pi / 180)
        let north = 0.5 - log((1 + sine) / (1 - sine)) / (4 * .pi)
        let row = Int64(min(max(north * Double(last + 1), 0), Double(last)))
        self.init(checkedColumn: UInt64(min(column, last)), row: UInt64(row), zoom: zoom)
    }

    private init(checkedColumn column: UInt64, row: UInt64, zoom: Int) {
        id = 1 &<< UInt64(2 * zoom) | Self.spread(row) << 1 | Self.spread(column)
    }

    package static func < (left: Tile, right: Tile) -> Bool { left.id < right.id }

    package var zoom: Int { (UInt64.bitWidth - 1 - id.leadingZeroBitCount) / 2 }

    /// From 0 in the west, at longitude -180.
    package var column: Int { Int(Self.gather(id & ~(1 << UInt64(2 * zoom)))) }

    /// From 0 in the north.
    package var row: Int { Int(Self.gather((id & ~(1 << UInt64(2 * zoom))) >> 1)) }

    /// One digit from 0 to 3 for each zoom, the coarsest first.
    package var quadkey: String {
        let zoom = zoom
        return String(
            decoding: (0..<zoom).map { UInt8(ascii: "0") + UInt8(id >> UInt64(2 * (zoom - 1 - $0)) & 3) },
            as: UTF8.self)
    }

    // MARK: Relatives

    /// The tile of the next coarser zoom that holds this one; nil at zoom 1.
    package var parent: Tile? { Tile(id: id >> 2) }

    /// The tile of a coarser or the same zoom that holds this one; nil when `zoom` is finer.
    package func ancestor(zoom: Int) -> Tile? {
        let levels = self.zoom - zoom
        return levels >= 0 && Self.zooms.contains(zoom) ? Tile(id: id >> UInt64(2 * levels)) : nil
    }

    /// The four tiles that this one is made of, in the order of their ids: north-west, north-east, south-west,
    /// south-east; none at the finest zoom.
    package var children: [Tile] { (0..<4).compactMap { Tile(id: id << 2 | $0) } }

    /// The tile so many columns to the east and rows to the south: around the earth, but nil beyond its poles.
    package func neighbour(east: Int, south: Int) -> Tile? {
        let count = 1 << zoom
        let column = (column + east % count + count) % count
        return Tile(column: column, row: row + south, zoom: zoom)
    }

    /// The tiles that share a side or a corner with this one, in the order of their ids.
    package var neighbours: [Tile] {
        let around = (-1...1).flatMap { south in (-1...1).compactMap { neighbour(east: $0, south: south) } }
        return Set(around).subtracting([self]).sorted()
    }

    // MARK: Extent

    /// The sides of the tile in degrees.
    package var bounds: TileBounds {
        let (column, row, count) = (Double(column), Double(row), Double(1 << zoom))
        return TileBounds(
            west: column / count * 360 - 180, south: Self.latitude(row: (row + 1) / count),
            east: (column + 1) / count * 360 - 180, north: Self.latitude(row: row / count))
    }

    /// The area on the WGS 84 ellipsoid.
    package var squareMetres: Double { bounds.squareMetres }

    /// The latitude of a height on the map, from 0 in the north to 1 in the south.
    private static func latitude(row: Double) -> Double { atan(sinh(.pi * (1 - 2 * row))) * 180 / .pi }

    // MARK: Interleaving bits

    /// Puts a zero above every bit of a number below 2^20.
    private static func spread(_ number: UInt64) -> UInt64 {
        var bits = number
        bits = (bits | bits << 16) & 0x0000_FFFF_0000_FFFF
        bits = (bits | bits << 8) & 0x00FF_00FF_00FF_00FF
        bits = (bits | bits << 4) & 0x0F0F_0F0F_0F0F_0F0F
        bits = (bits | bits << 2) & 0x3333_3333_3333_3333
        return (bits | bits << 1) & 0x5555_5555_5555_5555
    }

    /// The number of every second bit: undoes `spread`.
    private static func gather(_ number: UInt64) -> UInt64 {
        var bits = number & 0x5555_5555_5555_5555
        bits = (bits | bits >> 1) & 0x3333_3333_3333_3333
        bits = (bits | bits >> 2) & 0x0F0F_0F0F_0F0F_0F0F
        bits = (bits | bits >> 4) & 0x00FF_00FF_00FF_00FF
        bits = (bits | bits >> 8) & 0x0000_FFFF_0000_FFFF
        return (bits | bits >> 16) & 0xFFFF_FFFF
    }
}

extension Tile: CustomStringConvertible {
    package var description: String { quadkey }
}

/// The sides of a tile, which run along meridians and parallels, in degrees.
package struct TileBounds: Hashable, Sendable {
    package let west: Double
    package let south: Double
    package let east: Double
    package let north: Double

    /// The area on the WGS 84 ellipsoid.
    package var squareMetres: Double {
        let height =
            Ellipsoid.areaToEquator(latitudeDegrees: north) - Ellipsoid.areaToEquator(latitudeDegrees: south)
        return (east - west) * .pi / 180 * height
    }
}
