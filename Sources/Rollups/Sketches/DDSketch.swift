import Glibc
import Telemetry

/// A histogram whose bins grow with the values, for unbounded quantities such as speeds and latencies: every quantile is
/// within 1 % of a true one, whatever the distribution.
///
/// After Masson, Rim and Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees"
/// (PVLDB 12, 2019), with one map for all signs: bin k > 0 holds magnitudes in (m·g^(k-1), m·g^k] of positive values,
/// bin -k those of negative ones, bin 0 magnitudes up to m; g and m are those of the scale. Bins are so in the order of
/// their values, and SQL gets a quantile from the map alone: of the lowest bin whose cumulative count is at least
/// `share * total` the value, `sign(k) * m * 2 * g^abs(k) / (g + 1)`.
package struct DDSketch: Mergeable {
    package let scale: RelativeScale
    private var positive = BinCounts()
    private var negative = BinCounts()
    private var zeroCount: UInt64 = 0

    package init(_ scale: RelativeScale = .onePercent) {
        self.scale = scale
    }

    /// Makes a sketch of what a table holds; nil when a count is negative.
    package init?(_ scale: RelativeScale = .onePercent, entries: some Sequence<BinCount>) {
        self.scale = scale
        for entry in entries {
            guard entry.count >= 0, entry.bin != .min else { return nil }
            let (bin, count) = (Int(entry.bin), UInt64(entry.count))
            if bin > 0 {
                positive.add(bin, count: count, limit: scale.maximumBinCount)
            } else if bin < 0 {
                negative.add(-bin, count: count, limit: scale.maximumBinCount)
            } else {
                zeroCount += count
            }
        }
    }

    /// Counts a value.
    ///
    /// - Returns: Whether it is a number; infinities and others are not counted.
    @discardableResult
    package mutating func add(_ value: Double) -> Bool {
        if value > scale.smallestMagnitude {
            guard value < .infinity else { return false }
            positive.add(scale.bin(ofMagnitude: value), limit: scale.maximumBinCount)
        } else if value < -scale.smallestMagnitude {
            guard value > -.infinity else { return false }
            negative.add(scale.bin(ofMagnitude: -value), limit: scale.maximumBinCount)
        } else {
            guard !value.isNaN else { return false }
            zeroCount &+= 1
        }
        return true
    }

    package mutating func merge(_ other: DDSketch) {
        require(scale == other.scale, "only sketches of one measure are merged")
        positive.merge(other.positive, limit: scale.maximumBinCount)
        negative.merge(other.negative, limit: scale.maximumBinCount)
        zeroCount &+= other.zeroCount
    }

    /// Forgets all values and keeps the memory.
    package mutating func removeAll() {
        positive.removeAll()
        negative.removeAll()
        zeroCount = 0
    }

    package var count: UInt64 { positive.total + negative.total + zeroCount }

    /// The value up to which `share` of all lie, from 0 to 1; nil without values.
    package func quantile(_ share: Double) -> Double? {
        let total = count
        var cumulative: UInt64 = 0
        for index in negative.counts.indices.reversed() {
            cumulative += negative.counts[index]
            if rankReached(cumulative, share: share, total: total) { return -scale.value(of: negative.first + index) }
        }
        cumulative += zeroCount
        if rankReached(cumulative, share: share, total: total) { return 0 }
        for index in positive.counts.indices {
            cumulative += positive.counts[index]
            if rankReached(cumulative, share: share, total: total) { return scale.value(of: positive.first + index) }
        }
        return nil
    }

    /// The used bins in order, as a table holds them.
    package var entries: [BinCount] {
        var entries: [BinCount] = []
        negative.forEach { entries.append(BinCount(bin: Int32(-$0), count: Int64($1))) }
        entries.reverse()
        if zeroCount > 0 { entries.append(BinCount(bin: 0, count: Int64(zeroCount))) }
        positive.forEach { entries.append(BinCount(bin: Int32($0), count: Int64($1))) }
        return entries
    }
}

/// The bins of a `DDSketch`.
package struct RelativeScale: Hashable, Sendable {
    /// 1 % relative error; what is below 1e-9 counts as zero.
    package static let onePercent = RelativeScale(checkedRelativeError: 0.01, smallestMagnitude: 1e-9)

    /// Of a sign: with 1 % they reach from the greatest magnitude down to its 6e17th part; what is smaller counts in the
    /// lowest of them.
    package let maximumBinCount = 2048
    package let relativeError: Double
    /// Values of this magnitude and below count as zero.
    package let smallestMagnitude: Double
    /// How much greater each bin is than the one below it.
    package let growth: Double
    private let binsPerLogarithm: Double
    private let smallestLogarithm: Double

    /// A scale; nil unless the error lies between 0.001 and 0.5 and the smallest magnitude is a normal positive number.
    package init?(relativeError: Double, smallestMagnitude: Double) {
        guard (0.001...0.5).contains(relativeError), smallestMagnitude.isNormal, smallestMagnitude > 0 else {
            return nil
        }
        self.init(checkedRelativeError: relativeError, smallestMagnitude: smallestMagnitude)
    }

    private init(checkedRelativeError: Double, smallestMagnitude: Double) {
        relativeError = checkedRelativeError
        self.smallestMagnitude = smallestMagnitude
        growth = (1 + relativeError) / (1 - relativeError)
        binsPerLogarithm = 1 / log(growth)
        smallestLogarithm = log(smallestMagnitude)
    }

    /// The bin, from 1, of a finite magnitude above the smallest.
    @inline(__always)
    func bin(ofMagnitude magnitude: Double) -> Int {
        let exact = (log(magnitude) - smallestLogarithm) * binsPerLogarithm
        let whole = Int(exact)
        return max(Double(whole) < exact ? whole &+ 1 : whole, 1)
    }

    /// The value that differs from all of a bin by the relative error at most.
    package func value(of bin: Int) -> Double {
        smallestMagnitude * 2 * pow(growth, Double(bin)) / (growth + 1)
    }
}
