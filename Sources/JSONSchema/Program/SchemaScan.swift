import JSONDocument

extension SchemaRegistry {
    /// Finds `$id` and anchors wherever a schema may stand.
    mutating func scan(_ tree: JSONTree, at location: SchemaLocation, in resource: Int) throws(SchemaError) {
        guard case .object(let members) = tree else { return }
        // In draft 7 a reference silences what stands beside it, also an `$id`.
        let isReference = resources[resource].dialect.draft == .draft7 && tree["$ref"] != nil
        var resource = resource
        if let id = tree["$id"], !isReference { resource = try enter(id, of: tree, at: location, from: resource) }
        let dialect = resources[resource].dialect
        if dialect.draft != .draft7 { try readAnchors(of: tree, at: location, in: resource) }
        for member in members {
            let place = location.appending(member.name)
            if dialect.schemaListKeywords.contains(member.name), case .array(let elements) = member.value {
                for (position, element) in elements.enumerated() {
                    try scan(element, at: place.appending(String(position)), in: resource)
                }
            } else if dialect.schemaKeywords.contains(member.name) {
                try scan(member.value, at: place, in: resource)
            } else if dialect.schemaMapKeywords.contains(member.name), case .object(let schemas) = member.value {
                for schema in schemas { try scan(schema.value, at: place.appending(schema.name), in: resource) }
            }
        }
    }

    /// The resource that a schema with an `$id` is, or begins.
    private mutating func enter(
        _ id: JSONTree, of tree: JSONTree, at location: SchemaLocation, from resource: Int
    ) throws(SchemaError) -> Int {
        guard case .string(let text) = id else {
            throw error(at: location.appending("$id"), "'$id' must be a URI reference without a fragment")
        }
        let reference = URIReference(text)
        let fragment = reference.fragment ?? ""
        let isDraft7 = resources[resource].dialect.draft == .draft7
        guard fragment.isEmpty || isDraft7 else {
            throw error(at: location.appending("$id"), "'$id' must be a URI reference without a fragment")
        }
        var resource = resource
        if !text.hasPrefix("#") {
            let uri = reference.withoutFragment.resolved(against: resources[resource].uri)
            if resources[resource].root == location {
                // A document that names itself is known by both addresses.
                resources[resource].uri = uri
                register(resource, at: uri)
            } else {
                let dialect = try dialect(of: tree, at: location) ?? resources[resource].dialect
                resource = addResource(at: location, uri: uri, dialect: dialect)
            }
        }
        // Draft 7 writes its anchors as an `$id` that is only a fragment.
        if !fragment.isEmpty { resources[resource].anchors[String(fragment)] = location }
        return resource
    }

    private mutating func readAnchors(
        of tree: JSONTree, at location: SchemaLocation, in resource: Int
    ) throws(SchemaError) {
        let draft = resources[resource].dialect.draft
        for keyword in draft == .draft202012 ? ["$anchor", "$dynamicAnchor"] : ["$anchor"] {
            guard let anchor = tree[keyword] else { continue }
            guard case .string(let name) = anchor, Self.isAnchor(name) else {
                throw error(
                    at: location.appending(keyword), "'\(keyword)' must be a name of letters, digits, '-', '_', '.'")
            }
            resources[resource].anchors[name] = location
            if keyword == "$dynamicAnchor" { resources[resource].dynamicAnchors[name] = location }
        }
        if draft == .draft201909, tree["$recursiveAnchor"] == .bool(true), resources[resource].root == location {
            resources[resource].dynamicAnchors[Self.recursiveAnchor] = location
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
}
