package import Telemetry

/// What became of the messages of a lane, counted per minute of arrival and stream.
///
/// The rows are additive: every commit appends what came since the one before.
package struct LedgerCounts: Sendable {
    /// Which row of the ledger a reading counts in.
    package struct Key: Hashable, Sendable {
        package let minute: EventTime
        /// The stream's index in the catalog; nil when no stream takes the topic.
        package let stream: Int?
    }

    /// A row of the ledger, in which `received = stored + duplicate + refused` holds.
    package struct Counts: Equatable, Sendable {
        /// MQTT messages.
        package var messages: Int64 = 0
        /// Readings; a message that could not be taken apart counts as one.
        package var received: Int64 = 0
        package var stored: Int64 = 0
        package var duplicate: Int64 = 0
        package var refused: Int64 = 0
        package var firstOffset = JournalOffset(.max)
        package var lastOffset = JournalOffset.beforeFirst

        package var isBalanced: Bool { received == stored + duplicate + refused }
    }

    package private(set) var rows: [Key: Counts] = [:]

    // The row of the last message: most messages of a stream come in the minute of the one before.
    private var current: [(key: Key, counts: Counts)?]

    package init(streamCount: Int) {
        current = Array(repeating: nil, count: streamCount + 1)
    }

    package var isEmpty: Bool { rows.isEmpty && current.allSatisfy { $0 == nil } }

    /// Counts one message and what became of its readings.
    package mutating func count(
        stream: Int?, arrival: EventTime, offset: JournalOffset, stored: Int64, duplicate: Int64, refused: Int64,
        received: Int64
    ) {
        let place = stream.map { $0 + 1 } ?? 0
        let minute = arrival.startOfMinute
        if current[place]?.key.minute != minute {
            putBack(place)
            let key = Key(minute: minute, stream: stream)
            current[place] = (key, rows[key] ?? Counts())
        }
        current[place]?.counts.add(
            offset: offset, stored: stored, duplicate: duplicate, refused: refused, received: received)
    }

    /// All rows, in the order of time and stream.
    package mutating func takeRows() -> [(key: Key, counts: Counts)] {
        for place in current.indices { putBack(place) }
        let sorted = rows.sorted { left, right in
            (left.key.minute, left.key.stream ?? -1) < (right.key.minute, right.key.stream ?? -1)
        }
        rows.removeAll(keepingCapacity: true)
        return sorted.map { (key: $0.key, counts: $0.value) }
    }

    private mutating func putBack(_ place: Int) {
        guard let row = current[place] else { return }
        rows[row.key] = row.counts
        current[place] = nil
    }
}

extension LedgerCounts.Counts {
    mutating func add(
        offset: JournalOffset, stored: Int64, duplicate: Int64, refused: Int64, received: Int64
    ) {
        messages += 1
        self.received += received
        self.stored += stored
        self.duplicate += duplicate
        self.refused += refused
        firstOffset = min(firstOffset, offset)
        lastOffset = max(lastOffset, offset)
    }
}
