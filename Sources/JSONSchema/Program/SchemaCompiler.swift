import JSONDocument

/// Turns schema documents into a program, once.
struct SchemaCompiler {
    var registry: SchemaRegistry
    private let assertsFormat: Bool
    private var nodes: [SchemaNode] = []
    private var steps: [SchemaStep] = []
    var tables = SchemaTables()
    private var nodeByLocation: [SchemaLocation: Int] = [:]
    /// For every node those that are applied to the same value, to find schemas that never end.
    private var inPlace: [[Int]] = []

    init(registry: SchemaRegistry, assertsFormat: Bool) {
        self.registry = registry
        self.assertsFormat = assertsFormat
    }

    mutating func program() throws(SchemaError) -> SchemaProgram {
        let root = try node(at: SchemaLocation(document: 0, pointer: JSONPointer()))
        try resolveDynamicAnchors()
        try requireProgress()
        return SchemaProgram(
            nodes: nodes, steps: steps, root: root, tables: tables, documentNames: registry.documents.map(\.name))
    }

    /// The node of the schema at `location`, compiled when it is first asked for.
    mutating func node(at location: SchemaLocation) throws(SchemaError) -> Int {
        if let known = nodeByLocation[location] { return known }
        guard let tree = registry.tree(at: location) else { throw error(at: location, "there is no schema here") }
        let index = nodes.count
        nodeByLocation[location] = index
        let resource = registry.resource(of: location)
        nodes.append(SchemaNode(resource: resource))
        inPlace.append([])
        var builder = SchemaNodeBuilder(
            location: location, dialect: registry.resources[resource].dialect, assertsFormat: assertsFormat)
        switch tree {
        case .bool(true): break
        case .bool(false): builder.add(.never, nil)
        case .object: try builder.compile(tree, with: &self)
        default: throw error(at: location, "a schema is an object, true or false, not \(tree.kindName)")
        }
        let start = steps.count
        steps.append(contentsOf: builder.steps)
        nodes[index].steps = start..<steps.count
        nodes[index].needsEvaluated = builder.needsEvaluated
        inPlace[index] = builder.inPlace
        return index
    }

    func error(at location: SchemaLocation, _ sentence: String) -> SchemaError {
        registry.error(at: location, sentence)
    }

    /// The table of a `$dynamicRef` whose initial target is a `$dynamicAnchor`; else nil.
    func dynamicAnchor(of reference: String, resolvedTo target: SchemaLocation) -> String? {
        guard let name = URIReference(reference).decodedFragment, !name.isEmpty, !name.hasPrefix("/") else {
            return nil
        }
        return registry.resources[registry.resource(of: target)].dynamicAnchors[name] == target ? name : nil
    }

    /// Every resource that can be entered and has the anchor of a dynamic reference provides a node for it.
    private mutating func resolveDynamicAnchors() throws(SchemaError) {
        var nodeCount = -1
        // Compiling a node can bring in further references and resources.
        while nodeCount != nodes.count {
            nodeCount = nodes.count
            for resource in Set(nodes.map(\.resource)).sorted() {
                for position in tables.dynamics.indices where tables.dynamics[position].nodes[resource] == nil {
                    let anchors = registry.resources[resource].dynamicAnchors
                    guard let location = anchors[tables.dynamics[position].anchor] else { continue }
                    let node = try node(at: location)
                    tables.dynamics[position].nodes[resource] = node
                }
            }
        }
    }

    /// Refuses schemas that apply themselves to the same value again and again.
    private func requireProgress() throws(SchemaError) {
        var state = [UInt8](repeating: 0, count: nodes.count)
        for start in nodes.indices where state[start] == 0 {
            var path: [(node: Int, next: Int)] = [(start, 0)]
            state[start] = 1
            while let top = path.last {
                guard top.next < inPlace[top.node].count else {
                    state[top.node] = 2
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let next = inPlace[top.node][top.next]
                if state[next] == 1 {
                    let location = nodeByLocation.first { $0.value == next }?.key
                    throw error(
                        at: location ?? SchemaLocation(document: 0, pointer: JSONPointer()),
                        "this schema leads back to itself for the same value, so checking would never end")
                }
                if state[next] == 0 {
                    state[next] = 1
                    path.append((next, 0))
                }
            }
        }
    }
}

extension JSONTree {
    /// The kind of value, for messages.
    var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .unsigned, .double: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
