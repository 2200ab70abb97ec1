package import Conditions
package import Rollups
package import Telemetry

/// What somebody wants to know of a rollup.
package struct RollupQuestion: Sendable {
    /// Which of the plan's keys the answer has, from 0; the others are merged away.
    package var keys: [Int]
    /// The length of time that a row of the answer stands for; nil puts all times together.
    package var window: WindowRule?
    package var figures: [RollupFigure]
    /// On the columns of the plan, that is on keys and the parts of measures of single partials.
    package var filter: Condition?
    /// Partials whose window begins at or after this.
    package var from: EventTime?
    /// Partials whose window begins before this.
    package var to: EventTime?

    package init(keys: [Int], window: WindowRule?, figures: [RollupFigure]) {
        self.keys = keys
        self.window = window
        self.figures = figures
    }

    /// Whether a window that begins then is meant.
    @inline(__always)
    func contains(_ start: Int64) -> Bool {
        start >= from?.microsecondsSinceEpoch ?? .min && start < to?.microsecondsSinceEpoch ?? .max
    }
}

/// An answer and what it was made of.
package struct RollupResult: Sendable {
    package let answer: RollupAnswer
    /// The version of the rollup's table.
    package let tableVersion: Int64
    /// Whether readings count that no table has yet; false where nothing is ingested, or the fold has not answered.
    package let isLive: Bool
    /// How many partials were merged.
    package let partialCount: Int
}
