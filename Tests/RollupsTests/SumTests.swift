import Rollups
import TestSupport
import Testing

struct SumTests {
    @Test("a sum of the largest numbers is exact, and says when a column is too narrow")
    func large() {
        var sum = ExactSum()
        for _ in 0..<1000 { sum.add(.max) }
        #expect(sum.units == Int128(Int64.max) * 1000 && sum.int64 == nil)
        for _ in 0..<1000 { sum.add(-.max) }
        #expect(sum.units == 0 && sum.int64 == 0)
        sum.add(.min)
        #expect(sum.int64 == .min)
    }

    @Test("means are those of the exact sum")
    func mean() {
        #expect(ExactSum(units: -10_005).mean(count: 100, decimals: 1) == -10.005)
        #expect(ExactSum(units: Int128(Int64.max) * 3).mean(count: 3, decimals: 0) == Double(Int64.max))
        #expect(ExactSum().mean(count: 0, decimals: 0) == nil)
    }

    @Test("words have the order of the doubles, zeros told apart", arguments: [UInt64(1), 2])
    func order(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var values = (0..<2000).map { _ in Double(bitPattern: random.next()) }.filter { !$0.isNaN }
        values += [0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNonzeroMagnitude]
        for value in values {
            #expect(OrderedWord.double(OrderedWord.word(value)).bitPattern == value.bitPattern)
        }
        let sorted = values.sorted { OrderedWord.word($0) < OrderedWord.word($1) }
        #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(OrderedWord.word(-0.0) < OrderedWord.word(0))
    }

    @Test("the first and the last value of a time are the least and the greatest")
    func ties() {
        var piece = TimedExtremes()
        #expect(piece.isEmpty && Extremes().isEmpty)
        for (time, word) in [(5, 3), (2, 9), (5, 8), (2, 4), (3, 100)] {
            piece.add(.init(microseconds: Int64(time), word: Int64(word)))
        }
        #expect(piece.first.word == 4 && piece.last.word == 8 && !piece.isEmpty)
    }
}
