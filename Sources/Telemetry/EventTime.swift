/// A point in time: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
package struct EventTime: Hashable, Comparable, Sendable, BitwiseCopyable {
    package var microsecondsSinceEpoch: Int64

    @inlinable
    package init(microsecondsSinceEpoch: Int64) {
        self.microsecondsSinceEpoch = microsecondsSinceEpoch
    }

    @inlinable
    package static func < (left: EventTime, right: EventTime) -> Bool {
        left.microsecondsSinceEpoch < right.microsecondsSinceEpoch
    }

    /// The start of the minute that holds this time, UTC.
    package var startOfMinute: EventTime {
        EventTime(microsecondsSinceEpoch: floorDivide(microsecondsSinceEpoch, 60_000_000) * 60_000_000)
    }

    /// Hours since the epoch: the partition of a segment, as `date` and `hour`.
    @inlinable
    package var hoursSinceEpoch: Int64 { floorDivide(microsecondsSinceEpoch, 3_600_000_000) }
}

/// Division that rounds towards minus infinity, so that times before 1970 fall into the right bucket.
@inlinable
package func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
    let quotient = dividend / divisor
    return dividend % divisor < 0 ? quotient - 1 : quotient
}

/// A time of the proleptic Gregorian calendar in UTC, taken apart for people and partition names.
package struct CivilTime: Equatable, Sendable {
    package let year: Int
    package let month: Int
    package let day: Int
    package let hour: Int
    package let minute: Int
    package let second: Int
    package let microsecond: Int

    /// Takes `time` apart; every Int64 gives a valid result.
    package init(_ time: EventTime) {
        let day = floorDivide(time.microsecondsSinceEpoch, 86_400_000_000)
        let rest = Int(time.microsecondsSinceEpoch - day * 86_400_000_000)
        // Days to civil date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
        let shifted = day + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = Int(shifted - era * 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        self.day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + Int(era) * 400 + (month <= 2 ? 1 : 0)
        hour = rest / 3_600_000_000
        minute = rest / 60_000_000 % 60
        second = rest / 1_000_000 % 60
        microsecond = rest % 1_000_000
    }

    /// The day, such as `2026-11-21`.
    package var date: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }
}

extension EventTime: CustomStringConvertible {
    /// RFC 3339 in UTC, with as many fraction digits as are needed: 0, 3 or 6.
    package var description: String {
        let civil = CivilTime(self)
        let time = "\(padded(civil.hour, 2)):\(padded(civil.minute, 2)):\(padded(civil.second, 2))"
        let fraction =
            switch civil.microsecond {
            case 0: ""
            case let micro where micro % 1000 == 0: ".\(padded(micro / 1000, 3))"
            case let micro: ".\(padded(micro, 6))"
            }
        return "\(civil.date)T\(time)\(fraction)Z"
    }
}

/// `number` with leading zeros up to `width` digits.
package func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
