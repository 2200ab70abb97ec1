package import DeltaLake
package import DurableFiles
package import Parquet

/// A segment of a table, read back whole.
package struct SegmentReader {
    package let reader: ParquetReader
    private let byteCount: Int
    private let path: String
    private let table: String

    /// Opens the file at `path`, which belongs to `table`.
    package init(_ store: any FileStore, _ path: String, table: String) throws(TableError) {
        self.path = path
        self.table = table
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try store.read(path)
        } catch {
            throw .file(error, table: table)
        }
        byteCount = bytes.count
        do throws(ParquetReadError) {
            reader = try ParquetReader(bytes: bytes)
        } catch {
            throw .damagedSegment(path: path, table: table, problem: error.description)
        }
    }

    /// Reads every column, which checks every checksum, and compares the size and the number of rows with the log.
    ///
    /// - Throws: `TableError.damagedSegment` for the first thing that is not as it should be.
    package func verify(against file: AddFile) throws(TableError) {
        guard Int64(byteCount) == file.byteCount else {
            throw damage("it has \(byteCount) bytes, and the log says \(file.byteCount)")
        }
        for name in reader.schema.columns.map(\.name) { _ = try column(name) }
        let recordCount: Int64?
        do throws(DeltaError) {
            recordCount = try file.statistics(schema: DeltaSchema([]))?.recordCount
        } catch {
            throw .log(error, table: table)
        }
        guard let recordCount, recordCount != Int64(reader.rowCount) else { return }
        throw damage("it has \(reader.rowCount) rows, and the log says \(recordCount)")
    }

    private func damage(_ problem: String) -> TableError {
        .damagedSegment(path: path, table: table, problem: problem)
    }

    /// All cells of a column; our segments have one row group.
    package func column(_ name: String) throws(TableError) -> ParquetColumnData {
        guard let column = reader.schema.index(of: name), reader.rowGroups.count == 1 else {
            throw damage("it has no column \(name), or not exactly one row group")
        }
        do throws(ParquetReadError) {
            return try reader.readColumn(column, rowGroup: 0)
        } catch {
            throw damage(error.description)
        }
    }
}
