import Glibc

/// Turns numbers into scaled integers: `value * 10^digits`, rounded half away from zero.
struct DecimalScale: Sendable {
    let digits: Int
    let precision: Int
    /// 10^digits, exact in both forms up to 10^18.
    private let factor: Int64
    private let doubleFactor: Double
    /// The first scaled value that has too many digits.
    private let limit: Int64

    /// - Parameters:
    ///   - digits: digits behind the decimal point.
    ///   - precision: digits altogether, at most 18.
    init(digits: Int, precision: Int) {
        self.digits = digits
        self.precision = precision
        factor = Self.power(digits)
        doubleFactor = Double(factor)
        limit = Self.power(precision)
    }

    static func power(_ exponent: Int) -> Int64 {
        var power: Int64 = 1
        for _ in 0..<exponent { power *= 10 }
        return power
    }

    /// Nil when the result has more digits than the precision allows.
    @inline(__always)
    func scaled(_ value: Int64) -> Int64? {
        let (product, overflow) = value.multipliedReportingOverflow(by: factor)
        return !overflow && product < limit && product > -limit ? product : nil
    }

    /// The scaled value of `number * 10^-places`; nil when it has too many digits.
    @inline(__always)
    func scaled(_ number: Int64, places: Int) -> Int64? {
        if places <= digits {
            let (product, overflow) = number.multipliedReportingOverflow(by: Self.powers[digits &- places])
            return !overflow && product < limit && product > -limit ? product : nil
        }
        let divisor = Self.powers[places &- digits]
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        // Half away from zero; twice the remainder fits, since no power is above 10^18.
        let isUp = 2 * remainder.magnitude >= UInt64(divisor)
        let scaled = isUp ? quotient + sign(number) : quotient
        return scaled < limit && scaled > -limit ? scaled : nil
    }

    private func sign(_ value: Int64) -> Int64 { value < 0 ? -1 : 1 }

    /// 10^0 to 10^18.
    static let powers: InlineArray<19, Int64> = {
        var powers = InlineArray<19, Int64>(repeating: 1)
        for exponent in 1..<19 { powers[exponent] = power(exponent) }
        return powers
    }()

    /// The scaled value of the decimal text for which `value` stands; nil when it has too many digits.
    ///
    /// A double stands for the shortest decimal text that reads as it. So 1.005 with two digits is a half and becomes
    /// 101, though the double is a little below 1.005: the value is compared with the double that the half itself reads
    /// as.
    @inline(__always)
    func scaled(_ value: Double) -> Int64? {
        let product = value * doubleFactor
        // 2^51: up to here twice a whole number and one is exact, which `rounded` needs.
        guard product.magnitude < 0x1p51 else { return scaledLarge(value, product) }
        let whole = Int64(product)
        let rest = (product - Double(whole)).magnitude
        var scaled = whole
        // The product is off by less than 2^-2 only for the largest values; there, and near a half, ask exactly.
        if rest >= 0.25 {
            scaled = rest > 0.75 && product.magnitude < 0x1p48 ? whole + sign(value) : rounded(value, whole)
        }
        return scaled < limit && scaled > -limit ? scaled : nil
    }

    private func rounded(_ value: Double, _ whole: Int64) -> Int64 {
        let half = Double(2 * whole.magnitude + 1) / (2 * doubleFactor)
        return value.magnitude >= half ? whole + sign(value) : whole
    }

    private func sign(_ value: Double) -> Int64 { value < 0 ? -1 : 1 }

    private func scaledLarge(_ value: Double, _ product: Double) -> Int64? {
        // 9.2e18 < 2^63: the conversion and the correction stay inside Int64.
        guard product.magnitude < 9.2e18 else { return nil }
        // The rounding error of the product is itself a double: fused multiply-add gives it exactly.
        let whole = product.rounded(.toNearestOrAwayFromZero)
        let rest = (product - whole) + (-product).addingProduct(value, doubleFactor)
        let correction = value < 0 ? -(0.5 - rest).rounded(.down) : (0.5 + rest).rounded(.down)
        let scaled = Int64(whole) + Int64(correction)
        return scaled < limit && scaled > -limit ? scaled : nil
    }
}
