/// The outline of an area: rings of straight sides in longitude and latitude.
///
/// A place lies inside when a ray from it to the east crosses the rings an odd number of times, where a side holds its
/// southern end but not its northern one, and a place on a side counts as east of it. So a place on a border that two
/// areas share belongs to exactly one of them: to the one just east of it, or, where the border runs east and west, to
/// the one just north of it.
package struct AreaShape: Hashable, Sendable {
    /// One closed line; the first corner is not repeated at the end.
    package struct Ring: Hashable, Sendable {
        package let corners: [Position]
        /// Whether the ring bounds a hole of the ring before it.
        package let isHole: Bool

        package init(corners: [Position], isHole: Bool) {
            self.corners = corners
            self.isHole = isHole
        }

        var degrees: [DegreePoint] {
            corners.map { DegreePoint(longitude: $0.longitudeDegrees, latitude: $0.latitudeDegrees) }
        }
    }

    package let rings: [Ring]

    package init(rings: [Ring]) {
        self.rings = rings
    }

    /// The area on the WGS 84 ellipsoid; rings must not cross each other.
    package var squareMetres: Double {
        rings.reduce(0) { sum, ring in
            let area = Ellipsoid.squareMetres(of: ring.degrees)
            return ring.isHole ? sum - area : sum + area
        }
    }

    /// A place inside the shape: in the middle of the widest part on the parallel half way up; nil when the shape is
    /// too thin to have one.
    package var innerPosition: Position? {
        let latitudes = rings.flatMap(\.corners).map(\.latitude)
        guard let south = latitudes.min(), let north = latitudes.max() else { return nil }
        let row = Int64(south) + (Int64(north) - Int64(south)) / 2
        let crossings = edges.filter { $0.spans(row) }.map { $0.longitude(at: row) }.sorted()
        var widest: (start: Double, end: Double) = (0, 0)
        for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
            let (start, end) = (crossings[pair], crossings[pair + 1])
            if end - start > widest.end - widest.start { widest = (start, end) }
        }
        guard widest.end - widest.start > 2 else { return nil }
        return Position(longitudeUnits: Int64((widest.start + widest.end) / 2), latitudeUnits: row)
    }

    /// All sides that a ray to the east can cross.
    var edges: [Edge] {
        var edges: [Edge] = []
        for ring in rings {
            guard var previous = ring.corners.last else { continue }
            for corner in ring.corners {
                if let edge = Edge(previous, corner) { edges.append(edge) }
                previous = corner
            }
        }
        return edges
    }
}

/// A side of a ring, from south to north, in units of `Position`.
struct Edge: Hashable, BitwiseCopyable {
    let southLongitude: Int32
    let southLatitude: Int32
    let northLongitude: Int32
    let northLatitude: Int32

    /// nil for sides along a parallel, which no ray to the east crosses.
    init?(_ start: Position, _ end: Position) {
        guard start.latitude != end.latitude else { return nil }
        let (south, north) = start.latitude < end.latitude ? (start, end) : (end, start)
        southLongitude = south.longitude
        southLatitude = south.latitude
        northLongitude = north.longitude
        northLatitude = north.latitude
    }

    /// A side so far in the east that every ray between these latitudes crosses it.
    init(alwaysCrossedFrom south: Int32, to north: Int32) {
        southLongitude = .max
        southLatitude = south
        northLongitude = .max
        northLatitude = north
    }

    /// Whether rays of this latitude can cross the side.
    @inline(__always)
    func spans(_ latitude: Int64) -> Bool {
        Int64(southLatitude) <= latitude && latitude < Int64(northLatitude)
    }

    /// Whether a place is strictly west of the side, for a latitude that the side spans.
    ///
    /// Exact: places and corners are at most 3.7e9 units of longitude apart, latitudes 1.8e9, and the products stay
    /// below 2^63.
    @inline(__always)
    func isEast(ofLongitude longitude: Int64, latitude: Int64) -> Bool {
        (longitude &- Int64(southLongitude)) &* (Int64(northLatitude) &- Int64(southLatitude))
            < (latitude &- Int64(southLatitude)) &* (Int64(northLongitude) &- Int64(southLongitude))
    }

    /// Where the side crosses a parallel, in units.
    func longitude(at latitude: Int64) -> Double {
        let share = Double(latitude - Int64(southLatitude)) / Double(Int64(northLatitude) - Int64(southLatitude))
        return Double(southLongitude) + share * Double(Int64(northLongitude) - Int64(southLongitude))
    }
}
