import Conditions
import Pipeline
import Rollups
import Telemetry

/// Makes a question of what was typed; every mistake says what is known instead.
struct RollupArguments {
    let plan: RollupPlan
    var now = EventTime.now

    func question(
        by: String?, condition: String?, from: String?, to: String?, window: String?, measures: String?
    ) throws(CommandFailure) -> RollupQuestion {
        var question = RollupQuestion(
            keys: try keys(by), window: try self.window(window), figures: try figures(measures))
        question.filter = try condition.map { (text) throws(CommandFailure) in try self.condition(text) }
        question.from = try from.map { (text) throws(CommandFailure) in try time(text, option: "--from") }
        question.to = try to.map { (text) throws(CommandFailure) in try time(text, option: "--to") }
        if let from = question.from, let to = question.to, from >= to {
            throw .usage("--from is not before --to, so there is nothing between them.")
        }
        return question
    }

    private func parts(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmed }
    }

    private func keys(_ text: String?) throws(CommandFailure) -> [Int] {
        var keys: [Int] = []
        for name in parts(text ?? "") {
            guard let key = plan.keyNames.firstIndex(of: name) else {
                throw .usage(
                    "--by: \(plan.name) has no key \(name); its keys are \(plan.keyNames.joined(separator: ", ")).")
            }
            if !keys.contains(key) { keys.append(key) }
        }
        return keys
    }

    private func window(_ text: String?) throws(CommandFailure) -> WindowRule? {
        guard let text else { return nil }
        let base = plan.windows[0]
        guard let window = WindowRule(text: text), window.isMade(of: base, in: plan.zone) else {
            throw .usage(
                "--window \(text): \(plan.name) keeps windows of \(base); write a multiple of that, up to 12h, or 1d.")
        }
        return window
    }

    private func figures(_ text: String?) throws(CommandFailure) -> [RollupFigure] {
        guard let text else { return plan.measures.flatMap(\.figures) }
        var figures: [RollupFigure] = []
        for name in parts(text) {
            guard let known = RollupFigure.figures(name, of: plan) else {
                let all = plan.measures.flatMap(\.figures).map(\.dottedName).joined(separator: ", ")
                throw .usage("--measure: \(plan.name) has no figure \(name); it has \(all), and other quantiles.")
            }
            figures += known.filter { !figures.contains($0) }
        }
        return figures
    }

    private func condition(_ text: String) throws(CommandFailure) -> Condition {
        do throws(ConditionError) {
            return try Condition(text, columns: plan.columns)
        } catch {
            throw .usage("--where: \(error)")
        }
    }

    /// A day of the rollup's zone, a time, now, or a span before now.
    func time(_ text: String, option: String) throws(CommandFailure) -> EventTime {
        if let day = TimePattern.iso.parse("\(text)T00:00:00Z", defaultOffsetSeconds: nil) {
            return plan.zone.time(localMicroseconds: day.microsecondsSinceEpoch)
        }
        if let time = try? Arguments.time(text) { return time }
        if let span = try? Arguments.duration(text) {
            return EventTime(microsecondsSinceEpoch: now.microsecondsSinceEpoch - Int64(span / .microseconds(1)))
        }
        throw .usage(
            "\(option) \(text) is no time: write 2026-11-21, 2026-11-21T08:00:00Z, now, or a span before now such as 24h."
        )
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
