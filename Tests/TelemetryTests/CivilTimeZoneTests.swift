import Foundation
import TestSupport
import Testing

@testable import Telemetry

@Suite("Time zones")
struct CivilTimeZoneTests {
    private static let python = ProcessInfo.processInfo.environment["PHUSA_PYTHON"]

    private static func zone(_ name: String) throws -> CivilTimeZone {
        let file = try Data(contentsOf: URL(fileURLWithPath: "\(CivilTimeZone.folder)/\(name)"))
        return try CivilTimeZone(name: name, file: Array(file))
    }

    private static func time(_ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0) -> Int64 {
        let days = CivilDate(year: year, month: month, day: day)?.daysSinceEpoch ?? 0
        return ((days * 24 + Int64(hour)) * 60 + Int64(minute)) * 60_000_000
    }

    @Test(
        "dates and days since the epoch belong together",
        arguments: [-800_000, -719_468, -1, 0, 59, 11_016, 20_000, 2_932_896])
    func dates(day: Int64) {
        let civil = CivilTime(EventTime(microsecondsSinceEpoch: day * 86_400_000_000))
        #expect(CivilDate(year: civil.year, month: civil.month, day: civil.day)?.daysSinceEpoch == day)
    }

    @Test("days that no calendar has are none")
    func noDates() {
        #expect(CivilDate(year: 2025, month: 2, day: 29) == nil)
        #expect(CivilDate(year: 2024, month: 2, day: 29) != nil)
        #expect(CivilDate(year: 1900, month: 2, day: 29) == nil)
        #expect(CivilDate(year: 2025, month: 13, day: 1) == nil)
        #expect(CivilDate(year: 2025, month: 4, day: 31) == nil)
    }

    @Test("Vietnam is seven hours ahead, now and in a hundred years")
    func vietnam() throws {
        let zone = try Self.zone("Asia/Ho_Chi_Minh")
        for year in [1976, 2026, 2126] {
            let local = Self.time(year, 7, 1, 15)
            #expect(zone.time(localMicroseconds: local).microsecondsSinceEpoch == local - 7 * 3_600_000_000)
        }
    }

    @Test("a skipped hour goes on from before the gap, and of a doubled one the first counts, also by rule in 2090")
    func changes() throws {
        let zone = try Self.zone("Europe/Berlin")
        for (year, spring, autumn) in [(2026, 29, 25), (2090, 26, 29)] {
            // Both 02:30 and 03:30 are 01:30 UTC: the first does not exist.
            #expect(
                zone.time(localMicroseconds: Self.time(year, 3, spring, 2, 30)).microsecondsSinceEpoch
                    == Self.time(year, 3, spring, 1, 30))
            #expect(
                zone.time(localMicroseconds: Self.time(year, 3, spring, 3, 30)).microsecondsSinceEpoch
                    == Self.time(year, 3, spring, 1, 30))
            #expect(
                zone.time(localMicroseconds: Self.time(year, 3, spring, 1, 59)).microsecondsSinceEpoch
                    == Self.time(year, 3, spring, 0, 59))
            #expect(
                zone.time(localMicroseconds: Self.time(year, 10, autumn, 2, 30)).microsecondsSinceEpoch
                    == Self.time(year, 10, autumn, 0, 30))
            #expect(
                zone.time(localMicroseconds: Self.time(year, 10, autumn, 3)).microsecondsSinceEpoch
                    == Self.time(year, 10, autumn, 2))
        }
    }

    @Test("a day begins at midnight, or where that is skipped at the end of the gap")
    func days() throws {
        // 23, 24 and 25 hours long; in Beirut the clock went from 00:00 to 01:00 on 2022-03-27.
        for (name, year, month, day, expected) in [
            ("Europe/Berlin", 2026, 3, 29, Self.time(2026, 3, 28, 23)),
            ("Europe/Berlin", 2026, 10, 25, Self.time(2026, 10, 24, 22)),
            ("Asia/Ho_Chi_Minh", 2026, 11, 21, Self.time(2026, 11, 20, 17)),
            ("Asia/Beirut", 2022, 3, 27, Self.time(2022, 3, 26, 22)),
        ] {
            let zone = try Self.zone(name)
            let noon = zone.time(localMicroseconds: Self.time(year, month, day, 12))
            #expect(zone.startOfDay(noon).microsecondsSinceEpoch == expected)
            #expect(zone.startOfDay(zone.startOfDay(noon)) == zone.startOfDay(noon))
        }
    }

    @Test("names are those of files below the database's folder")
    func names() {
        for name in ["UTC", "Asia/Ho_Chi_Minh", "America/Argentina/ComodRivadavia", "Etc/GMT+7", "EST5EDT"] {
            #expect(CivilTimeZone.isName(name))
        }
        for name in ["", "../etc/passwd", "Asia/../x", "/etc/passwd", "Asia/", "Asia//x", "a b", "7x", "Việt"] {
            #expect(!CivilTimeZone.isName(name))
        }
    }

    @Test("bytes that are no zone file are refused, wherever they are cut or changed")
    func damage() throws {
        let file = Array(try Data(contentsOf: URL(fileURLWithPath: "\(CivilTimeZone.folder)/America/New_York")))
        #expect(throws: TimeZoneError.self) { _ = try CivilTimeZone(name: "x", file: []) }
        for count in 0..<file.count {
            #expect(throws: TimeZoneError.self) { _ = try CivilTimeZone(name: "x", file: Array(file[..<count])) }
        }
        var random = SeededRandom(seed: 7)
        for _ in 0..<3000 {
            var damaged = file
            damaged[Int.random(in: 0..<file.count, using: &random)] = UInt8(truncatingIfNeeded: random.next())
            // Either refused or a zone; what matters is that nothing stops the process.
            guard let zone = try? CivilTimeZone(name: "x", file: damaged) else { continue }
            _ = zone.time(localMicroseconds: Int64(bitPattern: random.next()) >> 3)
        }
    }

    /// For each line `zone seconds`: the offset then; the time of that local time read naively, by fold 0.
    private static let judge = """
        import sys, datetime, zoneinfo
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        for line in sys.stdin:
            name, seconds = line.split()
            zone = zoneinfo.ZoneInfo(name)
            time = epoch + datetime.timedelta(seconds=int(seconds))
            offset = int(time.astimezone(zone).utcoffset().total_seconds())
            local = (epoch.replace(tzinfo=None) + datetime.timedelta(seconds=int(seconds))).replace(tzinfo=zone, fold=0)
            print(offset, int(seconds) - int(local.utcoffset().total_seconds()))
        """

    @Test(
        "offsets and local times of every zone agree with Python's zoneinfo",
        .enabled(if: Self.python != nil, "set PHUSA_PYTHON to a Python 3"))
    func oracle() throws {
        var random = SeededRandom(seed: 20_261_121)
        let names = try Self.run("import zoneinfo; print(*sorted(zoneinfo.available_timezones()))", input: "")
        var lines: [String] = []
        var expected: [(zone: CivilTimeZone, second: Int64)] = []
        for name in names.split(whereSeparator: \.isWhitespace).map(String.init) where name != "localtime" {
            guard FileManager.default.fileExists(atPath: "\(CivilTimeZone.folder)/\(name)") else { continue }
            let zone = try Self.zone(name)
            for _ in 0..<60 {
                // 1850 to 2120, half of them at the minutes around the quarters of a day.
                var second = Int64.random(in: -3_786_912_000...4_733_510_400, using: &random)
                if random.chance(1, in: 2) { second -= second % 3600 }
                lines.append("\(name) \(second)")
                expected.append((zone, second))
            }
        }
        let output = try Self.run(Self.judge, input: lines.joined(separator: "\n") + "\n")
        let answers = output.split(separator: "\n")
        try #require(answers.count == expected.count && answers.count > 20_000)
        for (index, (zone, second)) in expected.enumerated() {
            let parts = answers[index].split(separator: " ").compactMap { Int64($0) }
            let time = EventTime(microsecondsSinceEpoch: second * 1_000_000)
            #expect(zone.offsetSeconds(at: time) == parts[0], "\(lines[index])")
            let local = zone.time(localMicroseconds: second * 1_000_000).microsecondsSinceEpoch
            #expect(local == parts[1] * 1_000_000, "\(lines[index]) as local time")
        }
    }

    private static func run(_ script: String, input: String) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("zones-\(UUID().uuidString)")
        try Data(input.utf8).write(to: file)
        defer {
            // Left over at worst: one file in the temporary folder.
            try? FileManager.default.removeItem(at: file)
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python ?? "/usr/bin/python3")
        process.arguments = ["-c", script]
        process.standardInput = try FileHandle(forReadingFrom: file)
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }
}
