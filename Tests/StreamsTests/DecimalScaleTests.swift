import TestSupport
import Testing

@testable import Streams

struct DecimalScaleTests {
    /// Rounds the decimal text half away from zero, digit by digit.
    private func naive(_ text: String, digits: Int) -> Int64? {
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? String(parts[1]) : ""
        let kept = fraction.prefix(digits)
        guard var value = Int64(parts[0] + kept + String(repeating: "0", count: digits - kept.count)) else {
            return nil
        }
        if let next = fraction.dropFirst(digits).first, next >= "5" { value += 1 }
        return isNegative ? -value : value
    }

    @Test("rounds the decimal text half away from zero", arguments: [UInt64(1), 2, 3, 42])
    func property(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<20_000 {
            let digits = Int.random(in: 0...9, using: &random)
            let scale = DecimalScale(digits: digits, precision: 18)
            // Up to 15 significant digits, which a double keeps; a 5 at the end makes halves frequent.
            let wholeDigits = Int.random(in: 1...6, using: &random)
            let whole = Int64.random(in: 0..<DecimalScale.power(wholeDigits), using: &random)
            let fractionDigits = Int.random(in: 1...(15 - wholeDigits), using: &random)
            let fraction = (1..<fractionDigits).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
            let last = random.chance(1, in: 2) ? "5" : String(Int.random(in: 0...9, using: &random))
            let text = "\(random.chance(1, in: 2) ? "-" : "")\(whole).\(fraction)\(last)"
            let value = try #require(Double(text))
            #expect(scale.scaled(value) == naive(text, digits: digits), "\(text) with \(digits) digits")
        }
    }

    @Test("scales whole numbers exactly and refuses those with too many digits")
    func integers() {
        let scale = DecimalScale(digits: 1, precision: 5)
        #expect(scale.scaled(Int64(9999)) == 99_990)
        #expect(scale.scaled(Int64(-9999)) == -99_990)
        #expect(scale.scaled(Int64(10_000)) == nil)
        #expect(scale.scaled(Int64.max) == nil)
        #expect(scale.scaled(9999.94) == 99_999)
        #expect(scale.scaled(9999.95) == nil)
        #expect(scale.scaled(-1e300) == nil)
    }

    @Test("gives large values exactly, beyond 2^53 too")
    func large() {
        let scale = DecimalScale(digits: 2, precision: 18)
        // 2^53 + 2 times 100 is no double.
        #expect(scale.scaled(9_007_199_254_740_994.0) == 900_719_925_474_099_400)
        #expect(scale.scaled(-9_007_199_254_740_994.0) == -900_719_925_474_099_400)
        #expect(DecimalScale(digits: 1, precision: 18).scaled(281_474_976_710_656.25) == 2_814_749_767_106_563)
        #expect(DecimalScale(digits: 1, precision: 18).scaled(-281_474_976_710_656.25) == -2_814_749_767_106_563)
        #expect(DecimalScale(digits: 0, precision: 18).scaled(2_251_799_813_685_248.5) == 2_251_799_813_685_249)
    }
}
