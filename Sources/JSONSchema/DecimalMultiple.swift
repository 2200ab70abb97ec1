/// JSON Schema's `multipleOf`, decided on decimals: 0.3 is a multiple of 0.1, as the texts say, though no double is.
///
/// The decimal of a double is the shortest that reads back as this double, so what a publisher wrote with up to 15
/// digits is what counts here.
public struct DecimalMultiple: Sendable, Equatable {
    /// The divisor is `coefficient * 10^exponent`; the coefficient does not end in a 0.
    public let coefficient: UInt64
    /// The power of ten of the divisor.
    public let exponent: Int
    /// 10^-exponent where a double holds it exactly and it is a whole number, else 0.
    private let scale: Double
    /// What an integer must be divisible by; 0 when only 0 is a multiple.
    private let integerDivisor: UInt64

    init?(_ number: JSONNumber) {
        guard let decimal = ShortestDecimal(number), decimal.coefficient > 0, !decimal.isNegative else { return nil }
        coefficient = decimal.coefficient
        exponent = decimal.exponent
        scale = (-15...0).contains(exponent) ? Self.powersOfTen[-exponent] : 0
        integerDivisor = Self.integerDivisor(coefficient, exponent)
    }

    /// The number of decimal places of every multiple.
    public var decimalPlaces: Int { max(0, -exponent) }

    /// Whether `value` is a multiple.
    @inline(__always)
    func divides(_ value: Int64) -> Bool {
        if integerDivisor == 1 { return true }
        return divides(value.magnitude)
    }

    func divides(_ value: UInt64) -> Bool {
        guard integerDivisor > 0 else { return value == 0 }
        return value % integerDivisor == 0
    }

    /// Whether the shortest decimal of `value` is a multiple.
    @inline(__always)
    func divides(_ value: Double) -> Bool {
        // With up to 15 digits, the nearest whole number of units is the only candidate, and it is right exactly when
        // dividing by the scale (one rounding) gives the same double.
        let scaled = value * scale
        guard scale > 0, abs(scaled) < 1e15 else { return dividesSlowly(value) }
        let units = (scaled + Double.roundingShift) - Double.roundingShift
        guard units / scale == value else { return false }
        return coefficient == 1 || UInt64(abs(units)) % coefficient == 0
    }

    func divides(_ number: JSONNumber) -> Bool {
        switch number {
        case .integer(let value): divides(value)
        case .unsigned(let value): divides(value)
        case .double(let value): divides(value)
        }
    }

    /// Exact for every double: arithmetic on the digits.
    func dividesSlowly(_ value: Double) -> Bool {
        guard let decimal = ShortestDecimal(.double(value)) else { return false }
        guard decimal.coefficient > 0 else { return true }
        let shift = decimal.exponent - exponent
        if shift >= 0 {
            let power = Self.powerOfTen(shift, modulo: coefficient)
            return Self.multiply(decimal.coefficient % coefficient, power, modulo: coefficient) == 0
        }
        var divisor = coefficient
        for _ in 0..<(-shift) {
            let (product, overflow) = divisor.multipliedReportingOverflow(by: 10)
            if overflow { return false }
            divisor = product
        }
        return decimal.coefficient % divisor == 0
    }

    private static func integerDivisor(_ coefficient: UInt64, _ exponent: Int) -> UInt64 {
        var divisor = coefficient
        if exponent >= 0 {
            for _ in 0..<exponent {
                let (product, overflow) = divisor.multipliedReportingOverflow(by: 10)
                if overflow { return 0 }
                divisor = product
            }
            return divisor
        }
        for factor: UInt64 in [2, 5] {
            var remaining = -exponent
            while remaining > 0, divisor % factor == 0 {
                divisor /= factor
                remaining -= 1
            }
        }
        return divisor
    }

    private static func multiply(_ left: UInt64, _ right: UInt64, modulo: UInt64) -> UInt64 {
        modulo.dividingFullWidth(left.multipliedFullWidth(by: right)).remainder
    }

    private static func powerOfTen(_ exponent: Int, modulo: UInt64) -> UInt64 {
        var result = 1 % modulo
        var base = 10 % modulo
        var remaining = exponent
        while remaining > 0 {
            if remaining & 1 == 1 { result = multiply(result, base, modulo: modulo) }
            base = multiply(base, base, modulo: modulo)
            remaining >>= 1
        }
        return result
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ]
}

/// `coefficient * 10^exponent` without trailing zeros: the shortest decimal that reads back as a number.
struct ShortestDecimal {
    private(set) var coefficient: UInt64 = 0
    private(set) var exponent = 0
    let isNegative: Bool

    init?(_ number: JSONNumber) {
        switch number {
        case .integer(let value):
            coefficient = value.magnitude
            isNegative = value < 0
        case .unsigned(let value):
            coefficient = value
            isNegative = false
        case .double(let value):
            guard value.isFinite else { return nil }
            isNegative = value < 0
            read(value.magnitude.description)
        }
        while coefficient > 0, coefficient % 10 == 0 {
            coefficient /= 10
            exponent += 1
        }
    }

    /// Reads digits with at most one point and exponent, as `Double.description` writes them (at most 17 digits count).
    private mutating func read(_ text: String) {
        var isFraction = false
        var position = text.utf8.startIndex
        while position < text.utf8.endIndex {
            let byte = text.utf8[position]
            position = text.utf8.index(after: position)
            if byte == UInt8(ascii: ".") {
                isFraction = true
            } else if byte == UInt8(ascii: "e") {
                exponent += Int(text[position...]) ?? 0
                return
            } else {
                coefficient = coefficient * 10 + UInt64(byte - 0x30)
                if isFraction { exponent -= 1 }
            }
        }
    }
}
