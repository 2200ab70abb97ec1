import DeltaLake
import DurableFiles
import Parquet
import Testing

@testable import Pipeline

/// A table as any reader of Delta Lake sees it.
struct TableRows {
    struct File {
        let add: AddFile
        let rowCount: Int
        let columns: [String: ParquetColumnData]
        let statistics: FileStatistics?
        var parquetSchema: ParquetSchema?
    }

    let snapshot: DeltaSnapshot
    /// The active files in the order of their paths.
    private(set) var files: [File] = []

    /// Segments that were read before; their names are never used twice.
    typealias Cache = [String: (bytes: [UInt8], file: File)]

    init(_ name: String, _ store: any FileStore, dataDirectory: String, cache: inout Cache) throws {
        let directory = "\(dataDirectory)/tables/\(name)"
        snapshot = try DeltaTable(opening: LocalLogStore(tablePath: directory, files: store)).snapshot
        for add in snapshot.files.sorted(by: { $0.path < $1.path }) {
            let bytes = try store.read("\(directory)/\(add.path)")
            if let known = cache[add.path], known.bytes == bytes, known.file.add == add {
                files.append(known.file)
                continue
            }
            #expect(Int64(bytes.count) == add.byteCount)
            let reader = try ParquetReader(bytes: bytes)
            var columns: [String: ParquetColumnData] = [:]
            for (index, column) in reader.schema.columns.enumerated() {
                columns[column.name] = try reader.readColumn(index, rowGroup: 0)
            }
            let file = File(
                add: add, rowCount: reader.rowCount, columns: columns,
                statistics: try add.statistics(schema: snapshot.schema), parquetSchema: reader.schema)
            files.append(file)
            cache[add.path] = (bytes, file)
        }
    }

    /// All rows of all files, as a dictionary of the cells that are not null.
    var rows: [[String: ParquetValue]] {
        files.flatMap { file in
            (0..<file.rowCount).map { row in file.columns.compactMapValues { $0.value(at: row) } }
        }
    }
}

extension [String: ParquetValue] {
    func number(_ name: String) -> Int64? {
        switch self[name] {
        case .int64(let value): value
        case .int32(let value): Int64(value)
        case .timestampMicros(let value): value
        case .boolean(let value): value ? 1 : 0
        default: nil
        }
    }

    func text(_ name: String) -> String? {
        if case .string(let text)? = self[name] { text } else { nil }
    }

    func bytes(_ name: String) -> [UInt8]? {
        if case .binary(let bytes)? = self[name] { bytes } else { nil }
    }
}
