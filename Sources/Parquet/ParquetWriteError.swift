/// Why a file could not be written.
public enum ParquetWriteError: Error, Equatable, Sendable {
    /// No Parquet file can hold this schema; the text says why.
    case invalidSchema(String)
    /// A setting has no meaning; the text says which.
    case invalidConfiguration(String)
    /// A call came at a moment when it has no meaning; the text says which. The writer is unchanged.
    case outOfOrder(String)
    /// The column needs the other `writeColumn`: words for fixed-width types, indices for byte arrays,
    /// levels for nested columns.
    case wrongColumnType(column: String, type: ParquetType)
    /// The cells or their validity bytes are not as many as the row group has rows.
    case rowCountMismatch(column: String, expected: Int, actual: Int)
    /// The levels of a nested column contradict the schema or the values; the text says how.
    case invalidLevels(column: String, problem: String)
    /// A column that the schema says is never null has a null.
    case nullInRequiredColumn(column: String)
    /// A word does not fit the type of its column.
    case valueOutOfRange(column: String)
    /// A cell points past the end of its dictionary.
    case indexOutOfRange(column: String)
    /// The offsets of a dictionary run backwards or past its bytes.
    case malformedDictionary(column: String)
    /// A string is not UTF-8.
    case invalidUTF8(column: String)
    /// A page or dictionary passed 2 GiB, where the format ends: write smaller row groups.
    case tooLarge(column: String)
    /// libzstd gave up; the text is its own.
    case compressionFailed(String)
}
