/// The local time of a place through history and by rule into the future, as the IANA time zone database has it.
///
/// It is made from the bytes of a compiled zone file (TZif, RFC 8536); who has the disk reads the file, by default below
/// ``folder``. Local times that a clock shows twice are taken as the first of both, and those that it skips are counted
/// on from before the gap, as RFC 5545, 3.3.5 says.
package struct CivilTimeZone: Equatable, Sendable {
    /// Where Debian's package tzdata puts the compiled zones.
    package static let folder = "/usr/share/zoneinfo"

    /// The name in the database, such as `Asia/Ho_Chi_Minh`.
    package let name: String
    /// When the offset changes, in seconds since the epoch, ascending.
    private let transitions: [Int64]
    /// Seconds ahead of UTC: before the first transition, then behind each of them.
    private let offsets: [Int64]
    /// What holds behind the last transition.
    private let rule: TimeZoneRule

    package static let utc = CivilTimeZone(name: "UTC", transitions: [], offsets: [0], rule: TimeZoneRule(offset: 0))

    /// Reads a compiled zone file.
    package init(name: String, file bytes: [UInt8]) throws(TimeZoneError) {
        let file = try TimeZoneFile(bytes)
        self.init(name: name, transitions: file.transitions, offsets: file.offsets, rule: file.rule)
    }

    private init(name: String, transitions: [Int64], offsets: [Int64], rule: TimeZoneRule) {
        self.name = name
        self.transitions = transitions
        self.offsets = offsets
        self.rule = rule
    }

    /// Whether `text` has the form of a zone's name, and so of a path that stays inside ``folder``.
    package static func isName(_ text: String) -> Bool {
        guard text.utf8.count <= 64 else { return false }
        return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.utf8.first, (first | 0x20) >= 0x61, (first | 0x20) <= 0x7A else { return false }
            return part.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "_+-".utf8.contains(byte)
            }
        }
    }

    /// Seconds by which local time is ahead of UTC at `time`.
    package func offsetSeconds(at time: EventTime) -> Int64 {
        offset(at: floorDivide(time.microsecondsSinceEpoch, 1_000_000))
    }

    /// What the clock on the wall shows at `time`, as microseconds since its own 1970-01-01T00:00:00.
    package func localMicroseconds(at time: EventTime) -> Int64 {
        time.microsecondsSinceEpoch &+ offsetSeconds(at: time) * 1_000_000
    }

    /// The time at which the clock on the wall shows `microseconds` since its own 1970-01-01T00:00:00.
    package func time(localMicroseconds microseconds: Int64) -> EventTime {
        let offset = offset(atLocal: floorDivide(microseconds, 1_000_000))
        return EventTime(microsecondsSinceEpoch: microseconds &- offset * 1_000_000)
    }

    /// The first time of the local day that holds `time`; where midnight is skipped, the end of the gap.
    package func startOfDay(_ time: EventTime) -> EventTime {
        let day = floorDivide(localMicroseconds(at: time), 86_400_000_000)
        let midnight = self.time(localMicroseconds: day * 86_400_000_000)
        let shown = localMicroseconds(at: midnight)
        // Counted on from before a gap, a skipped midnight becomes the time behind it: back to the gap's end.
        guard shown > day * 86_400_000_000 else { return midnight }
        let second = floorDivide(midnight.microsecondsSinceEpoch, 1_000_000)
        let change = changes(around: second).last { $0.second <= second }
        return change.map { EventTime(microsecondsSinceEpoch: $0.second * 1_000_000) } ?? midnight
    }

    // MARK: Offsets

    private func offset(at second: Int64) -> Int64 {
        guard let last = transitions.last, second < last else { return rule.offset(at: second) }
        return offsets[transitionCount(through: second)]
    }

    /// The number of transitions at or before `second`.
    private func transitionCount(through second: Int64) -> Int {
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= second { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func offset(atLocal second: Int64) -> Int64 {
        if rule.isFixed, second > (transitions.last ?? .min / 2) + Self.reach { return rule.standardOffset }
        let changes = changes(around: second)
        guard let first = changes.first else { return offset(at: second) }
        // Candidates from the earliest time to the latest, each valid up to the next change.
        if second - first.before < first.second { return first.before }
        for (index, change) in changes.enumerated() {
            let time = second - change.after
            guard time >= change.second else { return change.before }
            if index + 1 == changes.count || time < changes[index + 1].second { return change.after }
        }
        return offset(at: second)
    }

    /// No zone is further from UTC than this, and no two clocks of a zone further apart: a day.
    private static let reach: Int64 = 86_400

    private struct Change {
        let second: Int64
        let before: Int64
        let after: Int64
    }

    /// The changes of the offset within a day of `second`.
    private func changes(around second: Int64) -> [Change] {
        var changes: [Change] = []
        let window = (second - Self.reach)...(second + Self.reach)
        var index = transitionCount(through: window.lowerBound - 1)
        while index < transitions.count, transitions[index] <= window.upperBound {
            // The offset behind the last transition is the rule's business.
            changes.append(Change(second: transitions[index], before: offsets[index], after: offsets[index + 1]))
            index += 1
        }
        for (time, before, after) in rule.changes(in: window) where time > (transitions.last ?? .min) {
            changes.append(Change(second: time, before: before, after: after))
        }
        return changes
    }
}

/// Why bytes are no time zone.
package enum TimeZoneError: Error, Equatable {
    /// They do not begin as a TZif file (RFC 8536) does, or end too early, or contradict themselves.
    case notZoneFile(String)
    /// The zone counts leap seconds (`right/…`), which times in this program do not.
    case countsLeapSeconds
}
