package import Telemetry

/// A day of the calendar, without a zone: days since 1970-01-01.
package struct CalendarDay: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// Vietnam's civil time has been UTC+7 without summer time since 1975 (tz database, Asia/Ho_Chi_Minh).
    package static let vietnamOffsetMicroseconds: Int64 = 7 * 3_600_000_000

    package let daysSinceEpoch: Int32

    package init(daysSinceEpoch: Int32) {
        self.daysSinceEpoch = daysSinceEpoch
    }

    /// The day that clocks show at `time` which are so far ahead of UTC.
    package init(_ time: EventTime, offsetMicroseconds: Int64 = vietnamOffsetMicroseconds) {
        // A remainder far below a day would be lost in an overflow; no clock of a reading gets there.
        let local = time.microsecondsSinceEpoch.addingReportingOverflow(offsetMicroseconds).partialValue
        daysSinceEpoch = Int32(floorDivide(local, Self.microsecondsPerDay))
    }

    /// Reads `2025-07-01`; nil for other forms and for days that no calendar has.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            let digits = bytes[range]
            guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
            return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10) else { return nil }
        // Civil date to days: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = floorDivide(Int64(shiftedYear), 400)
        let yearOfEra = shiftedYear - Int(era) * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        daysSinceEpoch = Int32(era) * 146_097 + Int32(dayOfEra) - 719_468
        guard (1...12).contains(month), day >= 1, description == text else { return nil }
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
