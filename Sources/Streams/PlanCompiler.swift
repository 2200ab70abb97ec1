import JSONDocument
import JSONSchema
import Telemetry

extension StreamPlan {
    /// Joins a definition with its schemas, newest first.
    ///
    /// Nil when they do not fit together, or something is wrong with a schema; `errors` says what and where.
    init?(_ definition: StreamDefinition, schemas: [SchemaFile], errors: inout [DefinitionError]) {
        let errorCount = errors.count
        guard let compiler = PlanCompiler(definition, schemas, errors: &errors) else { return nil }
        let time = DefinitionError.collect(into: &errors) { () throws(DefinitionError) in try compiler.timeColumn() }
        let identity = DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
            try compiler.columns(of: definition.identity, in: "identity")
        }
        let place = DefinitionError.collect(into: &errors) { () throws(DefinitionError) in try compiler.place() }
        let sort = DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
            try definition.sort.map { (sort) throws(DefinitionError) in try compiler.columns(of: sort, in: "sort") }
        }
        for source in definition.sources { compiler.check(source, errors: &errors) }
        guard errors.count == errorCount, let time, let identity, let place, let sort else { return nil }
        name = definition.name.value
        englishTitle = definition.englishTitle
        vietnameseTitle = definition.vietnameseTitle
        sources = definition.sources.map {
            Source(topicFilter: $0.topic.value, format: $0.format, mapping: $0.mapping, events: $0.events)
        }
        versions = compiler.planVersions(time: time)
        versionMember = definition.versionMember.map { Array($0.value.utf8) }
        columns =
            compiler.columnDefinitions(time: time) + Self.traceColumns
            + (definition.place.isEmpty ? [] : DerivedPlace.columns)
        fieldCount = compiler.fields.count
        properties = compiler.fields.enumerated().map { index, field in
            field.property(column: index, bounds: compiler.bounds(of: field.name))
        }
        rollups = definition.rollups
        timeColumn = time
        self.identity = ReadingIdentity(columns: identity)
        duplicateWindow = definition.duplicateWindow
        futureLimit = definition.futureLimit
        pastLimit = definition.pastLimit
        self.place = place
        // Without a word in the definition: the first part of the identity that is not the time, which is the device,
        // and the time.
        sortColumns = sort ?? identity.filter { $0 != time }.prefix(1) + [time]
    }
}

/// Works out columns and checks from a definition and its schemas.
private struct PlanCompiler {
    /// A schema and what it says about the reading's own members, in its order.
    struct Version {
        let file: SchemaFile
        let schema: CompiledSchema
        let facts: [FieldFacts]

        func facts(of name: String) -> FieldFacts? { facts.first { $0.pointer.tokens[0] == name } }
    }

    /// A member of the reading that becomes a column.
    struct Field {
        let name: String
        /// From the newest schema that has it.
        let facts: FieldFacts
        var rule: CellRule
        var isNullable: Bool

        var unit: String { if case .string(let unit) = facts.source["unit"] { unit } else { "" } }
        var text: String { facts.description ?? facts.title ?? "" }

        func property(column: Int, bounds: ClosedRange<Double>?) -> StreamPlan.Property {
            StreamPlan.Property(
                name: name, column: column, text: text, unit: unit, isRequired: facts.isRequired, bounds: bounds)
        }
    }

    let definition: StreamDefinition
    /// Newest first.
    let versions: [Version]
    /// The members of the newest schema in its order, then those that only older ones have.
    private(set) var fields: [Field] = []
    private let digits: [String: Int]

    init?(_ definition: StreamDefinition, _ files: [SchemaFile], errors: inout [DefinitionError]) {
        let errorCount = errors.count
        self.definition = definition
        versions = files.compactMap { Self.version($0, errors: &errors) }
        digits = Dictionary(definition.precision.map { ($0.member.value, $0.digits) }) { first, _ in first }
        guard errors.count == errorCount, !versions.isEmpty else { return nil }
        for version in versions {
            for facts in version.facts where facts.pointer.tokens[0] != versionColumnMember {
                DefinitionError.collect(into: &errors) { () throws(DefinitionError) in try add(facts, of: version) }
            }
        }
        for index in fields.indices {
            fields[index].isNullable =
                hasSentinels(fields[index].name)
                || versions.contains { version in
                    version.facts(of: fields[index].name).map { !$0.isRequired || $0.isNullable } ?? true
                }
        }
        checkMembers(errors: &errors)
        guard errors.count == errorCount else { return nil }
    }

    private static func version(_ file: SchemaFile, errors: inout [DefinitionError]) -> Version? {
        DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
            let schema = try file.compiled()
            let facts = schema.fields.filter { $0.pointer.tokens.count == 1 }
            guard !facts.isEmpty else {
                throw file.error(
                    at: JSONPointer(), "the schema has no `properties`",
                    fix: "Describe the members of a reading in `properties`")
            }
            return Version(file: file, schema: schema, facts: facts)
        }
    }

    /// A member that tells the version may have the name of the column that keeps it: it becomes no column of its own.
    private var versionColumnMember: String? {
        definition.versionMember.flatMap { $0.value == StreamPlan.schemaVersionName ? $0.value : nil }
    }

    private func hasSentinels(_ name: String) -> Bool { definition.sentinels.contains { $0.member.value == name } }

    // MARK: Fields

    /// Adds a member, or joins it with that of a newer schema.
    private mutating func add(_ facts: FieldFacts, of version: Version) throws(DefinitionError) {
        let name = facts.pointer.tokens[0]
        guard let rule = CellRule(facts, digits: digits[name]) else {
            throw version.file.error(
                at: JSONPointer(["properties", name]), "/\(name) needs more than the 18 digits that a column holds",
                fix: "Narrow its minimum and maximum, or lower its precision in stream.yaml")
        }
        guard let index = fields.firstIndex(where: { $0.name == name }) else {
            try checkColumnName(name, in: version.file)
            fields.append(Field(name: name, facts: facts, rule: rule, isNullable: true))
            return
        }
        guard let joined = fields[index].rule.joined(with: rule) else {
            throw versions[0].file.error(
                at: JSONPointer(["properties", name]),
                "/\(name) is \(fields[index].rule.columnType) here and \(rule.columnType) in \(version.file.name), and "
                    + "a column has one type",
                fix: "Give the member another name where its type changes")
        }
        fields[index].rule = joined
    }

    /// Delta Lake tells column names apart without regard to case, and some characters are not allowed in them.
    private func checkColumnName(_ name: String, in file: SchemaFile) throws(DefinitionError) {
        let folded = name.lowercased()
        let place = JSONPointer(["properties", name])
        guard !StreamPlan.reservedColumnNames.contains(folded) else {
            throw file.error(
                at: place, "the property `\(name)` has the name of a column that the pipeline adds",
                fix: "Rename the property")
        }
        guard definition.place.isEmpty || !StreamPlan.reservedPlaceNames.contains(folded) else {
            throw file.error(
                at: place,
                "the property `\(name)` has the name of a column that the pipeline adds where there is a `place`",
                fix: "Rename the property, or remove `place` from the definition")
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

    // MARK: Parts of the plan

    func columnDefinitions(time: Int) -> [ColumnDefinition] {
        fields.enumerated().map { index, field in
            let comment = [field.text, field.unit.isEmpty ? "" : "[\(field.unit)]"].filter { !$0.isEmpty }
            // A reading without a time is refused whatever its schema says.
            return ColumnDefinition(
                field.name, field.rule.columnType, isNullable: field.isNullable && index != time,
                comment: comment.joined(separator: " "))
        }
    }

    func planVersions(time: Int) -> [StreamPlan.Version] {
        versions.map { version in
            let cells = version.facts.map { facts in
                let column = fields.firstIndex { $0.name == facts.pointer.tokens[0] }
                return StreamPlan.Cell(rule: column.map { fields[$0].rule } ?? .nothing, column: column ?? -1)
            }
            let versionMember = definition.versionMember?.value
            return StreamPlan.Version(
                version: version.file.version, schema: recordSchema(version), cells: cells,
                timeSlot: cells.firstIndex { $0.column == time } ?? 0,
                versionSlot: version.facts.firstIndex { $0.pointer.tokens[0] == versionMember })
        }
    }

    private func recordSchema(_ version: Version) -> RecordSchema {
        var absent: [JSONPointer: [JSONTree]] = [:]
        for sentinel in definition.sentinels where version.facts(of: sentinel.member.value) != nil {
            let value = sentinel.integer.map { JSONTree.integer($0) } ?? .double(sentinel.double)
            absent[JSONPointer([sentinel.member.value]), default: []].append(value)
        }
        return RecordSchema(version.schema, fields: version.facts.map(\.pointer), absent: absent)
    }

    func timeColumn() throws(DefinitionError) -> Int {
        let column = try column(of: definition.time, in: "time")
        guard case .timestamp = fields[column].rule else {
            throw definition.error(
                at: definition.time, "/\(definition.time.value) is not a time in the schema",
                fix: "Point to a property with `\"type\": \"string\", \"format\": \"date-time\"`")
        }
        if let version = versions.first(where: { $0.facts(of: definition.time.value) == nil }) {
            throw definition.error(
                at: definition.time,
                "`time` points to /\(definition.time.value), which \(version.file.name) does not have",
                fix: "Add the property there, or remove that version")
        }
        return column
    }

    /// The limits of a number over all versions of the schema.
    func bounds(of name: String) -> ClosedRange<Double>? {
        var bounds: ClosedRange<Double>?
        for facts in versions.compactMap({ $0.facts(of: name) }) {
            guard let low = facts.minimum?.double, let high = facts.maximum?.double, low <= high else { return nil }
            bounds = min(low, bounds?.lowerBound ?? low)...max(high, bounds?.upperBound ?? high)
        }
        return bounds
    }

    func columns(of members: [Located<String>], in key: String) throws(DefinitionError) -> [Int] {
        var columns: [Int] = []
        for member in members { columns.append(try column(of: member, in: key)) }
        return columns
    }

    func place() throws(DefinitionError) -> StreamPlan.Place {
        let place = definition.place
        var coordinates: [Int] = []
        for member in [place.latitude, place.longitude].compactMap({ $0 }) {
            let column = try column(of: member, in: "place")
            guard fields[column].rule.isNumeric else {
                throw definition.error(
                    at: member, "/\(member.value) is not a number in the schema",
                    fix: "Point to a property with `\"type\": \"number\"`, in degrees")
            }
            coordinates.append(column)
        }
        var ward: Int?
        if let member = place.ward {
            let column = try column(of: member, in: "place")
            guard case .string = fields[column].rule else {
                throw definition.error(
                    at: member, "/\(member.value) is not a text in the schema",
                    fix: "Point to a property with `\"type\": \"string\"`: codes of wards have leading zeros")
            }
            ward = column
        }
        return StreamPlan.Place(
            latitude: coordinates.first, longitude: coordinates.last, ward: ward,
            derived: place.isEmpty
                ? nil : StreamPlan.DerivedPlace(firstColumn: fields.count + StreamPlan.traceColumns.count))
    }

    // MARK: Checks

    private func column(of member: Located<String>, in key: String) throws(DefinitionError) -> Int {
        guard let column = fields.firstIndex(where: { $0.name == member.value }) else {
            throw definition.error(
                at: member, "`\(key)` points to /\(member.value), which \(versions[0].file.path) does not have",
                fix: "Correct the name or add the property to the schema")
        }
        return column
    }

    /// Checks the members of `precision` and `missing`.
    private func checkMembers(errors: inout [DefinitionError]) {
        for entry in definition.precision {
            DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
                let column = try column(of: entry.member, in: "precision")
                guard fields[column].facts.types.contains(.number) else {
                    throw definition.error(
                        at: entry.member,
                        "/\(entry.member.value) is not a `number` in the schema, so it has no precision",
                        fix: "Remove it from `precision`")
                }
            }
        }
        for sentinel in definition.sentinels {
            DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
                let facts = fields[try column(of: sentinel.member, in: "missing")].facts
                guard !facts.types.isEmpty, facts.types.isSubset(of: [.number, .integer]) else {
                    throw definition.error(
                        at: sentinel.member,
                        "/\(sentinel.member.value) is not a number in the schema, so it cannot have the values of "
                            + "`missing`",
                        fix: "Remove it from `missing`")
                }
            }
        }
    }

    /// Checks that a mapping writes members that there are, and all that every reading must have.
    func check(_ source: SourceDefinition, errors: inout [DefinitionError]) {
        guard source.mapping != nil else { return }
        for target in source.targets where target.value != definition.versionMember?.value {
            DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
                _ = try column(of: target, in: "map")
            }
        }
        guard !source.keepsRest else { return }
        let required = fields.filter { $0.facts.isRequired || $0.name == definition.time.value }.map(\.name)
        for name in required where !source.targets.contains(where: { $0.value == name }) {
            errors.append(
                definition.error(
                    at: source.topic, "no reading of this source can have /\(name), which the schema requires",
                    fix: "Add an entry for it to `map`, or write `rest: keep`"))
        }
    }
}
