import Parquet
import Rollups
import Telemetry
import Testing

@testable import Pipeline

extension Machine {
    /// The rollups of the test streams say of the stored rows what counting them again says.
    func checkRollups(_ place: String) throws {
        let reader = RollupReader(configuration.rollups, dataDirectory: Self.directory, node: "n", store: store)
        for name in TestStreams.names {
            let rows = try table(name).rows
            let entry = try #require(configuration.rollups.rollup(named: name))
            for window in [nil] + entry.plan.windows.map(Optional.some) {
                let figures = entry.plan.measures.flatMap(\.figures)
                let answer = try reader.answer(
                    RollupQuestion(keys: [0, 1], window: window, figures: figures), of: name
                ).answer
                let expected = Self.groups(rows, entry.plan, window)
                let isEqual = answer.rows.count == expected.count
                #expect(isEqual, "\(place): \(name) by \(window?.description ?? "all") has \(answer.rows.count) rows")
                for row in answer.rows {
                    let key = row.prefix(answer.keyCount).map { $0.map(Self.text) ?? "null" }
                    let group = try #require(expected[key], "\(place): \(name) has no readings of \(key)")
                    try Self.check(row, of: answer, group, "\(place): \(name) \(key)")
                }
            }
            let filtered = try reader.answer(
                RollupQuestion(keys: [], window: nil, figures: [RollupFigure("tag", .sum)]), of: "\(name)_on"
            ).answer
            let wanted = rows.filter { $0.number("on") == 1 }
            let sum = filtered.rows.first.flatMap { $0[1]?.number } ?? 0
            #expect(sum == Double(wanted.reduce(0) { $0 + ($1.number("tag") ?? 0) }), "\(place)")
        }
    }

    private static func text(_ value: RollupValue) -> String {
        switch value {
        case .time(let time): "\(time.microsecondsSinceEpoch)"
        case .boolean(let value): value ? "1" : "0"
        case .text(let text): text
        default: "\(value)"
        }
    }

    private static func groups(
        _ rows: [[String: ParquetValue]], _ plan: RollupPlan, _ window: WindowRule?
    ) -> [[String]: [[String: ParquetValue]]] {
        Dictionary(grouping: rows) { row in
            let start = window.map { "\($0.start(of: row.number("t") ?? 0, in: plan.zone))" }
            return [start, row.text("kind") ?? "null", row.number("on").map { "\($0)" } ?? "null"].compactMap(\.self)
        }
    }

    private static func level(_ row: [String: ParquetValue]) -> Int64? {
        if case .decimal(let units, _)? = row["level"] { units } else { nil }
    }

    private static func check(
        _ row: [RollupValue?], of answer: RollupAnswer, _ group: [[String: ParquetValue]], _ place: String
    ) throws {
        func number(_ name: String) throws -> Double? {
            try row[#require(answer.columns.firstIndex(of: name), "\(name)")]?.number
        }
        #expect(try number("readings") == Double(group.count), "\(place)")
        let levels = group.compactMap(level).sorted()
        #expect(try number("level_count") == Double(levels.count), "\(place)")
        #expect(try number("level_sum") == (levels.isEmpty ? nil : Double(levels.reduce(0, +)) / 10), "\(place)")
        #expect(try number("level_min") == levels.first.map { Double($0) / 10 }, "\(place)")
        #expect(try number("level_max") == levels.last.map { Double($0) / 10 }, "\(place)")
        if !levels.isEmpty {
            // The lowest of the values that half of all do not pass; exact, since a bin is a step.
            let median = levels[max(0, Int((Double(levels.count) * 0.5).rounded(.up)) - 1)]
            #expect(try number("level_p50") == Double(median) / 10, "\(place)")
        }
        let ratios = group.compactMap { row in if case .double(let ratio)? = row["ratio"] { ratio } else { nil } }
        if let mean = try number("ratio_mean") {
            let expected = ratios.reduce(0, +) / Double(ratios.count)
            #expect(abs(mean - expected) <= abs(expected) * 1e-12, "\(place)")
        } else {
            #expect(ratios.isEmpty, "\(place)")
        }
        let yes = group.filter { level($0).map { $0 >= 100 } ?? false || $0.number("on") == 1 }
        // SQL's OR: known when one side is true, or when both are known.
        let isKnown = group.filter { row in
            yes.contains { $0 == row } || (level(row) != nil && row.number("on") != nil)
        }
        #expect(try number("high_yes") == Double(yes.count), "\(place)")
        #expect(try number("high_known") == Double(isKnown.count), "\(place)")
        let devices = Set(group.compactMap { $0.text("device") })
        #expect(try number("devices_distinct") == Double(devices.count), "\(place)")
        let newest = group.compactMap { row in row.number("t").map { ($0, row.number("tag") ?? 0) } }.max { $0 < $1 }
        #expect(try number("newest_value") == newest.map { Double($0.1) }, "\(place)")
    }
}
