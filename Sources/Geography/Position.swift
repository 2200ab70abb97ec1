/// A place on the earth in WGS 84, counted in units of 1e-7 degree (1.1 cm along a meridian).
///
/// Whole numbers, so that the side of a border on which a place lies is decided exactly.
package struct Position: Hashable, Sendable, BitwiseCopyable {
    /// Decimal places of a degree that are kept.
    package static let decimalPlaces = 7
    package static let unitsPerDegree = 10_000_000.0

    /// From -180 to 180 degrees, in units.
    package let longitude: Int32
    /// From -90 to 90 degrees, in units.
    package let latitude: Int32

    /// Where the equator and the meridian of Greenwich meet.
    package static let origin = Position(longitude: Int32(0), latitude: Int32(0))

    private init(longitude: Int32, latitude: Int32) {
        self.longitude = longitude
        self.latitude = latitude
    }

    /// Takes units; nil outside the earth.
    @inlinable
    package init?(longitudeUnits: Int64, latitudeUnits: Int64) {
        guard longitudeUnits.magnitude <= 1_800_000_000, latitudeUnits.magnitude <= 900_000_000 else { return nil }
        longitude = Int32(truncatingIfNeeded: longitudeUnits)
        latitude = Int32(truncatingIfNeeded: latitudeUnits)
    }

    /// Takes degrees, rounded to the nearest unit; nil outside the earth and for what is no number.
    @inlinable
    package init?(longitude: Double, latitude: Double) {
        guard longitude.magnitude <= 180, latitude.magnitude <= 90 else { return nil }
        self.longitude = Int32(Self.nearest(longitude * Self.unitsPerDegree))
        self.latitude = Int32(Self.nearest(latitude * Self.unitsPerDegree))
    }

    /// Takes degrees as scaled integers, as columns of decimals hold them: `value * 10^scale`.
    ///
    /// - Returns: nil outside the earth.
    package init?(longitude: Int64, latitude: Int64, scale: Int) {
        guard let longitude = Self.units(longitude, scale: scale), let latitude = Self.units(latitude, scale: scale)
        else { return nil }
        self.init(longitudeUnits: longitude, latitudeUnits: latitude)
    }

    package var longitudeDegrees: Double { Double(longitude) / Self.unitsPerDegree }
    package var latitudeDegrees: Double { Double(latitude) / Self.unitsPerDegree }

    /// Halves away from zero, as `rounded()`, which is a call into the C library.
    @inlinable
    static func nearest(_ value: Double) -> Int64 { Int64(value + (value < 0 ? -0.5 : 0.5)) }

    private static func units(_ value: Int64, scale: Int) -> Int64? {
        guard (0...18).contains(scale) else { return nil }
        if scale <= decimalPlaces {
            let (units, overflow) = value.multipliedReportingOverflow(by: powerOfTen(decimalPlaces - scale))
            return overflow ? nil : units
        }
        let divisor = powerOfTen(scale - decimalPlaces)
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder.magnitude * 2 < divisor.magnitude ? quotient : quotient + value.signum()
    }

    private static func powerOfTen(_ exponent: Int) -> Int64 {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }
}

extension Position: CustomStringConvertible {
    /// Longitude and latitude in degrees.
    package var description: String { "[\(longitudeDegrees), \(latitudeDegrees)]" }
}
