import Foundation
import Geography
import Telemetry
import TestSupport
import Testing

struct CalendarDayTests {
    @Test("a day is the one that clocks in Vietnam show")
    func localDay() throws {
        let midnight = EventTime(microsecondsSinceEpoch: 1_751_302_800_000_000)  // 2025-06-30T17:00:00Z
        let before = EventTime(microsecondsSinceEpoch: midnight.microsecondsSinceEpoch - 1)
        let file = URL(fileURLWithPath: "\(CivilTimeZone.folder)/Asia/Ho_Chi_Minh")
        let zone = try CivilTimeZone(name: "Asia/Ho_Chi_Minh", file: ShippedAreas.bytes(of: file))
        #expect(CalendarDay(midnight, in: zone).description == "2025-07-01")
        #expect(CalendarDay(before, in: zone).description == "2025-06-30")
        #expect(CalendarDay(midnight, in: .utc).description == "2025-06-30")
    }

    @Test("text and number name the same day")
    func text() throws {
        #expect(CalendarDay("1970-01-01")?.daysSinceEpoch == 0)
        #expect(CalendarDay("2024-02-29")?.description == "2024-02-29")
        var random = SeededRandom(seed: 3)
        for _ in 0..<2000 {
            let day = CalendarDay(daysSinceEpoch: .random(in: -700_000...2_900_000, using: &random))
            #expect(CalendarDay(day.description) == day)
        }
    }

    @Test(
        "what is no day is refused",
        arguments: [
            "2025-02-29", "2025-13-01", "2025-00-10", "2025-7-1", "2025-+7-01", "+025-07-01", "20250701", "2025-07-0x",
            "",
        ])
    func refused(text: String) {
        #expect(CalendarDay(text) == nil)
    }

    @Test("validities overlap when a day lies in both")
    func overlap() throws {
        let days = try ["2025-01-01", "2025-07-01", "2026-01-01"].map { try #require(CalendarDay($0)) }
        let first = Validity(start: days[0], end: days[1])
        let second = Validity(start: days[1], end: days[2])
        #expect(!first.overlaps(second) && !second.overlaps(first))
        #expect(first.overlaps(.always) && second.overlaps(second))
        #expect(first.contains(days[0]) && !first.contains(days[1]) && Validity.always.contains(days[2]))
    }
}
