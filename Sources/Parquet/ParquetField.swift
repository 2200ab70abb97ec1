/// One field of a ``ParquetSchema``: a column, or fields within fields.
///
/// Lists and maps are written in three levels, as `LogicalTypes.md` of the Parquet format asks.
public struct ParquetField: Hashable, Sendable {
    /// What a field holds.
    public indirect enum Content: Hashable, Sendable {
        /// One value: the field is a column.
        case value(ParquetType)
        /// Fields side by side, which other systems call a struct.
        case group([ParquetField])
        /// Any number of elements.
        case list(element: ParquetField)
        /// Any number of entries, each with a key that is not null.
        case map(key: ParquetType, value: ParquetField)
    }

    /// The name, unique among the fields beside it.
    public var name: String
    /// What the field holds.
    public var content: Content
    /// Whether the field may be null; a list or map that is null is not an empty one.
    public var isNullable: Bool

    /// Describes a field; the writer checks it.
    public init(_ name: String, _ content: Content, isNullable: Bool) {
        self.name = name
        self.content = content
        self.isNullable = isNullable
    }

    /// A nullable field that lists values.
    public static func list(_ name: String, of type: ParquetType) -> ParquetField {
        ParquetField(
            name, .list(element: ParquetField("element", .value(type), isNullable: true)), isNullable: true)
    }

    /// A nullable field that maps keys to values.
    public static func map(_ name: String, from key: ParquetType, to value: ParquetType) -> ParquetField {
        ParquetField(
            name, .map(key: key, value: ParquetField("value", .value(value), isNullable: true)), isNullable: true)
    }
}

/// Where the columns of a schema lie in its fields.
struct ColumnCollector {
    private(set) var columns: [ParquetColumn] = []
    private var path: [String] = []
    private var definitionLevel = 0
    private var repetitionLevel = 0

    init(_ fields: [ParquetField]) {
        for field in fields { collect(field) }
    }

    private mutating func collect(_ field: ParquetField) {
        within(field.name, definitions: field.isNullable ? 1 : 0) { collector in
            switch field.content {
            case .value(let type):
                collector.columns.append(
                    ParquetColumn(
                        path: collector.path, type: type, maximumDefinitionLevel: collector.definitionLevel,
                        maximumRepetitionLevel: collector.repetitionLevel))
            case .group(let fields):
                for inner in fields { collector.collect(inner) }
            case .list(let element):
                collector.within("list", definitions: 1, repetitions: 1) { $0.collect(element) }
            case .map(let key, let value):
                collector.within("key_value", definitions: 1, repetitions: 1) {
                    $0.collect(ParquetField("key", .value(key), isNullable: false))
                    $0.collect(value)
                }
            }
        }
    }

    private mutating func within(
        _ name: String, definitions: Int, repetitions: Int = 0, _ body: (inout ColumnCollector) -> Void
    ) {
        path.append(name)
        definitionLevel += definitions
        repetitionLevel += repetitions
        body(&self)
        path.removeLast()
        definitionLevel -= definitions
        repetitionLevel -= repetitions
    }
}
