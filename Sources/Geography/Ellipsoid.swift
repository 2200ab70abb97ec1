import Glibc

/// Areas on the WGS 84 ellipsoid (semi-major axis 6,378,137 m, flattening 1/298.257223563).
package enum Ellipsoid {
    private static let semiMajorAxis = 6_378_137.0
    private static let flattening = 1 / 298.257223563
    private static let semiMinorAxis = semiMajorAxis * (1 - flattening)
    private static let eccentricitySquared = flattening * (2 - flattening)
    private static let eccentricity = eccentricitySquared.squareRoot()

    /// The area between the equator and a latitude, for one radian of longitude, in square metres.
    ///
    /// Snyder, Map Projections: A Working Manual (USGS Professional Paper 1395), equation 3-12 times half the square
    /// of the semi-minor axis over 1 - e².
    package static func areaToEquator(latitudeDegrees: Double) -> Double {
        let sine = sin(latitudeDegrees * .pi / 180)
        let scaled = eccentricity * sine
        return semiMinorAxis * semiMinorAxis / 2 * (sine / (1 - scaled * scaled) + atanh(scaled) / eccentricity)
    }

    /// The area of a ring whose sides are straight in longitude and latitude, as RFC 7946 section 3.1.1 wants it, in
    /// square metres; positive whatever its direction.
    package static func squareMetres(of ring: [DegreePoint]) -> Double {
        guard var previous = ring.last else { return 0 }
        var sum = 0.0
        for point in ring {
            sum += areaBelow(previous, point)
            previous = point
        }
        return sum.magnitude
    }

    /// The signed area between a straight side and the equator.
    private static func areaBelow(_ start: DegreePoint, _ end: DegreePoint) -> Double {
        guard start.longitude != end.longitude else { return 0 }
        // Up to half a degree, Simpson's rule is exact to more digits than a Double has.
        let pieceCount = max(1, Int(((end.latitude - start.latitude).magnitude / 0.5).rounded(.up)))
        let step = (end.latitude - start.latitude) / Double(pieceCount)
        var sum = 0.0
        for piece in 0..<pieceCount {
            let low = start.latitude + step * Double(piece)
            sum += areaToEquator(latitudeDegrees: low) + 4 * areaToEquator(latitudeDegrees: low + step / 2)
            sum += areaToEquator(latitudeDegrees: low + step)
        }
        return (end.longitude - start.longitude) * .pi / 180 * sum / 6 / Double(pieceCount)
    }
}

/// A corner in degrees, for computing areas; where sides matter exactly there is `Position`.
package struct DegreePoint: Hashable, Sendable, BitwiseCopyable {
    package var longitude: Double
    package var latitude: Double

    @inlinable
    package init(longitude: Double, latitude: Double) {
        self.longitude = longitude
        self.latitude = latitude
    }
}
