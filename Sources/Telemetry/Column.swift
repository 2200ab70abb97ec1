/// What the words of a column mean.
package enum ColumnType: Hashable, Sendable {
    case boolean
    case int32
    case int64
    /// The word holds the bit pattern of a `Double`.
    case double
    /// The word holds `value * 10^scale`.
    case decimal(precision: Int, scale: Int)
    /// Microseconds since 1970-01-01T00:00:00Z.
    case timestamp
    /// Days since 1970-01-01.
    case date
    /// UTF-8; the word is an id in the column's dictionary.
    case string
    /// Any bytes; the word is an id in the column's dictionary.
    case binary
    /// How often each bin of a histogram occurs, as bytes (`BinCount` in Rollups); the word is an id in the column's
    /// dictionary. In tables it is a map from bin to count.
    case counts

    /// Whether the words are ids of the column's dictionary.
    package var hasDictionary: Bool {
        switch self {
        case .string, .binary, .counts: true
        default: false
        }
    }
}

/// Name and type of a column of a table.
package struct ColumnDefinition: Hashable, Sendable {
    package let name: String
    package let type: ColumnType
    package let isNullable: Bool
    /// What the column holds, with its unit, for people; it stands in the table's metadata.
    package let comment: String

    package init(_ name: String, _ type: ColumnType, isNullable: Bool = true, comment: String = "") {
        self.name = name
        self.type = type
        self.isNullable = isNullable
        self.comment = comment
    }
}
