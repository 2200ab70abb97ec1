import JSONDocument

/// Collects the steps of one schema object, cheap ones first and those that need the others' results last.
struct SchemaNodeBuilder {
    let location: SchemaLocation
    let resource: SchemaRegistry.Resource
    var assertsFormat = false
    private(set) var steps: [SchemaStep] = []
    private(set) var inPlace: [Int] = []
    private(set) var needsEvaluated = false
    private var tree = JSONTree.null

    init(location: SchemaLocation, resource: SchemaRegistry.Resource) {
        self.location = location
        self.resource = resource
    }

    mutating func add(_ check: SchemaCheck, _ keyword: String?) {
        steps.append(
            SchemaStep(check: check, location: keyword.map { location.appending($0) } ?? location))
    }

    mutating func compile(_ tree: JSONTree, with compiler: inout SchemaCompiler) throws(SchemaError) {
        self.tree = tree
        if resource.assertsValidation {
            try compileTypeAndValues(&compiler)
            try compileNumbers(&compiler)
            try compileStrings(&compiler)
            try compileCounts(&compiler)
        }
        try compileFormat()
        try compileMembers(&compiler)
        try compileElements(&compiler)
        try compileReferences(&compiler)
        try compileCombinations(&compiler)
        try compileUnevaluated(&compiler)
        for definition in try members("$defs", compiler) ?? [] {
            _ = try compiler.node(at: location.appending("$defs", definition.name))
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
        guard assertsFormat, case .string(let name) = tree["format"], let format = StringFormat(rawValue: name) else {
            return
        }
        add(.format(format), "format")
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
        if let dependents = try members("dependentRequired", compiler) {
            var rules: [RequiredTable] = []
            for dependent in dependents {
                let place = location.appending("dependentRequired", dependent.name)
                rules.append(
                    RequiredTable(trigger: dependent.name, names: try names(dependent.value, at: place, compiler)))
            }
            compiler.tables.required.append(rules)
            add(.dependentRequired(compiler.tables.required.count - 1), "dependentRequired")
        }
    }

    // MARK: Applicators

    private mutating func compileMembers(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        let properties = try members("properties", compiler)
        let patterns = try members("patternProperties", compiler)
        let additional = try child("additionalProperties", &compiler)
        if properties != nil || patterns != nil || additional != nil {
            var nodes: [Int] = []
            for property in properties ?? [] {
                nodes.append(try compiler.node(at: location.appending("properties", property.name)))
            }
            var table = MemberTable(
                names: NameTable((properties ?? []).map(\.name)), nodes: nodes, patterns: [], additional: additional)
            for property in patterns ?? [] {
                let place = location.appending("patternProperties", property.name)
                let pattern = try pattern(property.name, at: place, &compiler)
                table.patterns.append((pattern, try compiler.node(at: place)))
            }
            compiler.tables.members.append(table)
            add(.members(compiler.tables.members.count - 1), "properties")
        }
        if let node = try child("propertyNames", &compiler) { add(.names(node: node), "propertyNames") }
        if let dependents = try members("dependentSchemas", compiler) {
            var rules: [(name: String, node: Int)] = []
            for dependent in dependents {
                let node = try compiler.node(at: location.appending("dependentSchemas", dependent.name))
                rules.append((dependent.name, node))
                inPlace.append(node)
            }
            compiler.tables.dependents.append(rules)
            add(.dependentSchemas(compiler.tables.dependents.count - 1), "dependentSchemas")
        }
    }

    private mutating func compileElements(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        let prefix = try children("prefixItems", &compiler)
        let rest = try child("items", &compiler)
        if prefix != nil || rest != nil {
            compiler.tables.elements.append(ElementTable(prefix: prefix ?? [], rest: rest))
            add(.elements(compiler.tables.elements.count - 1), rest == nil ? "prefixItems" : "items")
        }
        guard let node = try child("contains", &compiler) else { return }
        var table = ContainsTable(node: node, minimum: 1, maximum: .max)
        if resource.assertsValidation {
            table.minimum = try count("minContains", compiler) ?? 1
            table.maximum = try count("maxContains", compiler) ?? .max
        }
        compiler.tables.contains.append(table)
        add(.contains(compiler.tables.contains.count - 1), "contains")
    }

    private mutating func compileReferences(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        if let reference = try reference("$ref", compiler) {
            let target = try compiler.registry.resolve(reference, at: location.appending("$ref"))
            let node = try compiler.node(at: target)
            inPlace.append(node)
            add(.reference(node: node), "$ref")
        }
        if let reference = try reference("$dynamicRef", compiler) {
            let target = try compiler.registry.resolve(reference, at: location.appending("$dynamicRef"))
            let node = try compiler.node(at: target)
            if let anchor = compiler.dynamicAnchor(of: reference, resolvedTo: target) {
                compiler.tables.dynamics.append(DynamicTable(anchor: anchor, fallback: node))
                add(.dynamicReference(compiler.tables.dynamics.count - 1), "$dynamicRef")
            } else {
                inPlace.append(node)
                add(.reference(node: node), "$dynamicRef")
            }
        }
    }

    private mutating func compileCombinations(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        for keyword in ["allOf", "anyOf", "oneOf"] {
            guard let nodes = try children(keyword, &compiler) else { continue }
            compiler.tables.nodeLists.append(nodes)
            inPlace.append(contentsOf: nodes)
            let list = compiler.tables.nodeLists.count - 1
            add(keyword == "allOf" ? .all(list) : keyword == "anyOf" ? .any(list) : .one(list), keyword)
        }
        if let node = try child("not", &compiler) {
            inPlace.append(node)
            add(.not(node: node), "not")
        }
        if let condition = try child("if", &compiler) {
            let table = ConditionTable(
                condition: condition, success: try child("then", &compiler), failure: try child("else", &compiler))
            inPlace.append(contentsOf: [table.condition, table.success, table.failure].compactMap(\.self))
            compiler.tables.conditions.append(table)
            add(.condition(compiler.tables.conditions.count - 1), "if")
        }
    }

    private mutating func compileUnevaluated(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        if let node = try child("unevaluatedProperties", &compiler) {
            needsEvaluated = true
            add(.unevaluatedMembers(node: node), "unevaluatedProperties")
        }
        if let node = try child("unevaluatedItems", &compiler) {
            needsEvaluated = true
            add(.unevaluatedElements(node: node), "unevaluatedItems")
        }
    }

    // MARK: Values of keywords

    private func count(_ keyword: String, _ compiler: SchemaCompiler) throws(SchemaError) -> Int? {
        guard let value = tree[keyword] else { return nil }
        let count: Int? =
            switch value {
            case .integer(let value): Int(value)
            case .double(let value): Int(exactly: value)
            default: nil
            }
        guard let count, count >= 0 else {
            throw compiler.error(at: location.appending(keyword), "'\(keyword)' must be a whole number from 0")
        }
        return count
    }

    private func names(
        _ value: JSONTree, at place: SchemaLocation, _ compiler: SchemaCompiler
    ) throws(SchemaError) -> [String] {
        guard case .array(let elements) = value else {
            throw compiler.error(at: place, "this must be an array of member names")
        }
        var names: [String] = []
        for element in elements {
            guard case .string(let name) = element else {
                throw compiler.error(at: place, "this must be an array of member names")
            }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    private func members(_ keyword: String, _ compiler: SchemaCompiler) throws(SchemaError) -> [JSONTree.Member]? {
        guard let value = tree[keyword] else { return nil }
        guard case .object(let members) = value else {
            throw compiler.error(at: location.appending(keyword), "'\(keyword)' must be an object")
        }
        return members
    }

    private func reference(_ keyword: String, _ compiler: SchemaCompiler) throws(SchemaError) -> String? {
        guard let value = tree[keyword] else { return nil }
        guard case .string(let text) = value else {
            throw compiler.error(at: location.appending(keyword), "'\(keyword)' must be a URI reference")
        }
        return text
    }

    private func child(_ keyword: String, _ compiler: inout SchemaCompiler) throws(SchemaError) -> Int? {
        guard tree[keyword] != nil else { return nil }
        return try compiler.node(at: location.appending(keyword))
    }

    private func children(_ keyword: String, _ compiler: inout SchemaCompiler) throws(SchemaError) -> [Int]? {
        guard let value = tree[keyword] else { return nil }
        guard case .array(let elements) = value, !elements.isEmpty else {
            throw compiler.error(at: location.appending(keyword), "'\(keyword)' must be an array with a schema in it")
        }
        var nodes: [Int] = []
        for position in elements.indices {
            nodes.append(try compiler.node(at: location.appending(keyword, String(position))))
        }
        return nodes
    }

    private func pattern(
        _ text: String, at place: SchemaLocation, _ compiler: inout SchemaCompiler
    ) throws(SchemaError) -> Int {
        do throws(PatternError) {
            compiler.tables.patterns.append(try Pattern(text))
        } catch {
            throw compiler.error(at: place, "the pattern '\(text)' cannot be used: \(error.sentence)")
        }
        return compiler.tables.patterns.count - 1
    }
}
