/// The cells of one map field of one row group.
public struct ParquetMapData: Sendable {
    /// The keys and values of all rows, one behind the other; a value may be null.
    public let keys: ParquetColumnData
    /// Likewise, one for each key.
    public let values: ParquetColumnData
    private let entries: [Range<Int>?]

    /// Joins the two columns of a map that lies at the top of a schema.
    init(keys: ParquetColumnData, values: ParquetColumnData) throws(ParquetReadError) {
        guard keys.levels.repetitions == values.levels.repetitions else {
            throw .malformed("the keys and values of a map do not go together")
        }
        var entries: [Range<Int>?] = []
        for index in 0..<keys.rowCount {
            let isEntry = keys.defined[index] == 1
            if keys.levels.repetitions[index] == 0 {
                // Without an entry the level tells a null map, 0 of a nullable one, from an empty one.
                let isNull = !isEntry && keys.levels.definitions[index] == 0 && values.levels.definitions[index] == 0
                entries.append(isEntry ? index..<(index + 1) : isNull ? nil : index..<index)
            } else if let range = entries.last.flatMap({ $0 }) {
                entries[entries.count - 1] = range.lowerBound..<(index + 1)
            }
        }
        self.keys = keys
        self.values = values
        self.entries = entries
    }

    /// How many rows there are.
    public var rowCount: Int { entries.count }

    /// Where in `keys` and `values` the entries of `row` stand; nil when its map is null.
    public func entries(of row: Int) -> Range<Int>? { entries[row] }
}

extension ParquetReader {
    /// Reads all cells of a map field of a row group.
    ///
    /// - Throws: ``ParquetReadError``, also when there is no such field or it is no map.
    public func readMap(_ name: String, rowGroup: Int) throws(ParquetReadError) -> ParquetMapData {
        guard let field = schema.fields.first(where: { $0.name == name }), case .map(_, let value) = field.content,
            case .value = value.content, let first = schema.columns.firstIndex(where: { $0.path[0] == name })
        else { throw .outOfRange("map of plain values called \"\(name)\"") }
        return try ParquetMapData(
            keys: readColumn(first, rowGroup: rowGroup), values: readColumn(first + 1, rowGroup: rowGroup))
    }
}
