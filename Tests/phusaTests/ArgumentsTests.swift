import Testing

@testable import phusa

@Suite("Values of options")
struct ArgumentsTests {
    @Test("shares", arguments: [("1%", 0.01), ("0.5 %", 0.005), ("0.02", 0.02), ("100%", 1)])
    func share(text: String, expected: Double) throws {
        #expect(abs(try Arguments.share(text) - expected) < 1e-12)
    }

    @Test("rates", arguments: [("5000/s", 5000.0), ("5000", 5000), ("2.5k/s", 2500)])
    func rate(text: String, expected: Double) throws {
        #expect(try Arguments.rate(text) == expected)
    }

    @Test("counts", arguments: [("100_000", 100_000), ("100k", 100_000), ("2M", 2_000_000), ("1,000", 1000)])
    func count(text: String, expected: Int) throws {
        #expect(try Arguments.count(text) == expected)
    }

    @Test(
        "time spans",
        arguments: [
            ("500ms", Duration.milliseconds(500)), ("1h30m", .seconds(5400)), ("2d", .seconds(172_800)),
            ("1.5s", .milliseconds(1500)),
        ])
    func duration(text: String, expected: Duration) throws {
        #expect(try Arguments.duration(text) == expected)
    }

    @Test("what cannot be meant is refused", arguments: ["", "-1", "120%", "x", "0", "1w", "10", "1.5.2s"])
    func refused(text: String) {
        #expect(throws: (any Error).self) { try Arguments.duration(text) }
        if text != "10" {
            #expect(throws: (any Error).self) { try Arguments.rate(text) }
            #expect(throws: (any Error).self) { try Arguments.count(text) }
        }
    }
}
