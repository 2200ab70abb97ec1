/// The schema of a file, read from its flattened elements.
struct FileSchema {
    private(set) var fields: [ParquetField] = []
    /// One for each column, in the file's order.
    private(set) var layouts: [ColumnLayout] = []

    private let elements: [SchemaElement]
    private var next = 1
    private var path: [String] = []

    /// Damage could make fields nest without end.
    private static let depthLimit = 64

    init(_ elements: [SchemaElement]) throws(ParquetReadError) {
        self.elements = elements
        guard let root = elements.first, let childCount = root.childCount else {
            throw .malformed("the schema has no root")
        }
        fields = try readFields(childCount)
        guard next == elements.count else { throw .malformed("the schema's root miscounts its columns") }
        let columns = ColumnCollector(fields).columns
        for index in layouts.indices { layouts[index].column = columns[index] }
    }

    private mutating func readFields(_ count: Int) throws(ParquetReadError) -> [ParquetField] {
        guard count <= elements.count - next else { throw .malformed("the schema's root miscounts its columns") }
        var fields: [ParquetField] = []
        for _ in 0..<count { fields.append(try readField()) }
        return fields
    }

    private mutating func nextElement() throws(ParquetReadError) -> SchemaElement {
        guard next < elements.count else { throw .malformed("the schema's root miscounts its columns") }
        let element = elements[next]
        guard let repetition = element.repetition, (0...2).contains(repetition) else {
            throw .malformed("column \"\(element.name)\" does not say whether it repeats")
        }
        next += 1
        return element
    }

    private mutating func readField() throws(ParquetReadError) -> ParquetField {
        let element = try nextElement()
        path.append(element.name)
        defer { path.removeLast() }
        let name = path.joined(separator: ".")
        guard path.count <= Self.depthLimit else { throw .unsupported(column: name, feature: "very deep nesting") }
        if element.repetition == 2 { throw .unsupported(column: name, feature: "repeated values outside of a list") }
        let isNullable = element.repetition == 1
        guard let childCount = element.childCount, childCount > 0 else {
            let layout = try ColumnLayout(element, path: path)
            layouts.append(layout)
            return ParquetField(element.name, .value(layout.column.type), isNullable: isNullable)
        }
        if element.logicalType == .list || element.convertedType == ConvertedType.list {
            return ParquetField(
                element.name, .list(element: try readRepeated(childCount, of: name, 1)[0]), isNullable: isNullable)
        }
        if element.logicalType == .map || ConvertedType.maps.contains(element.convertedType ?? -1) {
            let entry = try readRepeated(childCount, of: name, 2)
            guard case .value(let key) = entry[0].content, !entry[0].isNullable else {
                throw .unsupported(column: name, feature: "map keys that nest or are null")
            }
            return ParquetField(element.name, .map(key: key, value: entry[1]), isNullable: isNullable)
        }
        return ParquetField(element.name, .group(try readFields(childCount)), isNullable: isNullable)
    }

    /// The fields of the repeated group that is all of a list or map.
    private mutating func readRepeated(
        _ childCount: Int, of name: String, _ fieldCount: Int
    ) throws(ParquetReadError) -> [ParquetField] {
        let group = try nextElement()
        guard childCount == 1, group.repetition == 2, group.childCount == fieldCount else {
            throw .unsupported(column: name, feature: "a list or map that is not written in three levels")
        }
        path.append(group.name)
        defer { path.removeLast() }
        return try readFields(fieldCount)
    }
}
