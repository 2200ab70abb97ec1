/// Why a file could not be read.
public enum ParquetReadError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The bytes do not begin and end as a Parquet file does: cut off, or something else.
    case notParquet
    /// The bytes contradict themselves or the format; the text says where and how.
    case malformed(String)
    /// The file may be sound, but this reader has no code for what the column uses.
    case unsupported(column: String, feature: String)
    /// The CRC-32 stored with a page is not that of its bytes: the file was damaged.
    case checksumMismatch(column: String, byteOffset: Int)
    /// The file asks for more memory than ``ParquetReader/Limits`` allows; the text says for what.
    case limitExceeded(String)
    /// No such column or row group.
    case outOfRange(String)

    /// One sentence for a person.
    public var description: String {
        switch self {
        case .notParquet: "this is not a whole Parquet file"
        case .malformed(let what): "malformed: \(what)"
        case .unsupported(let column, let feature): "unsupported: column \"\(column)\" uses \(feature)"
        case .checksumMismatch(let column, let byteOffset):
            "damaged: the page of column \"\(column)\" at byte \(byteOffset) does not match its checksum"
        case .limitExceeded(let what): "too large: \(what)"
        case .outOfRange(let what): "there is no \(what)"
        }
    }
}
