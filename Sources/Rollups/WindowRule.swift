package import Telemetry

/// A length of time into which readings are gathered.
package enum WindowRule: Hashable, Sendable {
    /// Windows of so many microseconds, counted from the epoch, UTC; at most a day, which they divide.
    case fixed(microseconds: Int64)
    /// The days of a city.
    case localDay

    /// The lengths that may stand in a definition: `1m` to `12h`, and `1d`.
    package init?(text: String) {
        if text == "1d" {
            self = .localDay
            return
        }
        guard let unit = text.last, let number = Int64(text.dropLast()), number > 0 else { return nil }
        let minutes: Int64
        switch unit {
        case "m": minutes = number
        case "h" where number <= 12: minutes = number * 60
        default: return nil
        }
        guard minutes < 1440, 1440 % minutes == 0 else { return nil }
        self = .fixed(microseconds: minutes * 60_000_000)
    }

    /// The start of the window that holds `time`.
    @inlinable
    package func start(of time: Int64, in zone: CivilTimeZone) -> Int64 {
        switch self {
        case .fixed(let length): floorDivide(time, length) * length
        case .localDay: zone.startOfDay(EventTime(microsecondsSinceEpoch: time)).microsecondsSinceEpoch
        }
    }

    /// Whether every window of `other` lies in one of these, so that partials of `other` can be merged to these.
    package func isMade(of other: WindowRule, in zone: CivilTimeZone) -> Bool {
        switch (self, other) {
        case (.fixed(let own), .fixed(let part)): own % part == 0
        case (.localDay, .localDay): true
        case (.fixed, .localDay): false
        // The day must begin at the start of a part: 2000 stands for the times that the city's readings are of.
        case (.localDay, .fixed(let part)):
            3_600_000_000 % part == 0
                && zone.offsetSeconds(at: EventTime(microsecondsSinceEpoch: 946_684_800_000_000)) * 1_000_000 % part
                    == 0
        }
    }
}

extension WindowRule: CustomStringConvertible {
    package var description: String {
        switch self {
        case .localDay: return "1d"
        case .fixed(let microseconds):
            let minutes = microseconds / 60_000_000
            return minutes % 60 == 0 ? "\(minutes / 60)h" : "\(minutes)m"
        }
    }
}
