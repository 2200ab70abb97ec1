/// One typed value, as statistics carry it.
public enum ParquetValue: Hashable, Sendable {
    /// True or false.
    case boolean(Bool)
    /// A signed 32-bit integer.
    case int32(Int32)
    /// A signed 64-bit integer.
    case int64(Int64)
    /// A double.
    case double(Double)
    /// `unscaled` divided by 10 to the power of `scale`.
    case decimal(unscaled: Int64, scale: Int)
    /// Microseconds since 1970-01-01 00:00 UTC.
    case timestampMicros(Int64)
    /// Days since 1970-01-01.
    case date(Int32)
    /// Text.
    case string(String)
    /// Bytes.
    case binary([UInt8])

    /// Gives the word of a fixed-width column its type.
    ///
    /// Returns nil for the types that are byte arrays and for a word that the type cannot hold.
    init?(word: Int64, type: ParquetType) {
        switch type {
        case .boolean: self = .boolean(word != 0)
        case .int32:
            guard let value = Int32(exactly: word) else { return nil }
            self = .int32(value)
        case .int64: self = .int64(word)
        case .double: self = .double(Double(bitPattern: UInt64(bitPattern: word)))
        case .decimal(_, let scale): self = .decimal(unscaled: word, scale: scale)
        case .timestampMicros: self = .timestampMicros(word)
        case .date:
            guard let value = Int32(exactly: word) else { return nil }
            self = .date(value)
        case .string, .binary: return nil
        }
    }

    /// Gives the bytes of a byte-array column their type.
    init?(bytes: [UInt8], type: ParquetType) {
        switch type {
        case .string:
            guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
            self = .string(text)
        case .binary: self = .binary(bytes)
        default: return nil
        }
    }
}

/// What is known about the values of one column of a file or row group.
public struct ColumnStatistics: Hashable, Sendable {
    /// How many cells are null; nil when the file does not say.
    public var nullCount: Int?
    /// A lower bound of the values that are neither null nor NaN.
    public var minimum: ParquetValue?
    /// An upper bound of the values that are neither null nor NaN.
    public var maximum: ParquetValue?
    /// Whether `minimum` is itself a value of the column; false when a long string was cut.
    public var isMinimumExact: Bool
    /// Whether `maximum` is itself a value of the column; false when a long string was cut.
    public var isMaximumExact: Bool

    /// Describes a column about which only the count of nulls is known.
    public init(
        nullCount: Int?, minimum: ParquetValue? = nil, maximum: ParquetValue? = nil,
        isMinimumExact: Bool = true, isMaximumExact: Bool = true
    ) {
        self.nullCount = nullCount
        self.minimum = minimum
        self.maximum = maximum
        self.isMinimumExact = isMinimumExact
        self.isMaximumExact = isMaximumExact
    }
}
