import Glibc
import Synchronization
package import Telemetry

/// The partials of one lane that no table has yet, handed from the fold to those who ask.
///
/// Who asks sets a mark and waits; the fold sees it between two blocks of messages and answers for all rollups at once.
package final class LivePartials: Sendable {
    /// Partials of rows behind `base`: who merges them with the rollup's table must read a version of it that ends there.
    package final class Partials: Sendable {
        /// The columns of the rollup's plan.
        package let batch: ColumnBatch
        /// The last message of the lane of which the table had partials.
        package let base: JournalOffset

        init(batch: consuming ColumnBatch, base: JournalOffset) {
            self.batch = batch
            self.base = base
        }
    }

    private struct State {
        /// How many answers were asked for, and which of them is there.
        var asked: UInt64 = 0
        var answered: UInt64 = 0
        var partials: [Partials] = []
        /// When the answer was made, on the clock that nobody sets.
        var milliseconds: Int64 = 0
        var isClosed = false
    }

    package let lane: String
    private let state = Mutex(State())
    private let progress: LaneProgress

    init(lane: String, progress: LaneProgress) {
        self.lane = lane
        self.progress = progress
    }

    /// The partials of every rollup, in the order of the catalog, less than `maximumAgeMilliseconds` old.
    ///
    /// - Returns: nil when the fold has not answered in time, as it cannot while the disk takes no commit.
    package func current(maximumAgeMilliseconds: Int64, timeoutMilliseconds: Int64) -> [Partials]? {
        let start = monotonicMilliseconds()
        let number = state.withLock { state -> UInt64? in
            if state.isClosed { return nil }
            if state.answered > 0, start - state.milliseconds < maximumAgeMilliseconds { return 0 }
            if state.asked == state.answered { state.asked += 1 }
            return state.asked
        }
        guard let number else { return nil }
        if number > 0 {
            progress.wake()
            while !state.withLock({ $0.answered >= number || $0.isClosed }) {
                guard monotonicMilliseconds() - start < timeoutMilliseconds else { return nil }
                usleep(1000)
            }
        }
        return state.withLock { $0.isClosed ? nil : $0.partials }
    }

    /// Which answer is wanted; nil when nobody waits.
    func wanted() -> UInt64? { state.withLock { $0.asked > $0.answered ? $0.asked : nil } }

    func answer(_ number: UInt64, _ partials: [Partials]) {
        let now = monotonicMilliseconds()
        state.withLock { state in
            state.answered = number
            state.partials = partials
            state.milliseconds = now
        }
    }

    /// Says that the fold has ended.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.partials = []
        }
    }
}
