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

    private struct State: ~Copyable {
        var window: DuplicateWindow
        /// Readings in the table whose messages are still to be read again.
        var replayed: [Fingerprint: Origin] = [:]

        @inline(__always)
        mutating func isFirst(_ identity: Fingerprint, arrival: EventTime, origin: Origin) -> Bool {
            if !replayed.isEmpty, let stored = replayed[identity] {
                guard stored == origin else { return false }
                replayed[identity] = nil
                window.restore(identity, arrival: arrival)
                return true
            }
            return window.insert(identity, arrival: arrival)
        }
    }

    /// 64: so many lines the first cache holds with ease.
    private static let fetchCount = 64

    private let state: Mutex<State>

    package init(windowMicroseconds: Int64) {
        state = Mutex(State(window: DuplicateWindow(windowMicroseconds: windowMicroseconds)))
    }

    /// Whether the reading is the first of its identity within the window; it is remembered then.
    package func isFirst(_ identity: Fingerprint, arrival: EventTime, origin: Origin) -> Bool {
        state.withLock { $0.isFirst(identity, arrival: arrival, origin: origin) }
    }

    /// Judges readings in the order of their messages; the others than the first of their identity are appended, as
    /// indices of `candidates`, to `duplicates`.
    package func judge(_ candidates: [Candidate], lane: Int, duplicates: inout [Int]) {
        state.withLock { state in
            let candidates = candidates.span
            var start = 0
            while start < candidates.count {
                let end = min(start + Self.fetchCount, candidates.count)
                state.window.fetch(candidates.extracting(start..<end))
                for index in start..<end {
                    let candidate = candidates[index]
                    let origin = Origin(lane: lane, offset: candidate.offset)
                    if !state.isFirst(candidate.identity, arrival: candidate.arrival, origin: origin) {
                        duplicates.append(index)
                    }
                }
                start = end
            }
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
