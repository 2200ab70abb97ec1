import Glibc
import Telemetry

extension EventTime {
    /// The time by the system's clock.
    static var now: EventTime {
        var time = timespec()
        // Safe: clock_gettime fills in a `timespec`.
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return EventTime(microsecondsSinceEpoch: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    func advanced(by duration: Duration) -> EventTime {
        EventTime(microsecondsSinceEpoch: microsecondsSinceEpoch + duration.microseconds)
    }
}

/// How times are written in a file: the usual ways of ISO 8601, or a pattern with the letters of strftime.
struct TimePattern: Sendable {
    private enum Part: Equatable {
        case year
        case shortYear
        case month
        case monthName
        case day
        case hour
        case hour12
        case halfOfDay
        case minute
        case second
        /// Digits of a second, behind its point.
        case fraction
        case offset
        case epochSeconds
        case epochMilliseconds
        case literal(UInt8)
    }

    /// `2026-11-21T08:00:00.123+07:00`, with a space for the T, without seconds or without an offset.
    static let iso = TimePattern(parts: nil)

    /// Nil for the ways of ISO 8601.
    private let parts: [Part]?

    private init(parts: [Part]?) {
        self.parts = parts
    }

    /// Compiles a pattern such as `%Y.%m.%d_%H.%M.%S`.
    ///
    /// - Throws: a sentence that names the letter that is not known.
    init(_ pattern: String) throws(CommandFailure) {
        var parts: [Part] = []
        var letters = pattern.utf8.makeIterator()
        while let byte = letters.next() {
            guard byte == UInt8(ascii: "%") else {
                parts.append(.literal(byte))
                continue
            }
            guard let letter = letters.next() else {
                throw .usage("The time format \(pattern) ends with %; write %% for a percent sign.")
            }
            parts += try Self.parts(for: letter, in: pattern)
        }
        guard !parts.isEmpty else { throw .usage("The time format is empty; write one such as %Y-%m-%d %H:%M:%S.") }
        self.parts = parts
    }

    private static func parts(for letter: UInt8, in pattern: String) throws(CommandFailure) -> [Part] {
        switch letter {
        case UInt8(ascii: "Y"): return [.year]
        case UInt8(ascii: "y"): return [.shortYear]
        case UInt8(ascii: "m"): return [.month]
        case UInt8(ascii: "b"): return [.monthName]
        case UInt8(ascii: "d"), UInt8(ascii: "e"): return [.day]
        case UInt8(ascii: "H"), UInt8(ascii: "k"): return [.hour]
        case UInt8(ascii: "I"), UInt8(ascii: "l"): return [.hour12]
        case UInt8(ascii: "p"): return [.halfOfDay]
        case UInt8(ascii: "M"): return [.minute]
        case UInt8(ascii: "S"): return [.second]
        case UInt8(ascii: "f"): return [.fraction]
        case UInt8(ascii: "z"): return [.offset]
        case UInt8(ascii: "s"): return [.epochSeconds]
        case UInt8(ascii: "Q"): return [.epochMilliseconds]
        case UInt8(ascii: "%"): return [.literal(UInt8(ascii: "%"))]
        case UInt8(ascii: "F"): return [.year, dash, .month, dash, .day]
        case UInt8(ascii: "T"): return [.hour, colon, .minute, colon, .second]
        default:
            let known = "%Y %y %m %b %d %H %I %p %M %S %f %z %s %Q %F %T %%"
            throw .usage(
                "The time format \(pattern) has %\(String(UnicodeScalar(letter))), which is not known; known are \(known)."
            )
        }
    }

    private static let dash = Part.literal(UInt8(ascii: "-"))
    private static let colon = Part.literal(UInt8(ascii: ":"))

    /// Reads `text`; without an offset in it, `defaultOffsetSeconds` east of Greenwich counts.
    ///
    /// - Returns: nil when the text does not fit, names no real time, or has no offset where none is given.
    func parse(_ text: String, defaultOffsetSeconds: Int?) -> EventTime? {
        parse(Array(text.utf8)[...], defaultOffsetSeconds: defaultOffsetSeconds)
    }

    func parse(_ text: ArraySlice<UInt8>, defaultOffsetSeconds: Int?) -> EventTime? {
        var scanner = TimeScanner(text)
        guard let parts else {
            return scanner.scanISO() ? scanner.time(defaultOffsetSeconds: defaultOffsetSeconds) : nil
        }
        for part in parts where !Self.scan(part, with: &scanner) { return nil }
        return scanner.isAtEnd ? scanner.time(defaultOffsetSeconds: defaultOffsetSeconds) : nil
    }

    private static func scan(_ part: Part, with scanner: inout TimeScanner) -> Bool {
        switch part {
        case .year: scanner.scan(\.year, digits: 4...4)
        case .shortYear: scanner.scanShortYear()
        case .month: scanner.scan(\.month, digits: 1...2)
        case .monthName: scanner.scanMonthName()
        case .day: scanner.scan(\.day, digits: 1...2)
        case .hour: scanner.scan(\.hour, digits: 1...2)
        case .hour12: scanner.scan(\.hour, digits: 1...2) && scanner.isHour12
        case .halfOfDay: scanner.scanHalfOfDay()
        case .minute: scanner.scan(\.minute, digits: 1...2)
        case .second: scanner.scan(\.second, digits: 1...2)
        case .fraction: scanner.scanFraction()
        case .offset: scanner.scanOffset()
        case .epochSeconds: scanner.scanEpoch(unitsPerSecond: 1)
        case .epochMilliseconds: scanner.scanEpoch(unitsPerSecond: 1000)
        case .literal(let byte): scanner.scan(byte)
        }
    }
}

/// An offset from UTC such as `+10:00`, `-0330` or `Z`.
enum UTCOffset {
    /// Seconds east of Greenwich.
    ///
    /// - Throws: a sentence that says how to write it.
    static func parse(_ text: String) throws(CommandFailure) -> Int {
        if text == "UTC" { return 0 }
        var scanner = TimeScanner(Array(text.utf8)[...])
        guard scanner.scanOffset(), scanner.isAtEnd, let seconds = scanner.offsetSeconds else {
            throw .usage("The time zone \(text) is not an offset from UTC; write one such as +07:00, +1000 or Z.")
        }
        return seconds
    }
}
