import JSONSchema
import Testing

struct RFC3339Tests {
    private func microseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        // Safe: every byte of the array is initialized.
        return RFC3339.microseconds(unsafe bytes.span.bytes)
    }

    @Test(
        "reads times of any zone to the microsecond",
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.5Z", -500_000),
            ("2026-11-21T08:00:00.123Z", 1_795_248_000_123_000),
            ("2026-11-21t08:00:00.123456789z", 1_795_248_000_123_456),
            ("2026-11-21T15:00:00+07:00", 1_795_248_000_000_000),
            ("2026-11-20T22:30:00.000001-09:30", 1_795_248_000_000_001),
            ("2000-02-29T00:00:00Z", 951_782_400_000_000),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000_000),
            ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ] as [(String, Int64)])
    func valid(text: String, expected: Int64) {
        #expect(microseconds(text) == expected)
    }

    @Test("a leap second stays within its minute")
    func leapSecond() {
        #expect(microseconds("2016-12-31T23:59:60.7Z") == 1_483_228_799_999_999)
        #expect(microseconds("2016-12-31T16:59:60-07:00") == 1_483_228_799_999_999)
        #expect(microseconds("1990-12-31T15:59:60-08:00") != nil)
        #expect(microseconds("2016-12-31T22:59:60Z") == nil)
        #expect(microseconds("2016-12-31T23:59:61Z") == nil)
    }

    @Test(
        "refuses what RFC 3339 does not allow",
        arguments: [
            "", "2026-11-21", "2026-11-21T08:00:00", "2026-11-21T08:00:00.Z", "2026-11-21 08:00:00Z",
            "2026-13-21T08:00:00Z", "2026-00-21T08:00:00Z", "2026-02-29T08:00:00Z", "2026-04-31T08:00:00Z",
            "1900-02-29T00:00:00Z", "2026-11-00T08:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T08:60:00Z",
            "2026-11-21T08:00:00+0700", "2026-11-21T08:00:00+24:00", "2026-11-21T08:00:00+07:60",
            "2026-11-21T08:00:00Z ", "2026-11-21T08:00:00ZZ", "2026-11-21T08:00:00+07", "2026-11-21T08:00:0aZ",
            "202a-11-21T08:00:00Z", "2026/11/21T08:00:00Z", "2026-11-21T08.00:00Z", "+026-11-21T08:00:00Z",
            "2026-11-21T08:00:00.12", "2026-11-21T08:00:00.1২Z", "2026-11-21T08:00:00", "20261121T080000Z     ",
        ])
    func invalid(text: String) {
        #expect(microseconds(text) == nil)
    }

    @Test("every day from 1900 to 2100 follows the one before")
    func calendar() {
        var expected: Int64 = -25567
        for year in 1900...2100 {
            for month in 1...12 {
                for day in 1...31 {
                    let text = "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)T00:00:00Z"
                    guard let microseconds = microseconds(text) else {
                        #expect(day > 28)
                        continue
                    }
                    #expect(microseconds == expected * 86_400_000_000)
                    expected += 1
                }
            }
        }
        #expect(expected == 47847)
    }
}
