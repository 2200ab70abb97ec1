import ArgumentParser
import Telemetry

/// What the values of options look like, each with a sentence that helps when one does not.
enum Arguments {
    /// `1%`, `0.5 %` or `0.01`.
    static func share(_ text: String) throws -> Double {
        let trimmed = text.filter { $0 != " " }
        let isPercent = trimmed.hasSuffix("%")
        guard let number = Double(isPercent ? String(trimmed.dropLast()) : trimmed) else {
            throw ValidationError("write a share as 1% or 0.01")
        }
        let share = isPercent ? number / 100 : number
        guard (0...1).contains(share) else { throw ValidationError("a share lies between 0% and 100%") }
        return share
    }

    /// `5000`, `5000/s` or `5k/s`, a second.
    static func rate(_ text: String) throws -> Double {
        var trimmed = text.hasSuffix("/s") ? String(text.dropLast(2)) : text
        var factor = 1.0
        if trimmed.hasSuffix("k") {
            trimmed.removeLast()
            factor = 1000
        }
        guard let number = Double(trimmed), number > 0, number.isFinite else {
            throw ValidationError("write a rate as 5000/s or 5k/s, above 0")
        }
        return number * factor
    }

    /// `100000`, `100_000`, `100k` or `2M`.
    static func count(_ text: String) throws -> Int {
        var digits = text.filter { $0 != "_" && $0 != "," }
        var factor = 1
        if let last = digits.last, let unit = ["k": 1000, "M": 1_000_000][last] {
            digits.removeLast()
            factor = unit
        }
        guard let number = Int(digits), number > 0, number <= Int.max / factor else {
            throw ValidationError("write a number above 0, such as 100000, 100k or 2M")
        }
        return number * factor
    }

    /// Each device takes some hundred bytes while a fleet is simulated.
    static let mostDevices = 10_000_000

    /// As `count`, as far as a fleet goes.
    static func deviceCount(_ text: String) throws -> Int {
        let count = try count(text)
        guard count <= mostDevices else { throw ValidationError("a fleet has at most 10M devices") }
        return count
    }

    /// `500ms`, `30s`, `10m`, `1h30m`, `2d`; a sign in front where `mayBeNegative`.
    static func duration(_ text: String, mayBeNegative: Bool = false) throws -> Duration {
        let isNegative = mayBeNegative && text.hasPrefix("-")
        var rest = Substring(isNegative ? String(text.dropFirst()) : text)
        var total = Duration.zero
        let advice = "write a time span as 500ms, 30s, 10m, 1h30m or 2d"
        guard !rest.isEmpty else { throw ValidationError(advice) }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            let seconds = ["ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400][String(unit)]
            guard let number = Double(digits), let seconds, number * seconds < 1e11 else {
                throw ValidationError(advice)
            }
            total += .microseconds(Int64((number * seconds * 1e6).rounded()))
        }
        return isNegative ? .zero - total : total
    }

    /// A time with its offset, such as `2026-11-21T08:00:00Z`, or `now`.
    static func time(_ text: String) throws -> EventTime {
        if text == "now" { return .now }
        guard let time = TimePattern.iso.parse(text, defaultOffsetSeconds: nil) else {
            throw ValidationError("write a time with its offset, such as 2026-11-21T08:00:00Z, or now")
        }
        return time
    }
}
