import Synchronization
import Telemetry

/// Rows of segments that were read, the most recently used of them, up to a limit of memory.
final class SegmentCache: Sendable {
    /// The rows of a segment, which nobody changes any more.
    final class Segment: Sendable {
        let rows: ColumnBatch

        init(_ rows: consuming ColumnBatch) { self.rows = rows }
    }

    private struct Entry {
        let segment: Segment
        let byteCount: Int
        var lastUse: UInt64
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var byteCount = 0
        var clock: UInt64 = 0
    }

    private let state = Mutex(State())
    private let byteLimit: Int

    init(byteLimit: Int) {
        self.byteLimit = byteLimit
    }

    subscript(path: String) -> Segment? {
        state.withLock { state in
            state.clock += 1
            let now = state.clock
            return state.entries[path].map { entry in
                state.entries[path]?.lastUse = now
                return entry.segment
            }
        }
    }

    func insert(_ segment: Segment, for path: String) {
        let byteCount = segment.rows.byteCount
        guard byteCount <= byteLimit else { return }
        state.withLock { state in
            guard state.entries[path] == nil else { return }
            state.clock += 1
            state.entries[path] = Entry(segment: segment, byteCount: byteCount, lastUse: state.clock)
            state.byteCount += byteCount
            while state.byteCount > byteLimit,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.entries[oldest.key] = nil
                state.byteCount -= oldest.value.byteCount
            }
        }
    }
}
