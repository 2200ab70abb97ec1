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

    /// A reading that is good, and stored if it is the first of its identity.
    package struct Candidate: BitwiseCopyable, Sendable {
        package let identity: Fingerprint
        package let arrival: EventTime
        package let offset: JournalOffset
        /// Its row in the batch; -1 when the table has it already.
        package let row: Int

        package init(identity: Fingerprint, arrival: EventTime, offset: JournalOffset, row: Int) {
            self.identity = identity
            self.arrival = arrival
            self.offset = offset
            self.row = row
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

        @inline(__always)
        mutating func isStored(_ candidate: Candidate, lane: Int) -> Bool {
            if candidate.row >= 0 { return window.insert(candidate.identity, arrival: candidate.arrival) }
            // Read again after a crash: it was stored from this message, or was a duplicate and still is one.
            let origin = Origin(lane: lane, offset: candidate.offset)
            return replayed.remove(StoredReading(identity: candidate.identity, origin: origin)) != nil
        }
    }

    /// 64: so many lines the first cache holds with ease.
    private static let fetchCount = 64

    private let state: Mutex<State>

    package init(windowMicroseconds: Int64) {
        state = Mutex(State(window: DuplicateWindow(windowMicroseconds: windowMicroseconds)))
    }

    /// Judges readings in the order of their messages; those that are not stored are appended, as indices of
    /// `candidates`, to `duplicates`.
    package func judge(_ candidates: [Candidate], lane: Int, duplicates: inout [Int]) {
        state.withLock { state in
            let candidates = candidates.span
            var start = 0
            while start < candidates.count {
                let end = min(start + Self.fetchCount, candidates.count)
                state.window.fetch(candidates.extracting(start..<end))
                for index in start..<end where !state.isStored(candidates[index], lane: lane) {
                    duplicates.append(index)
                }
                start = end
            }
        }
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
