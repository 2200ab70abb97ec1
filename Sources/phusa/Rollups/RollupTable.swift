import Pipeline
import Rollups
import Telemetry

/// An answer for people: times in the rollup's zone, shares in percent, and for time series a curve in a line.
struct RollupTable {
    private let answer: RollupAnswer
    private let plan: RollupPlan
    private let hasCurves: Bool

    init(_ answer: RollupAnswer, plan: RollupPlan, hasCurves: Bool) {
        self.answer = answer
        self.plan = plan
        self.hasCurves = hasCurves
    }

    var table: TextTable { hasCurves ? curves : lines }

    private func heading(_ column: Int) -> TextTable.Column {
        switch answer.types[column] {
        case .string, .timestamp, .boolean: .init(answer.columns[column])
        default: .init(answer.columns[column], .right)
        }
    }

    private var lines: TextTable {
        var table = TextTable(answer.columns.indices.map(heading))
        for row in answer.rows {
            table.add(row.enumerated().map { .init(text($1, column: $0), tint: $0 < answer.keyCount ? .accent : nil) })
        }
        return table
    }

    /// One line for all windows with the same other keys: of each figure the last value and its course.
    private var curves: TextTable {
        let keys = Array(1..<answer.keyCount)
        let figures = Array(answer.keyCount..<answer.columns.count)
        var columns = keys.map(heading) + [.init("windows", .right), .init("last window")]
        for figure in figures {
            columns.append(heading(figure))
            if isCurve(figure) { columns.append(.init("course")) }
        }
        var table = TextTable(columns)
        var series: [[String]: [[RollupValue?]]] = [:]
        var order: [[String]] = []
        // The window is the first key, so rows of a series lie apart, in the order of their windows.
        for row in answer.rows {
            let key = keys.map { text(row[$0], column: $0) }
            if series[key] == nil { order.append(key) }
            series[key, default: []].append(row)
        }
        let times = Set(answer.rows.map { Self.time($0[0]) }).sorted()
        for key in order.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard let rows = series[key], let last = rows.last else { continue }
            var cells = key.map { TextTable.Cell($0, tint: .accent) }
            cells += [.init(rows.count), .init(text(last[0], column: 0))]
            for figure in figures {
                cells.append(.init(text(last[figure], column: figure)))
                guard isCurve(figure) else { continue }
                let values = Dictionary(rows.map { (Self.time($0[0]), $0[figure]?.number) }) { first, _ in first }
                cells.append(.init(Sparkline.text(times.map { values[$0] ?? nil }, width: Self.curveWidth)))
            }
            table.add(cells)
        }
        return table
    }

    /// As wide as a day of hours.
    private static let curveWidth = 24

    private func isCurve(_ column: Int) -> Bool {
        switch answer.types[column] {
        case .string, .timestamp, .boolean, .binary: false
        default: answer.columns[column] != "readings"
        }
    }

    private static func time(_ value: RollupValue?) -> Int64 {
        if case .time(let time)? = value { time.microsecondsSinceEpoch } else { 0 }
    }

    private func text(_ value: RollupValue?, column: Int) -> String {
        let name = answer.columns[column]
        switch value {
        case nil: return "–"
        case .integer(let number): return name == "tile" ? "\(number)" : Format.count(Int(number))
        case .double(let number):
            return name.hasSuffix("_share") ? Format.percent(number) : Format.decimal(number, digits: 2)
        case .time(let time):
            let local = EventTime(microsecondsSinceEpoch: plan.zone.localMicroseconds(at: time))
            let text = local.description.replacing("T", with: " ").prefix(16)
            return String(text)
        case .decimal, .boolean, .text: return value?.text ?? ""
        }
    }
}

/// A time series as a line of blocks.
enum Sparkline {
    private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// One block for each value, or for the mean of several where there are more than `width`; a gap for none.
    static func text(_ values: [Double?], width: Int) -> String {
        let points = values.count <= width ? values : resampled(values, width)
        let known = points.compactMap { $0 }.filter(\.isFinite)
        guard let low = known.min(), let high = known.max() else { return "" }
        return String(
            points.map { value -> Character in
                guard let value, value.isFinite else { return " " }
                // A flat line lies in the middle.
                let share = high > low ? (value - low) / (high - low) : 0.5
                return blocks[min(blocks.count - 1, Int(share * Double(blocks.count)))]
            })
    }

    private static func resampled(_ values: [Double?], _ width: Int) -> [Double?] {
        (0..<width).map { column in
            let part = values[(column * values.count / width)..<((column + 1) * values.count / width)].compactMap { $0 }
            return part.isEmpty ? nil : part.reduce(0, +) / Double(part.count)
        }
    }
}
