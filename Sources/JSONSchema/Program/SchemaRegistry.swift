import JSONDocument

/// The documents of a compilation, their resources (parts with an `$id`) and anchors.
///
/// A document is looked into when the first reference leads to it, so what is wrong in one that is not needed is no
/// error.
struct SchemaRegistry {
    /// A schema with an address of its own, and what its references can name.
    struct Resource {
        let root: SchemaLocation
        let dialect: Dialect
        var uri: URIReference
        var anchors: [String: SchemaLocation] = [:]
        var dynamicAnchors: [String: SchemaLocation] = [:]
    }

    /// The name of the dynamic anchor that `$recursiveAnchor` sets; no written anchor is empty.
    static let recursiveAnchor = ""

    private(set) var documents: [(name: String, tree: JSONTree)] = []
    var resources: [Resource] = []
    /// The draft of schemas that name none.
    private let draft: SchemaDraft
    private var resourceByURI: [String: Int] = [:]
    private var resourceByRoot: [SchemaLocation: Int] = [:]
    /// Documents to which nothing has referred yet, by address, and by `$id` where that is another.
    private var waiting: [String: (uri: String, tree: JSONTree)] = [:]

    init(
        _ main: JSONTree, at uri: String, others: [String: JSONTree], draft: SchemaDraft
    ) throws(SchemaError) {
        self.draft = draft
        for (uri, tree) in others.sorted(by: { $0.key < $1.key }) {
            let address = URIReference(uri).withoutFragment
            waiting[address.text] = (uri, tree)
            guard case .string(let id) = tree["$id"] else { continue }
            let ownAddress = URIReference(id).withoutFragment.resolved(against: address).text
            if waiting[ownAddress] == nil { waiting[ownAddress] = (uri, tree) }
        }
        try add(main, at: uri, name: "")
    }

    // MARK: Documents

    private mutating func add(_ tree: JSONTree, at uri: String, name: String) throws(SchemaError) {
        let root = SchemaLocation(document: documents.count, pointer: JSONPointer())
        documents.append((name, tree))
        let dialect = try dialect(of: tree, at: root) ?? Dialect(draft: draft)
        let index = addResource(at: root, uri: URIReference(uri).withoutFragment, dialect: dialect)
        try scan(tree, at: root, in: index)
    }

    mutating func addResource(at location: SchemaLocation, uri: URIReference, dialect: Dialect) -> Int {
        let index = resources.count
        resources.append(Resource(root: location, dialect: dialect, uri: uri))
        register(index, at: uri)
        resourceByRoot[location] = index
        return index
    }

    /// Makes a resource known by an address; the first one keeps an address that two claim.
    mutating func register(_ resource: Int, at uri: URIReference) {
        if resourceByURI[uri.text] == nil { resourceByURI[uri.text] = resource }
    }

    /// The dialect that the `$schema` of a resource names; nil without one.
    func dialect(of tree: JSONTree, at location: SchemaLocation) throws(SchemaError) -> Dialect? {
        guard let schema = tree["$schema"] else { return nil }
        let place = location.appending("$schema")
        guard case .string(let text) = schema else { throw error(at: place, "'$schema' must be a URI") }
        var uri = URIReference(text).withoutFragment.text
        var metaschema: JSONTree?
        var seen: Set<String> = []
        // A dialect of one's own is one of the draft that its meta-schema is written in.
        while seen.insert(uri).inserted {
            if let draft = SchemaDraft.allCases.first(where: { $0.uri == uri }) {
                guard let metaschema else { return Dialect(draft: draft) }
                do throws(Dialect.UnknownVocabulary) {
                    return try Dialect(draft: draft, metaschema: metaschema)
                } catch {
                    throw self.error(at: place, "the dialect requires the unknown vocabulary '\(error.uri)'")
                }
            }
            guard let tree = document(at: uri) else { break }
            metaschema = metaschema ?? tree
            guard case .string(let next) = tree["$schema"] else { break }
            uri = URIReference(next).withoutFragment.text
        }
        let known = SchemaDraft.allCases.reversed().map { "'\($0.uri)'" }.joined(separator: " or ")
        throw error(at: place, "the dialect '\(text)' is not known; write \(known)")
    }

    /// The schema at an address, as it stands there.
    private func document(at uri: String) -> JSONTree? {
        if let resource = resourceByURI[uri] { return tree(at: resources[resource].root) }
        return waiting[uri]?.tree ?? Metaschemas.tree(uri)
    }

    /// The resource at an address; documents that wait are brought in.
    private mutating func resource(at uri: String) throws(SchemaError) -> Int? {
        if let known = resourceByURI[uri] { return known }
        if let document = waiting[uri] {
            let root = documents.count
            take(document.uri)
            try add(document.tree, at: document.uri, name: document.uri)
            return resourceByURI[uri] ?? resourceByRoot[SchemaLocation(document: root, pointer: JSONPointer())]
        }
        if let tree = Metaschemas.tree(uri) {
            try add(tree, at: uri, name: uri)
            return resourceByURI[uri]
        }
        // It may be a part of a document that goes by another address.
        for document in waiting.values.sorted(by: { $0.uri < $1.uri }) where waiting[document.uri] != nil {
            var candidate = self
            candidate.take(document.uri)
            // One that cannot be read has no part that could be meant.
            guard (try? candidate.add(document.tree, at: document.uri, name: document.uri)) != nil else { continue }
            guard let found = candidate.resourceByURI[uri] else { continue }
            self = candidate
            return found
        }
        return nil
    }

    /// Takes a document off those that wait.
    private mutating func take(_ uri: String) {
        waiting = waiting.filter { $0.value.uri != uri }
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

    // MARK: References

    /// What `reference`, which stands at `location`, refers to.
    mutating func resolve(_ reference: String, at location: SchemaLocation) throws(SchemaError) -> SchemaLocation {
        let base = resources[resource(of: location)].uri
        let uri = URIReference(reference).resolved(against: base)
        guard let index = try resource(at: uri.withoutFragment.text) else {
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
