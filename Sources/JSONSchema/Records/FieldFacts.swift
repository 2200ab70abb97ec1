public import JSONDocument

/// What a schema says about one member, for those who choose a column type for it or write documentation.
public struct FieldFacts: Sendable {
    /// Where the member stands.
    public let pointer: JSONPointer
    /// Its types without `null`; all when the schema names none.
    public var types: ValueTypes = .all
    /// Whether `null` is allowed too.
    public var isNullable = true
    /// Whether every object on the way requires it.
    public let isRequired: Bool
    /// The least value, if the schema sets one.
    public var minimum: JSONNumber?
    /// Whether the value must be above ``minimum``.
    public var isMinimumExclusive = false
    /// The greatest value, if the schema sets one.
    public var maximum: JSONNumber?
    /// Whether the value must be below ``maximum``.
    public var isMaximumExclusive = false
    /// What the value is a multiple of: `0.1` means one decimal place.
    public var multipleOf: DecimalMultiple?
    /// The allowed values when they are listed.
    public var enumeration: [JSONTree]?
    /// The name of its format, such as `date-time`.
    public var format: String?
    /// The least number of characters.
    public var minimumLength: Int?
    /// The greatest number of characters.
    public var maximumLength: Int?
    /// How a string holds bytes, such as `base64`.
    public var contentEncoding: String?
    /// What the content of a string is, such as `application/json`.
    public var contentMediaType: String?
    /// Its title.
    public var title: String?
    /// Its description.
    public var description: String?
    /// The schema of the member as it stands, for other annotations such as a unit.
    public let source: JSONTree

    /// The allowed strings when values are listed and all but `null` are strings; else nil.
    public var enumeratedStrings: [String]? {
        guard let enumeration else { return nil }
        var strings: [String] = []
        for value in enumeration where value != .null {
            guard case .string(let string) = value else { return nil }
            strings.append(string)
        }
        return strings
    }

    init(pointer: JSONPointer, isRequired: Bool, source: JSONTree) {
        self.pointer = pointer
        self.isRequired = isRequired
        self.source = source
    }
}

/// Reads the facts off the schema documents, following `$ref` and `allOf`.
struct FieldFactsReader {
    /// Deeper members become no columns.
    private static let maximumDepth = 8
    /// Nor does anybody read more columns than this.
    private static let maximumCount = 4096

    private var registry: SchemaRegistry
    private(set) var facts: [FieldFacts] = []
    private var pointers: Set<JSONPointer> = []

    init(_ registry: SchemaRegistry) {
        self.registry = registry
        readMembers(
            of: SchemaLocation(document: 0, pointer: JSONPointer()), at: JSONPointer(), isRequired: true, inside: [])
    }

    /// Reads the members of the object that `location` describes; a schema that stands in itself is read once.
    private mutating func readMembers(
        of location: SchemaLocation, at pointer: JSONPointer, isRequired: Bool, inside outer: Set<SchemaLocation>
    ) {
        let parts = parts(of: location)
        guard pointer.tokens.count < Self.maximumDepth, outer.isDisjoint(with: parts) else { return }
        let outer = outer.union(parts)
        var required: Set<String> = []
        for part in parts {
            guard case .array(let names) = registry.tree(at: part)?["required"] else { continue }
            for case .string(let name) in names { required.insert(name) }
        }
        for part in parts {
            guard case .object(let properties) = registry.tree(at: part)?["properties"] else { continue }
            for property in properties {
                let place = pointer.appending(property.name)
                guard facts.count < Self.maximumCount, pointers.insert(place).inserted else { continue }
                let isRequired = isRequired && required.contains(property.name)
                let child = part.appending("properties", property.name)
                var field = FieldFacts(pointer: place, isRequired: isRequired, source: property.value)
                for source in self.parts(of: child) {
                    if let tree = registry.tree(at: source) { field.read(tree) }
                }
                facts.append(field)
                if field.types.contains(.object) {
                    readMembers(of: child, at: place, isRequired: isRequired, inside: outer)
                }
            }
        }
    }

    /// The schema at a location with those that it includes by `$ref` and `allOf`.
    private mutating func parts(of location: SchemaLocation) -> [SchemaLocation] {
        var found: [SchemaLocation] = []
        var pending = [location]
        while let next = pending.popLast() {
            guard !found.contains(next), let tree = registry.tree(at: next) else { continue }
            found.append(next)
            // A reference that leads nowhere has been refused before.
            if case .string(let text) = tree["$ref"], let target = try? registry.resolve(text, at: next) {
                pending.append(target)
            }
            if case .array(let schemas) = tree["allOf"] {
                for position in schemas.indices { pending.append(next.appending("allOf", String(position))) }
            }
        }
        return found
    }
}

extension FieldFacts {
    /// Narrows the facts by one more schema for the same member.
    fileprivate mutating func read(_ tree: JSONTree) {
        readTypes(tree)
        readBounds(tree)
        if case .string(let text) = tree["format"] { format = format ?? text }
        if case .string(let text) = tree["title"] { title = title ?? text }
        if case .string(let text) = tree["description"] { description = description ?? text }
        if case .string(let text) = tree["contentEncoding"] { contentEncoding = contentEncoding ?? text }
        if case .string(let text) = tree["contentMediaType"] { contentMediaType = contentMediaType ?? text }
        if case .integer(let count) = tree["minLength"] { minimumLength = max(minimumLength ?? 0, Int(count)) }
        if case .integer(let count) = tree["maxLength"] { maximumLength = min(maximumLength ?? .max, Int(count)) }
    }

    private mutating func readTypes(_ tree: JSONTree) {
        if let value = tree["type"] {
            let names: [JSONTree] = if case .array(let list) = value { list } else { [value] }
            var found: ValueTypes = []
            for case .string(let name) in names { found.formUnion(ValueTypes(name: name) ?? []) }
            if found.contains(.number), !types.contains(.number) { found.insert(.integer) }
            if types.contains(.number), found.contains(.integer), !found.contains(.number) { types.insert(.integer) }
            isNullable = isNullable && found.contains(.null)
            types = types.intersection(found.subtracting(.null))
        }
        var values: [JSONTree]?
        if case .array(let list) = tree["enum"] { values = list }
        if let value = tree["const"] { values = [value] }
        guard let values else { return }
        enumeration = enumeration?.filter { values.contains($0) } ?? values
        isNullable = isNullable && values.contains(.null)
        if enumeratedStrings != nil { types.formIntersection(.string) }
    }

    private mutating func readBounds(_ tree: JSONTree) {
        for (keyword, isExclusive) in [("minimum", false), ("exclusiveMinimum", true)] {
            guard let number = tree[keyword].flatMap({ JSONNumber($0) }), number >= minimum ?? number else { continue }
            minimum = number
            isMinimumExclusive = isExclusive
        }
        for (keyword, isExclusive) in [("maximum", false), ("exclusiveMaximum", true)] {
            guard let number = tree[keyword].flatMap({ JSONNumber($0) }), number <= maximum ?? number else { continue }
            maximum = number
            isMaximumExclusive = isExclusive
        }
        if let number = tree["multipleOf"].flatMap({ JSONNumber($0) }) { multipleOf = DecimalMultiple(number) }
    }
}
