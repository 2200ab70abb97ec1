import Testing

@testable import phusa

@Suite("Tables and numbers for people")
struct TextTableTests {
    private var table: TextTable {
        var table = TextTable([.init("stream"), .init("readings", .right)])
        table.add(["coverage", .init(1_234_567)])
        table.add([.init("air", tint: .good), .init(8)])
        return table
    }

    @Test("numbers stand to the right, text to the left, nothing behind the last")
    func alignment() {
        #expect(
            table.lines() == [
                "stream     readings", "────────  ─────────", "coverage  1,234,567", "air               8",
            ])
    }

    @Test("colour changes no column")
    func colour() {
        let lines = table.lines(isColoured: true)
        #expect(lines[3] == "\u{1B}[32mair\u{1B}[0m               8")
    }

    @Test("the widest text gives way when the terminal is too narrow, numbers never")
    func fitting() {
        var table = TextTable([.init("path"), .init("bytes", .right)])
        table.add(["date=2026-11-21/hour=08/part-00001.zstd.parquet", .init(48_000_000)])
        let lines = table.lines(width: 30)
        #expect(lines.allSatisfy { $0.count <= 30 })
        #expect(lines[2] == "date=2026-11-21/h…  48,000,000")
    }

    @Test("a footer stands under a line")
    func footer() {
        var table = table
        table.setFooter(["all", .init(1_234_575)])
        #expect(table.lines().suffix(2) == ["────────  ─────────", "all       1,234,575"])
    }

    @Test("Vietnamese takes as many columns as it has letters")
    func vietnamese() {
        var table = TextTable([.init("ward"), .init("n", .right)])
        table.add(["Giảng Võ", .init(1)])
        table.add(["Bình Chánh", .init(2)])
        #expect(table.lines()[2] == "Giảng Võ    1")
    }

    @Test(
        "counts, sizes, spans and shares",
        arguments: [
            (Format.count(-1_234_567), "-1,234,567"), (Format.count(999), "999"), (Format.count(0), "0"),
            (Format.bytes(1023), "1023 B"), (Format.bytes(1536), "1.50 KiB"), (Format.bytes(64 << 20), "64.0 MiB"),
            (Format.duration(.milliseconds(840)), "840 ms"), (Format.duration(.seconds(12.34)), "12.3 s"),
            (Format.duration(.seconds(65)), "1 min 05 s"), (Format.duration(.seconds(3900)), "1 h 05 min"),
            (Format.duration(.seconds(-90)), "-1 min 30 s"), (Format.decimal(-0.004, digits: 2), "0.00"),
            (Format.decimal(2.345, digits: 1), "2.3"), (Format.percent(0.1234), "12.3 %"),
            (Format.counted(1, "file"), "1 file"), (Format.counted(2000, "file"), "2,000 files"),
        ])
    func formats(text: String, expected: String) {
        #expect(text == expected)
    }

    @Test("progress says how far, how fast and how long still")
    func progress() {
        let text = ProgressBar.text(
            "simulate", done: 25_000, total: 100_000, noun: "readings", elapsed: .seconds(5), extra: "", hasBar: true)
        #expect(
            text == "simulate  ██████░░░░░░░░░░░░░░░░░░  25 %  25,000 of 100,000 readings  5,000/s  15.0 s left")
    }
}
