import JSONDocument

/// One rule of a schema; numbers are indices into the tables of ``SchemaProgram``.
enum SchemaCheck: Sendable {
    case never
    case types(ValueTypes)
    case minimum(number: Int, isExclusive: Bool)
    case maximum(number: Int, isExclusive: Bool)
    case multiple(Int)
    case minimumLength(Int)
    case maximumLength(Int)
    case pattern(Int)
    case format(StringFormat)
    case content(StringContent)
    case enumeration(Int)
    case required(Int)
    case minimumMembers(Int)
    case maximumMembers(Int)
    case members(Int)
    case names(node: Int)
    case dependentRequired(Int)
    case dependentSchemas(Int)
    case minimumElements(Int)
    case maximumElements(Int)
    case uniqueElements
    case elements(Int)
    case contains(Int)
    case all(Int)
    case any(Int)
    case one(Int)
    case not(node: Int)
    case condition(Int)
    case reference(node: Int)
    case dynamicReference(Int)
    case unevaluatedMembers(node: Int)
    case unevaluatedElements(node: Int)
}

/// A rule with its place in the schema.
struct SchemaStep: Sendable {
    let check: SchemaCheck
    let location: SchemaLocation
}

/// A compiled schema object or boolean: its rules are the steps of a range.
struct SchemaNode: Sendable {
    var steps: Range<Int> = 0..<0
    /// The schema resource (document or part with its own `$id`) in which it stands.
    var resource = 0
    /// Whether it must know which members or elements its other rules have evaluated.
    var needsEvaluated = false
}

/// A place in one of the documents of a compilation.
struct SchemaLocation: Hashable, Sendable {
    let document: Int
    let pointer: JSONPointer

    func appending(_ tokens: String...) -> SchemaLocation {
        SchemaLocation(document: document, pointer: JSONPointer(pointer.tokens + tokens))
    }
}

/// `properties`, `patternProperties` and `additionalProperties`, which decide together on each member.
struct MemberTable: Sendable {
    var names: NameTable
    /// The node of each name.
    var nodes: [Int]
    var patterns: [(pattern: Int, node: Int)]
    var additional: Int?
}

/// `prefixItems` and `items`.
struct ElementTable: Sendable {
    var prefix: [Int]
    var rest: Int?
}

/// `contains` with its bounds.
struct ContainsTable: Sendable {
    var node: Int
    var minimum: Int
    var maximum: Int
    /// Whether the elements found count as evaluated.
    var marksEvaluated = true
}

/// `if`, `then` and `else`.
struct ConditionTable: Sendable {
    var condition: Int
    var success: Int?
    var failure: Int?
}

/// Names that must be there, by themselves or because another one is.
struct RequiredTable: Sendable, Equatable {
    var trigger: String?
    var names: [String]
}

/// The values of `enum` or `const`; strings are also in a table.
struct EnumerationTable: Sendable {
    let values: [JSONTree]
    let strings: NameTable

    init(_ values: [JSONTree]) {
        self.values = values
        var seen: Set<String> = []
        var distinct: [String] = []
        for case .string(let string) in values where seen.insert(string).inserted { distinct.append(string) }
        strings = NameTable(distinct)
    }

    func contains(_ document: JSONDocument, at index: Int) -> Bool {
        if document.tag(at: index) == JSONKind.string.rawValue {
            return strings.index(of: index, in: document) != nil
        }
        for value in values where document.equals(value, at: index) { return true }
        return false
    }
}

/// A `$dynamicRef` to a `$dynamicAnchor`: the outermost resource on the way that has this anchor provides the node.
struct DynamicTable: Sendable {
    let anchor: String
    let fallback: Int
    var nodes: [Int: Int] = [:]
}

/// A schema as a flat program: nodes and their steps, with everything they refer to resolved.
///
/// A class so that validators share it without copying; it never changes.
final class SchemaProgram: Sendable {
    let nodes: [SchemaNode]
    let steps: [SchemaStep]
    let root: Int
    let tables: SchemaTables
    /// The addresses of the documents, for messages.
    let documentNames: [String]
    let usesDynamicScope: Bool

    init(nodes: [SchemaNode], steps: [SchemaStep], root: Int, tables: SchemaTables, documentNames: [String]) {
        self.nodes = nodes
        self.steps = steps
        self.root = root
        self.tables = tables
        self.documentNames = documentNames
        usesDynamicScope = !tables.dynamics.isEmpty
    }
}

/// What the steps of a program refer to.
struct SchemaTables: Sendable {
    var numbers: [JSONNumber] = []
    var multiples: [DecimalMultiple] = []
    var patterns: [Pattern] = []
    var enumerations: [EnumerationTable] = []
    var required: [[RequiredTable]] = []
    var members: [MemberTable] = []
    var dependents: [[(name: String, node: Int)]] = []
    var elements: [ElementTable] = []
    var contains: [ContainsTable] = []
    var nodeLists: [[Int]] = []
    var conditions: [ConditionTable] = []
    var dynamics: [DynamicTable] = []
}
