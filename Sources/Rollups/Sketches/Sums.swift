/// The sum of values that are whole numbers of a unit, such as 10^-1 dB: exact, so that order cannot change it.
package struct ExactSum: Mergeable {
    /// Wide enough for 2^64 values of any size.
    package var units: Int128

    package init(units: Int128 = 0) {
        self.units = units
    }

    @inlinable
    package mutating func add(_ value: Int64) {
        units &+= Int128(value)
    }

    package mutating func merge(_ other: ExactSum) {
        units &+= other.units
    }

    /// The sum for a 64-bit column; nil when it does not fit, and has to be written as several partials.
    package var int64: Int64? { Int64(exactly: units) }

    /// The sum over the number of values; with units of 10^-`decimals`.
    package func mean(count: UInt64, decimals: Int) -> Double? {
        guard count > 0 else { return nil }
        let unitsPerOne = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
        // One rounding, and so the nearest double, as long as both are whole numbers below 2^53.
        return Double(units) / (Double(count) * unitsPerOne)
    }
}

/// The sum of values without a common unit, to about 30 digits, so that what order changes is far below a double's last
/// digit.
///
/// Two doubles hold the sum and what it lost in rounding: Knuth's exact addition of two numbers (The Art of Computer
/// Programming 2, 4.2.2, theorem B).
package struct CompensatedSum: Mergeable {
    package private(set) var high: Double
    package private(set) var low: Double

    package init(high: Double = 0, low: Double = 0) {
        self.high = high
        self.low = low
    }

    package mutating func add(_ value: Double) {
        let (sum, error) = Self.add(high, value)
        (high, low) = Self.add(sum, low + error)
    }

    package mutating func merge(_ other: CompensatedSum) {
        let (sum, error) = Self.add(high, other.high)
        (high, low) = Self.add(sum, low + other.low + error)
    }

    package var value: Double { high + low }

    @inline(__always)
    private static func add(_ left: Double, _ right: Double) -> (sum: Double, error: Double) {
        let sum = left + right
        let part = sum - left
        return (sum, (left - (sum - part)) + (right - part))
    }
}
