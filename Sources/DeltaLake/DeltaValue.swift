/// A value of a column that the log speaks of: a partition value or a bound in the statistics.
public enum DeltaValue: Hashable, Sendable {
    /// True or false.
    case boolean(Bool)
    /// A value of a byte, short or integer column.
    case integer(Int32)
    /// A value of a long column.
    case long(Int64)
    /// A value of a float or double column.
    case double(Double)
    /// `unscaled / 10^scale`.
    case decimal(unscaled: Int128, scale: Int)
    /// Microseconds since 1970-01-01T00:00:00Z.
    case timestamp(microseconds: Int64)
    /// Days since 1970-01-01.
    case date(days: Int32)
    /// Text.
    case string(String)
    /// Any bytes.
    case binary([UInt8])

    /// Whether the value can stand in a column of this type.
    func fits(_ type: DeltaType) -> Bool {
        switch (self, type) {
        case (.boolean, .boolean), (.integer, .integer), (.long, .long), (.double, .double), (.double, .float),
            (.timestamp, .timestamp), (.date, .date), (.string, .string), (.binary, .binary):
            true
        case (.integer(let value), .short): Int16(exactly: value) != nil
        case (.integer(let value), .byte): Int8(exactly: value) != nil
        case (.decimal(let unscaled, let ours), .decimal(let precision, let scale)):
            ours == scale && unscaled.magnitude < powerOfTen(precision).magnitude
        default: false
        }
    }
}

/// `10^exponent`, for exponents from 0 to 38.
func powerOfTen(_ exponent: Int) -> Int128 {
    var power: Int128 = 1
    for _ in 0..<exponent { power *= 10 }
    return power
}

/// A decimal number as people write it: `-12.50` for -1250 with scale 2.
func decimalText(unscaled: Int128, scale: Int) -> String {
    var digits = String(unscaled.magnitude)
    if scale > 0 {
        if digits.utf8.count <= scale {
            digits = String(repeating: "0", count: scale + 1 - digits.utf8.count) + digits
        }
        digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -scale))
    }
    return unscaled < 0 ? "-" + digits : digits
}

/// Which way a number goes that lies between two numbers of the target's precision.
enum Rounding {
    case down
    case up
    case exact
}

/// The number that `text` (`-12.5`, `1e-05`) stands for, times `10^scale`.
///
/// Nil when it is no number, does not fit 38 digits, or is between two values and the rounding is `.exact`.
func unscaledDecimal(_ text: String, scale: Int, rounding: Rounding) -> Int128? {
    var mantissa: Int128 = 0
    var exponent = scale
    var isNegative = false
    var digitCount = 0
    var hasPoint = false
    var rest = text.utf8[...]
    if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
        isNegative = first == UInt8(ascii: "-")
        rest.removeFirst()
    }
    while let byte = rest.first, byte != UInt8(ascii: "e"), byte != UInt8(ascii: "E") {
        rest.removeFirst()
        if byte == UInt8(ascii: "."), !hasPoint {
            hasPoint = true
            continue
        }
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
        guard !overflow, product < powerOfTen(38) else { return nil }
        mantissa = product + Int128(byte - UInt8(ascii: "0"))
        digitCount += 1
        if hasPoint { exponent -= 1 }
    }
    guard digitCount > 0 else { return nil }
    if !rest.isEmpty {
        guard let power = Int(String(decoding: rest.dropFirst(), as: UTF8.self)), abs(power) < 1000 else { return nil }
        exponent += power
    }
    if mantissa == 0 { return 0 }
    if exponent >= 0 {
        guard exponent <= 38 else { return nil }
        let (product, overflow) = mantissa.multipliedReportingOverflow(by: powerOfTen(exponent))
        guard !overflow, product < powerOfTen(38) else { return nil }
        return isNegative ? -product : product
    }
    let divisor = exponent >= -38 ? powerOfTen(-exponent) : powerOfTen(38)
    let quotient = exponent >= -38 ? mantissa / divisor : 0
    let hasRemainder = exponent >= -38 ? mantissa % divisor != 0 : true
    guard hasRemainder else { return isNegative ? -quotient : quotient }
    switch rounding {
    case .exact: return nil
    case .down: return isNegative ? -quotient - 1 : quotient
    case .up: return isNegative ? -quotient : quotient + 1
    }
}
