import Conditions
import Rollups
import Streams
import Telemetry

/// Makes plans of a rollup's definition: the rollup itself and, where it has tiles, that by tile, device and day.
struct RollupCompiler {
    private let definition: RollupDefinition
    private let stream: StreamPlan

    init(_ definition: RollupDefinition, stream: StreamPlan) {
        self.definition = definition
        self.stream = stream
    }

    /// The plans; none when something is wrong, and `errors` says what.
    func compile(errors: inout [DefinitionError]) -> [(RollupPlan, RollupDefinition.Tiles?)] {
        let errorCount = errors.count
        let keys = definition.keys.compactMap { key in
            DefinitionError.collect(into: &errors) { () throws(DefinitionError) in try column(key, in: "by") }
        }
        let windows = DefinitionError.collect(into: &errors) { () throws(DefinitionError) in try self.windows() } ?? []
        let measures = definition.measures.compactMap { measure in
            DefinitionError.collect(into: &errors) { () throws(DefinitionError) in try self.measure(measure) }
        }
        let filter = definition.filter.flatMap { filter in
            DefinitionError.collect(into: &errors) { () throws(DefinitionError) in try condition(filter, in: "where") }
        }
        var plans: [(RollupPlan, RollupDefinition.Tiles?)] = []
        plans.append(
            (
                plan(
                    definition.name.value, keys: keys.map { .column($0) },
                    windows: windows.isEmpty ? [.localDay] : windows, measures: measures, filter: filter), nil
            ))
        if let tiles = definition.tiles {
            DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
                let tileKeys = try self.keys(of: tiles, beside: keys)
                plans.append(
                    (
                        plan(
                            "\(definition.name.value)_tiles", keys: tileKeys, windows: [.localDay],
                            measures: measures.compactMap(\.inTiles), filter: filter), tiles
                    ))
            }
        }
        return errors.count == errorCount ? plans : []
    }

    private func plan(
        _ name: String, keys: [RollupPlan.Key], windows: [WindowRule], measures: [RollupPlan.Measure],
        filter: Condition?
    ) -> RollupPlan {
        RollupPlan(
            name: name, keys: keys, windows: windows, measures: measures, filter: filter,
            timeColumn: stream.timeColumn, arrivalColumn: stream.ingestTimeColumn, stream: stream.columns,
            zone: definition.zone)
    }

    // MARK: Parts

    private func column(_ name: Located<String>, in key: String) throws(DefinitionError) -> Int {
        guard let column = stream.columns.firstIndex(where: { $0.name == name.value }) else {
            throw definition.error(
                at: name, "`\(key)` names `\(name.value)`, which the stream \(stream.name) does not have",
                fix: "Columns are \(stream.columns.map(\.name).joined(separator: ", "))")
        }
        return column
    }

    private func condition(_ text: Located<String>, in key: String) throws(DefinitionError) -> Condition {
        do throws(ConditionError) {
            return try Condition(text.value, columns: stream.columns)
        } catch {
            throw definition.error(
                at: text,
                "the condition of `\(key)` cannot be used: \(error.sentence), at character "
                    + "\(error.characterOffset + 1) of `\(text.value)`",
                fix: "Correct the condition")
        }
    }

    private func windows() throws(DefinitionError) -> [WindowRule] {
        var windows: [WindowRule] = []
        for text in definition.windows {
            guard let window = WindowRule(text: text.value) else {
                throw definition.error(
                    at: text, "`\(text.value)` is no length of a window",
                    fix: "Write 1m to 12h, so that the day is a multiple of it, or 1d for the days of the zone")
            }
            if let last = windows.last, !window.isMade(of: windows[0], in: definition.zone) || window == last {
                throw definition.error(
                    at: text, "windows of \(window) cannot be put together from those of \(windows[0])",
                    fix: "List windows from the shortest to the longest, each a multiple of the first")
            }
            windows.append(window)
        }
        guard !windows.isEmpty else {
            throw definition.error(at: definition.name, "the rollup has no `windows`", fix: "Write one, such as [1h]")
        }
        return windows
    }

    /// Tile, area, voice, and then the keys of the rollup that are none of them.
    private func keys(
        of tiles: RollupDefinition.Tiles, beside keys: [Int]
    ) throws(DefinitionError) -> [RollupPlan.Key] {
        guard let latitude = stream.place.latitude, let longitude = stream.place.longitude else {
            throw definition.error(
                at: tiles.zoom, "the stream \(stream.name) says no position, so there are no tiles",
                fix: "Add `place: { latitude: …, longitude: … }` to the stream, or remove `tiles`")
        }
        let voice = try column(tiles.voice, in: "tiles.voice")
        let area = stream.columns.firstIndex { $0.name == "area" }
        let others = keys.filter { $0 != voice && $0 != area }
        return [.tile(longitude: longitude, latitude: latitude, zoom: tiles.zoom.value)]
            + ([area, voice].compactMap(\.self) + others).map { .column($0) }
    }

    // MARK: Measures

    private func measure(_ measure: RollupDefinition.Measure) throws(DefinitionError) -> RollupPlan.Measure {
        let name = measure.name.value
        switch measure.kind {
        case .share(let text): return .share(name, try condition(text, in: name))
        case .distinct(let text): return .distinct(name, column: try column(text, in: name))
        case .first(let text): return .first(name, column: try column(text, in: name))
        case .last(let text): return .last(name, column: try column(text, in: name))
        case .quantity(let text, let figures, let step):
            let column = try column(text, in: name)
            switch stream.columns[column].type {
            case .int32, .int64, .double, .decimal: break
            default:
                throw definition.error(
                    at: text, "`\(text.value)` is not a number, so it has no \(name)",
                    fix: "Name a column of numbers, or use distinct, first or last")
            }
            var parts: RollupPlan.Parts = []
            var hasQuantiles = false
            for figure in figures {
                switch figure.value {
                case .count: break
                case .sum, .mean: parts.insert(.sum)
                case .minimum: parts.insert(.minimum)
                case .maximum: parts.insert(.maximum)
                case .quantile: hasQuantiles = true
                }
            }
            let binning = hasQuantiles ? try binning(of: column, text, step: step) : nil
            return .quantity(name, column: column, parts, binning: binning)
        }
    }

    /// Bins of the step that was given, of 1 dB for levels, else those of a sketch.
    private func binning(
        of column: Int, _ name: Located<String>, step: Located<RollupDefinition.Decimal>?
    ) throws(DefinitionError) -> Binning {
        let property = stream.properties.first { $0.column == column }
        let isLevel = ["dBm", "dB"].contains(property?.unit ?? "")
        guard let wanted = step?.value ?? (isLevel ? RollupDefinition.Decimal(digits: 1, scale: 0) : nil) else {
            return .relative(.onePercent)
        }
        let place = step.map { $0.with("") } ?? name
        guard let bounds = property?.bounds else {
            if step == nil { return .relative(.onePercent) }
            throw definition.error(
                at: place, "bins of a fixed width need limits, and `\(name.value)` has none in the schema",
                fix: "Add minimum and maximum to the schema, or remove `step`")
        }
        let decimals: Int
        switch stream.columns[column].type {
        case .decimal(_, let scale): decimals = scale
        case .int32, .int64: decimals = 0
        default:
            if step == nil { return .relative(.onePercent) }
            throw definition.error(
                at: place, "`\(name.value)` has no declared precision, so it has no bins of a fixed width",
                fix: "Add its digits to `precision`, or remove `step`")
        }
        let power = (0..<decimals).reduce(1.0) { value, _ in value * 10 }
        let divisor = (0..<wanted.scale).reduce(1.0) { value, _ in value * 10 }
        let units = Double(wanted.digits) / divisor * power
        guard units >= 1, units == units.rounded(),
            let scale = StepScale(
                unitsPerStep: Int64(units), decimals: decimals,
                minimum: Int64((bounds.lowerBound * power).rounded(.down)),
                maximum: Int64((bounds.upperBound * power).rounded(.up)))
        else {
            throw definition.error(
                at: place,
                "steps of this width give `\(name.value)`, from \(bounds.lowerBound) to \(bounds.upperBound), no bins or "
                    + "more than \(StepScale.maximumBinCount)",
                fix: "Choose a multiple of the column's precision that is wide enough")
        }
        return .step(scale)
    }
}

extension RollupPlan.Measure {
    /// What is kept of the measure by tile and device: shares, and numbers as count and sum; sketches would be too many.
    fileprivate var inTiles: RollupPlan.Measure? {
        switch self {
        case .share: self
        case .quantity(let name, let column, let parts, _):
            .quantity(name, column: column, parts.union(.sum), binning: nil)
        case .distinct, .first, .last: nil
        }
    }
}
