import JSONDocument
import JSONSchema
import Telemetry

extension StreamPlan {
    /// Joins a definition with its schema.
    ///
    /// - Throws: what does not fit together, at its place in the definition, or what is wrong with the schema.
    init(_ definition: StreamDefinition, schema bytes: [UInt8], schemaFile: String) throws(DefinitionError) {
        let file = SchemaFile(bytes: bytes, path: schemaFile)
        let compiler = try PlanCompiler(definition, try file.compiled(), file)
        schema = compiler.recordSchema
        name = definition.name.value
        englishTitle = definition.englishTitle
        vietnameseTitle = definition.vietnameseTitle
        sources = definition.sources.map { Source(topicFilter: $0.topic.value, format: $0.format) }
        schemaVersion = try compiler.schemaVersion()
        columns = compiler.columns + Self.traceColumns
        properties = compiler.properties
        fields = compiler.fields
        timeColumn = try compiler.timeField()
        identity = ReadingIdentity(columns: try compiler.fields(definition.identity, in: "identity"))
        duplicateWindow = definition.duplicateWindow
        futureLimit = definition.futureLimit
        pastLimit = definition.pastLimit
        place = try compiler.place()
        sortColumns = try compiler.sortColumns(time: timeColumn)
    }
}

/// Works out columns and checks from a definition and its schema.
private struct PlanCompiler {
    let definition: StreamDefinition
    let schema: CompiledSchema
    let file: SchemaFile
    var fields: [StreamPlan.Field] = []
    var columns: [ColumnDefinition] = []
    var properties: [StreamPlan.Property] = []
    /// What the schema says about the reading's own members, in its order.
    private let facts: [FieldFacts]

    init(_ definition: StreamDefinition, _ schema: CompiledSchema, _ file: SchemaFile) throws(DefinitionError) {
        self.definition = definition
        self.schema = schema
        self.file = file
        facts = schema.fields.filter { $0.pointer.tokens.count == 1 }
        guard !facts.isEmpty else {
            throw file.error(
                at: JSONPointer(), "the schema has no `properties`",
                fix: "Describe the members of a reading in `properties`")
        }
        let digits = try precisionByField()
        try checkSentinels()
        let sentinelFields = try Set(fields(definition.sentinels.map(\.member), in: "missing"))
        for (index, facts) in facts.enumerated() {
            let name = facts.pointer.tokens[0]
            try checkColumnName(name)
            guard let rule = CellRule(facts, digits: digits[index]) else {
                throw file.error(
                    at: JSONPointer(["properties", name]), "/\(name) needs more than the 18 digits that a column holds",
                    fix: "Narrow its minimum and maximum, or lower its precision in stream.yaml")
            }
            let isNullable = !facts.isRequired || facts.isNullable || sentinelFields.contains(index)
            let text = facts.description ?? facts.title ?? ""
            let unit = if case .string(let unit) = facts.source["unit"] { unit } else { "" }
            let comment = [text, unit.isEmpty ? "" : "[\(unit)]"].filter { !$0.isEmpty }.joined(separator: " ")
            fields.append(StreamPlan.Field(rule: rule, name: name))
            columns.append(ColumnDefinition(name, rule.columnType, isNullable: isNullable, comment: comment))
            properties.append(
                StreamPlan.Property(name: name, column: index, text: text, unit: unit, isRequired: facts.isRequired))
        }
    }

    // MARK: Parts of the plan

    var recordSchema: RecordSchema {
        var absent: [JSONPointer: [JSONTree]] = [:]
        for sentinel in definition.sentinels {
            let value = sentinel.integer.map { JSONTree.integer($0) } ?? .double(sentinel.double)
            absent[JSONPointer([sentinel.member.value]), default: []].append(value)
        }
        return RecordSchema(schema, fields: facts.map(\.pointer), absent: absent)
    }

    func schemaVersion() throws(DefinitionError) -> Int {
        let name = definition.schemaFile.value
        let suffix = ".schema.json"
        guard name.hasPrefix("v"), name.hasSuffix(suffix),
            let version = Int(name.dropFirst().dropLast(suffix.utf8.count)),
            version >= 1
        else {
            throw definition.error(
                at: definition.schemaFile, "the schema's file name `\(name)` does not give its version",
                fix: "Name the file v1.schema.json, v2.schema.json and so on")
        }
        return version
    }

    func timeField() throws(DefinitionError) -> Int {
        let index = try fieldIndex(of: definition.time, in: "time")
        guard case .timestamp = fields[index].rule else {
            throw definition.error(
                at: definition.time, "/\(definition.time.value) is not a time in the schema",
                fix: "Point to a property with `\"type\": \"string\", \"format\": \"date-time\"`")
        }
        return index
    }

    func fields(_ members: [Located<String>], in key: String) throws(DefinitionError) -> [Int] {
        var indices: [Int] = []
        for member in members { indices.append(try fieldIndex(of: member, in: key)) }
        return indices
    }

    func place() throws(DefinitionError) -> StreamPlan.Place {
        let place = definition.place
        var coordinates: [Int] = []
        for member in [place.latitude, place.longitude].compactMap({ $0 }) {
            let index = try fieldIndex(of: member, in: "place")
            guard fields[index].rule.isNumeric else {
                throw definition.error(
                    at: member, "/\(member.value) is not a number in the schema",
                    fix: "Point to a property with `\"type\": \"number\"`, in degrees")
            }
            coordinates.append(index)
        }
        var ward: Int?
        if let member = place.ward {
            let index = try fieldIndex(of: member, in: "place")
            guard case .string = fields[index].rule else {
                throw definition.error(
                    at: member, "/\(member.value) is not a text in the schema",
                    fix: "Point to a property with `\"type\": \"string\"`: codes of wards have leading zeros")
            }
            ward = index
        }
        return StreamPlan.Place(latitude: coordinates.first, longitude: coordinates.last, ward: ward)
    }

    /// What the definition says; else the first part of the identity that is not the time, which is the device, and the
    /// time.
    func sortColumns(time: Int) throws(DefinitionError) -> [Int] {
        if let sort = definition.sort { return try fields(sort, in: "sort") }
        let identity = try fields(definition.identity, in: "identity")
        return identity.filter { $0 != time }.prefix(1) + [time]
    }

    // MARK: Checks

    private func fieldIndex(of member: Located<String>, in key: String) throws(DefinitionError) -> Int {
        guard let index = facts.firstIndex(where: { $0.pointer.tokens[0] == member.value }) else {
            throw definition.error(
                at: member, "`\(key)` points to /\(member.value), which \(file.path) does not have",
                fix: "Correct the name or add the property to the schema")
        }
        return index
    }

    private func precisionByField() throws(DefinitionError) -> [Int: Int] {
        var digits: [Int: Int] = [:]
        for entry in definition.precision {
            let index = try fieldIndex(of: entry.member, in: "precision")
            guard facts[index].types.contains(.number) else {
                throw definition.error(
                    at: entry.member, "/\(entry.member.value) is not a `number` in the schema, so it has no precision",
                    fix: "Remove it from `precision`")
            }
            digits[index] = entry.digits
        }
        return digits
    }

    private func checkSentinels() throws(DefinitionError) {
        for sentinel in definition.sentinels {
            let index = try fieldIndex(of: sentinel.member, in: "missing")
            guard !facts[index].types.isEmpty, facts[index].types.isSubset(of: [.number, .integer]) else {
                throw definition.error(
                    at: sentinel.member,
                    "/\(sentinel.member.value) is not a number in the schema, so it cannot have the values of `missing`",
                    fix: "Remove it from `missing`")
            }
        }
    }

    /// Delta Lake tells column names apart without regard to case, and some characters are not allowed in them.
    private func checkColumnName(_ name: String) throws(DefinitionError) {
        let reserved = StreamPlan.traceColumns.map(\.name) + StreamPlan.partitionColumns.map(\.name)
        let folded = name.lowercased()
        let place = JSONPointer(["properties", name])
        guard !reserved.contains(folded) else {
            throw file.error(
                at: place, "the property `\(name)` has the name of a column that the pipeline adds",
                fix: "Rename the property")
        }
        guard !fields.contains(where: { $0.name.lowercased() == folded }) else {
            throw file.error(
                at: place, "`\(name)` differs from another property in case only, which table columns cannot",
                fix: "Rename one of them")
        }
        guard !name.isEmpty, !name.unicodeScalars.contains(where: { " ,;{}()\n\t=".unicodeScalars.contains($0) }) else {
            throw file.error(
                at: place, "the property name `\(name)` cannot be that of a table column",
                fix: "Do without spaces and the characters , ; { } ( ) =")
        }
    }
}
