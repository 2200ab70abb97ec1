import DeltaLake
import Testing
import TestSupport

struct StatisticsTests {
    private static let schema = DeltaSchema([
        DeltaColumn("b", .boolean), DeltaColumn("i", .integer), DeltaColumn("l", .long), DeltaColumn("d", .double),
        DeltaColumn("dec", .decimal(precision: 18, scale: 6)), DeltaColumn("ts", .timestamp),
        DeltaColumn("da", .date), DeltaColumn("s", .string), DeltaColumn("bi", .binary),
        DeltaColumn("st", .structure([DeltaColumn("x", .long), DeltaColumn("y", .string)])),
    ])

    private func file(_ statistics: FileStatistics) -> AddFile {
        AddFile(path: "f", byteCount: 0, modificationMilliseconds: 0, statistics: statistics)
    }

    private func bounds(_ column: String, _ minimum: DeltaValue, _ maximum: DeltaValue) throws -> ColumnStatistics {
        let statistics = FileStatistics(
            recordCount: 1, columns: [ColumnStatistics(column, minimum: minimum, maximum: maximum, nullCount: 0)])
        return try #require(try file(statistics).statistics(schema: Self.schema)?.column(column))
    }

    @Test("values of all types stand in the text as the protocol says")
    func golden() throws {
        let columns = [
            ColumnStatistics("b", minimum: .boolean(false), maximum: .boolean(true), nullCount: 0),
            ColumnStatistics("i", minimum: .integer(-1), maximum: .integer(2), nullCount: 1),
            ColumnStatistics("l", minimum: .long(.min), maximum: .long(.max), nullCount: 2),
            ColumnStatistics("d", minimum: .double(-1.5e-7), maximum: .double(.infinity), nullCount: 3),
            ColumnStatistics(
                "dec", minimum: .decimal(unscaled: -5, scale: 6),
                maximum: .decimal(unscaled: 123_456_789_012_345_678, scale: 6), nullCount: 4),
            ColumnStatistics(
                "ts", minimum: .timestamp(microseconds: -1), maximum: .timestamp(microseconds: 1_795_248_000_123_001),
                nullCount: 5),
            ColumnStatistics("da", minimum: .date(days: -1), maximum: .date(days: 20_778), nullCount: 6),
            ColumnStatistics(
                "s", minimum: .string(String(repeating: "é", count: 40)),
                maximum: .string(String(repeating: "é", count: 40)), nullCount: 7),
            ColumnStatistics("bi", minimum: .binary([1]), maximum: .binary([2]), nullCount: 8),
            ColumnStatistics(path: ["st", "x"], minimum: .long(1), maximum: .long(2), nullCount: 9),
            ColumnStatistics(path: ["st", "y"], minimum: .string(""), maximum: nil, nullCount: nil),
        ]
        let long = String(repeating: "é", count: 31)
        #expect(
            FileStatistics(recordCount: 10, columns: columns).text
                == #"{"numRecords":10,"minValues":{"b":false,"i":-1,"l":-9223372036854775808,"d":-1.5e-07,"#
                + #""dec":-0.000005,"ts":"1969-12-31T23:59:59.999Z","da":"1969-12-31","s":"\#(long)é","#
                + #""st":{"x":1,"y":""}},"maxValues":{"b":true,"i":2,"l":9223372036854775807,"#
                + #""dec":123456789012.345678,"ts":"2026-11-21T08:00:00.124Z","da":"2026-11-21","s":"\#(long)ê","#
                + #""st":{"x":2}},"nullCount":{"b":0,"i":1,"l":2,"d":3,"dec":4,"ts":5,"da":6,"s":7,"bi":8,"st":{"x":9}}}"#
        )
    }

    @Test("numbers, dates and moments lie within the bounds that are read back", arguments: [UInt64(1), 2, 3])
    func propertyNumbers(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<500 {
            let shift = Int.random(in: 0..<64, using: &random)
            let a = Int64(bitPattern: random.next()) >> shift
            let b = Int64(bitPattern: random.next()) >> shift
            let (low, high) = (min(a, b), max(a, b))
            let long = try bounds("l", .long(low), .long(high))
            #expect(long.minimum == .long(low) && long.maximum == .long(high))

            let (small, large) = (low % 1_000_000_000_000_000_000, high % 1_000_000_000_000_000_000)
            let (lower, upper) = (Int128(min(small, large)), Int128(max(small, large)))
            let decimal = try bounds("dec", .decimal(unscaled: lower, scale: 6), .decimal(unscaled: upper, scale: 6))
            guard case .decimal(let minimum, 6) = decimal.minimum, case .decimal(let maximum, 6) = decimal.maximum
            else {
                Issue.record("no decimal bounds")
                return
            }
            #expect(minimum <= lower && upper <= maximum)
            if lower.magnitude < 1_000_000_000_000_000 { #expect(minimum == lower) }

            let (from, to) = (low % 62_000_000_000_000_000, high % 62_000_000_000_000_000)
            let moment = try bounds(
                "ts", .timestamp(microseconds: min(from, to)), .timestamp(microseconds: max(from, to)))
            guard case .timestamp(let first) = moment.minimum, case .timestamp(let last) = moment.maximum else {
                Issue.record("no bounds of a moment")
                return
            }
            #expect(first <= min(from, to) && max(from, to) <= last && last - max(from, to) < 2000)

            let days = Int32(truncatingIfNeeded: low % 700_000)
            let date = try bounds("da", .date(days: days), .date(days: days))
            #expect(date.minimum == .date(days: days) && date.maximum == .date(days: days))

            let double = Double(bitPattern: random.next())
            let number = try bounds("d", .double(double), .double(double))
            if double.isFinite {
                #expect(number.minimum == .double(double) && number.maximum == .double(double))
            } else {
                #expect(number.minimum == nil && number.maximum == nil)
            }
        }
    }

    @Test("strings lie within their bounds by the order of UTF-8", arguments: [UInt64(4), 5])
    func propertyStrings(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let corners: [UInt32] = [0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF, 0x22, 0x5C]
        for _ in 0..<2000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                let value = random.chance(1, in: 2) ? 0x10FFFF : corners.randomElement(using: &random) ?? 0
                text.unicodeScalars.append(Unicode.Scalar(value) ?? "?")
            }
            let column = try bounds("s", .string(text), .string(text))
            guard case .string(let minimum) = column.minimum else {
                Issue.record("no minimum of \(text)")
                return
            }
            #expect(!text.utf8.lexicographicallyPrecedes(minimum.utf8))
            #expect(minimum.unicodeScalars.count <= 32)
            if case .string(let maximum) = column.maximum {
                #expect(!maximum.utf8.lexicographicallyPrecedes(text.utf8))
                #expect(maximum.unicodeScalars.count <= 32)
            } else {
                #expect(text.unicodeScalars.count > 32)
            }
        }
    }

    @Test("values without a text have no bounds")
    func unbounded() throws {
        let limit = String(repeating: "\u{10FFFF}", count: 33)
        #expect(try bounds("s", .string("a"), .string(limit)).maximum == nil)
        let years = try bounds("ts", .timestamp(microseconds: .min), .timestamp(microseconds: .max))
        #expect(years.minimum == nil && years.maximum == nil)
        let days = try bounds("da", .date(days: .min), .date(days: .max))
        #expect(days.minimum == nil && days.maximum == nil)
    }

    @Test("bounds of other writers, rounded outwards where they lost digits")
    func foreign() throws {
        let text =
            #"{\"numRecords\":3,\"tightBounds\":false,\"minValues\":{\"ts\":\"2026-11-21T15:00:00.123+07:00\",\"x\":1,"#
            + #"\"dec\":0.1,\"d\":1},\"maxValues\":{\"ts\":\"2026-11-21T08:00:00.123Z\",\"dec\":\"7\"},"#
            + #"\"nullCount\":{\"ts\":1,\"d\":3,\"dec\":0}}"#
        let line =
            #"{"add":{"path":"f","partitionValues":{},"size":1,"modificationTime":0,"dataChange":true,"stats":"\#(text)"}}"#
        let store = MemoryLogStore(commits: [Samples.firstCommit, line])
        let file = try #require(try DeltaTable(opening: store).snapshot.file("f"))
        let statistics = try #require(try file.statistics(schema: Self.schema))
        #expect(statistics.recordCount == 3)
        #expect(
            statistics.columns == [
                ColumnStatistics("d", minimum: .double(1), maximum: nil, nullCount: 3),
                ColumnStatistics(
                    "dec", minimum: .decimal(unscaled: 100_000, scale: 6),
                    maximum: .decimal(unscaled: 7_000_000, scale: 6), nullCount: 0),
                ColumnStatistics(
                    "ts", minimum: .timestamp(microseconds: 1_795_248_000_123_000),
                    maximum: .timestamp(microseconds: 1_795_248_000_123_999), nullCount: nil),
            ])
    }

    @Test(
        "statistics that are none name the data file",
        arguments: [
            #"{"#, #"[]"#, #"{"numRecords":"1"}"#, #"{"numRecords":1,"minValues":{"l":"x"}}"#,
            #"{"numRecords":1,"minValues":{"ts":5}}"#, #"{"numRecords":1,"maxValues":{"da":"2026-13-01"}}"#,
            #"{"numRecords":1,"nullCount":{"l":0.5}}"#, #"{"numRecords":1,"minValues":3}"#,
        ])
    func junk(text: String) throws {
        let quoted = text.replacing("\"", with: "\\\"")
        let line =
            #"{"add":{"path":"f.parquet","partitionValues":{},"size":1,"modificationTime":0,"stats":"\#(quoted)"}}"#
        let store = MemoryLogStore(commits: [Samples.firstCommit, line])
        let file = try #require(try DeltaTable(opening: store).snapshot.file("f.parquet"))
        let error = #expect(throws: DeltaError.self) { try file.statistics(schema: Self.schema) }
        guard case .damaged("f.parquet", 0, _) = error else {
            Issue.record("\(error as Any)")
            return
        }
    }
}

struct PartitionValueTests {
    @Test(
        "values are written as the protocol says and read back",
        arguments: [
            (DeltaValue.date(days: 20_778), DeltaType.date, "2026-11-21"),
            (.date(days: -719_162), .date, "0001-01-01"),
            (.date(days: 11_016), .date, "2000-02-29"),
            (.integer(-8), .integer, "-8"),
            (.long(.min), .long, "-9223372036854775808"),
            (.boolean(true), .boolean, "true"),
            (.double(0.1), .double, "0.1"),
            (.decimal(unscaled: -1250, scale: 3), .decimal(precision: 9, scale: 3), "-1.250"),
            (.timestamp(microseconds: 1_795_248_000_123_456), .timestamp, "2026-11-21T08:00:00.123456Z"),
            (.string("Thủ Đức"), .string, "Thủ Đức"),
            (.binary([0, 1, 255]), .binary, "\u{0}\u{1}\u{FF}"),
        ])
    func golden(value: DeltaValue, type: DeltaType, text: String) throws {
        let partition = try PartitionValue("p", value)
        #expect(partition.text == text)
        #expect(partition.value(as: type) == value)
    }

    @Test("null has no text, and what the log would take for null is refused")
    func null() throws {
        #expect(try PartitionValue("p", nil).text == nil)
        #expect(PartitionValue(column: "p", text: "").text == nil)
        #expect(throws: DeltaError.self) { try PartitionValue("p", .string("")) }
        #expect(throws: DeltaError.self) { try PartitionValue("p", .date(days: .max)) }
    }

    @Test("texts that are no value of the type are nil")
    func wrong() {
        #expect(PartitionValue(column: "p", text: "2026-02-29").value(as: .date) == nil)
        #expect(PartitionValue(column: "p", text: "300").value(as: .byte) == nil)
        #expect(PartitionValue(column: "p", text: "1.25").value(as: .decimal(precision: 5, scale: 1)) == nil)
        #expect(PartitionValue(column: "p", text: "yes").value(as: .boolean) == nil)
    }
}
