import Rollups
import TestSupport
import Testing

/// What every piece of a rollup promises, whatever it computes.
struct MergingTests {
    private static let scale = StepScale(unitsPerStep: 10, decimals: 1, minimum: -1560, maximum: -310)

    @Test("exact sums merge in any order and grouping", arguments: [UInt64(1), 2, 3])
    func exactSum(seed: UInt64) {
        check(ExactSum(), seed: seed) { piece, random in piece.add(Int64.random(in: .min ... .max, using: &random)) }
    }

    @Test("extremes merge in any order and grouping, also with themselves", arguments: [UInt64(1), 2, 3])
    func extremes(seed: UInt64) {
        check(Extremes(), seed: seed, isIdempotent: true) { piece, random in
            piece.add(OrderedWord.word(.random(in: -1e9...1e9, using: &random)))
        }
    }

    @Test("first and last merge in any order and grouping, also at equal times", arguments: [UInt64(1), 2, 3])
    func timed(seed: UInt64) {
        check(TimedExtremes(), seed: seed, isIdempotent: true) { piece, random in
            piece.add(
                .init(microseconds: .random(in: 0..<5, using: &random), word: .random(in: -9..<9, using: &random)))
        }
    }

    @Test("step histograms merge in any order and grouping", arguments: [UInt64(1), 2, 3])
    func stepHistogram(seed: UInt64) throws {
        check(StepHistogram(try #require(Self.scale)), seed: seed) { piece, random in
            piece.add(units: .random(in: -1600...(-300), using: &random))
        }
    }

    @Test("DDSketches merge in any order and grouping, also when they collapse", arguments: [UInt64(1), 2, 3, 4])
    func sketch(seed: UInt64) {
        check(DDSketch(), seed: seed) { piece, random in
            // Over 600 orders of magnitude, so that most bins are put together; seed 4 stays within a few.
            let exponent = seed == 4 ? Double.random(in: 0...3, using: &random) : .random(in: -10...300, using: &random)
            let magnitude = power(exponent)
            piece.add(random.chance(1, in: 3) ? -magnitude : random.chance(1, in: 20) ? 0 : magnitude)
        }
    }

    @Test("HyperLogLogs merge in any order and grouping, also with themselves", arguments: [UInt64(1), 2, 3], [4, 12])
    func distinct(seed: UInt64, precision: Int) {
        check(HyperLogLog(precision: precision), seed: seed, isIdempotent: true) { piece, random in
            piece.add(hash: StableHash.hash(UInt64.random(in: 0..<3000, using: &random)))
        }
    }

    @Test("compensated sums do not depend on order beyond 1e-15", arguments: [UInt64(1), 2, 3])
    func compensatedSum(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        // Sixteen orders of magnitude that cancel out: doubles added one by one would lose all digits.
        var values = (0..<5000).map { _ in
            Double.random(in: -1...1, using: &random) * power(.random(in: -4...12, using: &random))
        }
        values += values.map { -$0 }
        values += [0.125]
        for _ in 0..<5 {
            values.shuffle(using: &random)
            var pieces = [CompensatedSum](repeating: CompensatedSum(), count: 7)
            for value in values { pieces[Int.random(in: 0..<7, using: &random)].add(value) }
            let merged = Self.merged(pieces, empty: CompensatedSum(), random: &random)
            #expect((merged.value - 0.125).magnitude < 1e-12)
            let plain = values.reduce(0, +)
            #expect((plain - 0.125).magnitude > (merged.value - 0.125).magnitude)
        }
    }

    /// Spreads the same additions over pieces in two ways and merges them in random order and grouping.
    private func check<Piece: Mergeable>(
        _ empty: Piece, seed: UInt64, isIdempotent: Bool = false, sourceLocation: SourceLocation = #_sourceLocation,
        add: (inout Piece, inout SeededRandom) -> Void
    ) {
        var random = SeededRandom(seed: seed &* 7919)
        for additionCount in [0, 1, 2, 10, 1000, 5000] {
            let seeds = (0..<additionCount).map { _ in random.next() }
            var whole = empty
            for seed in seeds {
                var values = SeededRandom(seed: seed)
                add(&whole, &values)
            }
            for pieceCount in [1, 2, 5, 40] {
                var pieces = [Piece](repeating: empty, count: pieceCount)
                for seed in seeds.shuffled(using: &random) {
                    var values = SeededRandom(seed: seed)
                    add(&pieces[Int.random(in: 0..<pieceCount, using: &random)], &values)
                }
                var merged = Self.merged(pieces, empty: empty, random: &random)
                #expect(
                    merged == whole, "\(additionCount) in \(pieceCount), seed \(seed)", sourceLocation: sourceLocation)
                if isIdempotent {
                    merged.merge(pieces[0])
                    merged.merge(merged)
                    #expect(merged == whole, "again, seed \(seed)", sourceLocation: sourceLocation)
                }
            }
        }
    }

    private static func merged<Piece: Mergeable>(
        _ pieces: [Piece], empty: Piece, random: inout SeededRandom
    ) -> Piece {
        var pieces = pieces.shuffled(using: &random) + [empty]
        while pieces.count > 1 {
            let taken = pieces.remove(at: Int.random(in: 0..<pieces.count, using: &random))
            let index = Int.random(in: 0..<pieces.count, using: &random)
            pieces[index].merge(taken)
        }
        return pieces[0]
    }
}

private func power(_ exponent: Double) -> Double {
    var (result, rest) = (1.0, Int(exponent.magnitude))
    while rest > 0 { (result, rest) = (result * 10, rest - 1) }
    let fine = 1 + exponent.magnitude - Double(Int(exponent.magnitude))
    return exponent < 0 ? 1 / (result * fine) : result * fine
}
