package import Parquet
package import Rollups
import Telemetry

extension RollupAnswer {
    /// The answer as a Parquet file.
    ///
    /// - Throws: what Parquet cannot hold, which types of columns never are.
    package func parquet() throws(ParquetWriteError) -> [UInt8] {
        let definitions = zip(columns, types).enumerated().map { index, column in
            ColumnDefinition(column.0, fits(column.1, column: index) ? column.1 : .double)
        }
        var batch = ColumnBatch(definitions, rowLimit: max(1, rows.count))
        for row in rows {
            batch.beginRow()
            for (index, value) in row.enumerated() { Self.set(value, of: definitions[index].type, index, &batch) }
            batch.commitRow()
        }
        let schema = ParquetSchema(
            fields: definitions.map { ParquetField($0.name, .value($0.type.parquetType ?? .string), isNullable: true) })
        var writer = try ParquetWriter(schema: schema, configuration: ParquetWriterConfiguration())
        if batch.isEmpty { return try writer.finish() }
        try writer.beginRowGroup(rowCount: batch.count)
        for column in definitions.indices {
            if definitions[column].type.hasDictionary {
                let dictionary = ByteArrays(
                    offsets: batch.dictionaryOffsets(of: column), bytes: batch.dictionaryBytes(of: column))
                try writer.writeColumn(
                    indices: batch.words(of: column), defined: batch.validity(of: column), dictionary: dictionary)
            } else {
                try writer.writeColumn(words: batch.words(of: column), defined: batch.validity(of: column))
            }
        }
        return try writer.finish()
    }

    /// Whether a sum of many has no more digits than a decimal of 18.
    private func fits(_ type: ColumnType, column: Int) -> Bool {
        guard case .decimal = type else { return true }
        return rows.allSatisfy { row in
            if case .decimal(let digits, _)? = row[column] {
                digits.magnitude < 1_000_000_000_000_000_000
            } else {
                true
            }
        }
    }

    private static func set(_ value: RollupValue?, of type: ColumnType, _ column: Int, _ batch: inout ColumnBatch) {
        switch value {
        case nil: break
        case .integer(let number): batch.setWord(number, column: column)
        case .boolean(let truth): batch.setWord(truth ? 1 : 0, column: column)
        case .time(let time): batch.setWord(time.microsecondsSinceEpoch, column: column)
        case .double(let number): batch.setDouble(number, column: column)
        case .decimal(let digits, _):
            if type == .double {
                batch.setDouble(value?.number ?? .nan, column: column)
            } else {
                batch.setWord(Int64(digits), column: column)
            }
        case .text(let text): batch.setString(text, column: column)
        }
    }
}
