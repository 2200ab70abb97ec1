import Geography
import TestSupport
import Testing

struct PositionTests {
    @Test("degrees are rounded to the nearest unit")
    func rounding() {
        #expect(Position(longitude: 106.70000004, latitude: 10.77)?.longitude == 1_067_000_000)
        #expect(Position(longitude: 106.70000006, latitude: 10.77)?.longitude == 1_067_000_001)
        #expect(Position(longitude: -8.388167, latitude: -51.935618)?.latitude == -519_356_180)
        #expect(Position(longitude: -0.00000006, latitude: 0)?.longitude == -1)
    }

    @Test("what is not on the earth is no position")
    func outside() {
        #expect(Position(longitude: 180.1, latitude: 0) == nil)
        #expect(Position(longitude: 0, latitude: -90.1) == nil)
        #expect(Position(longitude: .nan, latitude: 0) == nil)
        #expect(Position(longitude: 0, latitude: .infinity) == nil)
        #expect(Position(longitudeUnits: 1_800_000_001, latitudeUnits: 0) == nil)
        #expect(Position(longitudeUnits: .min, latitudeUnits: .max) == nil)
        #expect(Position(longitude: .max, latitude: 0, scale: 0) == nil)
        #expect(Position(longitude: 1, latitude: 0, scale: 19) == nil)
    }

    @Test("scaled decimals give the same place as the degrees that they write", arguments: [0, 3, 5, 6, 7, 9, 15])
    func scaled(scale: Int) throws {
        var random = SeededRandom(seed: UInt64(scale))
        let factor = (0..<scale).reduce(1.0) { power, _ in power * 10 }
        for _ in 0..<1000 {
            let longitude = Int64(Double.random(in: -180...180, using: &random) * factor)
            let latitude = Int64(Double.random(in: -90...90, using: &random) * factor)
            let scaled = try #require(Position(longitude: longitude, latitude: latitude, scale: scale))
            let degrees = try #require(
                Position(longitude: Double(longitude) / factor, latitude: Double(latitude) / factor))
            // A half in decimal may be a little more or less in binary.
            #expect((scaled.longitude - degrees.longitude).magnitude <= (scale > 7 ? 1 : 0))
            #expect((scaled.latitude - degrees.latitude).magnitude <= (scale > 7 ? 1 : 0))
        }
        #expect(Position(longitude: 1_067_000_004, latitude: 0, scale: 7)?.longitude == 1_067_000_004)
        #expect(Position(longitude: -10_670_000_045, latitude: 0, scale: 8)?.longitude == -1_067_000_005)
    }
}
