import JSONDocument

// The schema string of a table: protocol, section "Schema Serialization Format".

extension DeltaSchema {
    /// The schema as it stands in the log.
    public var text: String {
        var text = JSONText()
        text.structure(columns)
        return text.string
    }

    /// Reads a schema string.
    ///
    /// - Throws: `FieldProblem` naming the column whose type is unknown or malformed.
    init(parsing text: String) throws(FieldProblem) {
        var parser = JSONParser(limits: JSONLimits(maximumDepth: 128, maximumByteCount: 64 << 20))
        do {
            let document = try parser.parse(text)
            guard case .structure(let columns) = try document.deltaType(at: document.root, of: "schemaString") else {
                throw FieldProblem("schemaString is not a struct")
            }
            self.init(columns)
        } catch let error as FieldProblem {
            throw error
        } catch {
            throw FieldProblem("schemaString is not JSON: \(error)")
        }
    }
}

extension JSONText {
    fileprivate mutating func structure(_ columns: [DeltaColumn]) {
        object { text in
            text.member("type", "struct")
            text.name("fields")
            text.array { text in
                for column in columns { text.column(column) }
            }
        }
    }

    private mutating func column(_ column: DeltaColumn) {
        object { text in
            text.member("name", column.name)
            text.name("type")
            text.type(column.type)
            text.member("nullable", column.isNullable)
            text.name("metadata")
            text.metadata(.object(column.metadata))
        }
    }

    private mutating func type(_ type: DeltaType) {
        switch type {
        case .structure(let columns): structure(columns)
        case .array(let element, let containsNull):
            object { text in
                text.member("type", "array")
                text.name("elementType")
                text.type(element)
                text.member("containsNull", containsNull)
            }
        case .map(let key, let value, let valueContainsNull):
            object { text in
                text.member("type", "map")
                text.name("keyType")
                text.type(key)
                text.name("valueType")
                text.type(value)
                text.member("valueContainsNull", valueContainsNull)
            }
        default: string(type.primitiveName ?? "")
        }
    }

    private mutating func metadata(_ value: MetadataValue) {
        switch value {
        case .null: null()
        case .boolean(let value): boolean(value)
        case .integer(let value): integer(value)
        case .double(let value): token("\(value)")
        case .string(let value): string(value)
        case .array(let values):
            array { text in
                for value in values { text.metadata(value) }
            }
        case .object(let members):
            object { text in
                for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                    text.name(key)
                    text.metadata(value)
                }
            }
        }
    }
}

extension JSONDocument {
    fileprivate func deltaType(at index: Int, of path: String) throws(FieldProblem) -> DeltaType {
        guard kind(at: index) == .object else {
            guard kind(at: index) == .string else {
                throw FieldProblem("the type of \(path) is neither name nor object")
            }
            let name = string(at: index)
            guard let type = DeltaType(primitiveName: name) else {
                throw FieldProblem("column \(path) has the type \(name), which this library does not know")
            }
            return type
        }
        switch try requiredString("type", of: index, in: path) {
        case "struct":
            var columns: [DeltaColumn] = []
            var fields = elements(of: try required("fields", .array, of: index, in: path))
            while let field = fields.next() {
                columns.append(try column(at: field, in: path))
            }
            return .structure(columns)
        case "array":
            return .array(
                element: try deltaType(at: try required("elementType", of: index, in: path), of: "\(path)[]"),
                containsNull: try optionalBool("containsNull", of: index, in: path) ?? true)
        case "map":
            return .map(
                key: try deltaType(at: try required("keyType", of: index, in: path), of: "\(path) keys"),
                value: try deltaType(at: try required("valueType", of: index, in: path), of: "\(path) values"),
                valueContainsNull: try optionalBool("valueContainsNull", of: index, in: path) ?? true)
        case let name: throw FieldProblem("column \(path) has the type \(name), which this library does not know")
        }
    }

    private func column(at index: Int, in parent: String) throws(FieldProblem) -> DeltaColumn {
        let name = try requiredString("name", of: index, in: "a field of \(parent)")
        var metadata: [String: MetadataValue] = [:]
        if let found = try optional("metadata", .object, of: index, in: name),
            case .object(let members) = value(at: found)
        {
            metadata = members
        }
        return DeltaColumn(
            name, try deltaType(at: try required("type", of: index, in: name), of: name),
            isNullable: try optionalBool("nullable", of: index, in: name) ?? true, metadata: metadata)
    }

    private func value(at index: Int) -> MetadataValue {
        switch kind(at: index) {
        case .null: return .null
        case .true: return .boolean(true)
        case .false: return .boolean(false)
        case .integer: return .integer(int64(at: index))
        case .unsigned: return .double(Double(uint64(at: index)))
        case .double: return .double(double(at: index))
        case .string: return .string(string(at: index))
        case .array:
            var values: [MetadataValue] = []
            var elements = elements(of: index)
            while let element = elements.next() { values.append(value(at: element)) }
            return .array(values)
        case .object:
            var members = members(of: index)
            var values: [String: MetadataValue] = [:]
            while let member = members.next() { values[string(at: member.name)] = value(at: member.value) }
            return .object(values)
        }
    }
}
