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

/// One column of a ``ParquetSchema``: a field that holds values, with the way to it.
public struct ParquetColumn: Hashable, Sendable {
    /// The names of the fields down to the values, those of the format's list and map levels included.
    public let path: [String]
    /// What the cells hold.
    public let type: ParquetType
    /// How many fields on the way may be null or repeat: the definition level of a value.
    public let maximumDefinitionLevel: Int
    /// How many fields on the way repeat.
    public let maximumRepetitionLevel: Int

    /// Describes a column that is a field by itself; the writer checks it.
    public init(name: String, type: ParquetType, isNullable: Bool) {
        self.init(
            path: [name], type: type, maximumDefinitionLevel: isNullable ? 1 : 0, maximumRepetitionLevel: 0)
    }

    init(path: [String], type: ParquetType, maximumDefinitionLevel: Int, maximumRepetitionLevel: Int) {
        self.path = path
        self.type = type
        self.maximumDefinitionLevel = maximumDefinitionLevel
        self.maximumRepetitionLevel = maximumRepetitionLevel
    }

    /// The path as one text, unique in its schema: the field's name where nothing nests.
    public var name: String { path.joined(separator: ".") }
    /// Whether there may be rows without a value.
    public var isNullable: Bool { maximumDefinitionLevel > 0 }
    /// Whether the column lies within a field, so that its entries need ``ParquetLevels``.
    public var isNested: Bool { path.count > 1 }
}

/// The fields of a file, and the columns in which their values are stored.
public struct ParquetSchema: Hashable, Sendable {
    /// The fields of a row.
    public let fields: [ParquetField]
    /// The columns in the order in which they are written.
    public let columns: [ParquetColumn]

    /// Makes a schema of fields; ``ParquetWriter`` refuses one that Parquet cannot hold.
    public init(fields: [ParquetField]) {
        self.fields = fields
        columns = ColumnCollector(fields).columns
    }

    /// Makes a schema in which every field is a column.
    public init(_ columns: [ParquetColumn]) {
        self.init(
            fields: columns.map { ParquetField($0.name, .value($0.type), isNullable: $0.isNullable) })
    }

    /// The position of the column called `name`.
    public func index(of name: String) -> Int? {
        columns.firstIndex { $0.name == name }
    }

    /// Refuses a schema that no file can hold.
    ///
    /// - Throws: ``ParquetWriteError/invalidSchema(_:)``
    func validate() throws(ParquetWriteError) {
        try Self.validate(fields, of: "a file")
        for column in columns {
            // Levels are counted in bytes here, and nobody nests so deep.
            guard column.maximumDefinitionLevel < 256 else {
                throw .invalidSchema("\"\(column.name)\" nests too deep")
            }
            if case .decimal(let precision, let scale) = column.type {
                guard (1...18).contains(precision), (0...precision).contains(scale) else {
                    throw .invalidSchema(
                        "column \"\(column.name)\": decimal(\(precision), \(scale)) is not within 1...18 digits")
                }
            }
        }
    }

    private static func validate(_ fields: [ParquetField], of owner: String) throws(ParquetWriteError) {
        if fields.isEmpty { throw .invalidSchema("\(owner) needs at least one column") }
        var names: Set<String> = []
        for field in fields {
            if field.name.isEmpty { throw .invalidSchema("a column has an empty name") }
            if !names.insert(field.name).inserted {
                throw .invalidSchema("two columns are called \"\(field.name)\"")
            }
            switch field.content {
            case .value: break
            case .group(let inner): try validate(inner, of: "\"\(field.name)\"")
            case .list(let element): try validate([element], of: "\"\(field.name)\"")
            case .map(_, let value):
                try validate([value], of: "\"\(field.name)\"")
                if value.name == "key" { throw .invalidSchema("the values of \"\(field.name)\" are called key") }
            }
        }
    }
}
