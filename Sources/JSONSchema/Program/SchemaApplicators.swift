import JSONDocument

/// The keywords that apply other schemas.
extension SchemaNodeBuilder {
    mutating func compileMembers(_ compiler: inout SchemaCompiler) throws(SchemaError) {
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
        try compileDependents(&compiler)
    }

    private mutating func compileDependents(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        let keyword = dialect.draft == .draft7 ? "dependencies" : "dependentSchemas"
        guard let dependents = try members(keyword, compiler) else { return }
        var rules: [(name: String, node: Int)] = []
        for dependent in dependents {
            // In draft 7 an array names members that are required.
            if case .array = dependent.value, dialect.draft == .draft7 { continue }
            let node = try compiler.node(at: location.appending(keyword, dependent.name))
            rules.append((dependent.name, node))
            inPlace.append(node)
        }
        guard !rules.isEmpty else { return }
        compiler.tables.dependents.append(rules)
        add(.dependentSchemas(compiler.tables.dependents.count - 1), keyword)
    }

    mutating func compileElements(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        var (prefixKeyword, restKeyword) = ("prefixItems", "items")
        if dialect.draft != .draft202012 {
            if case .array = tree["items"] {
                (prefixKeyword, restKeyword) = ("items", "additionalItems")
            } else {
                prefixKeyword = ""
            }
        }
        let prefix = try children(prefixKeyword, &compiler)
        let rest = try child(restKeyword, &compiler)
        if prefix != nil || rest != nil {
            compiler.tables.elements.append(ElementTable(prefix: prefix ?? [], rest: rest))
            add(.elements(compiler.tables.elements.count - 1), rest == nil ? prefixKeyword : restKeyword)
        }
        try compileContains(&compiler)
    }

    private mutating func compileContains(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        guard let node = try child("contains", &compiler) else { return }
        var table = ContainsTable(node: node, minimum: 1, maximum: .max)
        table.marksEvaluated = dialect.draft == .draft202012
        if dialect.draft != .draft7, dialect.vocabularies.contains(.validation) {
            table.minimum = try count("minContains", compiler) ?? 1
            table.maximum = try count("maxContains", compiler) ?? .max
        }
        compiler.tables.contains.append(table)
        add(.contains(compiler.tables.contains.count - 1), "contains")
    }

    mutating func compileReferences(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        if let reference = try reference("$ref", compiler) {
            let target = try compiler.registry.resolve(reference, at: location.appending("$ref"))
            let node = try compiler.node(at: target)
            inPlace.append(node)
            add(.reference(node: node), "$ref")
        }
        switch dialect.draft {
        case .draft7: break
        case .draft201909: try compileRecursiveReference(&compiler)
        case .draft202012: try compileDynamicReference(&compiler)
        }
    }

    private mutating func compileDynamicReference(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        guard let reference = try reference("$dynamicRef", compiler) else { return }
        let target = try compiler.registry.resolve(reference, at: location.appending("$dynamicRef"))
        try add(
            dynamicAnchor: compiler.dynamicAnchor(of: reference, resolvedTo: target), target, "$dynamicRef", &compiler)
    }

    private mutating func compileRecursiveReference(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        guard let reference = try reference("$recursiveRef", compiler) else { return }
        let place = location.appending("$recursiveRef")
        guard reference == "#" else { throw compiler.error(at: place, "'$recursiveRef' must be '#'") }
        let target = try compiler.registry.resolve(reference, at: place)
        let anchors = compiler.registry.resources[compiler.registry.resource(of: target)].dynamicAnchors
        let anchor = anchors[SchemaRegistry.recursiveAnchor] == nil ? nil : SchemaRegistry.recursiveAnchor
        try add(dynamicAnchor: anchor, target, "$recursiveRef", &compiler)
    }

    /// Adds a reference to `target`, which an outer resource with the same dynamic anchor replaces.
    private mutating func add(
        dynamicAnchor anchor: String?, _ target: SchemaLocation, _ keyword: String, _ compiler: inout SchemaCompiler
    ) throws(SchemaError) {
        let node = try compiler.node(at: target)
        if let anchor {
            compiler.tables.dynamics.append(DynamicTable(anchor: anchor, fallback: node))
            add(.dynamicReference(compiler.tables.dynamics.count - 1), keyword)
        } else {
            inPlace.append(node)
            add(.reference(node: node), keyword)
        }
    }

    mutating func compileCombinations(_ compiler: inout SchemaCompiler) throws(SchemaError) {
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

    mutating func compileUnevaluated(_ compiler: inout SchemaCompiler) throws(SchemaError) {
        if let node = try child("unevaluatedProperties", &compiler) {
            needsEvaluated = true
            add(.unevaluatedMembers(node: node), "unevaluatedProperties")
        }
        if let node = try child("unevaluatedItems", &compiler) {
            needsEvaluated = true
            add(.unevaluatedElements(node: node), "unevaluatedItems")
        }
    }
}
