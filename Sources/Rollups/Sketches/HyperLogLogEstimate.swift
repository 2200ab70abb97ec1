import Glibc

/// From registers to a number of things.
///
/// Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (arXiv:1702.01284), algorithm 6: the improved
/// raw estimator. Its corrections for few and for very many things follow from theory, so that it needs neither tables
/// of measured bias nor a switch to linear counting.
enum HyperLogLogEstimate {
    static func estimate(_ registers: [UInt8], precision: Int) -> Double {
        let highest = 64 - precision
        var counts = [Int](repeating: 0, count: highest + 2)
        for register in registers { counts[min(Int(register), highest + 1)] += 1 }
        let registerCount = Double(registers.count)
        var sum = registerCount * tau(1 - Double(counts[highest + 1]) / registerCount)
        for rank in stride(from: highest, to: 0, by: -1) { sum = 0.5 * (sum + Double(counts[rank])) }
        sum += registerCount * sigma(Double(counts[0]) / registerCount)
        // 1 / (2 ln 2) is the limit of the constant alpha for many registers.
        return registerCount * registerCount / (2 * log(2)) / sum
    }

    /// What empty registers add.
    private static func sigma(_ share: Double) -> Double {
        guard share < 1 else { return .infinity }
        var (power, factor, sum) = (share, 1.0, share)
        while true {
            power *= power
            let previous = sum
            sum += power * factor
            factor += factor
            if sum == previous { return sum }
        }
    }

    /// What full registers take away.
    private static func tau(_ share: Double) -> Double {
        guard share > 0, share < 1 else { return 0 }
        var (power, factor, sum) = (share, 1.0, 1 - share)
        while true {
            power = power.squareRoot()
            let previous = sum
            factor *= 0.5
            sum -= (1 - power) * (1 - power) * factor
            if sum == previous { return sum / 3 }
        }
    }
}
