extension SchemaElement {
    /// The root and the leaves of a flat schema.
    static func elements(for schema: ParquetSchema) -> [SchemaElement] {
        [SchemaElement(name: "schema", childCount: schema.columns.count)]
            + schema.columns.map(SchemaElement.init(column:))
    }

    private init(column: ParquetColumn) {
        name = column.name
        physicalType = column.type.physicalType.rawValue
        repetition = column.isNullable ? 1 : 0
        switch column.type {
        case .decimal(let precision, let scale):
            convertedType = ConvertedType.decimal
            logicalType = .decimal(scale: scale, precision: precision)
            self.scale = scale
            self.precision = precision
        case .timestampMicros:
            convertedType = ConvertedType.timestampMicros
            logicalType = .timestamp(isUTC: true, unit: .microseconds)
        case .date:
            convertedType = ConvertedType.date
            logicalType = .date
        case .string:
            convertedType = ConvertedType.utf8
            logicalType = .string
        case .boolean, .int32, .int64, .double, .binary: break
        }
    }
}
