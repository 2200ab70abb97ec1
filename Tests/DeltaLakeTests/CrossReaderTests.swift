import DeltaLake
import Foundation
import Testing
import TestSupport

private let python = ProcessInfo.processInfo.environment["PHUSA_PYTHON"]

/// Other programs read our tables, and we read theirs.
@Suite(.enabled(if: python != nil, "set PHUSA_PYTHON to a Python with deltalake, polars and pyarrow"))
struct CrossReaderTests {
    private struct KnownFile: Decodable {
        struct Column: Decodable {
            let name: String
            let minimum: String?
            let maximum: String?
            let nullCount: Int64
        }

        let path: String
        let byteCount: Int64
        let rowCount: Int64
        let date: Int32
        let hour: Int32
        let city: String?
        let columns: [Column]
    }

    private static let schema = DeltaSchema([
        DeltaColumn("date", .date, isNullable: false), DeltaColumn("hour", .integer, isNullable: false),
        DeltaColumn("city", .string), DeltaColumn("flag", .boolean), DeltaColumn("i", .integer),
        DeltaColumn("l", .long), DeltaColumn("d", .double), DeltaColumn("price", .decimal(precision: 9, scale: 2)),
        DeltaColumn("lat", .decimal(precision: 18, scale: 6)),
        DeltaColumn("ts", .timestamp, comment: "when it was measured, UTC"), DeltaColumn("day", .date),
        DeltaColumn("s", .string), DeltaColumn("bi", .binary),
    ])

    @Test("delta-rs and Polars read our log: schema, partitions, values, and the files that they may skip")
    func readByOthers() throws {
        let directory = try TemporaryDirectory()
        try run("write_files.py", [directory.path])
        let known = try JSONDecoder().decode(
            [KnownFile].self, from: try Data(contentsOf: URL(fileURLWithPath: "\(directory.path)/files.json")))
        let metadata = TableMetadata(
            schema: Self.schema, partitionColumns: ["date", "hour", "city"], name: "coverage",
            description: "made by \"tests\"", createdMilliseconds: 1_795_248_000_000)
        var table = try DeltaTable(
            creating: metadata, in: LocalLogStore(tablePath: directory.path),
            timestampMilliseconds: 1_795_248_000_000)
        for (number, files) in [known.prefix(1), known.dropFirst()].enumerated() {
            _ = try table.commit(
                DeltaTransaction(
                    adding: try files.map(Self.file),
                    applicationTransaction: ApplicationTransaction(
                        appId: "node/lane 1", version: 4710 + Int64(number), lastUpdatedMilliseconds: 1),
                    operationMetrics: ["numFiles": String(files.count)], timestampMilliseconds: 1_795_248_000_000))
        }
        try run("read_table.py", [directory.path])
    }

    private static func file(_ known: KnownFile) throws -> AddFile {
        let columns = try known.columns.map { column in
            let type = try #require(schema.column(column.name)).type
            return ColumnStatistics(
                column.name, minimum: try column.minimum.map { try value($0, type) },
                maximum: try column.maximum.map { try value($0, type) }, nullCount: column.nullCount)
        }
        let values = [
            try PartitionValue("date", .date(days: known.date)),
            try PartitionValue("hour", .integer(known.hour)),
            try PartitionValue("city", known.city.map { .string($0) }),
        ]
        #expect(known.path.hasPrefix(PartitionValue.folder(values) + "/part "))
        return AddFile(
            path: known.path, partitionValues: values, byteCount: known.byteCount,
            modificationMilliseconds: 1_795_248_000_000,
            statistics: FileStatistics(recordCount: known.rowCount, columns: columns))
    }

    private static func value(_ text: String, _ type: DeltaType) throws -> DeltaValue {
        switch type {
        case .boolean: .boolean(text == "True")
        case .integer: .integer(try #require(Int32(text)))
        case .double: .double(try #require(Double(text)))
        case .decimal(_, let scale): .decimal(unscaled: try #require(Int128(text)), scale: scale)
        case .timestamp: .timestamp(microseconds: try #require(Int64(text)))
        case .date: .date(days: try #require(Int32(text)))
        case .string: .string(text)
        default: .long(try #require(Int64(text)))
        }
    }

    private struct Expected: Decodable {
        struct File: Decodable {
            let name: String
            let byteCount: Int64
            let rowCount: Int64
            let p: String?
            let q: Int32
            let minimum: Int64
            let maximum: Int64
            let inner: Int64
        }

        let version: Int64
        let transaction: Int64
        let files: [File]
    }

    @Test("we read what delta-rs wrote over several versions, also when a checkpoint stands for its commits")
    func readOthers() throws {
        let directory = try TemporaryDirectory()
        try run("write_table.py", [directory.path])
        let expected = try JSONDecoder().decode(
            Expected.self, from: try Data(contentsOf: URL(fileURLWithPath: "\(directory.path)/expected.json")))
        let store = LocalLogStore(tablePath: directory.path)
        let snapshot = try DeltaTable(opening: store).snapshot
        #expect(snapshot.version == expected.version)
        #expect(snapshot.transactions["app"]?.version == expected.transaction)
        #expect(snapshot.partitionColumns == ["p", "q"])
        #expect(snapshot.schema.column("list")?.type == .array(element: .long, containsNull: true))
        #expect(snapshot.files.count == expected.files.count)
        #expect(snapshot.byteCount == expected.files.reduce(0) { $0 + $1.byteCount })
        for file in snapshot.files {
            let name = try #require(file.path.split(separator: "/").last)
            let theirs = try #require(expected.files.first { $0.name == name })
            #expect(file.byteCount == theirs.byteCount)
            // The path is the file's real one.
            let size = try FileManager.default.attributesOfItem(atPath: "\(directory.path)/\(file.path)")[.size]
            #expect((size as? NSNumber)?.int64Value == file.byteCount)
            #expect(file.partitionText("p") == theirs.p)
            let q = try #require(file.partitionValues.first { $0.column == "q" })
            #expect(q.value(as: .integer) == .integer(theirs.q))
            let statistics = try #require(try file.statistics(schema: snapshot.schema))
            #expect(statistics.recordCount == theirs.rowCount)
            let column = try #require(statistics.column("l"))
            #expect(column.minimum == .long(theirs.minimum) && column.maximum == .long(theirs.maximum))
            // In these rows, the others follow from `l`.
            let decimal = try #require(statistics.column("dec"))
            #expect(decimal.maximum == .decimal(unscaled: Int128(theirs.maximum) * 12_345, scale: 2))
            let inner = try #require(statistics.columns.first { $0.path == ["inner", "x"] })
            #expect(inner.maximum == .long(theirs.inner))
            guard case .timestamp(let last) = statistics.column("ts")?.maximum else {
                Issue.record("no bound of ts")
                return
            }
            let moment = 1_795_248_000_000_000 + theirs.maximum * 1_234_567
            #expect((moment..<(moment + 1000)).contains(last))
        }

        try run("write_table.py", [directory.path, "--checkpoint"])
        #expect(try DeltaTable(opening: store).checkpointVersion == expected.version)
        try run("write_table.py", [directory.path, "--cleanup"])
        let cleaned = try DeltaTable(opening: store)
        #expect(cleaned.checkpointVersion == expected.version && cleaned.snapshot.version == expected.version)
        #expect(cleaned.snapshot.transactions == snapshot.transactions)
        #expect(cleaned.snapshot.metadata == snapshot.metadata)
        // A checkpoint keeps what a file is, not how it came.
        #expect(Set(cleaned.snapshot.files.map(Facts.init)) == Set(snapshot.files.map(Facts.init)))
    }

    private struct Facts: Hashable {
        let path: String
        let values: Set<PartitionValue>
        let statistics: FileStatistics?

        init(_ file: AddFile) {
            path = file.path
            values = Set(file.partitionValues)
            statistics = try? file.statistics(schema: DeltaSchema([DeltaColumn("l", .long)]))
        }
    }

    @Test("delta-rs, Polars, ClickHouse and Spark read a table of which only the checkpoint is left")
    func checkpointReadByOthers() throws {
        let directory = try TemporaryDirectory()
        try run("write_files.py", [directory.path])
        let known = try JSONDecoder().decode(
            [KnownFile].self, from: try Data(contentsOf: URL(fileURLWithPath: "\(directory.path)/files.json")))
        let metadata = TableMetadata(
            schema: Self.schema, partitionColumns: ["date", "hour", "city"], name: "coverage",
            description: "made by \"tests\"", configuration: ["x": "y"], createdMilliseconds: 1_795_248_000_000)
        let store = LocalLogStore(tablePath: directory.path)
        var table = try DeltaTable(creating: metadata, in: store, timestampMilliseconds: 1_795_248_000_000)
        let gone = AddFile(
            path: "date=2026-11-21/hour=8/gone.parquet",
            partitionValues: try Self.file(try #require(known.first)).partitionValues, byteCount: 5,
            modificationMilliseconds: 0, statistics: nil)
        _ = try table.commit(DeltaTransaction(adding: [gone], timestampMilliseconds: 1_795_248_000_000))
        _ = try table.commit(
            DeltaTransaction(
                adding: try known.map(Self.file),
                removing: [gone.removed(atMilliseconds: 1_795_248_000_000, isDataChange: true)],
                applicationTransaction: ApplicationTransaction(appId: "node/lane 1", version: 4711),
                timestampMilliseconds: 1_795_248_000_000))
        try table.writeCheckpoint(timestampMilliseconds: 1_795_248_000_000)
        for version in Int64(0)...2 { try store.remove(MemoryLogStore.name(version)) }
        #expect(Set(try DeltaTable(opening: store).snapshot.files.map(\.path)) == Set(known.map(\.path)))
        try run("read_checkpoint.py", [directory.path])
        // And a commit behind it.
        var opened = try DeltaTable(opening: store)
        let file = try #require(opened.snapshot.files.first { $0.path.contains("1969") })
        _ = try opened.commit(
            DeltaTransaction(
                removing: [file.removed(atMilliseconds: 1_795_248_000_000, isDataChange: true)],
                timestampMilliseconds: 1_795_248_000_000))
        try run("read_checkpoint.py", [directory.path, "1969-12-31"])
    }

    @Test("delta-rs writes into our table, and we see it")
    func writeTogether() throws {
        let directory = try TemporaryDirectory()
        var table = try DeltaTable(
            creating: TableMetadata(
                schema: DeltaSchema([DeltaColumn("q", .integer), DeltaColumn("l", .long)]), partitionColumns: ["q"]),
            in: LocalLogStore(tablePath: directory.path), timestampMilliseconds: 0)
        try run("write_table.py", [directory.path, "--append"])
        try table.update()
        #expect(table.snapshot.version == 2)
        #expect(table.snapshot.files.map { $0.partitionText("q") } == ["1"])
        #expect(table.snapshot.commitInfo?.operation == "DELETE")
    }

    private func run(_ script: String, _ arguments: [String]) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("CrossReader")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(python))
        process.arguments = ["-B", folder.appendingPathComponent(script).path] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(script): \(String(decoding: output, as: UTF8.self))")
    }
}
