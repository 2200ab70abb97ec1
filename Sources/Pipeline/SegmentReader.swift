package import DurableFiles
package import Parquet

/// A segment of a table, read back whole.
package struct SegmentReader {
    package let reader: ParquetReader
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
        do throws(ParquetReadError) {
            reader = try ParquetReader(bytes: bytes)
        } catch {
            throw .damagedSegment(path: path, table: table, problem: error.description)
        }
    }

    /// All cells of a column; our segments have one row group.
    package func column(_ name: String) throws(TableError) -> ParquetColumnData {
        guard let column = reader.schema.index(of: name), reader.rowGroups.count == 1 else {
            throw .damagedSegment(
                path: path, table: table, problem: "it has no column \(name), or not exactly one row group")
        }
        do throws(ParquetReadError) {
            return try reader.readColumn(column, rowGroup: 0)
        } catch {
            throw .damagedSegment(path: path, table: table, problem: error.description)
        }
    }
}
