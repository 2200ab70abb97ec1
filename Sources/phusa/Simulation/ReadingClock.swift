import Telemetry

/// Writes times of readings as `2026-11-21T08:00:00.123Z`, always 24 bytes.
///
/// The readings of a fleet come in nearly the order of their times, so the minute is taken apart once and kept.
struct ReadingClock {
    static let byteCount = 24

    private var minute = EventTime(microsecondsSinceEpoch: .min)
    private var minuteText = ReadingText.Fixed("")

    mutating func write(_ time: EventTime, to text: inout ReadingText) {
        var microsecond = time.microsecondsSinceEpoch &- minute.microsecondsSinceEpoch
        if microsecond < 0 || microsecond >= 60_000_000 {
            minute = time.startOfMinute
            let civil = CivilTime(minute)
            minuteText = ReadingText.Fixed("\(civil.date)T\(padded(civil.hour, 2)):\(padded(civil.minute, 2)):")
            microsecond = time.microsecondsSinceEpoch - minute.microsecondsSinceEpoch
        }
        let (second, rest) = Int(microsecond).quotientAndRemainder(dividingBy: 1_000_000)
        text.write(minuteText)
        text.write(twoDigits: second)
        text.write(byte: UInt8(ascii: "."))
        text.write(threeDigits: rest / 1000)
        text.write(byte: UInt8(ascii: "Z"))
    }
}
