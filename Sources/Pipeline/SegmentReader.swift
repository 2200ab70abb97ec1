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

    /// Reads every column, which checks every checksum, and compares the size, the number of rows, the names of columns and
    /// their nulls with the log.
    ///
    /// - Throws: `TableError.damagedSegment` for the first thing that is not as it should be.
    package func verify(against file: AddFile, of snapshot: DeltaSnapshot) throws(TableError) {
        guard Int64(byteCount) == file.byteCount else {
            throw damage("it has \(byteCount) bytes, and the log says \(file.byteCount)")
        }
        let statistics: FileStatistics?
        do throws(DeltaError) {
            statistics = try file.statistics(schema: snapshot.schema)
        } catch {
            throw .log(error, table: table)
        }
        for column in reader.schema.columns {
            guard snapshot.schema.column(column.path[0]) != nil else {
                throw damage("it has a column that the table has not")
            }
            let nullCount = Int64(try self.column(column.name).nullCount)
            // Of what lies within maps the log says nothing.
            if column.isNested { continue }
            if let known = statistics?.column(column.name)?.nullCount, known != nullCount {
                throw damage("its column \(column.name) has \(nullCount) nulls, and the log says \(known)")
            }
        }
        guard let recordCount = statistics?.recordCount, recordCount != Int64(reader.rowCount) else { return }
        throw damage("it has \(reader.rowCount) rows, and the log says \(recordCount)")
    }

    func damage(_ problem: String) -> TableError {
        .damagedSegment(path: path, table: table, problem: problem)
    }

    /// All cells of a column; nil when the segment is older than the column.
    package func columnIfPresent(_ name: String) throws(TableError) -> ParquetColumnData? {
        reader.schema.index(of: name) == nil ? nil : try column(name)
    }

    /// Calls `body` for each page of a column, with the number of its first row in the segment.
    func forEachPage(
        of name: String, _ body: (_ firstRow: Int, _ cells: ParquetColumnData) -> Void
    ) throws(TableError) {
        guard let column = reader.schema.index(of: name) else { throw damage("it has no column \(name)") }
        do throws(ParquetReadError) {
            var start = 0
            for group in reader.rowGroups.indices {
                try reader.forEachPage(ofColumn: column, rowGroup: group) { body(start + $0, $1) }
                start += reader.rowGroups[group].rowCount
            }
        } catch {
            throw damage(error.description)
        }
    }

    /// All cells of a column, of all row groups: our segments have one, those that others have compacted may have more.
    package func column(_ name: String) throws(TableError) -> ParquetColumnData {
        guard let column = reader.schema.index(of: name), !reader.rowGroups.isEmpty else {
            throw damage("it has no column \(name), or no rows")
        }
        do throws(ParquetReadError) {
            var data = try reader.readColumn(column, rowGroup: 0)
            for group in reader.rowGroups.indices.dropFirst() {
                data.append(try reader.readColumn(column, rowGroup: group))
            }
            return data
        } catch {
            throw damage(error.description)
        }
    }
}
