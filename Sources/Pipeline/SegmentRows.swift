import Parquet
import Rollups
import Telemetry

extension SegmentReader {
    /// Appends the rows of the segment to `batch`, which has room for them; columns that the segment lacks stay null.
    ///
    /// - Throws: `TableError.damagedSegment`, also for a column whose type is not that of the batch.
    func appendRows(to batch: inout ColumnBatch) throws(TableError) {
        for group in reader.rowGroups.indices {
            var cells: [SegmentCells] = []
            for definition in batch.definitions { cells.append(try self.cells(definition, rowGroup: group)) }
            for row in 0..<reader.rowGroups[group].rowCount {
                batch.beginRow()
                for (column, cells) in cells.enumerated() { cells.copy(row, into: &batch, column: column) }
                batch.commitRow()
            }
        }
    }

    private func cells(_ definition: ColumnDefinition, rowGroup: Int) throws(TableError) -> SegmentCells {
        do throws(ParquetReadError) {
            guard let type = definition.type.parquetType else {
                guard reader.schema.fields.contains(where: { $0.name == definition.name }) else { return .none }
                return .counts(try reader.readMap(definition.name, rowGroup: rowGroup))
            }
            guard let index = reader.schema.index(of: definition.name) else { return .none }
            guard reader.schema.columns[index].type == type else {
                throw .malformed("the column \(definition.name) is not of type \(type)")
            }
            return .column(try reader.readColumn(index, rowGroup: rowGroup))
        } catch {
            throw damage(error.description)
        }
    }
}

/// The cells of one column of a row group, ready to be copied.
private enum SegmentCells {
    case column(ParquetColumnData)
    case counts(ParquetMapData)
    /// The segment is older than the column.
    case none

    func copy(_ row: Int, into batch: inout ColumnBatch, column: Int) {
        switch self {
        case .column(let data): data.copyCell(row, into: &batch, column: column)
        case .counts(let data):
            guard let entries = data.entries(of: row) else { return }
            let bins = entries.map { entry in
                BinCount(bin: Int32(clamping: data.keys.words[entry]), count: data.values.words[entry])
            }
            let cell = BinCount.cell(bins)
            // Safe: UInt8 has no padding.
            unsafe batch.setBytes(cell.span.bytes, column: column)
        case .none: break
        }
    }
}
