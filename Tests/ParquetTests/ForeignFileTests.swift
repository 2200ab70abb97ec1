import Foundation
import Parquet
import Testing

/// Files of other writers are read here.
@Suite(.enabled(if: PythonScript.interpreter != nil, "set PHUSA_PYTHON to a Python with pyarrow, duckdb and polars"))
struct ForeignFileTests {
    private struct Column: Decodable {
        var name: String
        var cells: [Cell?]
    }

    private enum Cell: Decodable, Equatable {
        case word(Int64)
        case bytes(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .bytes(text)
            } else {
                self = .word(try container.decode(Int64.self))
            }
        }
    }

    @Test("every cell of files by pyarrow, Polars and DuckDB", arguments: [0, 1, 2, 1000, 20_000])
    func readForeign(rowCount: Int) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("parquet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // A leftover in the temporary folder harms nobody.
        let result = try PythonScript.run("write_for_us.py", [folder.path, String(rowCount)])
        try #require(result.status == 0, "\(result.output)")
        let json = try Data(contentsOf: folder.appendingPathComponent("expectation.json"))
        let columns = try JSONDecoder().decode([Column].self, from: json)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".parquet") }
        #expect(names.count == 14)
        for name in names.sorted() {
            let bytes = try [UInt8](Data(contentsOf: folder.appendingPathComponent(name)))
            do {
                try Self.compare(ParquetReader(bytes: bytes), columns, file: name)
            } catch {
                Issue.record("\(name): \(error)")
            }
        }
    }

    private static func compare(_ reader: ParquetReader, _ columns: [Column], file: String) throws {
        #expect(reader.schema.columns.map(\.name) == columns.map(\.name), "\(file)")
        for (index, column) in columns.enumerated() {
            var cells: [Cell?] = []
            for group in reader.rowGroups.indices {
                let data = try reader.readColumn(index, rowGroup: group)
                RoundTripTests.expectForeignBounds(try reader.statistics(column: index, rowGroup: group), of: data)
                for row in 0..<data.rowCount {
                    if data.defined[row] == 0 {
                        cells.append(nil)
                    } else if let bytes = data.byteString(at: row) {
                        cells.append(
                            .bytes(bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()))
                    } else {
                        cells.append(.word(data.words[row]))
                    }
                }
            }
            #expect(cells == column.cells, "\(file), \(column.name)")
        }
    }
}
