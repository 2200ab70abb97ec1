import Glibc

/// How a command shows that it works.
enum ProgressStyle: String, CaseIterable, Sendable {
    case none
    case auto
    case plain
}

/// Progress on standard error: a bar that redraws itself on a terminal, a line now and then elsewhere.
struct ProgressBar: ~Copyable {
    private enum Appearance {
        case silent
        case bar
        case lines
    }

    /// Ten times a second is smooth, and costs nothing beside the work.
    private static let redrawInterval = Duration.milliseconds(100)
    /// In a log a line every few seconds is enough.
    private static let lineInterval = Duration.seconds(5)

    private let title: String
    private let noun: String
    private let total: Int?
    private let appearance: Appearance
    private let start = ContinuousClock.now
    private var lastShown = ContinuousClock.now
    private var hasShown = false

    /// Progress through `total` things called `noun` in the plural; without a total only counts are shown.
    init(_ title: String, total: Int?, noun: String, style: ProgressStyle) {
        self.title = title
        self.total = total
        self.noun = noun
        switch style {
        case .none: appearance = .silent
        case .plain: appearance = .lines
        case .auto: appearance = Terminal.isTerminal(STDERR_FILENO) ? .bar : .lines
        }
    }

    /// Shows that `done` are done, if it is time to.
    mutating func update(_ done: Int, extra: String = "") {
        let now = ContinuousClock.now
        let interval = appearance == .bar ? Self.redrawInterval : Self.lineInterval
        guard appearance != .silent, now - lastShown >= interval else { return }
        lastShown = now
        show(done, extra, now - start)
    }

    /// Shows the last state for good.
    mutating func finish(_ done: Int, extra: String = "") {
        let elapsed = ContinuousClock.now - start
        switch appearance {
        case .silent: return
        case .bar:
            show(done, extra, elapsed)
            phusa.note("")
        case .lines: if hasShown { show(done, extra, elapsed) }
        }
    }

    /// Says something in between, without spoiling the bar.
    mutating func note(_ sentence: String) {
        if appearance == .bar, hasShown { writeToStandardError("\r\u{1B}[K") }
        phusa.note(sentence)
    }

    private mutating func show(_ done: Int, _ extra: String, _ elapsed: Duration) {
        hasShown = true
        let text = Self.text(
            title, done: done, total: total, noun: noun, elapsed: elapsed, extra: extra, hasBar: appearance == .bar)
        guard appearance == .bar else { return phusa.note(text) }
        let width = Terminal.width(STDERR_FILENO) ?? 80
        // \r and "erase to the end of the line" redraw in place; cut, since a wrapped line cannot be redrawn.
        writeToStandardError("\r\(text.prefix(width - 1))\u{1B}[K")
    }

    static func text(
        _ title: String, done: Int, total: Int?, noun: String, elapsed: Duration, extra: String, hasBar: Bool
    ) -> String {
        let seconds = max(1e-6, Double(elapsed.microseconds) * 1e-6)
        let rate = Int(Double(done) / seconds)
        var parts = [title]
        if let total, total > 0 {
            let share = min(1, Double(done) / Double(total))
            if hasBar { parts.append(bar(share)) }
            parts.append("\(Int(share * 100)) %")
            parts.append("\(Format.count(done)) of \(Format.count(total)) \(noun)")
            parts.append("\(Format.count(rate))/s")
            if done > 0, done < total {
                let rest = Double(total - done) / Double(done) * seconds
                parts.append("\(Format.duration(.seconds(rest.rounded(.up)))) left")
            }
        } else {
            parts.append("\(Format.count(done)) \(noun)")
            parts.append("\(Format.count(rate))/s")
        }
        if !extra.isEmpty { parts.append(extra) }
        return parts.joined(separator: "  ")
    }

    private static func bar(_ share: Double) -> String {
        let width = 24
        let full = Int((share * Double(width)).rounded(.down))
        return String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
    }
}
