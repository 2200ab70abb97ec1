import JSONDocument

/// The documents of a compilation, their resources (parts with an `$id`) and anchors.
struct SchemaRegistry {
    struct Resource {
        let root: SchemaLocation
        fileprivate(set) var uri: URIReference
        var anchors: [String: SchemaLocation] = [:]
        var dynamicAnchors: [String: SchemaLocation] = [:]
        /// Whether `type`, `minimum` and the like count: a dialect may leave them out.
        var assertsValidation = true
        /// Whether the dialect makes `format` an assertion.
        var assertsFormat = false
    }

    static let dialect = "https://json-schema.org/draft/2020-12/schema"
    private static let vocabularyPrefix = "https://json-schema.org/draft/2020-12/vocab/"
    private static let vocabularies: Set<String> = [
        "core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "format-assertion",
        "content",
    ]
    private static let singleKeywords: Set<String> = [
        "additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else",
        "unevaluatedProperties", "unevaluatedItems", "contentSchema",
    ]
    private static let listKeywords: Set<String> = ["allOf", "anyOf", "oneOf", "prefixItems"]
    private static let mapKeywords: Set<String> = ["properties", "patternProperties", "$defs", "dependentSchemas"]

    private(set) var documents: [(name: String, tree: JSONTree)] = []
    private(set) var resources: [Resource] = []
    private var resourceByURI: [String: Int] = [:]
    private var resourceByRoot: [SchemaLocation: Int] = [:]

    init(_ main: JSONTree, at uri: String, others: [String: JSONTree]) throws(SchemaError) {
        try add(main, at: uri, name: "")
        for (uri, tree) in others.sorted(by: { $0.key < $1.key }) { try add(tree, at: uri, name: uri) }
        for index in resources.indices { try readDialect(of: index) }
    }

    private mutating func add(_ tree: JSONTree, at uri: String, name: String) throws(SchemaError) {
        let root = SchemaLocation(document: documents.count, pointer: JSONPointer())
        documents.append((name, tree))
        let base = URIReference(uri).withoutFragment
        let index = addResource(at: root, uri: base)
        try scan(tree, at: root, in: index)
    }

    private mutating func addResource(at location: SchemaLocation, uri: URIReference) -> Int {
        let index = resources.count
        resources.append(Resource(root: location, uri: uri))
        // The first one keeps an address that two claim; the main schema comes first.
        if resourceByURI[uri.text] == nil { resourceByURI[uri.text] = index }
        resourceByRoot[location] = index
        return index
    }

    /// Finds `$id` and anchors wherever a schema may stand.
    private mutating func scan(
        _ tree: JSONTree, at location: SchemaLocation, in resource: Int
    ) throws(SchemaError) {
        guard case .object(let members) = tree else { return }
        var resource = resource
        if let id = tree["$id"] {
            guard case .string(let text) = id, URIReference(text).fragment?.isEmpty ?? true else {
                throw error(at: location.appending("$id"), "'$id' must be a URI reference without a fragment")
            }
            let uri = URIReference(text).withoutFragment.resolved(against: resources[resource].uri)
            if resources[resource].root == location {
                // A document that names itself is known by both addresses.
                resources[resource].uri = uri
                if resourceByURI[uri.text] == nil { resourceByURI[uri.text] = resource }
            } else {
                resource = addResource(at: location, uri: uri)
            }
        }
        for keyword in ["$anchor", "$dynamicAnchor"] {
            guard let anchor = tree[keyword] else { continue }
            guard case .string(let name) = anchor, Self.isAnchor(name) else {
                throw error(
                    at: location.appending(keyword), "'\(keyword)' must be a name of letters, digits, '-', '_', '.'")
            }
            resources[resource].anchors[name] = location
            if keyword == "$dynamicAnchor" { resources[resource].dynamicAnchors[name] = location }
        }
        for member in members {
            let place = location.appending(member.name)
            if Self.singleKeywords.contains(member.name) {
                try scan(member.value, at: place, in: resource)
            } else if Self.listKeywords.contains(member.name), case .array(let elements) = member.value {
                for (position, element) in elements.enumerated() {
                    try scan(element, at: place.appending(String(position)), in: resource)
                }
            } else if Self.mapKeywords.contains(member.name), case .object(let schemas) = member.value {
                for schema in schemas { try scan(schema.value, at: place.appending(schema.name), in: resource) }
            }
        }
    }

    private static func isAnchor(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, first.isASCII, first.properties.isAlphabetic || first == "_" else {
            return false
        }
        return name.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_.".unicodeScalars.contains($0))
        }
    }

    /// Reads which vocabularies the resource's `$schema` has.
    private mutating func readDialect(of index: Int) throws(SchemaError) {
        let location = resources[index].root
        guard let tree = tree(at: location), let schema = tree["$schema"] else { return }
        let place = location.appending("$schema")
        guard case .string(let text) = schema else { throw error(at: place, "'$schema' must be a URI") }
        let uri = URIReference(text).withoutFragment.text
        guard uri != Self.dialect else { return }
        guard let dialect = resourceByURI[uri], let metaschema = self.tree(at: resources[dialect].root) else {
            throw error(at: place, "the dialect '\(text)' is not known; write '\(Self.dialect)'")
        }
        guard case .object(let vocabularies) = metaschema["$vocabulary"] else { return }
        resources[index].assertsValidation = false
        for vocabulary in vocabularies {
            let name =
                vocabulary.name.hasPrefix(Self.vocabularyPrefix)
                ? String(vocabulary.name.dropFirst(Self.vocabularyPrefix.count)) : ""
            guard Self.vocabularies.contains(name) || vocabulary.value == .bool(false) else {
                throw error(at: place, "the dialect requires the unknown vocabulary '\(vocabulary.name)'")
            }
            if name == "validation" { resources[index].assertsValidation = true }
            if name == "format-assertion" { resources[index].assertsFormat = true }
        }
    }

    func error(at location: SchemaLocation, _ sentence: String) -> SchemaError {
        SchemaError(document: documents[location.document].name, pointer: location.pointer, sentence: sentence)
    }

    func tree(at location: SchemaLocation) -> JSONTree? {
        documents[location.document].tree.value(at: location.pointer)
    }

    /// The resource in which a location stands.
    func resource(of location: SchemaLocation) -> Int {
        var tokens = location.pointer.tokens
        while true {
            let root = SchemaLocation(document: location.document, pointer: JSONPointer(tokens))
            if let resource = resourceByRoot[root] { return resource }
            guard !tokens.isEmpty else { return 0 }
            tokens.removeLast()
        }
    }

    /// What `reference`, which stands at `location`, refers to.
    func resolve(_ reference: String, at location: SchemaLocation) throws(SchemaError) -> SchemaLocation {
        let base = resources[resource(of: location)].uri
        let uri = URIReference(reference).resolved(against: base)
        guard let index = resourceByURI[uri.withoutFragment.text] else {
            throw error(
                at: location,
                "there is no schema '\(uri.withoutFragment.text)' among those given; correct '\(reference)' or add it")
        }
        let resource = resources[index]
        guard let fragment = uri.decodedFragment else {
            throw error(at: location, "the fragment of '\(reference)' is not valid percent-encoded UTF-8")
        }
        if let pointer = JSONPointer(text: fragment) {
            let target = SchemaLocation(
                document: resource.root.document,
                pointer: JSONPointer(resource.root.pointer.tokens + pointer.tokens))
            guard tree(at: target) != nil else {
                throw error(at: location, "'\(reference)' points to nothing; correct the pointer or add the schema")
            }
            return target
        }
        guard let target = resource.anchors[fragment] else {
            throw error(at: location, "there is no anchor '\(fragment)' in '\(uri.withoutFragment.text)'")
        }
        return target
    }
}
