package import Telemetry

/// A figure that an answer gives for every group.
package struct RollupFigure: Hashable, Sendable {
    /// What is worked out from the parts of a measure.
    package enum Statistic: Hashable, Sendable {
        case count, sum, mean, minimum, maximum
        /// The value up to which this share of all lie, from 0 to 1.
        case quantile(Double)
        /// How often a condition is true, of all times that it is known.
        case share
        /// How often it is true, and how often it is known.
        case yes, known
        /// An estimate of the number of different values, with a standard error of 1.6 %.
        case distinct
        /// The value of a first or last reading, and its time.
        case value, time
    }

    package let measure: String
    package let statistic: Statistic

    package init(_ measure: String, _ statistic: Statistic) {
        self.measure = measure
        self.statistic = statistic
    }

    /// The column of an answer: `rsrp_p95`, `covered_share`.
    package var name: String { "\(measure)_\(statistic.name)" }

    /// As it is asked for: `rsrp.p95`.
    package var dottedName: String { "\(measure).\(statistic.name)" }

    /// The columns of partials that the figure is worked out from.
    var parts: [String] {
        let suffixes: [String]
        switch statistic {
        case .count: suffixes = ["count"]
        case .sum, .mean: suffixes = ["count", "sum"]
        case .minimum: suffixes = ["min"]
        case .maximum: suffixes = ["max"]
        case .quantile: suffixes = ["bins"]
        case .share: suffixes = ["yes", "known"]
        case .yes: suffixes = ["yes"]
        case .known: suffixes = ["known"]
        case .distinct: suffixes = ["sketch"]
        // Which row's value it is, the time says.
        case .value, .time: suffixes = ["first_time", "last_time", "first", "last"]
        }
        return suffixes.map { "\(measure)_\($0)" }
    }

    /// Reads `rsrp.p95`, `rsrp_p95`, or the name of a measure alone, which stands for all that it gives.
    package static func figures(_ text: String, of plan: RollupPlan) -> [RollupFigure]? {
        let all = plan.measures.flatMap(\.figures)
        if let measure = plan.measures.first(where: { $0.name == text }) { return measure.figures }
        for measure in plan.measures where text.hasPrefix(measure.name) {
            let rest = text.dropFirst(measure.name.count)
            guard let separator = rest.first, ".: _".contains(separator) else { continue }
            let wanted = String(rest.dropFirst())
            if let known = all.first(where: { $0.measure == measure.name && $0.statistic.name == wanted }) {
                return [known]
            }
            if wanted.first == "p", let percent = Double(wanted.dropFirst()), (0...100).contains(percent),
                measure.hasQuantiles
            {
                return [RollupFigure(measure.name, .quantile(percent / 100))]
            }
        }
        return nil
    }
}

extension RollupFigure.Statistic {
    /// The type of the figure, where that of its part is known.
    fileprivate func type(ofPart part: ColumnType?) -> ColumnType {
        switch self {
        case .count, .yes, .known, .distinct: .int64
        case .mean, .quantile, .share: .double
        case .time: .timestamp
        case .sum, .minimum, .maximum: part ?? .double
        case .value: part ?? .string
        }
    }

    package var name: String {
        switch self {
        case .count: return "count"
        case .sum: return "sum"
        case .mean: return "mean"
        case .minimum: return "min"
        case .maximum: return "max"
        case .quantile(let share):
            let percent = share * 100
            return percent == percent.rounded() ? "p\(Int(percent))" : "p\(percent)"
        case .share: return "share"
        case .yes: return "yes"
        case .known: return "known"
        case .distinct: return "distinct"
        case .value: return "value"
        case .time: return "time"
        }
    }
}

extension RollupPlan.Measure {
    /// Everything that the measure's parts give, quantiles as 5, 50 and 95 percent.
    package var figures: [RollupFigure] {
        switch self {
        case .quantity(let name, _, let parts, let binning):
            var statistics: [RollupFigure.Statistic] = [.count]
            if parts.contains(.sum) { statistics += [.mean, .sum] }
            if parts.contains(.minimum) { statistics.append(.minimum) }
            if parts.contains(.maximum) { statistics.append(.maximum) }
            if binning != nil { statistics += [.quantile(0.05), .quantile(0.5), .quantile(0.95)] }
            return statistics.map { RollupFigure(name, $0) }
        case .share(let name, _): return [.share, .yes, .known].map { RollupFigure(name, $0) }
        case .distinct(let name, _): return [RollupFigure(name, .distinct)]
        case .first(let name, _), .last(let name, _): return [.value, .time].map { RollupFigure(name, $0) }
        }
    }

    fileprivate var hasQuantiles: Bool {
        if case .quantity(_, _, _, binning: .some) = self { true } else { false }
    }
}

/// A cell of an answer.
package enum RollupValue: Equatable, Sendable {
    case integer(Int64)
    /// `digits / 10^scale`.
    case decimal(Int128, scale: Int)
    case double(Double)
    case text(String)
    case time(EventTime)
    case boolean(Bool)

    /// The value as a number, for plots and comparisons; nil for what is none.
    package var number: Double? {
        switch self {
        case .integer(let value): return Double(value)
        case .decimal(let digits, let scale):
            var power = 1.0
            for _ in 0..<scale { power *= 10 }
            return Double(digits) / power
        case .double(let value): return value
        case .text, .time, .boolean: return nil
        }
    }
}

/// The answer to a question about a rollup: a row for each group.
package struct RollupAnswer: Sendable {
    /// The keys, then `readings`, then the figures.
    package let columns: [String]
    /// What the columns hold; sums may have more digits than their type has room for.
    package let types: [ColumnType]
    package let keyCount: Int
    /// Nil for null and for figures that nothing was measured for; rows ascend by their keys.
    package let rows: [[RollupValue?]]

    /// Works the figures out from merged partials; `hidesKeys` leaves the keys out, of which there must be one then.
    package init(
        _ merge: consuming Aggregation, keyCount mergedKeyCount: Int, figures: [RollupFigure], plan: RollupPlan,
        hidesKeys: Bool = false
    ) {
        let keyCount = hidesKeys ? 0 : mergedKeyCount
        var batch = ColumnBatch(merge.columns, rowLimit: max(1, merge.rowCount))
        let groups = merge.write(into: &batch)
        let names = merge.columns.map(\.name)
        var rows: [[RollupValue?]] = []
        var row = 0
        while row < groups.count {
            var end = row + 1
            while end < groups.count, groups[end] == groups[row] { end += 1 }
            let reader = PartialReader(names: names, firstRow: row, endRow: end, plan: plan)
            let keys = (0..<keyCount).map { reader.cell($0, batch) }
            let readings = reader.column("readings").map { RollupValue.integer(Int64(reader.sum($0, batch))) }
            rows.append(keys + [readings] + figures.map { reader.value(of: $0, batch) })
            row = end
        }
        self.keyCount = keyCount
        let definitions = merge.columns
        types =
            definitions.prefix(keyCount).map { $0.type == .date ? .string : $0.type } + [.int64]
            + figures.map { figure in
                let part = figure.parts.lazy.compactMap { name in definitions.first { $0.name == name } }.last
                return figure.statistic.type(ofPart: part?.type)
            }
        columns = names.prefix(keyCount) + ["readings"] + figures.map(\.name)
        self.rows = rows.sorted { Self.precedes($0.prefix(keyCount), $1.prefix(keyCount)) }
    }

    /// Null first, then in the order of the values.
    private static func precedes(_ left: ArraySlice<RollupValue?>, _ right: ArraySlice<RollupValue?>) -> Bool {
        for (a, b) in zip(left, right) where a != b {
            switch (a, b) {
            case (nil, _): return true
            case (_, nil): return false
            case (.text(let a)?, .text(let b)?): return a.utf8.lexicographicallyPrecedes(b.utf8)
            case (.time(let a)?, .time(let b)?): return a < b
            case (.boolean(let a)?, .boolean(let b)?): return !a && b
            case (let a?, let b?): return (a.number ?? 0) < (b.number ?? 0)
            }
        }
        return false
    }
}

/// Reads what merged partials say of one group: a row, or several where a sum has too many digits for one.
private struct PartialReader {
    let names: [String]
    let firstRow: Int
    let endRow: Int
    let plan: RollupPlan

    func column(_ name: String) -> Int? { names.firstIndex(of: name) }

    func sum(_ column: Int, _ batch: borrowing ColumnBatch) -> Int128 {
        var total: Int128 = 0
        for row in firstRow..<endRow { total += Int128(batch.word(row: row, column: column) ?? 0) }
        return total
    }

    func cell(_ column: Int, _ batch: borrowing ColumnBatch) -> RollupValue? {
        guard let word = batch.word(row: firstRow, column: column) else { return nil }
        switch batch.definitions[column].type {
        case .boolean: return .boolean(word != 0)
        case .int32, .int64: return .integer(word)
        case .double: return .double(Double(bitPattern: UInt64(bitPattern: word)))
        case .decimal(_, let scale): return .decimal(Int128(word), scale: scale)
        case .timestamp: return .time(EventTime(microsecondsSinceEpoch: word))
        case .date: return .text(CivilTime(EventTime(microsecondsSinceEpoch: word * 86_400_000_000)).date)
        case .string, .binary, .counts: return batch.string(row: firstRow, column: column).map { .text($0) }
        }
    }

    func value(of figure: RollupFigure, _ batch: borrowing ColumnBatch) -> RollupValue? {
        func part(_ suffix: String) -> Int? { column("\(figure.measure)_\(suffix)") }
        func count(_ suffix: String) -> Int64 { part(suffix).map { Int64(sum($0, batch)) } ?? 0 }
        switch figure.statistic {
        case .count: return .integer(count("count"))
        case .yes: return .integer(count("yes"))
        case .known: return .integer(count("known"))
        case .share:
            let known = count("known")
            return known == 0 ? nil : .double(Double(count("yes")) / Double(known))
        case .sum, .mean:
            let values = count("count")
            guard values > 0, let column = part("sum") else { return nil }
            let total: RollupValue
            switch batch.definitions[column].type {
            case .decimal(_, let scale): total = .decimal(sum(column, batch), scale: scale)
            default: total = cell(column, batch) ?? .double(0)
            }
            if figure.statistic == .sum { return total }
            return total.number.map { .double($0 / Double(values)) }
        case .minimum: return part("min").flatMap { cell($0, batch) }
        case .maximum: return part("max").flatMap { cell($0, batch) }
        case .value: return (part("first") ?? part("last")).flatMap { cell($0, batch) }
        case .time: return (part("first_time") ?? part("last_time")).flatMap { cell($0, batch) }
        case .quantile(let share): return quantile(share, figure.measure, batch).map { .double($0) }
        case .distinct:
            guard let column = part("sketch") else { return nil }
            // What was not seen was seen no time.
            guard batch.word(row: firstRow, column: column) != nil else { return .integer(0) }
            return (try? HyperLogLog(bytes: batch.bytes(row: firstRow, column: column)))
                .map { .integer(Int64($0.estimate.rounded())) }
        }
    }

    private func quantile(_ share: Double, _ measure: String, _ batch: borrowing ColumnBatch) -> Double? {
        guard let column = column("\(measure)_bins"), batch.word(row: firstRow, column: column) != nil,
            case .quantity(_, _, _, let binning?)? = plan.measures.first(where: { $0.name == measure })
        else { return nil }
        let entries = BinCount.entries(cell: batch.bytes(row: firstRow, column: column))
        return binning.quantile(share, of: entries)
    }
}
