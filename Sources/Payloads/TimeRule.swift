import JSONDocument
package import Telemetry

/// How a time in a payload becomes RFC 3339 in UTC, as the schemas of streams want it.
///
/// Times keep microseconds; further digits are cut off. A local time that a zone's clock shows twice is taken as the
/// first of both, and one that it skips is counted on from before the gap (RFC 5545, 3.3.5).
package struct TimeRule: Sendable {
    /// The unit of times that are numbers since 1970-01-01T00:00:00Z.
    package enum Epoch: String, CaseIterable, Sendable {
        case seconds = "s"
        case milliseconds = "ms"
        case microseconds = "us"
        case nanoseconds = "ns"

        /// Microseconds = number * 10^power.
        fileprivate var power: Int {
            switch self {
            case .seconds: 6
            case .milliseconds: 3
            case .microseconds: 0
            case .nanoseconds: -3
            }
        }
    }

    /// One end of an interval `start/end`; a single time is both.
    package enum Part: String, CaseIterable, Sendable {
        case start
        case end
    }

    private let zone: CivilTimeZone?
    private let epoch: Epoch?
    private let part: Part?

    /// - Parameters:
    ///   - zone: of local times that do not say theirs; without it they are refused.
    ///   - epoch: the unit of numbers; without it they are refused.
    ///   - part: the end that counts of an interval; without it intervals are refused.
    package init(zone: CivilTimeZone? = nil, epoch: Epoch? = nil, part: Part? = nil) {
        self.zone = zone
        self.epoch = epoch
        self.part = part
    }

    /// A time as a format gives it by itself: with a zone, and the start of an interval.
    static let byDefault = TimeRule(part: .start)

    /// Appends the time at `index` as a JSON string.
    ///
    /// - Returns: a sentence when it is no time.
    func convert(_ document: JSONDocument, at index: Int, to bytes: inout [UInt8]) -> String? {
        switch time(document, at: index) {
        case .success(let time):
            TimeText(time).append(to: &bytes)
            return nil
        case .failure(let problem):
            return "\(RecordConversion.shown(document, at: index)) \(problem.words)"
        }
    }

    /// Why a value is no time; the words go on from the value.
    struct Problem: Error {
        let words: String
    }

    /// The time at `index`.
    func time(_ document: JSONDocument, at index: Int) -> Result<EventTime, Problem> {
        guard document.tag(at: index) == JSONKind.string.rawValue else {
            guard let number = DecimalNumber(document, at: index) else {
                return .failure(Problem(words: "is no time"))
            }
            return time(number)
        }
        let text = document.stringBytes(at: index)
        guard let slash = text.firstOffset(of: UInt8(ascii: "/")) else {
            if epoch != nil, let number = DecimalNumber(text) { return time(number) }
            return time(text)
        }
        switch part {
        case .start: return time(text.extracting(0..<slash))
        case .end: return time(text.extracting((slash + 1)..<text.byteCount))
        case nil:
            return .failure(
                Problem(words: "is an interval, and the mapping does not say which part: start or end"))
        }
    }

    private func time(_ text: RawSpan) -> Result<EventTime, Problem> {
        guard let found = CivilText(text) else {
            return .failure(Problem(words: "is no time as RFC 3339 writes them, such as 2026-11-21T08:00:00+07:00"))
        }
        var time = EventTime(microsecondsSinceEpoch: found.microseconds)
        if let offset = found.offsetMinutes {
            time.microsecondsSinceEpoch -= Int64(offset) * 60_000_000
        } else if let zone {
            time = zone.time(localMicroseconds: found.microseconds)
        } else {
            return .failure(Problem(words: "is a time without a zone, and the mapping does not say which one is meant"))
        }
        guard TimeText.range.contains(time) else {
            return .failure(Problem(words: "lies outside the years 0000 to 9999"))
        }
        return .success(time)
    }

    private func time(_ number: DecimalNumber) -> Result<EventTime, Problem> {
        guard let epoch else {
            return .failure(
                Problem(words: "is a number, and the mapping does not say its unit: epoch s, ms, us or ns"))
        }
        let exponent = number.exponent + epoch.power
        var microseconds = number.coefficient
        if exponent >= 0 {
            let (product, overflow) = microseconds.multipliedReportingOverflow(by: Int128.powerOfTen(min(exponent, 38)))
            microseconds = overflow ? .max : product
        } else {
            let divisor = Int128.powerOfTen(min(-exponent, 38))
            let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: divisor)
            microseconds = remainder < 0 ? quotient - 1 : quotient
        }
        guard let exact = Int64(exactly: microseconds), let time = EventTime(exact, unit: 1) else {
            return .failure(Problem(words: "as \(epoch.rawValue) since 1970 lies outside the years 0000 to 9999"))
        }
        return .success(time)
    }
}
