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
        /// Readings; a message that could not be taken apart counts as one, one that is to have none as none.
        package var received: Int64 = 0
        package var stored: Int64 = 0
        package var duplicate: Int64 = 0
        package var refused: Int64 = 0
        package var firstOffset = JournalOffset(.max)
        package var lastOffset = JournalOffset.beforeFirst

        package var isBalanced: Bool { received == stored + duplicate + refused }
    }

    package private(set) var rows: [Key: Counts] = [:]

    /// The row of a stream's last message: most messages come in the minute of the one before.
    private struct Current {
        let minute: EventTime
        var counts: Counts
    }

    private var current: [Current?]

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
        moveTo(minuteOf: arrival, place)
        current[place]?.counts.add(
            offset: offset, stored: stored, duplicate: duplicate, refused: refused, received: received)
    }

    /// Makes one reading that was counted as stored a duplicate.
    package mutating func countAsDuplicate(stream: Int, arrival: EventTime) {
        let place = stream + 1
        moveTo(minuteOf: arrival, place)
        current[place]?.counts.stored -= 1
        current[place]?.counts.duplicate += 1
    }

    @inline(__always)
    private mutating func moveTo(minuteOf arrival: EventTime, _ place: Int) {
        if let minute = current[place]?.minute,
            (0..<60_000_000).contains(arrival.microsecondsSinceEpoch &- minute.microsecondsSinceEpoch)
        {
            return
        }
        putBack(place)
        let minute = arrival.startOfMinute
        let counts = rows[Key(minute: minute, stream: place == 0 ? nil : place - 1)] ?? Counts()
        current[place] = Current(minute: minute, counts: counts)
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
        rows[Key(minute: row.minute, stream: place == 0 ? nil : place - 1)] = row.counts
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
