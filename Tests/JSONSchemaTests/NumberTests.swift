import JSONDocument
import TestSupport
import Testing

@testable import JSONSchema

struct NumberTests {
    private func multiple(_ text: String) throws -> DecimalMultiple {
        let number = try #require(JSONNumber(try JSONTree(parsing: text)))
        return try #require(DecimalMultiple(number))
    }

    @Test(
        "multiples are decided on decimals",
        arguments: [
            ("0.3", "0.1", true), ("0.30000000000000004", "0.1", false), ("-95.5", "0.5", true),
            ("10.776889", "1e-6", true),
            ("10.7768891", "1e-6", false), ("4.35", "0.01", true), ("1e308", "0.5", true),
            ("1e308", "0.123456789", false),
            ("0.0075", "0.0001", true), ("0.00751", "0.0001", false), ("12391239123", "1e-8", true), ("7", "2", false),
            ("9223372036854775807", "7", true), ("18446744073709551615", "5", true), ("3", "1.5", true),
            ("4", "1.5", false), ("0", "1e300", true), ("1e300", "1e300", true), ("2.5e300", "1e300", false),
            ("1e-7", "1e-6", false), ("5e-324", "5e-324", true), ("1e20", "3", false), ("3e20", "3", true),
        ] as [(String, String, Bool)])
    func multiples(value: String, divisor: String, expected: Bool) throws {
        let number = try #require(JSONNumber(try JSONTree(parsing: value)))
        #expect(try multiple(divisor).divides(number) == expected)
    }

    @Test("the short way to decide agrees with the long one", arguments: [UInt64(1), 2, 3])
    func shortcut(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let divisors = try ["0.1", "0.5", "1e-6", "0.01", "0.25", "0.003", "1", "1e-15", "3", "1e-10"].map {
            try multiple($0)
        }
        for _ in 0..<50_000 {
            let digits = Int64.random(in: -2_000_000_000_000...2_000_000_000_000, using: &random)
            let places = Int.random(in: 0...12, using: &random)
            var value = Double("\(digits)e-\(places)") ?? 0
            if random.chance(1, in: 10) { value = value.nextUp }
            for divisor in divisors {
                #expect(divisor.divides(value) == divisor.dividesSlowly(value), "\(value) by \(divisor)")
            }
        }
    }

    @Test("numbers compare by value, however they are written")
    func order() throws {
        let ascending = [
            "-1e300", "-9223372036854775809.0e1", "-9223372036854775808", "-1.5", "-1", "-0.5", "0", "0.5", "1",
            "9007199254740992", "9007199254740993", "9007199254740994.0", "9223372036854775807", "9223372036854775808",
            "18446744073709549568.0", "18446744073709551615", "1.9e19", "1e300",
        ]
        let numbers = try ascending.map { try #require(JSONNumber(try JSONTree(parsing: $0))) }
        for (left, right) in numbers.indices.flatMap({ left in numbers.indices.map { (left, $0) } }) {
            #expect((numbers[left] < numbers[right]) == (left < right), "\(ascending[left]) \(ascending[right])")
            #expect((numbers[left] == numbers[right]) == (left == right))
        }
        #expect(JSONNumber.double(5) == .integer(5))
        #expect(JSONNumber.double(0x1p63) == .unsigned(1 << 63))
        #expect(JSONNumber.double(9_007_199_254_740_992) != .integer(9_007_199_254_740_993))
    }
}
