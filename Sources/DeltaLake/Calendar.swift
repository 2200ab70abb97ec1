/// A day of the Gregorian calendar, counted from 1970-01-01.
///
/// The conversion shifts the year's start to March, so that the leap day is the last day of a year.
struct CalendarDay: Equatable {
    let year: Int
    let month: Int
    let day: Int

    init(daysSince1970 days: Int) {
        let shifted = days + 719_468  // days since 0000-03-01
        let era = floorDivided(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Reads `2026-11-21`; nil when that is no day.
    init?(_ text: Substring.UTF8View) {
        let parts = text.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 3, let year = digits(parts[0], count: 4), let month = digits(parts[1], count: 2),
            let day = digits(parts[2], count: 2), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
        guard CalendarDay(daysSince1970: daysSince1970) == self else { return nil }
    }

    var daysSince1970: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = floorDivided(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// `2026-11-21`; nil outside the years 1 to 9999, which other readers cannot read.
    var text: String? {
        guard (1...9999).contains(year) else { return nil }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }
}

/// A moment in UTC with the fraction in microseconds.
struct CalendarMoment {
    private static let microsecondsPerDay: Int64 = 86_400_000_000
    let microseconds: Int64

    /// `2026-11-21T08:00:00.123Z` with so many digits of the second's fraction; nil outside the years 1 to 9999.
    func text(fractionDigits: Int) -> String? {
        let days = floorDivided(Int(microseconds), Int(Self.microsecondsPerDay))
        guard let day = CalendarDay(daysSince1970: days).text else { return nil }
        let inDay = Int(microseconds) - days * Int(Self.microsecondsPerDay)
        let second = inDay / 1_000_000
        let fraction = padded(inDay % 1_000_000, 6).prefix(fractionDigits)
        let time = "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        return "\(day)T\(time).\(fraction)Z"
    }

    /// Reads `2026-11-21T08:00:00.123Z`, also with a space for the T, without fraction, with an offset, or with none
    /// of both (UTC then); gives the number of digits of the fraction as well.
    static func parse(_ text: String) -> (moment: CalendarMoment, fractionDigits: Int)? {
        let utf8 = text.utf8
        let dayEnd = utf8.index(utf8.startIndex, offsetBy: 10, limitedBy: utf8.endIndex) ?? utf8.endIndex
        guard let day = CalendarDay(text[..<dayEnd].utf8), dayEnd < utf8.endIndex,
            utf8[dayEnd] == UInt8(ascii: "T") || utf8[dayEnd] == UInt8(ascii: " ")
        else { return nil }
        let clock = text[utf8.index(after: dayEnd)...].utf8
        let offsetStart = clock.firstIndex { [UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-")].contains($0) }
        let time = clock[..<(offsetStart ?? clock.endIndex)]
        guard let offsetSeconds = offset(clock[(offsetStart ?? clock.endIndex)...]) else { return nil }
        let halves = time.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let parts = halves[0].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 3, let hour = digits(parts[0], count: 2), let minute = digits(parts[1], count: 2),
            let second = digits(parts[2], count: 2), hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction = 0
        var fractionDigits = 0
        if halves.count == 2 {
            guard (1...9).contains(halves[1].count), let all = digits(halves[1], count: halves[1].count) else {
                return nil
            }
            fractionDigits = halves[1].count
            fraction = all
            for _ in fractionDigits..<max(fractionDigits, 6) { fraction *= 10 }
            for _ in 6..<max(fractionDigits, 6) { fraction /= 10 }
        }
        let seconds = day.daysSince1970 * 86_400 + hour * 3600 + minute * 60 + second - offsetSeconds
        return (CalendarMoment(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction)), fractionDigits)
    }

    /// Seconds of `Z`, `+07:00`, `-0800` or nothing.
    private static func offset(_ text: Substring.UTF8View) -> Int? {
        guard let sign = text.first else { return 0 }
        if sign == UInt8(ascii: "Z") { return text.count == 1 ? 0 : nil }
        let parts = text.dropFirst().filter { $0 != UInt8(ascii: ":") }
        guard parts.count == 4, let value = Int(String(decoding: parts, as: UTF8.self)), value >= 0 else { return nil }
        let seconds = value / 100 * 3600 + value % 100 * 60
        return sign == UInt8(ascii: "-") ? -seconds : seconds
    }
}

/// The quotient rounded towards negative infinity.
func floorDivided(_ dividend: Int, _ divisor: Int) -> Int {
    let quotient = dividend / divisor
    return dividend % divisor < 0 ? quotient - 1 : quotient
}

private func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}

private func digits(_ text: Substring.UTF8View, count: Int) -> Int? {
    guard text.count == count else { return nil }
    var value = 0
    for byte in text {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return value
}
