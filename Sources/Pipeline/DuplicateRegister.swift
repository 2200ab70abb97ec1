import Synchronization
package import Telemetry

/// The duplicates of one stream, for all lanes of a process.
///
/// After a restart the folds read messages again whose readings may be in the table already. Those readings are known
/// by the message that they came with: met again, such a reading is itself and not its own duplicate.
package final class DuplicateRegister: Sendable {
    /// A message of one of the lanes.
    package struct Origin: Equatable, Sendable {
        package let lane: Int
        package let offset: JournalOffset

        package init(lane: Int, offset: JournalOffset) {
            self.lane = lane
            self.offset = offset
        }
    }

    private struct State: ~Copyable {
        var window: DuplicateWindow
        /// Readings in the table whose messages are still to be read again.
        var replayed: [Fingerprint: Origin] = [:]
    }

    private let state: Mutex<State>

    package init(windowMicroseconds: Int64) {
        state = Mutex(State(window: DuplicateWindow(windowMicroseconds: windowMicroseconds)))
    }

    /// Whether the reading is the first of its identity within the window; it is remembered then.
    package func isFirst(_ identity: Fingerprint, arrival: EventTime, origin: Origin) -> Bool {
        state.withLock { state in
            if !state.replayed.isEmpty, let stored = state.replayed[identity] {
                guard stored == origin else { return false }
                state.replayed[identity] = nil
                state.window.restore(identity, arrival: arrival)
                return true
            }
            return state.window.insert(identity, arrival: arrival)
        }
    }

    /// Takes in a reading that the table holds and whose message is not read again.
    package func restore(_ identity: Fingerprint, arrival: EventTime) {
        state.withLock { $0.window.restore(identity, arrival: arrival) }
    }

    /// Takes in a reading that the table holds and whose message will be read again.
    package func expectReplay(of identity: Fingerprint, origin: Origin) {
        state.withLock { $0.replayed[identity] = origin }
    }

    /// The earliest arrival that may still be remembered when a reading arrives at `arrival`.
    package func horizon(at arrival: EventTime) -> EventTime {
        state.withLock { $0.window.horizon(at: arrival) }
    }

    /// What it takes in memory.
    package var byteCount: Int { state.withLock { $0.window.byteCount } }
}
