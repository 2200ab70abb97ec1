/// Dates with times as RFC 3339 writes them: `2026-11-21T08:00:00.123Z`.
public enum RFC3339 {
    /// Microseconds from 1970-01-01T00:00:00Z to the time that `text` names; nil when it is no RFC 3339 `date-time`.
    ///
    /// An offset is required, letters may be small, and digits of the fraction behind the sixth are cut off. A leap
    /// second, which is only possible at 23:59:60 UTC, becomes the last microsecond of its minute, so that order
    /// and day stay right.
    public static func microseconds(_ text: RawSpan) -> Int64? {
        guard text.byteCount >= 20 else { return nil }
        // Safe: the text has at least 20 bytes, and any eight bytes are a UInt64.
        let first = unsafe text.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self)
        // Safe: as above.
        let second = unsafe text.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt64.self)
        // Safe: as above.
        let third = unsafe text.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt32.self)
        // `T` may be small, so its bit 5 is ignored.
        guard let date = pairs(first, separators: 0x2D00_002D_0000_0000, places: 0xFF00_00FF_0000_0000),
            let clock = pairs(
                second & ~0x0020_0000, separators: 0x0000_3A00_0054_0000, places: 0x0000_FF00_00FF_0000),
            let seconds = pairs(UInt64(third) & 0x00FF_FFFF, separators: 0x3A, places: 0xFFFF_FFFF_FF00_00FF)
        else { return nil }
        let century = Int64(date & 0xFF)
        let year = century &* 100 &+ Int64(date &>> 16 & 0xFF)
        let month = Int64(date &>> 40 & 0xFF)
        let day = Int64(clock & 0xFF)
        let hour = Int64(clock &>> 24 & 0xFF)
        let minute = Int64(clock &>> 48 & 0xFF)
        let second60 = Int64(seconds &>> 8 & 0xFF)
        guard hour < 24, minute < 60, second60 <= 60, let days = days(year: year, month: month, day: day) else {
            return nil
        }
        let minutes = (days &* 24 &+ hour) &* 60 &+ minute
        if text.byteCount == 24, second60 < 60, let thousandths = thousandthsInUTC(text) {
            return (minutes &* 60 &+ second60) &* 1_000_000 &+ thousandths
        }
        var offset = 19
        guard let fraction = fraction(of: text, &offset), let shift = zone(of: text, at: offset) else { return nil }
        let shifted = minutes &- shift
        if second60 == 60 {
            // -1 minute modulo a day, also for times before 1970.
            guard (shifted % 1440 + 1440) % 1440 == 1439 else { return nil }
            return (shifted &* 60 &+ 60) &* 1_000_000 &- 1
        }
        return (shifted &* 60 &+ second60) &* 1_000_000 &+ fraction
    }

    /// The microseconds when the text ends as most devices write it, `.123Z`; the text has 24 bytes.
    @inline(__always)
    private static func thousandthsInUTC(_ text: RawSpan) -> Int64? {
        // Safe: the text has 24 bytes, and any four bytes are a UInt32.
        let tail = UInt64(unsafe text.unsafeLoadUnaligned(fromByteOffset: 20, as: UInt32.self))
        guard text.byte(at: 19) == UInt8(ascii: "."),
            let digits = pairs(tail, separators: 0x5A00_0000, places: 0xFFFF_FFFF_FF00_0000)
        else { return nil }
        // The third digit and the zero that stands in for `Z` are a pair too.
        return Int64(digits & 0xFF) &* 10_000 &+ Int64(digits &>> 16 & 0xFF) &* 100
    }

    /// Days from 1970-01-01 to a date of the Gregorian calendar; nil when there is no such date.
    @inline(__always)
    static func days(year: Int64, month: Int64, day: Int64) -> Int64? {
        guard month >= 1, month <= 12, day >= 1 else { return nil }
        if day > 28 {
            let isLeapYear = year & 3 == 0 && (year % 100 != 0 || year % 400 == 0)
            let last: Int64 = month == 2 ? (isLeapYear ? 29 : 28) : 30 &+ ((month &+ (month &>> 3)) & 1)
            guard day <= last else { return nil }
        }
        // Years begin in March here, so that the leap day is the last: 306 days from March to the end of December.
        let isEarly = month < 3
        let shifted = isEarly ? year &- 1 &+ 400 : year &+ 400
        let monthFromMarch = isEarly ? month &+ 9 : month &- 3
        let dayOfYear = (153 &* monthFromMarch &+ 2) / 5 &+ day &- 1
        let dayNumber = shifted &* 365 &+ shifted / 4 &- shifted / 100 &+ shifted / 400 &+ dayOfYear
        // From 1 March of the year -400, from which `dayNumber` counts, to 1970-01-01.
        return dayNumber &- 865_565
    }

    /// Checks that eight bytes are digits but for the separators; byte i of the result is the number that the digits
    /// i and i + 1 write.
    @inline(__always)
    private static func pairs(_ bytes: UInt64, separators: UInt64, places: UInt64) -> UInt64? {
        guard bytes & places == separators else { return nil }
        // A zero digit stands in for each separator.
        let zeros: UInt64 = 0x3030_3030_3030_3030
        let digits = bytes & ~places | zeros & places
        // Upper half 3, also after 6 is added: 0x30...0x39.
        let strays = (digits ^ zeros) | ((digits &+ 0x0606_0606_0606_0606) ^ zeros)
        guard strays & 0xF0F0_F0F0_F0F0_F0F0 == 0 else { return nil }
        let values = digits & 0x0F0F_0F0F_0F0F_0F0F
        return values &* 10 &+ (values &>> 8)
    }

    /// The microseconds of the fraction that may begin at `offset`, which moves behind it.
    @inline(__always)
    private static func fraction(of text: RawSpan, _ offset: inout Int) -> Int64? {
        guard text.byte(at: offset) == UInt8(ascii: ".") else { return 0 }
        offset &+= 1
        var value: Int64 = 0
        var scale: Int64 = 1_000_000
        let start = offset
        while offset < text.byteCount, let digit = text.digit(at: offset) {
            if scale > 1 {
                value = value &* 10 &+ digit
                scale /= 10
            }
            offset &+= 1
        }
        return offset > start ? value &* scale : nil
    }

    /// The minutes by which the zone that begins at `offset` and ends the text is ahead of UTC.
    @inline(__always)
    private static func zone(of text: RawSpan, at offset: Int) -> Int64? {
        guard offset < text.byteCount else { return nil }
        let mark = text.byte(at: offset)
        if mark | 0x20 == UInt8(ascii: "z") { return offset &+ 1 == text.byteCount ? 0 : nil }
        guard mark == UInt8(ascii: "+") || mark == UInt8(ascii: "-"), offset &+ 6 == text.byteCount,
            let hours = text.twoDigits(at: offset &+ 1), hours < 24, text.byte(at: offset &+ 3) == UInt8(ascii: ":"),
            let minutes = text.twoDigits(at: offset &+ 4), minutes < 60
        else { return nil }
        let shift = hours &* 60 &+ minutes
        return mark == UInt8(ascii: "+") ? shift : -shift
    }
}

extension RawSpan {
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        // Safe: any byte is a UInt8; the bounds are checked.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    @inline(__always)
    func digit(at offset: Int) -> Int64? {
        let value = byte(at: offset) &- 0x30
        return value <= 9 ? Int64(value) : nil
    }

    @inline(__always)
    func twoDigits(at offset: Int) -> Int64? {
        guard let tens = digit(at: offset), let ones = digit(at: offset &+ 1) else { return nil }
        return tens &* 10 &+ ones
    }
}
