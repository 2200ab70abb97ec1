import Foundation
import Rollups
import Testing

/// The sketches on recordings of radio networks and fixed lines, against exact answers.
@Suite(.enabled(if: RecordedData.folder != nil, "set PHUSA_SHARED_DATA to the folder with telemetry/"))
struct RecordedDataTests {
    private static let shares = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]

    @Test(
        "levels of a drive through Cork: histograms give the exact quantiles",
        arguments: [("RSRP", Int64(-156), Int64(-31), 100_000), ("RSRQ", -43, 20, 100_000), ("Speed", 0, 400, 100_000)])
    func levels(column: String, minimum: Int64, maximum: Int64, leastCount: Int) throws {
        let values = try RecordedData.numbers(column, of: "cell_5g_ucc_cork_driving.csv.gz")
        let scale = try #require(StepScale(unitsPerStep: 1, decimals: 0, minimum: minimum, maximum: maximum))
        var pieces = [StepHistogram](repeating: StepHistogram(scale), count: 13)
        var (counted, sum, extremes) = ([Double](), ExactSum(), Extremes())
        for (index, value) in values.enumerated() where pieces[index % 13].add(value) {
            counted.append(value)
            sum.add(Int64(value))
            extremes.add(OrderedWord.word(value))
        }
        var histogram = pieces[0]
        for piece in pieces.dropFirst() { histogram.merge(piece) }
        counted.sort()
        #expect(counted.count >= leastCount && histogram.count == UInt64(counted.count))
        // Sentinels such as -200 are outside the scale and were not counted.
        #expect(OrderedWord.double(extremes.minimum) == counted.first)
        #expect(OrderedWord.double(extremes.maximum) == counted.last)
        #expect(sum.mean(count: histogram.count, decimals: 0) == counted.reduce(0, +) / Double(counted.count))
        for share in Self.shares { #expect(histogram.quantile(share) == exactQuantile(share, ofSorted: counted)) }
    }

    @Test(
        "speeds and latencies: DDSketches are within 1 % of the exact quantiles",
        arguments: [
            ("cell_5g_ucc_cork_driving.csv.gz", "DL_bitrate", 100_000),
            ("cell_5g_ucc_cork_driving.csv.gz", "UL_bitrate", 100_000),
            ("fixed_speedtest_brisbane.csv.gz", "ping", 20_000),
            ("fixed_speedtest_brisbane.csv.gz", "download", 20_000),
            ("fixed_speedtest_brisbane.csv.gz", "upload", 20_000),
            ("fixed_netrics_chicago.csv.gz", "dns_query_avg_ms", 1000),
            ("fixed_netrics_chicago.csv.gz", "speedtest_ookla_download", 1000),
        ])
    func speeds(file: String, column: String, leastCount: Int) throws {
        let values = try RecordedData.numbers(column, of: file)
        #expect(values.count >= leastCount)
        var pieces = [DDSketch](repeating: DDSketch(), count: 7)
        var countedAll = true
        for (index, value) in values.enumerated() { countedAll = pieces[index % 7].add(value) && countedAll }
        #expect(countedAll)
        var sketch = pieces[0]
        for piece in pieces.dropFirst() { sketch.merge(piece) }
        let sorted = values.sorted()
        for share in Self.shares + [1] {
            let exact = exactQuantile(share, ofSorted: sorted)
            let quantile = try #require(sketch.quantile(share))
            #expect((quantile - exact).magnitude <= exact.magnitude * 0.01 * (1 + 1e-9), "\(column) at \(share)")
        }
        // Order does not matter: one sketch for all, the other way round, is the same to the last count.
        var whole = DDSketch()
        for value in values.reversed() { whole.add(value) }
        #expect(whole == sketch)
    }

    @Test("cells that a drive through Cork met, and its distinct seconds: HyperLogLogs are within 4 standard errors")
    func distinct() throws {
        for (column, least) in [("RAWCELLID", 50), ("Timestamp", 50_000)] {
            let names = try RecordedData.column(column, of: "cell_5g_ucc_cork_driving.csv.gz")
            let exact = Set(names).count
            #expect(exact >= least)
            var pieces = [HyperLogLog](repeating: HyperLogLog(), count: 11)
            for (index, name) in names.enumerated() {
                let bytes = Array(name.utf8)
                // Safe: bytes of an array.
                pieces[index % 11].add(hash: unsafe StableHash.hash(bytes.span.bytes))
            }
            var sketch = pieces[0]
            for piece in pieces.dropFirst() { sketch.merge(piece) }
            let error = (sketch.estimate / Double(exact) - 1).magnitude
            #expect(error < (exact > 768 ? 4 * 0.01625 : 1e-4), "\(column): \(exact), \(sketch.estimate)")
        }
    }
}
