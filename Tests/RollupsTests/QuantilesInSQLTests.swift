import Foundation
import Rollups
import TestSupport
import Testing

/// The maps that tables will hold, read by DuckDB alone.
@Suite(.enabled(if: interpreter != nil, "set PHUSA_PYTHON to a Python with duckdb"))
struct QuantilesInSQLTests {
    @Test("plain SQL gets the same quantiles from the maps", arguments: [UInt64(1), 2, 3])
    func quantiles(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let scale = try #require(StepScale(unitsPerStep: 5, decimals: 1, minimum: -1000, maximum: 1000))
        var (histogram, sketch) = (StepHistogram(scale), DDSketch())
        for _ in 0..<3000 {
            histogram.add(units: .random(in: -1000...1000, using: &random))
            sketch.add(random.chance(1, in: 50) ? 0 : 1 / .random(in: -1...1, using: &random))
        }
        let shares = [0, 0.05, 0.1, 0.29, 0.5, 0.9, 0.95, 0.99, 1]
        let sketched = Self.text(sketch.entries, shares.map { ($0, sketch.quantile($0)) })
        let counted = Self.text(histogram.entries, shares.map { ($0, histogram.quantile($0)) })
        let text = """
            {"sketch": \(sketched), "histogram": \(counted), "step": 0.5,
             "growth": \(sketch.scale.growth), "smallest": \(sketch.scale.smallestMagnitude)}
            """
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("bins-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }  // A leftover in the temporary folder harms nobody.
        try Data(text.utf8).write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(interpreter))
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Oracle/quantiles.py")
        process.arguments = [script.path, file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(String(decoding: output, as: UTF8.self))")
    }

    private static func text(_ entries: [BinCount], _ quantiles: [(Double, Double?)]) -> String {
        let bins = entries.map { "[\($0.bin), \($0.count)]" }.joined(separator: ", ")
        let expected = quantiles.map { "[\($0.0), \($0.1 ?? .nan)]" }.joined(separator: ", ")
        return #"{"bins": [\#(bins)], "expected": [\#(expected)]}"#
    }
}

private let interpreter = ProcessInfo.processInfo.environment["PHUSA_PYTHON"]
