import JSONDocument
import Telemetry
import TestSupport
import Testing

@testable import Payloads

@Suite("SenML packs made at random")
struct SenMLPropertyTests {
    /// A measurement, its numbers as thousandths so that the test adds nothing but integers.
    private struct Measurement {
        var name: String
        var time: Int64
        var value: Int64
        var sum: Int64?
        var unit: String?
    }

    @Test("whatever base values a pack is written with, it resolves to the same records", arguments: [UInt64(1), 2, 3])
    func resolution(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var reader = PayloadReader(format: .senml, senMLForm: .resolved)
        for _ in 0..<500 {
            let measurements = (0..<Int.random(in: 1...12, using: &random)).map { _ in measurement(&random) }
            let pack = pack(measurements, &random)
            let outcomes = reader.records(of: Array(pack.utf8)).outcomes
            #expect(outcomes == measurements.map(resolved), "seed \(seed): \(pack)")
        }
    }

    private func measurement(_ random: inout SeededRandom) -> Measurement {
        let names = ["urn:dev:ow:1:t", "urn:dev:ow:1:h", "urn:dev:ow:2/t", "a", "a.b-c_d"]
        return Measurement(
            name: names.randomElement(using: &random) ?? "a",
            time: Int64.random(in: 268_435_456_000...2_000_000_000_000, using: &random),
            value: Int64.random(in: -1_000_000...1_000_000, using: &random),
            sum: random.chance(1, in: 3) ? Int64.random(in: 0...5000, using: &random) : nil,
            unit: random.chance(1, in: 2) ? "Cel" : nil)
    }

    private func resolved(_ measurement: Measurement) -> String {
        var text = #"{"n":"\#(measurement.name)""#
        if let unit = measurement.unit { text += #","u":"\#(unit)""# }
        text += #","t":\#(decimal(measurement.time)),"v":\#(decimal(measurement.value))"#
        if let sum = measurement.sum { text += #","s":\#(decimal(sum))"# }
        return text + "}"
    }

    /// Writes a pack in which base values are set, changed and taken back anywhere.
    private func pack(_ measurements: [Measurement], _ random: inout SeededRandom) -> String {
        var (baseName, baseTime, baseValue, baseSum) = ("", Int64(0), Int64(0), Int64?.none)
        var baseUnit = ""
        let records = measurements.map { measurement in
            var fields: [String] = []
            if !measurement.name.hasPrefix(baseName) || random.chance(1, in: 3) {
                baseName = String(measurement.name.prefix(Int.random(in: 0...measurement.name.count, using: &random)))
                fields.append(#""bn":"\#(baseName)""#)
            }
            let rest = measurement.name.dropFirst(baseName.count)
            if !rest.isEmpty || random.chance(1, in: 4) { fields.append(#""n":"\#(rest)""#) }
            if random.chance(1, in: 3) {
                baseTime = Int64.random(in: -1_000_000...2_000_000_000_000, using: &random)
                fields.append(#""bt":\#(decimal(baseTime))"#)
            }
            if measurement.time != baseTime { fields.append(#""t":\#(decimal(measurement.time - baseTime))"#) }
            if random.chance(1, in: 4) {
                baseValue = Int64.random(in: -10_000...10_000, using: &random)
                fields.append(#""bv":\#(decimal(baseValue))"#)
            }
            fields.append(#""v":\#(decimal(measurement.value - baseValue))"#)
            if let sum = measurement.sum {
                if random.chance(1, in: 2), !measurements.contains(where: { $0.sum == nil }) {
                    baseSum = Int64.random(in: 0...100, using: &random)
                    fields.append(#""bs":\#(decimal(baseSum ?? 0))"#)
                }
                fields.append(#""s":\#(decimal(sum - (baseSum ?? 0)))"#)
            }
            if (measurement.unit ?? "") != baseUnit {
                // Only a base unit can say that there is none.
                if let unit = measurement.unit, random.chance(1, in: 2) {
                    fields.append(#""u":"\#(unit)""#)
                } else {
                    baseUnit = measurement.unit ?? ""
                    fields.append(#""bu":"\#(baseUnit)""#)
                }
            }
            return "{\(fields.shuffled(using: &random).joined(separator: ","))}"
        }
        return "[\(records.joined(separator: ", "))]"
    }

    /// Thousandths as a decimal with no digit too many.
    private func decimal(_ thousandths: Int64) -> String {
        let magnitude = thousandths.magnitude
        var text = (thousandths < 0 ? "-" : "") + String(magnitude / 1000)
        guard magnitude % 1000 != 0 else { return text }
        text += "." + padded(Int(magnitude % 1000), 3)
        while text.hasSuffix("0") { text.removeLast() }
        return text
    }
}
