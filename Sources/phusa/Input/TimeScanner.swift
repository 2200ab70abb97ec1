import Telemetry

/// Reads the parts of a time one after another.
struct TimeScanner {
    private var rest: ArraySlice<UInt8>

    var year = 1970
    var month = 1
    var day = 1
    var hour = 0
    var minute = 0
    var second = 0
    private var microsecond = 0
    private var isAfternoon: Bool?
    private var epochMicroseconds: Int64?
    private(set) var offsetSeconds: Int?

    init(_ text: ArraySlice<UInt8>) {
        rest = text
    }

    var isAtEnd: Bool { rest.isEmpty }
    var isHour12: Bool { (1...12).contains(hour) }

    mutating func scan(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func scan(_ part: WritableKeyPath<TimeScanner, Int>, digits: ClosedRange<Int>) -> Bool {
        guard let number = scanNumber(digits: digits) else { return false }
        self[keyPath: part] = number
        return true
    }

    mutating func scanISO() -> Bool {
        guard scan(\.year, digits: 4...4), scan(UInt8(ascii: "-")), scan(\.month, digits: 2...2),
            scan(UInt8(ascii: "-")), scan(\.day, digits: 2...2),
            scan(UInt8(ascii: "T")) || scan(UInt8(ascii: " ")) || scan(UInt8(ascii: "t")),
            scan(\.hour, digits: 2...2), scan(UInt8(ascii: ":")), scan(\.minute, digits: 2...2)
        else { return false }
        if scan(UInt8(ascii: ":")) {
            guard scan(\.second, digits: 2...2) else { return false }
            if scan(UInt8(ascii: ".")) || scan(UInt8(ascii: ",")), !scanFraction() { return false }
        }
        return isAtEnd || (scanOffset() && isAtEnd)
    }

    mutating func scanShortYear() -> Bool {
        guard let number = scanNumber(digits: 2...2) else { return false }
        // POSIX strptime: 69 to 99 are 1969 to 1999.
        year = number < 69 ? 2000 + number : 1900 + number
        return true
    }

    mutating func scanMonthName() -> Bool {
        let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        let name = String(decoding: rest.prefix(3), as: UTF8.self).lowercased()
        guard let index = names.firstIndex(of: name) else { return false }
        month = index + 1
        rest = rest.dropFirst(3)
        return true
    }

    mutating func scanHalfOfDay() -> Bool {
        let half = String(decoding: rest.prefix(2), as: UTF8.self).lowercased()
        guard half == "am" || half == "pm" else { return false }
        isAfternoon = half == "pm"
        rest = rest.dropFirst(2)
        return true
    }

    /// Up to 9 digits behind the point of a second; those below a microsecond are dropped.
    mutating func scanFraction() -> Bool {
        let digits = rest.prefix { isDigit($0) }
        guard (1...9).contains(digits.count) else { return false }
        rest = rest.dropFirst(digits.count)
        microsecond = 0
        for position in 0..<6 {
            let digit = position < digits.count ? Int(digits[digits.startIndex + position]) - 48 : 0
            microsecond = microsecond * 10 + digit
        }
        return true
    }

    /// `Z`, `+07:00`, `+0700` or `+07`.
    mutating func scanOffset() -> Bool {
        if scan(UInt8(ascii: "Z")) || scan(UInt8(ascii: "z")) {
            offsetSeconds = 0
            return true
        }
        let isEast = rest.first == UInt8(ascii: "+")
        guard isEast || rest.first == UInt8(ascii: "-") else { return false }
        rest = rest.dropFirst()
        guard let hours = scanNumber(digits: 2...2), hours < 24 else { return false }
        let hasColon = scan(UInt8(ascii: ":"))
        let minutes = scanNumber(digits: 2...2)
        guard minutes != nil || !hasColon, (minutes ?? 0) < 60 else { return false }
        let seconds = hours * 3600 + (minutes ?? 0) * 60
        offsetSeconds = isEast ? seconds : -seconds
        return true
    }

    /// A count since 1970, with or without a fraction.
    mutating func scanEpoch(unitsPerSecond: Int64) -> Bool {
        let isNegative = scan(UInt8(ascii: "-"))
        // 14 digits: milliseconds until the year 5138.
        guard let number = scanNumber(digits: 1...14) else { return false }
        var microseconds = Int64(number) * (1_000_000 / unitsPerSecond)
        if scan(UInt8(ascii: ".")) {
            guard scanFraction() else { return false }
            microseconds += Int64(microsecond) / unitsPerSecond
            microsecond = 0
        }
        epochMicroseconds = isNegative ? -microseconds : microseconds
        return true
    }

    /// The time that was read; nil when there is no such time, or its offset is nowhere given.
    func time(defaultOffsetSeconds: Int?) -> EventTime? {
        if let epochMicroseconds { return EventTime(microsecondsSinceEpoch: epochMicroseconds) }
        guard let offset = offsetSeconds ?? defaultOffsetSeconds else { return nil }
        var hour = hour
        if let isAfternoon { hour = hour % 12 + (isAfternoon ? 12 : 0) }
        guard (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year), hour < 24, minute < 60,
            second < 60
        else { return nil }
        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        let seconds = days * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset)
        return EventTime(microsecondsSinceEpoch: seconds * 1_000_000 + Int64(microsecond))
    }

    private mutating func scanNumber(digits: ClosedRange<Int>) -> Int? {
        var number = 0
        var count = 0
        while count < digits.upperBound, let byte = rest.first, isDigit(byte) {
            number = number * 10 + Int(byte - 48)
            rest = rest.dropFirst()
            count += 1
        }
        return count >= digits.lowerBound ? number : nil
    }

    private func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    private static func days(in month: Int, of year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
    private static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int64 {
        let shifted = Int64(month <= 2 ? year - 1 : year)
        let era = floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let monthFromMarch = Int64((month + 9) % 12)
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
