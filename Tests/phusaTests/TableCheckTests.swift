import DeltaLake
import DurableFiles
import Glibc
import Parquet
import TestSupport
import Testing

@testable import phusa

/// A small table on disk, made with the libraries, to be damaged in every way that `verify` should notice.
private struct SmallTable: ~Copyable {
    static let hour: Int64 = 1_795_248_000_000_000
    static let folder = "date=2026-11-21/hour=8"
    static let file = "\(folder)/part-1.zstd.parquet"

    let directory: TemporaryDirectory
    var data: String { directory.path }
    var table: String { "\(data)/tables/coverage" }

    init(
        statistics change: (inout FileStatistics) -> Void = { _ in }, hour: Int64 = Self.hour
    ) throws {
        let directory = try TemporaryDirectory()
        let table = "\(directory.path)/tables/coverage"
        let store = SystemFileStore()
        try store.createDirectory("\(table)/\(Self.folder)")
        let bytes = try Self.segment(hour: hour)
        try store.createAtomically("\(table)/\(Self.file)", bytes)
        let schema = DeltaSchema([
            DeltaColumn("ts", .timestamp, isNullable: false), DeltaColumn("rsrp", .decimal(precision: 4, scale: 1)),
            DeltaColumn("device", .string, isNullable: false), DeltaColumn("date", .date),
            DeltaColumn("hour", .integer),
        ])
        let metadata = TableMetadata(schema: schema, partitionColumns: ["date", "hour"], name: "coverage")
        var delta = try DeltaTable(
            creating: metadata, in: LocalLogStore(tablePath: table), timestampMilliseconds: 0)
        var statistics = FileStatistics(
            recordCount: 3,
            columns: [
                .init(
                    "ts", minimum: .timestamp(microseconds: hour + 1), maximum: .timestamp(microseconds: hour + 3),
                    nullCount: 0),
                .init(
                    "rsrp", minimum: .decimal(unscaled: -1205, scale: 1), maximum: .decimal(unscaled: -950, scale: 1),
                    nullCount: 1),
                .init("device", minimum: .string("a"), maximum: .string("b"), nullCount: 0),
            ])
        change(&statistics)
        _ = try delta.commit(
            DeltaTransaction(
                adding: [
                    AddFile(
                        path: Self.file,
                        partitionValues: [
                            try PartitionValue("date", .date(days: 20778)), try PartitionValue("hour", .integer(8)),
                        ], byteCount: Int64(bytes.count), modificationMilliseconds: 0, statistics: statistics)
                ], operation: "WRITE", timestampMilliseconds: 1))
        self.directory = directory
    }

    private static func segment(hour: Int64) throws -> [UInt8] {
        var writer = try ParquetWriter(
            schema: ParquetSchema([
                ParquetColumn(name: "ts", type: .timestampMicros, isNullable: false),
                ParquetColumn(name: "rsrp", type: .decimal(precision: 4, scale: 1), isNullable: true),
                ParquetColumn(name: "device", type: .string, isNullable: false),
            ]))
        try writer.beginRowGroup(rowCount: 3)
        try writer.writeColumn(words: [hour + 1, hour + 2, hour + 3].span, defined: nil)
        try writer.writeColumn(words: [-950, 0, -1205].span, defined: ([1, 0, 1] as [UInt8]).span)
        let offsets: [UInt32] = [0, 1, 2]
        let text: [UInt8] = [97, 98]
        let dictionary = unsafe ByteArrays(offsets: offsets.span, bytes: text.span.bytes)
        try writer.writeColumn(indices: ([0, 1, 0] as [Int64]).span, defined: nil, dictionary: dictionary)
        return try writer.finish()
    }

    func check() throws -> TableCheck {
        try TableCheck("coverage", folder: TableFolder(data: data), progress: .none)
    }
}

@Suite("table verify")
struct TableCheckTests {
    @Test("finds nothing in a sound table")
    func sound() throws {
        let check = try SmallTable().check()
        #expect(check.findings.isEmpty)
        #expect((check.rowCount, check.fileCount) == (3, 1))
    }

    @Test("notices every flipped byte of a page, or reads the same values all the same")
    func damage() throws {
        let table = try SmallTable()
        let path = "\(table.table)/\(SmallTable.file)"
        let good = try SystemFileStore().read(path)
        var noticed = 0
        for index in stride(from: 0, to: good.count, by: 7) {
            var bad = good
            bad[index] ^= 0x10
            try SystemFileStore().createAtomically(path, bad)
            let check = try table.check()
            if !check.findings.isEmpty { noticed += 1 }
        }
        // Some bytes of the footer, such as the writer's name, mean nothing for the values.
        #expect(noticed > good.count / 7 / 2)
    }

    @Test("names a file that is missing, cut, or not in the log")
    func files() throws {
        let table = try SmallTable()
        let path = "\(table.table)/\(SmallTable.file)"
        let good = try SystemFileStore().read(path)
        try SystemFileStore().createAtomically(path, Array(good.dropLast(9)))
        #expect(try table.check().findings.contains { $0.sentence.contains("damaged") })
        let stray = "\(table.table)/\(SmallTable.folder)/part-2.zstd.parquet"
        try SystemFileStore().createAtomically(stray, good)
        #expect(try table.check().notes.count == 1)
        var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        unsafe utimensat(AT_FDCWD, stray, &times, 0)
        #expect(try table.check().findings.contains { $0.path.hasSuffix("part-2.zstd.parquet") })
        try SystemFileStore().remove(path)
        #expect(try table.check().findings.contains { $0.sentence.contains("not there") })
    }

    @Test("a log that is gone or broken is a finding, and the table is still among those to check")
    func logs() throws {
        let table = try SmallTable()
        let commit = "\(table.table)/_delta_log/00000000000000000001.json"
        try SystemFileStore().createAtomically(commit, Array("{\"add\":".utf8))
        let broken = try table.check()
        #expect(broken.version == nil && broken.findings.map(\.path) == ["_delta_log"])
        #expect(broken.findings.first?.sentence.contains("cannot be read") == true)
        for entry in try SystemFileStore().entries(of: "\(table.table)/_delta_log") {
            try SystemFileStore().remove("\(table.table)/_delta_log/\(entry.name)")
        }
        try SystemFileStore().remove("\(table.table)/_delta_log")
        let folder = try TableFolder(data: table.data)
        #expect(try folder.names([]) == [] && folder.names([], withRemains: true) == ["coverage"])
        let lost = try table.check()
        #expect(lost.findings.first?.sentence.contains("the log is gone") == true)
    }

    @Test(
        "compares rows, nulls and bounds with the log",
        arguments: [
            ("rows", "3 rows"), ("nulls", "1 nulls"), ("minimum", "smallest rsrp is -120.5"),
            ("maximum", "largest rsrp is -95.0"), ("text", "largest device is b"), ("time", "smallest ts"),
        ])
    func statistics(what: String, expected: String) throws {
        let table = try SmallTable(statistics: { statistics in
            switch what {
            case "rows": statistics.recordCount = 4
            case "nulls": statistics.columns[1].nullCount = 0
            case "minimum": statistics.columns[1].minimum = .decimal(unscaled: -1204, scale: 1)
            case "maximum": statistics.columns[1].maximum = .decimal(unscaled: -949, scale: 1)
            case "text": statistics.columns[2].maximum = .string("a")
            default: statistics.columns[0].minimum = .timestamp(microseconds: SmallTable.hour + 5000)
            }
        })
        let findings = try table.check().findings
        #expect(findings.count == 1)
        #expect(findings.first?.sentence.contains(expected) == true)
    }

    @Test("notices rows that lie in the wrong hour")
    func partition() throws {
        let findings = try SmallTable(hour: SmallTable.hour + 3_600_000_000).check().findings
        #expect(findings.map(\.sentence) == ["no column of times lies in the hour of its partition"])
    }

    @Test("the SQL names every file, and quotes what must be quoted")
    func sql() throws {
        let table = try SmallTable()
        let snapshot = try TableFolder(data: table.data).open("coverage").snapshot
        let view = TableSQL.view("co\"v", folder: "/it's", snapshot)
        #expect(view.hasPrefix("CREATE OR REPLACE VIEW \"co\"\"v\" AS SELECT * FROM read_parquet(["))
        #expect(view.contains("'/it''s/\(SmallTable.file)'"))
    }

    @Test("cat reads cells of every type, and partition values from the log")
    func rows() throws {
        let table = try SmallTable()
        let snapshot = try TableFolder(data: table.data).open("coverage").snapshot
        var reader = RowReader(folder: table.table, snapshot: snapshot, columns: snapshot.schema.columns, last: false)
        var rows: [[String]] = []
        while let row = try reader.next() { rows.append(row.map { CellText.text($0) }) }
        #expect(
            rows == [
                ["2026-11-21T08:00:00.000001Z", "-95.0", "a", "2026-11-21", "8"],
                ["2026-11-21T08:00:00.000002Z", "", "b", "2026-11-21", "8"],
                ["2026-11-21T08:00:00.000003Z", "-120.5", "a", "2026-11-21", "8"],
            ])
    }

    @Test("an unknown table or folder is named with what there is")
    func unknown() throws {
        let table = try SmallTable()
        #expect {
            try TableFolder(data: table.data).names(["covrage"])
        } throws: { ($0 as? CommandFailure)?.sentence.contains("there are coverage") == true }
        #expect(throws: CommandFailure.self) { try TableFolder(data: "/nowhere") }
    }
}
