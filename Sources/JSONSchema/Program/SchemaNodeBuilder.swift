import JSONDocument

/// Collects the steps of one schema object, cheap ones first and those that need the others' results last.
struct SchemaNodeBuilder {
    let location: SchemaLocation
    let dialect: Dialect
    /// Whether `format` is an assertion.
    let assertsFormat: Bool
    private(set) var steps: [SchemaStep] = []
    /// Nodes that are applied to the same value.
    var inPlace: [Int] = []
    var needsEvaluated = false
    private(set) var tree = JSONTree.null

    init(location: SchemaLocation, dialect: Dialect, assertsFormat: Bool) {
        self.location = location
        self.dialect = dialect
        self.assertsFormat = assertsFormat || dialect.vocabularies.contains(.formatAssertion)
    }

    mutating func add(_ check: SchemaCheck, _ keyword: String?) {
        steps.append(
            SchemaStep(check: check, location: keyword.map { location.appending($0) } ?? location))
    }

    mutating func compile(_ tree: JSONTree, with compiler: inout SchemaCompiler) throws(SchemaError) {
        self.tree = tree
        // In draft 7 a reference silences what stands beside it.
        if dialect.draft == .draft7, tree["$ref"] != nil { return try compileReferences(&compiler) }
        if dialect.vocabularies.contains(.validation) {
            try compileTypeAndValues(&compiler)
            try compileNumbers(&compiler)
            try compileStrings(&compiler)
            try compileCounts(&compiler)
        }
        try compileFormat()
        if dialect.vocabularies.contains(.applicator) {
            try compileMembers(&compiler)
            try compileElements(&compiler)
        }
        try compileReferences(&compiler)
        if dialect.vocabularies.contains(.applicator) { try compileCombinations(&compiler) }
        if dialect.draft != .draft7, dialect.vocabularies.contains(.unevaluated) { try compileUnevaluated(&compiler) }
        let keyword = dialect.draft == .draft7 ? "definitions" : "$defs"
        for definition in try members(keyword, compiler) ?? [] {
            _ = try compiler.node(at: location.appending(keyword, definition.name))
        }
    }

    // MARK: Assertions

    private mutating func compileTypeAndValues(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        if let value = tree["type"] {
            let names: [JSONTree] = if case .array(let list) = value { list } else { [value] }
            var types: ValueTypes = []
            for name in names {
                guard case .string(let text) = name, let type = ValueTypes(name: text) else {
                    throw compiler.error(
                        at: location.appending("type"),
                        "'type' must be null, boolean, integer, number, string, array, object or a list of these")
                }
                types.formUnion(type)
            }
            add(.types(types), "type")
        }
        if let value = tree["enum"] {
            guard case .array(let values) = value else {
                throw compiler.error(at: location.appending("enum"), "'enum' must be an array")
            }
            compiler.tables.enumerations.append(EnumerationTable(values))
            add(.enumeration(compiler.tables.enumerations.count - 1), "enum")
        }
        if let value = tree["const"] {
            compiler.tables.enumerations.append(EnumerationTable([value]))
            add(.enumeration(compiler.tables.enumerations.count - 1), "const")
        }
    }

    private mutating func compileNumbers(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        for keyword in ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"] {
            guard let value = tree[keyword] else { continue }
            guard let number = JSONNumber(value) else {
                throw compiler.error(at: location.appending(keyword), "'\(keyword)' must be a number")
            }
            compiler.tables.numbers.append(number)
            let index = compiler.tables.numbers.count - 1
            let isExclusive = keyword.hasPrefix("exclusive")
            let isMinimum = keyword.hasSuffix("inimum")
            add(
                isMinimum
                    ? .minimum(number: index, isExclusive: isExclusive)
                    : .maximum(number: index, isExclusive: isExclusive), keyword)
        }
        if let value = tree["multipleOf"] {
            guard let number = JSONNumber(value), let multiple = DecimalMultiple(number) else {
                throw compiler.error(at: location.appending("multipleOf"), "'multipleOf' must be a number above 0")
            }
            compiler.tables.multiples.append(multiple)
            add(.multiple(compiler.tables.multiples.count - 1), "multipleOf")
        }
    }

    private mutating func compileStrings(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        if let count = try count("minLength", compiler) { add(.minimumLength(count), "minLength") }
        if let count = try count("maxLength", compiler) { add(.maximumLength(count), "maxLength") }
        if let value = tree["pattern"] {
            guard case .string(let text) = value else {
                throw compiler.error(at: location.appending("pattern"), "'pattern' must be a string")
            }
            add(.pattern(try pattern(text, at: location.appending("pattern"), &compiler)), "pattern")
        }
    }

    private mutating func compileFormat() throws(SchemaError) {
        guard assertsFormat else { return }
        if case .string(let name) = tree["format"], let format = StringFormat(rawValue: name) {
            add(.format(format), "format")
        }
        // Later drafts only describe the content.
        guard dialect.draft == .draft7 else { return }
        if tree["contentEncoding"] == .string("base64") { add(.content(.base64), "contentEncoding") }
        if tree["contentMediaType"] == .string("application/json") {
            let isEncoded = tree["contentEncoding"] == .string("base64")
            add(.content(isEncoded ? .jsonInBase64 : .json), "contentMediaType")
        }
    }

    private mutating func compileCounts(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        if let count = try count("minProperties", compiler) { add(.minimumMembers(count), "minProperties") }
        if let count = try count("maxProperties", compiler) { add(.maximumMembers(count), "maxProperties") }
        if let count = try count("minItems", compiler) { add(.minimumElements(count), "minItems") }
        if let count = try count("maxItems", compiler) { add(.maximumElements(count), "maxItems") }
        if let value = tree["uniqueItems"] {
            guard case .bool(let isUnique) = value else {
                throw compiler.error(at: location.appending("uniqueItems"), "'uniqueItems' must be true or false")
            }
            if isUnique { add(.uniqueElements, "uniqueItems") }
        }
        if let value = tree["required"] {
            let names = try names(value, at: location.appending("required"), compiler)
            compiler.tables.required.append([RequiredTable(trigger: nil, names: names)])
            add(.required(compiler.tables.required.count - 1), "required")
        }
        let keyword = dialect.draft == .draft7 ? "dependencies" : "dependentRequired"
        guard let dependents = try members(keyword, compiler) else { return }
        var rules: [RequiredTable] = []
        for dependent in dependents {
            // In draft 7 the other dependencies are schemas.
            if case .array = dependent.value {} else if dialect.draft == .draft7 { continue }
            let place = location.appending(keyword, dependent.name)
            rules.append(
                RequiredTable(trigger: dependent.name, names: try names(dependent.value, at: place, compiler)))
        }
        guard !rules.isEmpty else { return }
        compiler.tables.required.append(rules)
        add(.dependentRequired(compiler.tables.required.count - 1), keyword)
    }
}
