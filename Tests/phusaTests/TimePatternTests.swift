import Telemetry
import Testing

@testable import phusa

@Suite("Times in files")
struct TimePatternTests {
    private func text(_ pattern: String, _ time: String, zone: String? = nil) throws -> String? {
        let offset = try zone.map { try UTCOffset.parse($0) }
        return try TimePattern(pattern).parse(time, defaultOffsetSeconds: offset)?.description
    }

    @Test("the pattern of a drive test's log")
    func driveTest() throws {
        #expect(
            try text("%Y.%m.%d_%H.%M.%S", "2019.12.01_12.11.21", zone: "+00:00") == "2019-12-01T12:11:21Z")
    }

    @Test(
        "local time is moved by its offset",
        arguments: [
            ("+10:00", "2017-10-13T13:30:01Z"), ("+1000", "2017-10-13T13:30:01Z"), ("+10", "2017-10-13T13:30:01Z"),
            ("-03:30", "2017-10-14T03:00:01Z"), ("Z", "2017-10-13T23:30:01Z"), ("UTC", "2017-10-13T23:30:01Z"),
        ])
    func offsets(zone: String, expected: String) throws {
        #expect(try text("%Y-%m-%d %H:%M:%S", "2017-10-13 23:30:01", zone: zone) == expected)
    }

    @Test("an offset in the text wins over the one given")
    func ownOffset() throws {
        #expect(try text("%F %T%z", "2026-11-21 15:00:00+07:00", zone: "+10:00") == "2026-11-21T08:00:00Z")
    }

    @Test(
        "every other letter",
        arguments: [
            ("%d/%m/%y %I:%M %p", "21/11/26 08:05 pm", "2026-11-21T20:05:00Z"),
            ("%I %p %F", "12 AM 2026-11-21", "2026-11-21T00:00:00Z"),
            ("%d %b %Y %T", "1 Mar 2024 00:00:00", "2024-03-01T00:00:00Z"),
            ("%s", "1795248000", "2026-11-21T08:00:00Z"), ("%s", "1795248000.25", "2026-11-21T08:00:00.250Z"),
            ("%Q", "1795248000123", "2026-11-21T08:00:00.123Z"),
            ("%F %T.%f", "2026-11-21 08:00:00.123456789", "2026-11-21T08:00:00.123456Z"),
            ("%Y%%%m%%%d", "2026%11%21", "2026-11-21T00:00:00Z"),
        ])
    func letters(pattern: String, time: String, expected: String) throws {
        #expect(try text(pattern, time, zone: "Z") == expected)
    }

    @Test(
        "ISO 8601 as it is found",
        arguments: [
            ("2026-11-21T08:00:00Z", "2026-11-21T08:00:00Z"), ("2026-11-21 08:00:00.5", "2026-11-21T08:00:00.500Z"),
            ("2026-11-21T15:00+07:00", "2026-11-21T08:00:00Z"),
            ("2021-06-30 18:50:28.262038+00:00", "2021-06-30T18:50:28.262038Z"),
        ])
    func iso(time: String, expected: String) {
        #expect(TimePattern.iso.parse(time, defaultOffsetSeconds: 0)?.description == expected)
    }

    @Test(
        "what is no time gives nothing",
        arguments: [
            "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T08:00:00+7", "", "-",
            "2026-11-21T08:00:00Zx", "2026-11-21",
        ])
    func notATime(text: String) {
        #expect(TimePattern.iso.parse(text, defaultOffsetSeconds: 0) == nil)
    }

    @Test("a time without an offset is none where no offset is given")
    func offsetMissing() {
        #expect(TimePattern.iso.parse("2026-11-21T08:00:00", defaultOffsetSeconds: nil) == nil)
    }

    @Test("every day from 1900 to 2100 is read as it is written")
    func everyDay() {
        let day: Int64 = 86_400_000_000
        for number in -25_567..<47_482 {
            let time = EventTime(microsecondsSinceEpoch: Int64(number) * day + 12_345_678)
            #expect(TimePattern.iso.parse(time.description, defaultOffsetSeconds: nil) == time)
        }
    }

    @Test("a pattern with an unknown letter or without an end is refused")
    func badPatterns() {
        #expect(throws: CommandFailure.self) { try TimePattern("%Y-%W") }
        #expect(throws: CommandFailure.self) { try TimePattern("%Y%") }
        #expect(throws: CommandFailure.self) { try UTCOffset.parse("Australia/Brisbane") }
    }
}
