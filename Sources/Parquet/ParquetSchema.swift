/// What a column holds: the meaning and, through it, the physical type in the file.
public enum ParquetType: Hashable, Sendable {
    /// True or false; a word is 1 or 0.
    case boolean
    /// A signed 32-bit integer.
    case int32
    /// A signed 64-bit integer.
    case int64
    /// An IEEE 754 double; a word is its bit pattern.
    case double
    /// An exact decimal number; a word is the number times 10 to the power of `scale`.
    ///
    /// Up to 9 digits are stored in INT32, up to 18 in INT64.
    case decimal(precision: Int, scale: Int)
    /// Microseconds since 1970-01-01 00:00 UTC.
    case timestampMicros
    /// Days since 1970-01-01.
    case date
    /// UTF-8 text.
    case string
    /// Bytes without a meaning that Parquet knows.
    case binary

    /// Whether values have their own length and so are written through a ``ByteArrays`` dictionary.
    public var isByteArray: Bool { self == .string || self == .binary }
}

/// One column of a ``ParquetSchema``.
public struct ParquetColumn: Hashable, Sendable {
    /// The name, unique in its schema.
    public var name: String
    /// What the cells hold.
    public var type: ParquetType
    /// Whether cells may be null.
    public var isNullable: Bool

    /// Describes a column; the writer checks it.
    public init(name: String, type: ParquetType, isNullable: Bool) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
    }
}

/// The columns of a file, in their order; flat, because nothing here nests.
public struct ParquetSchema: Hashable, Sendable {
    /// The columns in the order in which they are written.
    public var columns: [ParquetColumn]

    /// Makes a schema; ``ParquetWriter`` refuses one that Parquet cannot hold.
    public init(_ columns: [ParquetColumn]) {
        self.columns = columns
    }

    /// The position of the column called `name`.
    public func index(of name: String) -> Int? {
        columns.firstIndex { $0.name == name }
    }

    /// Refuses a schema that no file can hold.
    ///
    /// - Throws: ``ParquetWriteError/invalidSchema(_:)``
    func validate() throws(ParquetWriteError) {
        if columns.isEmpty { throw .invalidSchema("a file needs at least one column") }
        var names: Set<String> = []
        for column in columns {
            if column.name.isEmpty { throw .invalidSchema("a column has an empty name") }
            if !names.insert(column.name).inserted {
                throw .invalidSchema("two columns are called \"\(column.name)\"")
            }
            if case .decimal(let precision, let scale) = column.type {
                guard (1...18).contains(precision), (0...precision).contains(scale) else {
                    throw .invalidSchema(
                        "column \"\(column.name)\": decimal(\(precision), \(scale)) is not within 1...18 digits")
                }
            }
        }
    }
}
