package import Conditions
package import Telemetry

/// A rollup of one stream, compiled: which partials are made of readings, and how partials are merged.
///
/// A partial is a row of the rollup's table: what the readings of one commit say of one window and one set of keys.
package struct RollupPlan: Sendable {
    /// What is kept of the readings.
    package enum Measure: Sendable {
        /// A number: how many, and as wanted the sum, the bounds and bins for quantiles.
        case quantity(String, column: Int, Parts, binning: Binning?)
        /// How often a condition is true, and how often it is known.
        case share(String, Condition)
        /// How many different values there are, by a HyperLogLog sketch.
        case distinct(String, column: Int)
        /// The value at the earliest time.
        case first(String, column: Int)
        /// The value at the latest time.
        case last(String, column: Int)

        package var name: String {
            switch self {
            case .quantity(let name, _, _, _), .share(let name, _), .distinct(let name, _), .first(let name, _),
                .last(let name, _):
                name
            }
        }
    }

    /// What tells the partials of a window apart.
    package enum Key: Sendable {
        /// The cell of a column, under the column's name.
        case column(Int)
        /// The tile that holds a position, as its id, in a column `tile`.
        case tile(longitude: Int, latitude: Int, zoom: Int)
    }

    /// The parts of a quantity beside its count.
    package struct Parts: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }
        package static let sum = Parts(rawValue: 1)
        package static let minimum = Parts(rawValue: 2)
        package static let maximum = Parts(rawValue: 4)
    }

    /// What the names of the tables of rollups begin with, and those of streams do not.
    package static let tablePrefix = "rollup_"

    /// The name; its table is `rollup_<name>`.
    package let name: String
    /// The windows that can be asked for, ascending; partials are kept in the first.
    package let windows: [WindowRule]
    package let zone: CivilTimeZone
    package let measures: [Measure]
    /// Only readings for which this is true are taken; nil takes all.
    package let filter: Condition?
    /// The columns of a partial: `window_start`, the keys, `readings`, the measures' parts, `first_arrival`,
    /// `last_arrival`.
    package let columns: [ColumnDefinition]
    package let keyCount: Int
    /// What partials mean, part by part: two plans whose partials may stand in one table have the same parts.
    ///
    /// Coarser windows and quantiles are not among them, since they are worked out when somebody asks.
    package let signature: [String]

    private let keys: [Key]
    private let timeColumn: Int
    /// What is made of readings; then the same columns made of partials.
    private let outputs: [Aggregation.Output]
    private let mergingOutputs: [Aggregation.Output]

    /// Compiles a rollup of a stream with the columns `stream`, of which keys, time and arrival are given by index.
    package init(
        name: String, keys: [Key], windows: [WindowRule], measures: [Measure], filter: Condition? = nil,
        timeColumn: Int, arrivalColumn: Int, stream: [ColumnDefinition], zone: CivilTimeZone
    ) {
        require(!windows.isEmpty, "a rollup has windows")
        self.name = name
        self.windows = windows
        self.zone = zone
        self.measures = measures
        self.timeColumn = timeColumn
        self.keys = keys
        self.filter = filter
        keyCount = keys.count
        signature =
            ["window \(windows[0])", "zone \(zone.name)"] + keys.map { $0.signature(stream) }
            + (filter.map { ["where \($0.text)"] } ?? []) + measures.map { $0.signature(stream) }
        var outputs = [
            Aggregation.Output(
                ColumnDefinition("readings", .int64, isNullable: false, comment: "Readings in this partial"), .rows)
        ]
        for measure in measures { outputs += Self.outputs(of: measure, stream: stream, timeColumn: timeColumn) }
        outputs += [
            Aggregation.Output(
                ColumnDefinition("first_arrival", .timestamp, isNullable: false, comment: "When their first came"),
                .minimum(of: arrivalColumn)),
            Aggregation.Output(
                ColumnDefinition("last_arrival", .timestamp, isNullable: false, comment: "When their last came"),
                .maximum(of: arrivalColumn)),
        ]
        self.outputs = outputs
        let keyDefinitions =
            [ColumnDefinition("window_start", .timestamp, isNullable: false, comment: "Where the window begins")]
            + keys.map { $0.definition(stream) }
        columns = keyDefinitions + outputs.map(\.definition)
        let first = keyDefinitions.count
        mergingOutputs = outputs.enumerated().map { index, output in
            Aggregation.Output(output.definition, output.aggregate.merging(column: first + index))
        }
    }

    /// The names of the keys, in their order.
    package var keyNames: [String] { columns[1..<1 + keyCount].map(\.name) }

    /// The columns of the table: those of a partial and where it came from.
    package var tableColumns: [ColumnDefinition] {
        columns + [
            ColumnDefinition("lane", .string, isNullable: false, comment: "Lane that received the readings"),
            ColumnDefinition(
                "journal_offset", .int64, isNullable: false, comment: "The last message of the commit that wrote this"),
        ]
    }

    /// Makes partials of readings.
    package func partials() -> Aggregation {
        Aggregation(
            keys: [(.window(of: timeColumn, windows[0]), columns[0])]
                + keys.enumerated().map { ($1.aggregationKey, columns[1 + $0]) },
            outputs: outputs, zone: zone)
    }

    /// Merges partials to the windows and keys that are asked for.
    ///
    /// The window is one of `windows`, or nil, which puts all times together; keys are told by index, from 0. Of the
    /// measures only those that `figures` need are merged; nil merges all.
    package func merge(window: WindowRule?, keys: [Int], figures: [RollupFigure]? = nil) -> Aggregation {
        var groupKeys = keys.map { (key: Aggregation.Key.column(1 + $0), definition: columns[1 + $0]) }
        if let window { groupKeys.insert((.window(of: 0, window), columns[0]), at: 0) }
        if groupKeys.isEmpty {
            // All rows have the same `window_start` in a window without end: one group.
            groupKeys = [(.window(of: 0, .fixed(microseconds: .max)), columns[0])]
        }
        return Aggregation(keys: groupKeys, outputs: mergingOutputs(for: figures), zone: zone)
    }

    private func mergingOutputs(for figures: [RollupFigure]?) -> [Aggregation.Output] {
        guard let figures else { return mergingOutputs }
        let wanted = Set(figures.flatMap(\.parts) + ["readings"])
        return mergingOutputs.filter { wanted.contains($0.definition.name) }
    }

    private static func outputs(
        of measure: Measure, stream: [ColumnDefinition], timeColumn: Int
    ) -> [Aggregation.Output] {
        func output(
            _ suffix: String, _ type: ColumnType, _ aggregate: Aggregate, _ comment: String, isNullable: Bool = true
        ) -> Aggregation.Output {
            Aggregation.Output(
                ColumnDefinition("\(measure.name)_\(suffix)", type, isNullable: isNullable, comment: comment),
                aggregate)
        }
        switch measure {
        case .quantity(_, let column, let parts, let binning):
            let source = stream[column]
            var outputs = [
                output("count", .int64, .values(of: column), "Readings that have \(source.name)", isNullable: false)
            ]
            if parts.contains(.sum) {
                outputs.append(output("sum", source.type.sumType, .sum(of: column), "Exact sum of \(source.name)"))
            }
            if parts.contains(.minimum) {
                outputs.append(output("min", source.type, .minimum(of: column), source.comment))
            }
            if parts.contains(.maximum) {
                outputs.append(output("max", source.type, .maximum(of: column), source.comment))
            }
            if let binning {
                outputs.append(
                    output("bins", .counts, .bins(of: column, binning), binning.describe(source)))
            }
            return outputs
        case .share(_, let condition):
            return [
                output("yes", .int64, .yes(condition), "Readings with \(condition.text)", isNullable: false),
                output(
                    "known", .int64, .known(condition), "Readings that tell whether \(condition.text)",
                    isNullable: false),
            ]
        case .distinct(_, let column):
            return [output("sketch", .binary, .distinct(of: column), "HyperLogLog of \(stream[column].name)")]
        case .first(_, let column):
            return [
                output("first", stream[column].type, .earliest(of: column, by: timeColumn), stream[column].comment),
                output("first_time", .timestamp, .earliestTime(of: column, by: timeColumn), "When that was"),
            ]
        case .last(_, let column):
            return [
                output("last", stream[column].type, .latest(of: column, by: timeColumn), stream[column].comment),
                output("last_time", .timestamp, .latestTime(of: column, by: timeColumn), "When that was"),
            ]
        }
    }
}

extension RollupPlan.Measure {
    fileprivate func signature(_ stream: [ColumnDefinition]) -> String {
        switch self {
        case .quantity(let name, let column, let parts, let binning):
            "\(name): parts \(parts.rawValue) of \(stream[column].name), \(binning?.signature ?? "no bins")"
        case .share(let name, let condition): "\(name): share of \(condition.text)"
        case .distinct(let name, let column): "\(name): distinct \(stream[column].name)"
        case .first(let name, let column): "\(name): first \(stream[column].name)"
        case .last(let name, let column): "\(name): last \(stream[column].name)"
        }
    }
}

extension Binning {
    fileprivate var signature: String {
        switch self {
        case .step(let scale): "bins of \(scale.value(of: 1))"
        case .relative(let scale): "bins within \(scale.relativeError)"
        }
    }
}

extension RollupPlan.Key {
    fileprivate func signature(_ stream: [ColumnDefinition]) -> String {
        switch self {
        case .column(let column): "by \(stream[column].name)"
        case .tile(_, _, let zoom): "by tile of zoom \(zoom)"
        }
    }

    fileprivate func definition(_ stream: [ColumnDefinition]) -> ColumnDefinition {
        switch self {
        case .column(let column):
            ColumnDefinition(stream[column].name, stream[column].type, comment: stream[column].comment)
        case .tile(_, _, let zoom):
            ColumnDefinition(
                "tile", .int64, comment: "Web-mercator tile of zoom \(zoom): quadkey as a number behind a 1")
        }
    }

    fileprivate var aggregationKey: Aggregation.Key {
        switch self {
        case .column(let column): .column(column)
        case .tile(let longitude, let latitude, let zoom): .tile(longitude: longitude, latitude: latitude, zoom: zoom)
        }
    }
}

extension Aggregate {
    /// What merges columns that this has written, the first of which is `column`.
    fileprivate func merging(column: Int) -> Aggregate {
        switch self {
        case .rows, .values, .sum, .yes, .known: .sum(of: column)
        case .minimum: .minimum(of: column)
        case .maximum: .maximum(of: column)
        case .bins(_, let binning), .mergedBins(_, let binning): .mergedBins(of: column, binning)
        case .distinct, .mergedDistinct: .mergedDistinct(of: column)
        case .earliest: .earliest(of: column, by: column + 1)
        case .earliestTime: .earliestTime(of: column - 1, by: column)
        case .latest: .latest(of: column, by: column + 1)
        case .latestTime: .latestTime(of: column - 1, by: column)
        }
    }
}

extension ColumnType {
    /// What an exact sum of the column is kept as.
    package var sumType: ColumnType {
        switch self {
        case .decimal(_, let scale): .decimal(precision: 18, scale: scale)
        case .double: .double
        default: .decimal(precision: 18, scale: 0)
        }
    }
}
