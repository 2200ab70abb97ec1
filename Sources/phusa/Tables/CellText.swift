import JSONDocument
import Parquet
import Telemetry

/// Cells of a table as people and programs read them.
enum CellText {
    static func text(_ value: ParquetValue?) -> String {
        switch value {
        case nil: ""
        case .boolean(let value): value ? "true" : "false"
        case .int32(let value): String(value)
        case .int64(let value): String(value)
        case .double(let value): String(value)
        case .decimal(let unscaled, let scale): decimal(unscaled, scale: scale)
        case .timestampMicros(let value): EventTime(microsecondsSinceEpoch: value).description
        case .date(let days): date(Int64(days))
        case .string(let text): text
        case .binary(let bytes): binary(bytes)
        }
    }

    static func write(_ value: ParquetValue?, to writer: inout JSONWriter) {
        switch value {
        case nil: writer.null()
        case .boolean(let value): writer.bool(value)
        case .int32(let value): writer.integer(value)
        case .int64(let value): writer.integer(value)
        case .double(let value): if value.isFinite { writer.double(value) } else { writer.null() }
        case .decimal(let unscaled, let scale): write(decimal: unscaled, scale: scale, to: &writer)
        default: writer.string(text(value))
        }
    }

    /// A decimal as a JSON number with exactly its digits.
    static func write(decimal unscaled: Int64, scale: Int, to writer: inout JSONWriter) {
        writer.raw(decimal(unscaled, scale: scale).utf8Bytes)
    }

    /// `-12.5` for -125 with scale 1.
    static func decimal(_ unscaled: Int64, scale: Int) -> String {
        guard scale > 0 else { return String(unscaled) }
        let digits = String(unscaled.magnitude)
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.utf8.count)) + digits
        return "\(unscaled < 0 ? "-" : "")\(padded.dropLast(scale)).\(padded.suffix(scale))"
    }

    static func date(_ days: Int64) -> String {
        CivilTime(EventTime(microsecondsSinceEpoch: days * 86_400_000_000)).date
    }

    /// Bytes as text where they are UTF-8, in hexadecimal where not.
    static func binary(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return "0x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
