import Glibc

/// The boundary of a ward: outer rings and holes alike, since a point is inside when it crosses an odd number of them.
struct WardOutline: Sendable {
    struct Point: Sendable {
        let longitude: Double
        let latitude: Double
    }

    private let rings: [[Point]]
    private let west: Double
    private let south: Double
    private let east: Double
    private let north: Double

    /// Nil without any ring of three points.
    init?(rings: [[Point]]) {
        self.rings = rings.filter { $0.count >= 3 }
        let points = self.rings.joined()
        guard let first = points.first else { return nil }
        west = points.reduce(first.longitude) { min($0, $1.longitude) }
        east = points.reduce(first.longitude) { max($0, $1.longitude) }
        south = points.reduce(first.latitude) { min($0, $1.latitude) }
        north = points.reduce(first.latitude) { max($0, $1.latitude) }
    }

    /// A random point inside; nil when none is found, as in a sliver.
    func place(using random: inout SeededRandom) -> Place? {
        for _ in 0..<100 {
            let longitude = random.number(in: west...east)
            let latitude = random.number(in: south...north)
            let metres = metresToBoundary(longitude: longitude, latitude: latitude)
            // 20 m: a point on the boundary itself could lie in the neighbour after rounding.
            if metres > 20, contains(longitude: longitude, latitude: latitude) {
                return Place(latitude: latitude, longitude: longitude, freeMetres: metres - 10)
            }
        }
        return nil
    }

    func contains(longitude: Double, latitude: Double) -> Bool {
        var isInside = false
        for ring in rings {
            var previous = ring[ring.count - 1]
            for point in ring {
                if (point.latitude > latitude) != (previous.latitude > latitude) {
                    let share = (latitude - point.latitude) / (previous.latitude - point.latitude)
                    let crossing = point.longitude + share * (previous.longitude - point.longitude)
                    if longitude < crossing { isInside.toggle() }
                }
                previous = point
            }
        }
        return isInside
    }

    func metresToBoundary(longitude: Double, latitude: Double) -> Double {
        let eastScale = Place.metresPerDegree * cos(latitude * .pi / 180)
        let northScale = Place.metresPerDegree
        var nearest = Double.infinity
        for ring in rings {
            var previous = ring[ring.count - 1]
            for point in ring {
                // Vectors from the point asked about, in metres.
                let startX = (previous.longitude - longitude) * eastScale
                let startY = (previous.latitude - latitude) * northScale
                let edgeX = (point.longitude - previous.longitude) * eastScale
                let edgeY = (point.latitude - previous.latitude) * northScale
                let length = edgeX * edgeX + edgeY * edgeY
                let share = length == 0 ? 0 : min(1, max(0, -(startX * edgeX + startY * edgeY) / length))
                let x = startX + share * edgeX
                let y = startY + share * edgeY
                nearest = min(nearest, x * x + y * y)
                previous = point
            }
        }
        return nearest.squareRoot()
    }
}
