/// Pseudo-random numbers from a seed: the same seed gives the same fleet on every machine.
///
/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// A generator of its own for part `number` of a simulation, so that parts do not disturb each other.
    init(seed: UInt64, part number: UInt64) {
        state = mixed(seed &+ number &* 0x9E37_79B9_7F4A_7C15)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return mixed(state)
    }

    /// A number from 0 up to, but without, 1.
    mutating func fraction() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    mutating func number(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * fraction()
    }

    /// A whole number from 0 up to, but without, `count`.
    mutating func index(below count: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(count)).high)
    }

    mutating func happens(withProbability share: Double) -> Bool {
        fraction() < share
    }

    /// A nearly normal number, mean 0 and standard deviation 1.
    ///
    /// The sum of four 16-bit parts of one word (Irwin-Hall): no logarithm, and never beyond 3.5, as a clipped
    /// measurement is.
    mutating func normal() -> Double {
        let word = next()
        let sum = (word & 0xFFFF) &+ (word >> 16 & 0xFFFF) &+ (word >> 32 & 0xFFFF) &+ (word >> 48)
        return (Double(sum) - 131_070) * (1 / 37_837.227)
    }

    /// An index of `weights`, each as likely as its weight says.
    mutating func index(weightedBy weights: [Double]) -> Int {
        var rest = fraction() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            rest -= weight
            if rest < 0 { return index }
        }
        return weights.count - 1
    }
}

/// A word that looks random and depends on every bit of `word`.
func mixed(_ word: UInt64) -> UInt64 {
    var word = word
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
}
