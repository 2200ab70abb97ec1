package import Telemetry

/// A day of the calendar as a number, without a zone: days since 1970-01-01.
package struct CalendarDay: Hashable, Comparable, Sendable, BitwiseCopyable {
    package let daysSinceEpoch: Int32

    package init(daysSinceEpoch: Int32) {
        self.daysSinceEpoch = daysSinceEpoch
    }

    /// The day that clocks of a zone show at `time`.
    package init(_ time: EventTime, in zone: CivilTimeZone) {
        daysSinceEpoch = Int32(floorDivide(zone.localMicroseconds(at: time), Self.microsecondsPerDay))
    }

    /// Reads `2025-07-01`; nil for other forms and for days that no calendar has.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], let year = Int(parts[0]), let month = Int(parts[1]),
            let day = Int(parts[2]), let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        daysSinceEpoch = Int32(date.daysSinceEpoch)
        // Signs would have counted as digits.
        guard description == text else { return nil }
    }

    package static func < (left: CalendarDay, right: CalendarDay) -> Bool {
        left.daysSinceEpoch < right.daysSinceEpoch
    }

    fileprivate static let microsecondsPerDay: Int64 = 86_400_000_000
}

extension CalendarDay: CustomStringConvertible {
    /// The day, such as `2025-07-01`.
    package var description: String {
        CivilTime(EventTime(microsecondsSinceEpoch: Int64(daysSinceEpoch) * Self.microsecondsPerDay)).date
    }
}

/// The days on which something is in force: from `start`, up to but without `end`; nil means without limit.
package struct Validity: Hashable, Sendable {
    package static let always = Validity(start: nil, end: nil)

    package var start: CalendarDay?
    package var end: CalendarDay?

    package init(start: CalendarDay?, end: CalendarDay?) {
        self.start = start
        self.end = end
    }

    package func contains(_ day: CalendarDay) -> Bool {
        if let start, day < start { return false }
        if let end, day >= end { return false }
        return true
    }

    package func overlaps(_ other: Validity) -> Bool {
        if let end, let start = other.start, end <= start { return false }
        if let end = other.end, let start, end <= start { return false }
        return true
    }
}
