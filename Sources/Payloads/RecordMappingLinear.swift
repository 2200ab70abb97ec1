import JSONDocument

/// `x * scale + offset`, computed on the digits of x and not on doubles: 0.29 * 100 is 29.
///
/// It is kept as `(multiplier * x + addend) * 10^-places / divisor` with whole numbers, and a divisor that as a rule
/// has no factor in common with ten; so the result is exact unless its digits never end, and then the nearest double.
struct LinearConversion: Equatable, Sendable {
    private let multiplier: Int128
    private let addend: Int128
    private let places: Int
    private let divisor: Int128
    /// Digits behind the point to which the result is rounded, half away from zero; nil for as many as it has.
    private let decimalPlaces: Int?

    /// Multiplier and addend stay below 10^17, so that with 20 digits of a number there is no overflow.
    private static let limit = Int128.powerOfTen(17)

    /// Nil when the numbers have too many digits to compute with exactly.
    init?(scale: Rational, offset: Rational, decimalPlaces: Int?) {
        guard let common = Rational.leastCommonMultiple(scale.denominator, offset.denominator) else { return nil }
        var divisor = common
        var twos = 0
        var fives = 0
        while divisor % 2 == 0 { (divisor, twos) = (divisor / 2, twos + 1) }
        while divisor % 5 == 0 { (divisor, fives) = (divisor / 5, fives + 1) }
        // Where that takes too many digits (bytes in GiBy), the divisor keeps its factors; then digits that would end
        // behind the seventeenth are taken for such as never end.
        for (divisor, places) in [(divisor, max(twos, fives)), (common, 0)] where places <= 30 {
            // divisor * 10^places is a multiple of both denominators.
            let (extended, overflow) = divisor.multipliedReportingOverflow(by: Int128.powerOfTen(places))
            // 10^10: leaves at least 18 digits of a quotient whose digits never end.
            guard !overflow, divisor < Int128.powerOfTen(10),
                let multiplier = Self.wholeNumber(scale, times: extended),
                let addend = Self.wholeNumber(offset, times: extended)
            else { continue }
            self.multiplier = multiplier
            self.addend = addend
            self.places = places
            self.divisor = divisor
            self.decimalPlaces = decimalPlaces
            return
        }
        return nil
    }

    private static func wholeNumber(_ rational: Rational, times factor: Int128) -> Int128? {
        let (product, overflow) = rational.numerator.multipliedReportingOverflow(by: factor / rational.denominator)
        return overflow || product.magnitude >= limit.magnitude ? nil : product
    }

    /// The converted number; nil when it is larger than a double holds.
    func apply(_ number: DecimalNumber) -> DecimalNumber? {
        var value = number
        // More digits than any integer or double has can only come from text; the last ones do not count then.
        while value.coefficient.magnitude >= UInt128(Int128.powerOfTen(20)) {
            value = DecimalNumber(coefficient: value.coefficient / 10, exponent: value.exponent + 1)
        }
        let (sum, isExact) = Self.sum(
            DecimalNumber(coefficient: value.coefficient * multiplier, exponent: value.exponent), addend)
        let result = divided(DecimalNumber(coefficient: sum.coefficient, exponent: sum.exponent - places), isExact)
        guard result.exponent < 340, result.exponent <= 19 || result.nearestDouble.isFinite else { return nil }
        return result
    }

    /// The sum, and whether no digit of it is missing.
    ///
    /// Digits get lost only 10^17 times below the first one.
    private static func sum(_ left: DecimalNumber, _ right: Int128) -> (DecimalNumber, isExact: Bool) {
        guard left.coefficient != 0 else { return (DecimalNumber(coefficient: right), true) }
        guard right != 0 else { return (left, true) }
        // One power of ten is held back, so that the sum has room.
        if left.exponent >= 0 {
            let shift = min(left.exponent, left.coefficient.roomForPowersOfTen - 1)
            let exponent = left.exponent - shift
            let wide = left.coefficient * Int128.powerOfTen(shift)
            let small = exponent <= 38 ? right / Int128.powerOfTen(exponent) : 0
            return (DecimalNumber(coefficient: wide + small, exponent: exponent), exponent == 0)
        }
        let shift = min(-left.exponent, right.roomForPowersOfTen - 1)
        let dropped = -left.exponent - shift
        let small = dropped <= 38 ? left.coefficient / Int128.powerOfTen(dropped) : 0
        let wide = right * Int128.powerOfTen(shift)
        return (DecimalNumber(coefficient: wide + small, exponent: -shift), dropped == 0)
    }

    private func divided(_ number: DecimalNumber, _ isExact: Bool) -> DecimalNumber {
        if let decimalPlaces, let rounded = rounded(number, to: decimalPlaces) { return rounded }
        let (quotient, remainder) = number.coefficient.quotientAndRemainder(dividingBy: divisor)
        if remainder == 0, isExact { return DecimalNumber(coefficient: quotient, exponent: number.exponent) }
        // The digits never end, or some are missing: as many as there is room for decide about the nearest double.
        let room = number.coefficient.roomForPowersOfTen
        let digits = number.coefficient * Int128.powerOfTen(room) / divisor
        let double = DecimalNumber(coefficient: digits, exponent: number.exponent - room).nearestDouble
        return double.isFinite ? DecimalNumber(double) : DecimalNumber(coefficient: 1, exponent: 400)
    }

    /// Nil when the number is so large that it has no digits there anyway.
    private func rounded(_ number: DecimalNumber, to places: Int) -> DecimalNumber? {
        let shift = number.exponent + places
        var dividend = number.coefficient
        var divisor = divisor
        if shift >= 0 {
            guard shift < dividend.roomForPowersOfTen else { return nil }
            dividend *= Int128.powerOfTen(shift)
        } else {
            guard -shift < divisor.roomForPowersOfTen else { return DecimalNumber(coefficient: 0) }
            divisor *= Int128.powerOfTen(-shift)
        }
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        // Half away from zero, as decimal columns are rounded; remainder * 2 could overflow.
        let isUp = remainder.magnitude >= divisor.magnitude - remainder.magnitude
        let away: Int128 = dividend < 0 ? -1 : 1
        return DecimalNumber(coefficient: isUp ? quotient + away : quotient, exponent: -places)
    }
}

/// A fraction of whole numbers in lowest terms; the denominator is positive.
struct Rational: Equatable, Sendable {
    let numerator: Int128
    let denominator: Int128

    static let zero = Rational(0)
    static let one = Rational(1)

    init(_ whole: Int128) {
        numerator = whole
        denominator = 1
    }

    /// Nil when the denominator is 0.
    init?(_ numerator: Int128, over denominator: Int128) {
        guard denominator != 0 else { return nil }
        let divisor = Int128(Self.greatestCommonDivisor(numerator.magnitude, denominator.magnitude))
        let sign: Int128 = denominator < 0 ? -1 : 1
        self.numerator = sign * numerator / divisor
        self.denominator = sign * denominator / divisor
    }

    /// Nil when there are too many digits.
    init?(_ decimal: DecimalNumber) {
        let decimal = decimal.normalized
        guard decimal.exponent >= -30, decimal.exponent <= 30 else { return nil }
        if decimal.exponent < 0 {
            self.init(decimal.coefficient, over: Int128.powerOfTen(-decimal.exponent))
        } else {
            let (whole, overflow) = decimal.coefficient.multipliedReportingOverflow(
                by: Int128.powerOfTen(decimal.exponent))
            guard !overflow else { return nil }
            self.init(whole)
        }
    }

    /// Nil on overflow.
    func multiplied(by other: Rational) -> Rational? {
        let (numerator, isLarge) = self.numerator.multipliedReportingOverflow(by: other.numerator)
        let (denominator, isFine) = self.denominator.multipliedReportingOverflow(by: other.denominator)
        return isLarge || isFine ? nil : Rational(numerator, over: denominator)
    }

    /// Nil on overflow.
    func adding(_ other: Rational) -> Rational? {
        let (left, isLeftLarge) = numerator.multipliedReportingOverflow(by: other.denominator)
        let (right, isRightLarge) = other.numerator.multipliedReportingOverflow(by: denominator)
        let (sum, isSumLarge) = left.addingReportingOverflow(right)
        let (common, isCommonLarge) = denominator.multipliedReportingOverflow(by: other.denominator)
        return isLeftLarge || isRightLarge || isSumLarge || isCommonLarge ? nil : Rational(sum, over: common)
    }

    /// Nil for zero.
    var inverse: Rational? { Rational(denominator, over: numerator) }

    var negated: Rational { Rational(-numerator, over: denominator) ?? self }

    static func leastCommonMultiple(_ left: Int128, _ right: Int128) -> Int128? {
        let divisor = Int128(greatestCommonDivisor(left.magnitude, right.magnitude))
        let (product, overflow) = (left / divisor).multipliedReportingOverflow(by: right)
        return overflow ? nil : product
    }

    private static func greatestCommonDivisor(_ left: UInt128, _ right: UInt128) -> UInt128 {
        var (left, right) = (left, right)
        while right != 0 { (left, right) = (right, left % right) }
        return left
    }
}
