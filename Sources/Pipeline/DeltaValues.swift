import DeltaLake
import Parquet
import Telemetry

extension ParquetValue {
    /// The same value as the Delta log writes it.
    var deltaValue: DeltaValue {
        switch self {
        case .boolean(let value): .boolean(value)
        case .int32(let value): .integer(value)
        case .int64(let value): .long(value)
        case .double(let value): .double(value)
        case .decimal(let unscaled, let scale): .decimal(unscaled: Int128(unscaled), scale: scale)
        case .timestampMicros(let value): .timestamp(microseconds: value)
        case .date(let value): .date(days: value)
        case .string(let value): .string(value)
        case .binary(let value): .binary(value)
        }
    }
}

extension FileStatistics {
    /// What the log says of a segment; columns without statistics are left out.
    init(rowCount: Int, columns: [ColumnDefinition], statistics: [Parquet.ColumnStatistics?]) {
        self.init(
            recordCount: Int64(rowCount),
            columns: zip(columns, statistics).compactMap { column, statistics in
                guard let statistics else { return nil }
                return DeltaLake.ColumnStatistics(
                    column.name, minimum: statistics.minimum?.deltaValue, maximum: statistics.maximum?.deltaValue,
                    nullCount: statistics.nullCount.map(Int64.init))
            })
    }
}
