import Synchronization
package import Telemetry

/// The duplicates of one stream, for all lanes of a process.
///
/// After a restart the folds read messages again whose readings may be in the table already. What the table holds
/// decides about those, not the window: another lane's reading, or a later one, may have come into it since.
package final class DuplicateRegister: Sendable {
    /// A message of one of the lanes.
    package struct Origin: Hashable, Sendable {
        package let lane: Int
        package let offset: JournalOffset

        package init(lane: Int, offset: JournalOffset) {
            self.lane = lane
            self.offset = offset
        }
    }

    private struct StoredReading: Hashable {
        let identity: Fingerprint
        let origin: Origin
    }

    private struct State: ~Copyable {
        var window: DuplicateWindow
        /// Readings in the table whose messages are still to be read again.
        var replayed: Set<StoredReading> = []
    }

    private let state: Mutex<State>

    package init(windowMicroseconds: Int64) {
        state = Mutex(State(window: DuplicateWindow(windowMicroseconds: windowMicroseconds)))
    }

    /// Whether the reading is the first of its identity within the window; it is remembered then.
    package func isFirst(_ identity: Fingerprint, arrival: EventTime) -> Bool {
        state.withLock { $0.window.insert(identity, arrival: arrival) }
    }

    /// Whether the table holds the reading from this very message; to be asked once for each reading of a message that
    /// is read again.
    package func wasStored(_ identity: Fingerprint, origin: Origin) -> Bool {
        state.withLock { $0.replayed.remove(StoredReading(identity: identity, origin: origin)) != nil }
    }

    /// Takes in a reading that the table holds.
    package func restore(_ identity: Fingerprint, arrival: EventTime) {
        state.withLock { $0.window.restore(identity, arrival: arrival) }
    }

    /// Takes note that the message of a reading in the table will be read again.
    package func expectReplay(of identity: Fingerprint, origin: Origin) {
        state.withLock { state in
            _ = state.replayed.insert(StoredReading(identity: identity, origin: origin))
        }
    }

    /// The earliest arrival that may still be remembered when a reading arrives at `arrival`.
    package func horizon(at arrival: EventTime) -> EventTime {
        state.withLock { $0.window.horizon(at: arrival) }
    }

    /// What it takes in memory.
    package var byteCount: Int { state.withLock { $0.window.byteCount } }
}
