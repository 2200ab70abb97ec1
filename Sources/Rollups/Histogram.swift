import Telemetry

/// How the values of a quantity become bins.
package enum Binning: Hashable, Sendable {
    /// Bins of equal width, for bounded quantities.
    case step(StepScale)
    /// Bins that grow with the values, for unbounded ones.
    case relative(RelativeScale)

    /// The value up to which `share` of those in the bins lie; nil when there are none.
    package func quantile(_ share: Double, of entries: [BinCount]) -> Double? {
        switch self {
        case .step(let scale): StepHistogram(scale, entries: entries)?.quantile(share)
        case .relative(let scale): DDSketch(scale, entries: entries)?.quantile(share)
        }
    }

    func describe(_ column: ColumnDefinition) -> String {
        switch self {
        case .step(let scale):
            "How many values of \(column.name) are nearest to bin times \(scale.value(of: 1))"
        case .relative: "DDSketch of \(column.name): bins with a relative error of 1 %"
        }
    }
}

/// What one group has of a binned quantity.
enum Histogram {
    case step(StepHistogram)
    case relative(DDSketch)

    init(_ binning: Binning) {
        switch binning {
        case .step(let scale): self = .step(StepHistogram(scale))
        case .relative(let scale): self = .relative(DDSketch(scale))
        }
    }

    var isEmpty: Bool {
        switch self {
        case .step(let histogram): histogram.count == 0
        case .relative(let sketch): sketch.count == 0
        }
    }

    var entries: [BinCount] {
        switch self {
        case .step(let histogram): histogram.entries
        case .relative(let sketch): sketch.entries
        }
    }

    /// Counts the value of a word of a column of `type`.
    mutating func add(_ word: Int64, type: ColumnType) {
        switch self {
        case .step(var histogram):
            // Emptied for the change, so that its array is not copied.
            self = .relative(DDSketch())
            if type == .double {
                histogram.add(Double(bitPattern: UInt64(bitPattern: word)))
            } else {
                histogram.add(units: word)
            }
            self = .step(histogram)
        case .relative(var sketch):
            self = .relative(DDSketch())
            sketch.add(Self.double(word, type))
            self = .relative(sketch)
        }
    }

    /// Takes in what a cell holds; entries that cannot be are left out, as only damage makes them.
    mutating func merge(_ entries: [BinCount]) {
        switch self {
        case .step(var histogram):
            self = .relative(DDSketch())
            if let other = StepHistogram(histogram.scale, entries: entries) { histogram.merge(other) }
            self = .step(histogram)
        case .relative(var sketch):
            self = .relative(DDSketch())
            if let other = DDSketch(sketch.scale, entries: entries) { sketch.merge(other) }
            self = .relative(sketch)
        }
    }

    private static func double(_ word: Int64, _ type: ColumnType) -> Double {
        switch type {
        case .double: return Double(bitPattern: UInt64(bitPattern: word))
        case .decimal(_, let scale):
            var power = 1.0
            for _ in 0..<scale { power *= 10 }
            return Double(word) / power
        default: return Double(word)
        }
    }
}
