import DeltaLake
import DurableFiles
import Glibc
import Parquet
import Rollups
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// A table of one lane or two on a simulated disk, and the rows that must be in it.
private final class CompactedTable {
    static let hour: Int64 = 498_680
    static let directory = "/data/tables/readings"

    let layout = TableLayout(
        name: "readings", description: "",
        columns: [
            ColumnDefinition("ts", .timestamp, isNullable: false), ColumnDefinition("device", .string),
            ColumnDefinition("value", .double), ColumnDefinition("level", .decimal(precision: 5, scale: 1)),
            ColumnDefinition("bins", .counts),
        ] + TableLayout.traceColumns, timeColumn: 0, sortColumns: [1, 0])
    let disk: SimulatedFileStore
    /// Rows as texts, by the version of the transaction with which they came.
    private(set) var commits: [Int64: [String]] = [:]
    private var next: Int64 = 1
    var now: Int64 = (hour + 10) * 3_600_000

    init(seed: UInt64) throws {
        disk = SimulatedFileStore(seed: seed)
        try disk.createDirectory(Self.directory)
    }

    var log: LocalLogStore { LocalLogStore(tablePath: Self.directory, files: disk) }

    func open() throws(DeltaError) -> DeltaTable {
        try DeltaTable(
            creating: TableMetadata(schema: layout.deltaSchema, partitionColumns: layout.partitioning.columns),
            in: log, options: .init(keepsFiles: false), timestampMilliseconds: now)
    }

    func compactor(_ settings: CompactionSettings = CompactionSettings()) throws -> Compactor {
        let now = now
        return try Compactor(
            "readings", tablesDirectory: "/data/tables", node: "n", settings: settings, store: disk, now: { now })
    }

    /// Commits rows of a few hours as a fold does; the disk may fail at it.
    func append(rowCount: Int, _ random: inout SeededRandom) throws {
        var batch = ColumnBatch(layout.columns, rowLimit: max(1, rowCount))
        var texts: [String] = []
        for row in 0..<rowCount {
            batch.beginRow()
            let hour = Self.hour + Int64.random(in: 0..<3, using: &random)
            batch.setWord(hour * 3_600_000_000 + Int64.random(in: 0..<3_600_000_000, using: &random), column: 0)
            if random.chance(4, in: 5) { batch.setString("d\(Int.random(in: 0..<20, using: &random))", column: 1) }
            if random.chance(4, in: 5) { batch.setDouble(Double.random(in: -9...9, using: &random), column: 2) }
            if random.chance(4, in: 5) { batch.setWord(Int64.random(in: -999...999, using: &random), column: 3) }
            if random.chance(4, in: 5) {
                let bins = (0..<Int.random(in: 0...3, using: &random)).map {
                    BinCount(bin: Int32($0), count: Int64(row + 1))
                }
                let cell = BinCount.cell(bins)
                // Safe: UInt8 has no padding.
                unsafe batch.setBytes(cell.span.bytes, column: 4)
            }
            batch.setWord(now * 1000 + Int64(row), column: 5)
            batch.setString("lane\(next % 2)", column: 6)
            batch.setWord(next, column: 7)
            batch.commitRow()
            texts.append(Self.text(batch, batch.count - 1))
        }
        commits[next] = texts
        let version = next
        next += 1
        var segments = try SegmentWriter(
            layout: layout, store: disk, tableDirectory: Self.directory, namePrefix: "part-n-lane\(version % 2)-",
            compressionLevel: 1)
        let written = try segments.write(batch, firstOffset: JournalOffset(UInt64(version)))
        let files = try written.map { segment in
            AddFile(
                path: segment.path,
                partitionValues: [
                    try PartitionValue("date", .date(days: Int32(floorDivide(segment.hour, 24)))),
                    try PartitionValue("hour", .integer(Int32(segment.hour % 24))),
                ], byteCount: Int64(segment.byteCount), modificationMilliseconds: now,
                statistics: FileStatistics(
                    rowCount: segment.rowCount, columns: layout.columns, statistics: segment.statistics))
        }
        var table = try open()
        _ = try table.commit(
            DeltaTransaction(
                adding: files,
                applicationTransaction: ApplicationTransaction(appId: "commit \(version)", version: version),
                timestampMilliseconds: now))
    }

    static func text(_ batch: borrowing ColumnBatch, _ row: Int) -> String {
        batch.definitions.indices.map { column in
            batch.definitions[column].type.hasDictionary
                ? batch.string(row: row, column: column) ?? "null"
                : batch.word(row: row, column: column).map { "\($0)" } ?? "null"
        }.joined(separator: "|")
    }

    /// Checks that the table has each row of every commit that took place once, in files that are all there.
    func check(_ place: String) throws {
        let snapshot = try DeltaTable(opening: log).snapshot
        var expected: [String] = []
        for (version, rows) in commits where snapshot.transactions["commit \(version)"] != nil { expected += rows }
        var found: [String] = []
        for file in snapshot.files {
            let segment = try SegmentReader(disk, "\(Self.directory)/\(file.path)", table: "readings")
            try segment.verify(against: file, of: snapshot)
            var batch = ColumnBatch(layout.columns, rowLimit: max(1, segment.reader.rowCount))
            try segment.appendRows(to: &batch)
            let rows = (0..<batch.count).map { Self.text(batch, $0) }
            let times = Array((0..<batch.count).compactMap { batch.word(row: $0, column: 0) })
            let hours = Set(times.map { EventTime(microsecondsSinceEpoch: $0).hoursSinceEpoch })
            #expect(hours.count <= 1, "\(place): \(file.path) has rows of several hours")
            found += rows
        }
        let isEqual = found.sorted() == expected.sorted()
        #expect(isEqual, "\(place): \(found.count) rows instead of \(expected.count)")
    }

    /// Files in the folders of the table that the log does not name, segments of folds apart.
    func strays() throws -> [String] {
        let snapshot = try DeltaTable(opening: log).snapshot
        var strays: [String] = []
        for day in try disk.entries(of: Self.directory) where day.name.hasPrefix("date=") {
            for hour in try disk.entries(of: "\(Self.directory)/\(day.name)") {
                for file in try disk.entries(of: "\(Self.directory)/\(day.name)/\(hour.name)") {
                    let path = "\(day.name)/\(hour.name)/\(file.name)"
                    guard snapshot.file(path) == nil, snapshot.tombstone(path) == nil,
                        !file.name.hasPrefix("part-n-lane"), !TemporaryName.isTemporary(file.name)
                    else { continue }
                    strays.append(path)
                }
            }
        }
        return strays
    }

    /// Compacts everything that is to be compacted; returns how many segments went.
    @discardableResult
    func compact(_ settings: CompactionSettings = CompactionSettings()) throws -> Int {
        var compactor = try compactor(settings)
        _ = try compactor.sweep()
        var rewriter = SortingRewriter(table: "readings")
        var count = 0
        for job in try compactor.plan().jobs { count += try compactor.run(job, with: &rewriter)?.removedCount ?? 0 }
        return count
    }
}

struct CompactionTests {
    @Test("small segments become one of the same rows, sorted, with statistics and the offsets of each lane")
    func compact() throws {
        var random = SeededRandom(seed: 1)
        let table = try CompactedTable(seed: 1)
        for _ in 0..<10 { try table.append(rowCount: 50, &random) }
        let before = try DeltaTable(opening: table.log).snapshot
        #expect(try table.compact() == before.files.count)
        let after = try DeltaTable(opening: table.log).snapshot
        #expect(after.files.count == 3 && after.tombstones.count == before.files.count)
        #expect(after.commitInfo?.operation == "OPTIMIZE" && after.commitInfo?.isBlindAppend == false)
        try table.check("compacted")
        for file in after.files {
            #expect(!file.isDataChange && file.path.contains("/part-n-compact-"))
            #expect(LaneTags.lastOffsets(of: file) == ["lane0": JournalOffset(10), "lane1": JournalOffset(9)])
            let segment = try SegmentReader(table.disk, "\(CompactedTable.directory)/\(file.path)", table: "readings")
            let sorting = segment.reader.rowGroups.first?.sortingColumns.map(\.columnIndex)
            #expect(sorting == [1, 0] && segment.reader.rowGroups.count == 1)
            let devices = try segment.column("device")
            let times = try segment.column("ts").words
            let keys = times.indices.map { (devices.text(at: $0) ?? "", times[$0]) }
            #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 <= $1 })
            let statistics = try #require(try file.statistics(schema: after.schema))
            #expect(statistics.column("ts")?.minimum == .timestamp(microseconds: (times.min() ?? 0) / 1000 * 1000))
            #expect(statistics.column("bins") == nil)
        }
        // There is nothing left to do.
        #expect(try table.compact() == 0)
        #expect(try table.strays() == [])
    }

    @Test("columns that came later are null in the rows before, also when all segments lack them")
    func widened() throws {
        var random = SeededRandom(seed: 2)
        let table = try CompactedTable(seed: 2)
        for _ in 0..<4 { try table.append(rowCount: 20, &random) }
        var delta = try table.open()
        var metadata = delta.snapshot.metadata
        metadata.schema = try metadata.schema.widened(by: [DeltaColumn("later", .string)])
        _ = try delta.commit(DeltaTransaction(metadata: metadata, timestampMilliseconds: 0))
        #expect(try table.compact() > 0)
        try table.check("widened")
    }

    @Test("partitions wait for their hour to be over")
    func quiet() throws {
        var random = SeededRandom(seed: 3)
        let table = try CompactedTable(seed: 3)
        for _ in 0..<4 { try table.append(rowCount: 40, &random) }
        // The first of three hours ended an hour and a minute ago.
        table.now = (CompactedTable.hour + 2) * 3_600_000 + 60_000
        let plan = try table.compactor().plan()
        #expect(plan.jobs.count == 1 && plan.hasWaiting)
        table.now = (CompactedTable.hour + 5) * 3_600_000
        let later = try table.compactor().plan()
        #expect(later.jobs.count == 3 && !later.hasWaiting)
    }

    @Test("large segments are left alone, and a late row does not make all be written again")
    func tiers() throws {
        var random = SeededRandom(seed: 4)
        let table = try CompactedTable(seed: 4)
        for _ in 0..<10 { try table.append(rowCount: 300, &random) }
        try table.compact()
        try table.append(rowCount: 3, &random)
        #expect(try table.compact() == 0)
        // Many of them are worth it, and so are a few that together are large enough.
        for _ in 0..<8 { try table.append(rowCount: 30, &random) }
        #expect(try table.compact() > 20)
        var settings = CompactionSettings()
        settings.targetRowCount = 100
        for _ in 0..<4 { try table.append(rowCount: 60, &random) }
        for job in try table.compactor(settings).plan().jobs { #expect(job.rowCount <= 100) }
        try table.check("tiers")
    }

    @Test("of two compactors one is too late and takes its segment back; a fold's commits are no conflict")
    func concurrent() throws {
        var random = SeededRandom(seed: 5)
        let table = try CompactedTable(seed: 5)
        for _ in 0..<6 { try table.append(rowCount: 30, &random) }
        var first = try table.compactor()
        var second = try table.compactor()
        let jobs = try first.plan().jobs
        var rewriter = SortingRewriter(table: "readings")
        #expect(try first.run(jobs[0], with: &rewriter) != nil)
        try table.append(rowCount: 30, &random)
        #expect(try second.run(jobs[0], with: &rewriter) == nil)
        #expect(try second.run(jobs[1], with: &rewriter) != nil)
        #expect(try first.run(jobs[2], with: &rewriter) != nil)
        #expect(try table.strays() == [])
        try table.check("concurrent")
    }

    @Test("a source that is not what the log says stops its partition, not the others")
    func damagedSource() throws {
        var random = SeededRandom(seed: 6)
        let table = try CompactedTable(seed: 6)
        for _ in 0..<4 { try table.append(rowCount: 40, &random) }
        var compactor = try table.compactor()
        let jobs = try compactor.plan().jobs
        table.disk.tamper("\(CompactedTable.directory)/\(jobs[0].files[0].path)") { $0[$0.count / 3] ^= 0x10 }
        var rewriter = SortingRewriter(table: "readings")
        #expect(throws: TableError.self) { try compactor.run(jobs[0], with: &rewriter) }
        #expect(try compactor.run(jobs[1], with: &rewriter) != nil)
        #expect(try DeltaTable(opening: table.log).snapshot.file(jobs[0].files[0].path) != nil)
    }

    @Test("removed segments are deleted after their time, and nothing else is")
    func vacuum() throws {
        var random = SeededRandom(seed: 7)
        let table = try CompactedTable(seed: 7)
        for _ in 0..<5 { try table.append(rowCount: 30, &random) }
        let removed = try table.compact()
        try table.append(rowCount: 30, &random)
        let snapshot = try DeltaTable(opening: table.log).snapshot
        #expect(Vacuum(snapshot, removedBefore: table.now).paths.isEmpty)
        let vacuum = Vacuum(snapshot, removedBefore: table.now + 1)
        #expect(vacuum.paths.count == removed && vacuum.byteCount > 0)
        #expect(try vacuum.present(in: CompactedTable.directory, store: table.disk).count == removed)
        #expect(try vacuum.run(in: CompactedTable.directory, store: table.disk) == removed)
        #expect(try vacuum.run(in: CompactedTable.directory, store: table.disk) == 0)
        try table.check("vacuumed")
    }

    @Test("a path that leads out of the table is never deleted")
    func escaping() throws {
        let table = try CompactedTable(seed: 8)
        var delta = try table.open()
        let paths = [
            "../a.parquet", "/a.parquet", "file:///a.parquet", "x/../../a.parquet", "_delta_log/a.json", "x//a",
        ]
        let files = try paths.map { path in
            AddFile(
                path: path, partitionValues: [try PartitionValue("date", nil), try PartitionValue("hour", nil)],
                byteCount: 1, modificationMilliseconds: 0, statistics: nil)
        }
        _ = try delta.commit(DeltaTransaction(adding: files, timestampMilliseconds: 0))
        var whole = try DeltaTable(opening: table.log)
        _ = try whole.commit(
            DeltaTransaction(
                removing: files.map { $0.removed(atMilliseconds: 0, isDataChange: false) }, timestampMilliseconds: 0))
        #expect(whole.snapshot.tombstones.count == paths.count)
        #expect(Vacuum(whole.snapshot, removedBefore: 1).paths == [])
    }

    @Test("what a crash left is swept when its rows are in the table, and stays when they are not")
    func sweeping() throws {
        var random = SeededRandom(seed: 9)
        let table = try CompactedTable(seed: 9)
        for _ in 0..<4 { try table.append(rowCount: 30, &random) }
        var compactor = try table.compactor()
        let job = try #require(try compactor.plan().jobs.first)
        var rewriter = SortingRewriter(table: "readings")
        _ = try compactor.run(job, with: &rewriter)
        let made = try #require(try DeltaTable(opening: table.log).snapshot.files.first { $0.path.contains("compact") })
        let bytes = try table.disk.read("\(CompactedTable.directory)/\(made.path)")
        // Its sources are removed: to whoever finds it, it may be the data itself.
        let orphan = "\(job.folder)/part-n-compact-orphan.zstd.parquet"
        try table.disk.createAtomically("\(CompactedTable.directory)/\(orphan)", bytes)
        #expect(try table.compactor().sweep() == 0)
        #expect(try table.strays() == [orphan])
        // A table of which the same sources are active.
        let other = try CompactedTable(seed: 9)
        var same = SeededRandom(seed: 9)
        for _ in 0..<4 { try other.append(rowCount: 30, &same) }
        let sources = try other.compactor().plan().jobs[0]
        var writer = try other.compactor()
        other.disk.fail(afterSteps: 0, code: EIO)
        #expect(throws: TableError.self) { try writer.run(sources, with: &rewriter) }
        other.disk.failNoMore()
        try other.check("failed")
    }

    @Test(
        "whatever fails at whatever step, and whenever the power goes, each row is in the table once",
        arguments: 1...24 as ClosedRange<UInt64>)
    func model(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let table = try CompactedTable(seed: seed)
        try table.append(rowCount: 10, &random)
        var compactedCount = 0
        for step in 0..<60 {
            table.now += 1000
            if random.chance(1, in: 3) {
                table.disk.fail(afterSteps: Int.random(in: 0..<60, using: &random), code: EIO)
            }
            do {
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5: try table.append(rowCount: Int.random(in: 1...30, using: &random), &random)
                case 5..<8:
                    var settings = CompactionSettings()
                    settings.targetRowCount = random.chance(1, in: 2) ? 60 : 1 << 20
                    settings.compressionLevel = 1
                    compactedCount += try table.compact(settings)
                case 8:
                    var delta = try DeltaTable(opening: table.log)
                    try delta.writeCheckpoint(timestampMilliseconds: table.now)
                    try delta.removeOldLog(LogUpkeep(logMilliseconds: 5000), timestampMilliseconds: table.now)
                default:
                    let snapshot = try DeltaTable(opening: table.log).snapshot
                    _ = try Vacuum(snapshot, removedBefore: table.now - 3000)
                        .run(in: CompactedTable.directory, store: table.disk)
                }
            } catch {
                #expect("\(error)".contains("Input/output") || "\(error)".contains("EIO"), "\(error)")
            }
            table.disk.failNoMore()
            if random.chance(1, in: 4) { table.disk.crash() }
            try table.check("seed \(seed), step \(step)")
        }
        _ = try table.compactor().sweep()
        #expect(try table.strays() == [])
        #expect(compactedCount > 0)
    }
}
