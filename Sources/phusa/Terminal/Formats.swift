import Glibc

/// Numbers as people read them.
enum Format {
    /// `1234567` as `1,234,567`.
    static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }

    /// A size in binary units with three digits: `1.46 MiB`.
    static func bytes(_ byteCount: Int) -> String {
        if byteCount.magnitude < 1024 { return "\(byteCount) B" }
        var value = Double(byteCount)
        var unit = ""
        for next in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
            value /= 1024
            unit = next
            if value.magnitude < 1000 { break }
        }
        return "\(decimal(value, digits: value.magnitude < 10 ? 2 : value.magnitude < 100 ? 1 : 0)) \(unit)"
    }

    /// The two largest units of a time span: `1 h 05 min`, `12.3 s`, `840 ms`.
    static func duration(_ duration: Duration) -> String {
        let microseconds = duration.microseconds
        if microseconds < 0 { return "-" + self.duration(.zero - duration) }
        let seconds = Double(microseconds) * 1e-6
        if microseconds < 1000 { return "\(microseconds) µs" }
        if seconds < 1 { return "\(microseconds / 1000) ms" }
        if seconds < 60 { return "\(decimal(seconds, digits: 1)) s" }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
        if whole < 86_400 { return "\(whole / 3600) h \(twoDigits(whole / 60 % 60)) min" }
        return "\(whole / 86_400) d \(twoDigits(whole / 3600 % 24)) h"
    }

    /// `value` with `digits` digits behind the point, rounded.
    static func decimal(_ value: Double, digits: Int) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
        var power = 1.0
        for _ in 0..<digits { power *= 10 }
        let scaled = Int((value.magnitude * power).rounded())
        let (whole, fraction) = scaled.quotientAndRemainder(dividingBy: Int(power))
        let sign = value < 0 && scaled != 0 ? "-" : ""
        guard digits > 0 else { return sign + String(whole) }
        let text = String(fraction)
        return "\(sign)\(whole).\(String(repeating: "0", count: digits - text.count))\(text)"
    }

    static func percent(_ share: Double) -> String { "\(decimal(share * 100, digits: 1)) %" }

    /// `count` with its noun: `1 file`, `2 files`.
    static func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
        "\(self.count(count)) \(count == 1 ? noun : plural ?? noun + "s")"
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
