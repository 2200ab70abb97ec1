extension SchemaElement {
    /// The root and all fields, each before those within it.
    static func elements(for schema: ParquetSchema) -> [SchemaElement] {
        var elements = [SchemaElement(name: "schema", childCount: schema.fields.count)]
        for field in schema.fields { append(field, to: &elements) }
        return elements
    }

    private static func append(_ field: ParquetField, to elements: inout [SchemaElement]) {
        var element = SchemaElement(name: field.name, repetition: field.isNullable ? 1 : 0)
        switch field.content {
        case .value(let type):
            element.setType(type)
            elements.append(element)
        case .group(let fields):
            element.childCount = fields.count
            elements.append(element)
            for inner in fields { append(inner, to: &elements) }
        case .list(let inner):
            element.childCount = 1
            element.convertedType = ConvertedType.list
            element.logicalType = .list
            elements += [element, SchemaElement(name: "list", repetition: 2, childCount: 1)]
            append(inner, to: &elements)
        case .map(let key, let value):
            element.childCount = 1
            element.convertedType = ConvertedType.map
            element.logicalType = .map
            elements += [element, SchemaElement(name: "key_value", repetition: 2, childCount: 2)]
            append(ParquetField("key", .value(key), isNullable: false), to: &elements)
            append(value, to: &elements)
        }
    }

    private mutating func setType(_ type: ParquetType) {
        physicalType = type.physicalType.rawValue
        switch type {
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
