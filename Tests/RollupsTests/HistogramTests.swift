import Rollups
import TestSupport
import Testing

struct HistogramTests {
    private static let shares = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1]

    @Test("values nearest to a step are in its bin, halves above")
    func bins() throws {
        let scale = try #require(StepScale(unitsPerStep: 10, decimals: 1, minimum: -1560, maximum: -310))
        #expect(scale.bins == -156 ... -31)
        #expect([-1005, -1004, -1000, -996, -995].map(scale.bin(ofUnits:)) == [-100, -100, -100, -100, -99])
        #expect([-100.5, -100.4, -100, -99.6, -99.5].map(scale.bin(of:)) == [-100, -100, -100, -100, -99])
        #expect(scale.value(of: -100) == -100)
        #expect(scale.bin(of: -156.1) == nil && scale.bin(of: -30.9) == nil && scale.bin(of: .nan) == nil)
        var histogram = StepHistogram(scale)
        let counted = [-1561, -1560, -310, -309, .min, .max].map { histogram.add(units: $0) }
        #expect(counted == [false, true, true, false, false, false] && histogram.count == 2)
        #expect(histogram.entries == [BinCount(bin: -156, count: 1), BinCount(bin: -31, count: 1)])
    }

    @Test("a scale has bins, but no more than 4096")
    func scales() {
        #expect(StepScale(unitsPerStep: 1, decimals: 0, minimum: 0, maximum: 4095)?.bins.count == 4096)
        #expect(StepScale(unitsPerStep: 1, decimals: 0, minimum: 0, maximum: 4096) == nil)
        #expect(StepScale(unitsPerStep: 0, decimals: 0, minimum: 0, maximum: 1) == nil)
        #expect(StepScale(unitsPerStep: 1, decimals: 0, minimum: 2, maximum: 1) == nil)
        #expect(StepScale(unitsPerStep: 1, decimals: 0, minimum: .min, maximum: .max) == nil)
        #expect(StepScale(unitsPerStep: 1, decimals: 0, minimum: 1 << 40, maximum: 1 << 40) == nil)
    }

    @Test("quantiles are exact for values on steps, and wrong by half a step otherwise", arguments: [UInt64(1), 2, 3])
    func quantiles(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let scale = try #require(StepScale(unitsPerStep: 5, decimals: 1, minimum: -195, maximum: -30))
        for count in [1, 2, 7, 100, 10_000] {
            let units = (0..<count).map { _ in Int64.random(in: -195 ... -30, using: &random) }
            var (histogram, stepped) = (StepHistogram(scale), StepHistogram(scale))
            for unit in units {
                histogram.add(units: unit)
                stepped.add(units: unit / 5 * 5)
            }
            let sorted = units.map { Double($0) / 10 }.sorted()
            let sortedSteps = units.map { Double($0 / 5) / 2 }.sorted()
            for share in Self.shares {
                let quantile = try #require(histogram.quantile(share))
                #expect((quantile - exactQuantile(share, ofSorted: sorted)).magnitude <= 0.25 + 1e-12)
                #expect(stepped.quantile(share) == exactQuantile(share, ofSorted: sortedSteps))
            }
        }
    }

    @Test("what a table holds makes the same histogram again, and nonsense makes none")
    func entries() throws {
        let scale = try #require(StepScale(unitsPerStep: 1, decimals: 0, minimum: -20, maximum: 20))
        var histogram = StepHistogram(scale)
        for unit in [-20, 3, 3, 20] as [Int64] { histogram.add(units: unit) }
        #expect(StepHistogram(scale, entries: histogram.entries.reversed()) == histogram)
        #expect(StepHistogram(scale, entries: [BinCount(bin: 21, count: 1)]) == nil)
        #expect(StepHistogram(scale, entries: [BinCount(bin: 1, count: -1)]) == nil)
        histogram.removeAll()
        #expect(histogram.count == 0 && histogram.quantile(0.5) == nil && histogram == StepHistogram(scale))
    }

    @Test("a DDSketch's quantiles are within 1 % of the true ones", arguments: [UInt64(1), 2, 3, 4])
    func sketchQuantiles(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for count in [1, 2, 7, 100, 20_000] {
            let values = (0..<count).map { _ in
                switch seed {
                case 1: Double.random(in: 0...1000, using: &random)
                // Heavy-tailed, as latencies are.
                case 2: 1 / Double.random(in: 1e-12...1, using: &random)
                case 3: Double.random(in: -50...50, using: &random)
                default: Double(Int.random(in: -2...2, using: &random))
                }
            }
            var sketch = DDSketch()
            for value in values { sketch.add(value) }
            let sorted = values.sorted()
            for share in Self.shares {
                let exact = exactQuantile(share, ofSorted: sorted)
                let quantile = try #require(sketch.quantile(share))
                #expect((quantile - exact).magnitude <= exact.magnitude * 0.01 * (1 + 1e-9), "\(share), seed \(seed)")
            }
            #expect(DDSketch(entries: sketch.entries.shuffled(using: &random)) == sketch)
        }
    }

    @Test("a DDSketch takes every double that is a number")
    func doubles() throws {
        var sketch = DDSketch()
        let numbers = [
            Double.greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, 0, -0.0, 1e-9, -1e-9,
            1.0000001e-9,
        ]
        let counted = numbers.map { sketch.add($0) }
        let others = [Double.nan, .signalingNaN, .infinity, -.infinity].map { sketch.add($0) }
        #expect(!counted.contains(false) && !others.contains(true))
        #expect(sketch.count == 8)
        let (least, greatest) = (try #require(sketch.quantile(0)), try #require(sketch.quantile(1)))
        #expect(least == -greatest && greatest > Double.greatestFiniteMagnitude * 0.98)
        #expect(DDSketch(entries: sketch.entries) == sketch)
    }

    @Test("beyond 2048 bins only the smallest magnitudes lose their precision")
    func collapse() throws {
        var sketch = DDSketch()
        let values = (0..<300).map { exponent in (0..<exponent).reduce(1.0) { power, _ in power * 10 } }
        for value in values { sketch.add(value) }
        #expect(sketch.count == 300 && sketch.entries.count < 2048)
        for (index, value) in values.enumerated() where value > 1e299 / 5e17 {
            let quantile = try #require(sketch.quantile(Double(index + 1) / 300))
            #expect((quantile / value - 1).magnitude <= 0.01 + 1e-9)
        }
        #expect(try #require(sketch.quantile(0)) < 1e299 / 5e17)
    }

    @Test("other relative errors hold as well", arguments: [0.001, 0.02, 0.5])
    func errors(relativeError: Double) throws {
        var random = SeededRandom(seed: 9)
        let scale = try #require(RelativeScale(relativeError: relativeError, smallestMagnitude: 1e-3))
        for _ in 0..<2000 {
            let value = 1 / Double.random(in: 1e-4...100, using: &random)
            var sketch = DDSketch(scale)
            sketch.add(value)
            #expect((try #require(sketch.quantile(0.5)) / value - 1).magnitude <= relativeError + 1e-9)
        }
        #expect(RelativeScale(relativeError: 0, smallestMagnitude: 1e-3) == nil)
        #expect(RelativeScale(relativeError: 0.01, smallestMagnitude: 0) == nil)
    }
}
