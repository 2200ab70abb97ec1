/// When a zone changes its offset year by year: the POSIX TZ form `CET-1CEST,M3.5.0,M10.5.0/3`, with RFC 8536's wider
/// hours.
struct TimeZoneRule: Equatable, Sendable {
    /// Seconds ahead of UTC.
    let standardOffset: Int64
    private let summer: Summer?

    private struct Summer: Equatable {
        let offset: Int64
        let start: Day
        let end: Day
    }

    /// A day of each year and the second of local time at which the clock changes.
    private struct Day: Equatable {
        enum Form: Equatable {
            /// 1...365, 29 February never counted.
            case withoutLeapDay(Int)
            /// 0...365, 29 February counted.
            case withLeapDay(Int)
            /// Month, week (5 is the last) and day of the week from Sunday.
            case weekday(month: Int, week: Int, day: Int)
        }
        let form: Form
        let second: Int64

        /// Seconds from the epoch to this moment of `year`, in the local time that holds before it.
        func localSecond(in year: Int) -> Int64 {
            (dayNumber(in: year) * 86_400) + second
        }

        private func dayNumber(in year: Int) -> Int64 {
            let newYear = Self.days(year, 1, 1)
            switch form {
            case .withoutLeapDay(let day):
                return newYear + Int64(day - 1) + (CivilDate.isLeap(year) && day >= 60 ? 1 : 0)
            case .withLeapDay(let day): return newYear + Int64(day)
            case .weekday(let month, let week, let day):
                let first = Self.days(year, month, 1)
                // 1970-01-01 was a Thursday.
                let firstWeekday = ((first + 4) % 7 + 7) % 7
                let date = (Int64(day) - firstWeekday + 7) % 7 + Int64(week - 1) * 7
                let isBehindMonth = date >= Int64(CivilDate.dayCount(ofMonth: month, year: year))
                return first + (isBehindMonth ? date - 7 : date)
            }
        }

        private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
            CivilDate(year: year, month: month, day: day)?.daysSinceEpoch ?? 0
        }
    }

    /// The same offset all year.
    init(offset: Int64) {
        standardOffset = offset
        summer = nil
    }

    /// Nil when `text` is no such rule.
    init?(_ text: ArraySlice<UInt8>) {
        var reader = Reader(rest: text)
        guard reader.skipName(), let standard = reader.offset() else { return nil }
        standardOffset = -standard
        guard !reader.rest.isEmpty else {
            summer = nil
            return
        }
        guard reader.skipName() else { return nil }
        let offset: Int64
        if reader.rest.first == UInt8(ascii: ",") {
            offset = standardOffset + 3600
        } else {
            guard let given = reader.offset() else { return nil }
            offset = -given
        }
        guard let start = reader.day(), let end = reader.day(), reader.rest.isEmpty else { return nil }
        summer = Summer(offset: offset, start: start, end: end)
    }

    /// Whether the offset never changes.
    var isFixed: Bool { summer == nil }

    func offset(at second: Int64) -> Int64 {
        guard let summer else { return standardOffset }
        let year = year(of: second)
        let start = summer.start.localSecond(in: year) - standardOffset
        let end = summer.end.localSecond(in: year) - summer.offset
        let isSummer = start < end ? (start..<end).contains(second) : !(end..<start).contains(second)
        return isSummer ? summer.offset : standardOffset
    }

    /// When the offset changes in `window`, ascending, with the offsets before and behind.
    func changes(in window: ClosedRange<Int64>) -> [(second: Int64, before: Int64, after: Int64)] {
        guard let summer else { return [] }
        var changes: [(second: Int64, before: Int64, after: Int64)] = []
        for year in (year(of: window.lowerBound) - 1)...(year(of: window.upperBound) + 1) {
            let start = summer.start.localSecond(in: year) - standardOffset
            let end = summer.end.localSecond(in: year) - summer.offset
            changes.append((start, standardOffset, summer.offset))
            changes.append((end, summer.offset, standardOffset))
        }
        return changes.filter { window.contains($0.second) }.sorted { $0.second < $1.second }
    }

    private func year(of second: Int64) -> Int {
        // Beyond these, years have more digits than RFC 3339 writes.
        let bounded = min(max(second, -100_000_000_000), 300_000_000_000) + standardOffset
        return CivilTime(EventTime(microsecondsSinceEpoch: bounded * 1_000_000)).year
    }

    /// Reads the parts of a rule from front to back.
    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func skipName() -> Bool {
            let before = rest.count
            if rest.first == UInt8(ascii: "<") {
                guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
                rest = rest[(end + 1)...]
                return before - rest.count > 2
            }
            while let byte = rest.first, (0x61...0x7A).contains(byte | 0x20) { rest.removeFirst() }
            return before - rest.count >= 3
        }

        /// `[+-]h[h][h][:mm[:ss]]` in seconds.
        mutating func offset() -> Int64? {
            var sign: Int64 = 1
            if let mark = rest.first, mark == UInt8(ascii: "-") || mark == UInt8(ascii: "+") {
                sign = mark == UInt8(ascii: "-") ? -1 : 1
                rest.removeFirst()
            }
            guard let hours = number(in: 0...167) else { return nil }
            var seconds = Int64(hours) * 3600
            for unit: Int64 in [60, 1] where skip(":") {
                guard let value = number(in: 0...59) else { return nil }
                seconds += Int64(value) * unit
            }
            return sign * seconds
        }

        /// A comma and `date[/time]`.
        mutating func day() -> Day? {
            guard skip(","), let form = form() else { return nil }
            guard skip("/") else { return Day(form: form, second: 7200) }
            guard let second = offset() else { return nil }
            return Day(form: form, second: second)
        }

        private mutating func form() -> Day.Form? {
            if skip("J") { return number(in: 1...365).map { .withoutLeapDay($0) } }
            guard skip("M") else { return number(in: 0...365).map { .withLeapDay($0) } }
            guard let month = number(in: 1...12), skip("."), let week = number(in: 1...5), skip("."),
                let day = number(in: 0...6)
            else { return nil }
            return .weekday(month: month, week: week, day: day)
        }

        private mutating func skip(_ mark: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: mark) else { return false }
            rest.removeFirst()
            return true
        }

        private mutating func number(in range: ClosedRange<Int>) -> Int? {
            var value = 0
            var digitCount = 0
            while let byte = rest.first, (0x30...0x39).contains(byte), digitCount < 4 {
                value = value * 10 + Int(byte - 0x30)
                rest.removeFirst()
                digitCount += 1
            }
            return digitCount > 0 && range.contains(value) ? value : nil
        }
    }
}
