import Glibc
import Telemetry

/// A histogram with bins of equal width, for bounded quantities: a bin for each dB of a signal level, say.
///
/// Bin b holds the values nearest to b steps, halves upward: from (b - 1/2) steps on, up to but without (b + 1/2). So a
/// value that is a whole number of steps is kept exactly, and a quantile is wrong by half a step at most. SQL gets the
/// quantile from the map alone: the lowest bin whose cumulative count is at least `share * total`, times the step.
package struct StepHistogram: Mergeable {
    package let scale: StepScale
    private var bins = BinCounts()

    package init(_ scale: StepScale) {
        self.scale = scale
    }

    /// Makes a histogram of what a table holds; nil when a bin lies outside the scale or a count is negative.
    package init?(_ scale: StepScale, entries: some Sequence<BinCount>) {
        self.scale = scale
        for entry in entries {
            guard scale.bins.contains(Int(entry.bin)), entry.count >= 0 else { return nil }
            bins.add(Int(entry.bin), count: UInt64(entry.count), limit: scale.bins.count)
        }
    }

    /// Counts a value given in the units of its column.
    ///
    /// - Returns: Whether it lies within the scale; others are not counted.
    @discardableResult
    package mutating func add(units: Int64) -> Bool {
        guard units >= scale.minimum, units <= scale.maximum else { return false }
        bins.add(scale.bin(ofUnits: units), limit: scale.bins.count)
        return true
    }

    /// Counts a value.
    ///
    /// - Returns: Whether it lies within the scale; others are not counted.
    @discardableResult
    package mutating func add(_ value: Double) -> Bool {
        guard let bin = scale.bin(of: value) else { return false }
        bins.add(bin, limit: scale.bins.count)
        return true
    }

    package mutating func merge(_ other: StepHistogram) {
        require(scale == other.scale, "only histograms of one measure are merged")
        bins.merge(other.bins, limit: scale.bins.count)
    }

    /// Forgets all values and keeps the memory.
    package mutating func removeAll() {
        bins.removeAll()
    }

    package var count: UInt64 { bins.total }

    /// The value up to which `share` of all lie, from 0 to 1; nil without values.
    package func quantile(_ share: Double) -> Double? {
        let total = bins.total
        var cumulative: UInt64 = 0
        for (index, count) in bins.counts.enumerated() {
            cumulative += count
            if rankReached(cumulative, share: share, total: total) { return scale.value(of: bins.first + index) }
        }
        return nil
    }

    /// The used bins in order, as a table holds them.
    package var entries: [BinCount] {
        var entries: [BinCount] = []
        bins.forEach { entries.append(BinCount(bin: Int32($0), count: Int64($1))) }
        return entries
    }
}

/// The bins of a `StepHistogram`, in terms of the column's units of 10^-decimals.
package struct StepScale: Hashable, Sendable {
    /// As many as hold a quantity of 12 bits; more bins need a sketch.
    package static let maximumBinCount = 4096

    /// How many units of the column a step has.
    package let unitsPerStep: Int64
    /// Decimal places of a unit.
    package let decimals: Int
    /// The lowest value that the schema allows, in units.
    package let minimum: Int64
    /// The highest value that the schema allows, in units.
    package let maximum: Int64
    /// The bins of the lowest and of the highest value.
    package let bins: ClosedRange<Int>
    private let step: Double
    private let unitsPerOne: Double

    /// A scale for values from `minimum` to `maximum`, all in units.
    ///
    /// - Returns: nil when there would be more than `maximumBinCount` bins, or none, or a bin were no Int32.
    package init?(unitsPerStep: Int64, decimals: Int, minimum: Int64, maximum: Int64) {
        guard unitsPerStep > 0, unitsPerStep <= Int64(Int32.max), (0...15).contains(decimals), minimum <= maximum,
            minimum.magnitude < 1 << 52, maximum.magnitude < 1 << 52
        else { return nil }
        self.unitsPerStep = unitsPerStep
        self.decimals = decimals
        self.minimum = minimum
        self.maximum = maximum
        let (low, high) = (Self.bin(minimum, unitsPerStep), Self.bin(maximum, unitsPerStep))
        guard high - low < Self.maximumBinCount, Int32(exactly: low) != nil, Int32(exactly: high) != nil else {
            return nil
        }
        bins = low...high
        unitsPerOne = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
        step = Double(unitsPerStep) / unitsPerOne
    }

    /// The bin of a value in units, which lies between the lowest and the highest.
    @inline(__always)
    package func bin(ofUnits units: Int64) -> Int {
        // Where a unit is a step, and for most columns it is, there is nothing to divide.
        unitsPerStep == 1 ? Int(units) : Self.bin(units, unitsPerStep)
    }

    /// The bin of a value; nil when it is below the lowest or above the highest.
    package func bin(of value: Double) -> Int? {
        let units = value * unitsPerOne
        guard units >= Double(minimum), units <= Double(maximum) else { return nil }
        return Int((units / Double(unitsPerStep) + 0.5).rounded(.down))
    }

    /// The middle of a bin.
    package func value(of bin: Int) -> Double { Double(bin) * step }

    @inline(__always)
    private static func bin(_ units: Int64, _ unitsPerStep: Int64) -> Int {
        Int(floorDivide(units &* 2 &+ unitsPerStep, unitsPerStep &* 2))
    }
}
