import Telemetry

/// A date with a time as ISO 8601 and RFC 3339 write them, with or without a zone.
///
/// `2026-11-21T08:00:00.123+07:00`; a space may stand for `T`, seconds may be missing, a comma may stand before the
/// fraction, and the zone may be `+0700` or `+07`.
struct CivilText: Equatable {
    /// What the clock shows, counted from its own 1970-01-01T00:00:00.
    let microseconds: Int64
    /// Minutes ahead of UTC; nil when the text does not say.
    let offsetMinutes: Int?

    /// Nil when `text` is no such time.
    init?(_ text: RawSpan) {
        // The shortest is 2026-11-21T08:00.
        guard text.byteCount >= 16, let century = text.twoDigits(at: 0), let year = text.twoDigits(at: 2),
            text.octet(at: 4) == UInt8(ascii: "-"), let month = text.twoDigits(at: 5),
            text.octet(at: 7) == UInt8(ascii: "-"), let day = text.twoDigits(at: 8),
            text.octet(at: 10) | 0x20 == UInt8(ascii: "t") || text.octet(at: 10) == UInt8(ascii: " "),
            let hour = text.twoDigits(at: 11), hour < 24, text.octet(at: 13) == UInt8(ascii: ":"),
            let minute = text.twoDigits(at: 14), minute < 60,
            let date = CivilDate(year: century * 100 + year, month: month, day: day)
        else { return nil }
        var offset = 16
        guard let second = Self.microsecondsOfMinute(text, &offset), let zone = Self.zone(text, at: offset) else {
            return nil
        }
        // A leap second becomes the last microsecond of its minute, so that order and day stay right.
        guard second < 60_000_000 || minute == 59 else { return nil }
        let minutes = date.daysSinceEpoch * 1440 + Int64(hour * 60 + minute)
        microseconds = minutes * 60_000_000 + min(second, 59_999_999)
        offsetMinutes = zone.minutes
    }

    private static func microsecondsOfMinute(_ text: RawSpan, _ offset: inout Int) -> Int64? {
        guard offset < text.byteCount, text.octet(at: offset) == UInt8(ascii: ":") else { return 0 }
        guard let second = text.twoDigits(at: offset + 1), second <= 60 else { return nil }
        offset += 3
        var microseconds = Int64(second) * 1_000_000
        guard offset < text.byteCount else { return microseconds }
        let mark = text.octet(at: offset)
        guard mark == UInt8(ascii: ".") || mark == UInt8(ascii: ",") else { return microseconds }
        offset += 1
        let start = offset
        var unit: Int64 = 100_000
        while offset < text.byteCount {
            let digit = text.octet(at: offset) &- 0x30
            guard digit <= 9 else { break }
            microseconds += Int64(digit) * unit
            unit /= 10
            offset += 1
        }
        return offset > start ? microseconds : nil
    }

    /// Nil when what follows is no zone; `minutes` is nil when nothing follows.
    private static func zone(_ text: RawSpan, at offset: Int) -> (minutes: Int?, Void)? {
        let count = text.byteCount - offset
        guard count > 0 else { return (nil, ()) }
        let mark = text.octet(at: offset)
        if mark | 0x20 == UInt8(ascii: "z") { return count == 1 ? (0, ()) : nil }
        guard mark == UInt8(ascii: "+") || mark == UInt8(ascii: "-"), let hours = text.twoDigits(at: offset + 1),
            hours < 24
        else { return nil }
        var minutes = 0
        if count > 3 {
            let hasColon = text.octet(at: offset + 3) == UInt8(ascii: ":")
            guard count == (hasColon ? 6 : 5), let given = text.twoDigits(at: offset + (hasColon ? 4 : 3)), given < 60
            else { return nil }
            minutes = given
        }
        let shift = hours * 60 + minutes
        return (mark == UInt8(ascii: "+") ? shift : -shift, ())
    }
}

extension RawSpan {
    /// The number that the two digits at `offset` write; nil when there are none.
    fileprivate func twoDigits(at offset: Int) -> Int? {
        guard offset + 2 <= byteCount else { return nil }
        let tens = octet(at: offset) &- 0x30
        let ones = octet(at: offset + 1) &- 0x30
        return tens <= 9 && ones <= 9 ? Int(tens) * 10 + Int(ones) : nil
    }

    /// Where `byte` is first.
    func firstOffset(of byte: UInt8) -> Int? {
        for offset in 0..<byteCount where octet(at: offset) == byte { return offset }
        return nil
    }
}
