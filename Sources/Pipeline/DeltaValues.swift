import DeltaLake
import Parquet

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
