import Foundation
@testable import Parquet
import Testing

/// Groups, lists and maps, written and read back, here and by the readers that people use.
struct NestedColumnTests {
    /// What rollups and Delta checkpoints are made of, and lists within lists besides.
    static let fields = [
        ParquetField("id", .value(.int64), isNullable: false),
        .map("histogram", from: .int32, to: .int64),
        .list("names", of: .string),
        ParquetField(
            "add",
            .group([
                ParquetField("path", .value(.string), isNullable: false),
                .map("partitionValues", from: .string, to: .string),
                ParquetField("size", .value(.int64), isNullable: true),
            ]), isNullable: true),
        ParquetField(
            "rings",
            .list(
                element: ParquetField(
                    "element", .list(element: ParquetField("element", .value(.int64), isNullable: false)),
                    isNullable: true)), isNullable: false),
    ]

    private static func rows(_ count: Int, seed: UInt64) -> [[NestedValue]] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in fields.map { NestedValue.random($0, using: &random) } }
    }

    private static func write(_ groups: [[[NestedValue]]], pageRowCount: Int) throws -> [UInt8] {
        var configuration = ParquetWriterConfiguration()
        configuration.pageRowCount = pageRowCount
        configuration.pageByteCount = 4096
        var writer = try ParquetWriter(schema: ParquetSchema(fields: fields), configuration: configuration)
        for rows in groups {
            try writer.beginRowGroup(rowCount: rows.count)
            let shredder = Shredder(rows, fields: fields, columnCount: writer.schema.columns.count)
            for (column, cells) in zip(writer.schema.columns, shredder.columns) {
                if column.type.isByteArray {
                    let texts = cells.texts.map { Array($0.utf8) }
                    let offsets = texts.reduce(into: [UInt32(0)]) { $0.append($0[$0.count - 1] + UInt32($1.count)) }
                    let bytes = texts.flatMap { $0 }
                    let indices = texts.indices.map(Int64.init)
                    // Safe: bytes of bytes.
                    let dictionary = unsafe ByteArrays(offsets: offsets.span, bytes: bytes.span.bytes)
                    try writer.writeColumn(indices: indices.span, levels: cells.levels, dictionary: dictionary)
                } else if column.isNested {
                    try writer.writeColumn(words: cells.numbers.span, levels: cells.levels)
                } else {
                    try writer.writeColumn(words: cells.numbers.span, defined: nil)
                }
            }
        }
        return try writer.finish()
    }

    @Test("what was written is read back, level by level", arguments: [0, 1, 7, 500, 4000], [5, 100_000])
    func roundTrip(rowCount: Int, pageRowCount: Int) throws {
        let groups = [Self.rows(rowCount, seed: 1), Self.rows(rowCount / 2, seed: 2)]
        let reader = try ParquetReader(bytes: Self.write(groups, pageRowCount: pageRowCount))
        #expect(reader.schema == ParquetSchema(fields: Self.fields))
        #expect(reader.rowCount == rowCount + rowCount / 2)
        for (group, rows) in groups.filter({ !$0.isEmpty }).enumerated() {
            let expected = Shredder(rows, fields: Self.fields, columnCount: reader.schema.columns.count)
            for (index, column) in reader.schema.columns.enumerated() {
                let data = try reader.readColumn(index, rowGroup: group)
                let cells = expected.columns[index]
                if column.isNested { #expect(data.levels == cells.levels, "\(column.name)") }
                let values = (0..<data.rowCount).compactMap { data.value(at: $0) }
                if column.type.isByteArray {
                    #expect(values == cells.texts.map { .string($0) }, "\(column.name)")
                } else {
                    #expect(values == cells.numbers.compactMap { ParquetValue(word: $0, type: column.type) })
                }
            }
        }
    }

    @Test(
        "every reader sees the rows that were written",
        .enabled(
            if: PythonScript.interpreter != nil, "set PHUSA_PYTHON to a Python with pyarrow, duckdb, polars and chdb"),
        arguments: [1, 300, 3000])
    func readEverywhere(rowCount: Int) throws {
        let groups = [Self.rows(rowCount, seed: 3), Self.rows(rowCount / 2, seed: 4)]
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("parquet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // A leftover in the temporary folder harms nobody.
        let path = folder.appendingPathComponent("nested.parquet").path
        try Data(Self.write(groups, pageRowCount: 100)).write(to: URL(fileURLWithPath: path))
        let expectation = folder.appendingPathComponent("expectation.json").path
        let rows = groups.flatMap { $0 }.map { "[\($0.map(\.json).joined(separator: ","))]" }
        try Data("[\(rows.joined(separator: ","))]".utf8).write(to: URL(fileURLWithPath: expectation))
        let result = try PythonScript.run("read_nested.py", [path, expectation])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test("levels that contradict schema, rows or values are refused")
    func refuses() throws {
        var writer = try ParquetWriter(schema: ParquetSchema(fields: [.list("n", of: .int64)]))
        try writer.beginRowGroup(rowCount: 2)
        func levels(_ pairs: [(Int, Int)]) -> ParquetLevels {
            pairs.reduce(into: ParquetLevels()) { $0.append(definition: $1.0, repetition: $1.1) }
        }
        func refuses(_ words: [Int64], _ pairs: [(Int, Int)]) -> Bool {
            do throws(ParquetWriteError) {
                try writer.writeColumn(words: words.span, levels: levels(pairs))
                return false
            } catch {
                return true
            }
        }
        #expect(refuses([1, 2], [(3, 0), (3, 1)]), "one row instead of two")
        #expect(refuses([1], [(3, 0), (3, 0)]), "a value too few")
        #expect(refuses([1, 2], [(4, 0), (3, 0)]), "a level that the column does not have")
        #expect(refuses([1, 2, 3], [(3, 1), (3, 0), (3, 0)]), "an entry before the first row")
        #expect(!refuses([1, 2], [(3, 0), (3, 1), (0, 0)]))
    }

    @Test("damage to a nested file gives an error or other values, never a trap", arguments: 0..<60)
    func damage(seed: UInt64) throws {
        let file = try Self.write([Self.rows(200, seed: 9)], pageRowCount: 50)
        var random = SeededRandom(seed: seed)
        var limits = ParquetReader.Limits(rowGroupRowCount: 1 << 16, pageByteCount: 1 << 22, columnByteCount: 1 << 22)
        limits.verifiesChecksums = false
        var readCount = 0
        for _ in 0..<50 {
            var damaged = file
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do throws(ParquetReadError) {
                let reader = try ParquetReader(bytes: damaged, limits: limits)
                for group in reader.rowGroups.indices {
                    for column in reader.schema.columns.indices {
                        readCount += try reader.readColumn(column, rowGroup: group).rowCount
                    }
                }
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
        #expect(readCount > 0, "some damage is only to values")
    }
}
