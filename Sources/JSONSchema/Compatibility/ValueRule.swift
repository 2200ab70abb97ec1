import JSONDocument

/// What a schema asks of one value: the steps of some nodes, and of those that they include, put together.
struct ValueRule {
    /// A limit of a number.
    struct Bound: Equatable {
        let number: JSONNumber
        let isExclusive: Bool
    }

    let program: SchemaProgram
    /// The value must be valid by each of these nodes.
    let nodes: [Int]
    /// Where numbers are allowed, so are integers, and both bits are set.
    private(set) var types: ValueTypes = .all
    private(set) var enumerations: [EnumerationTable] = []
    private(set) var lower: Bound?
    private(set) var upper: Bound?
    private(set) var multiples: [DecimalMultiple] = []
    private(set) var minimumLength = 0
    private(set) var maximumLength = Int.max
    private(set) var patterns: [String] = []
    private(set) var formats: [StringFormat] = []
    private(set) var required: Set<String> = []
    /// For a name those that must be there when it is.
    private(set) var dependents: [String: Set<String>] = [:]
    private(set) var minimumMembers = 0
    private(set) var maximumMembers = Int.max
    private(set) var memberTables: [MemberTable] = []
    private(set) var minimumElements = 0
    private(set) var maximumElements = Int.max
    private(set) var isUnique = false
    private(set) var elementTables: [ElementTable] = []
    /// Steps of which only their like can be told.
    private(set) var others: [Int] = []
    /// Whether rules depend on what others have evaluated, or on how a value was reached, so that they cannot be told
    /// apart.
    private(set) var isEntangled = false

    init(_ program: SchemaProgram, nodes: [Int]) {
        self.program = program
        self.nodes = nodes
        isEntangled = program.usesDynamicScope
        var pending = nodes
        var seen: Set<Int> = []
        while let node = pending.popLast() {
            guard seen.insert(node).inserted else { continue }
            if program.nodes[node].needsEvaluated { isEntangled = true }
            for step in program.nodes[node].steps {
                switch program.steps[step].check {
                case .reference(let target): pending.append(target)
                case .all(let list): pending.append(contentsOf: program.tables.nodeLists[list])
                case let check: add(check, step)
                }
            }
        }
        for enumeration in enumerations { types.formIntersection(Self.types(of: enumeration)) }
        if !types.contains(.number) { roundBounds() }
    }

    /// Whether no value is allowed.
    var isNever: Bool { types.isEmpty }

    /// Whether this is a record: an object whose members can be gone through one by one.
    var isRecord: Bool {
        types == .object && enumerations.isEmpty && !isEntangled && memberTables.allSatisfy(\.patterns.isEmpty)
    }

    /// The names that the schema describes, in its order.
    var names: [String] {
        var names: [String] = []
        for table in memberTables {
            for name in table.names.allNames where !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// The rule for the member called `name`; nil for any that has no name here.
    ///
    /// Patterns are left out, and with them what is asked of members that no pattern takes.
    func member(_ name: String?) -> ValueRule {
        ValueRule(
            program,
            nodes: memberTables.compactMap { table in
                guard let position = name.flatMap({ table.names.allNames.firstIndex(of: $0) }) else {
                    return table.patterns.isEmpty ? table.additional : nil
                }
                return table.nodes[position]
            })
    }

    /// The rule for the element at `position`, which may be one behind those that have a rule of their own.
    func element(_ position: Int) -> ValueRule {
        ValueRule(
            program,
            nodes: elementTables.compactMap { position < $0.prefix.count ? $0.prefix[position] : $0.rest })
    }

    /// The values that are allowed when they can be listed.
    var finiteValues: [JSONTree]? {
        if let values = enumerations.min(by: { $0.values.count < $1.values.count })?.values { return values }
        guard types.isSubset(of: [.null, .boolean]) else { return nil }
        return (types.contains(.null) ? [.null] : []) + (types.contains(.boolean) ? [.bool(false), .bool(true)] : [])
    }

    /// Whether a value is valid; nil for one that is more than a parser takes, or takes too much work.
    func accepts(_ value: JSONTree) -> Bool? {
        var parser = JSONParser()
        // What is too large or too deep for the parser is said by nil.
        guard let document = try? parser.parse(value.text) else { return nil }
        var state = EvaluationState()
        for node in nodes {
            state.reset(for: document.root, of: document)
            guard program.isValid(node, at: document.root, of: document, &state) else {
                return state.budget.isExceeded(by: document) ? nil : false
            }
        }
        return true
    }

    private mutating func add(_ check: SchemaCheck, _ step: Int) {
        let tables = program.tables
        switch check {
        case .never: types = []
        case .types(let allowed): types.formIntersection(Self.expanded(allowed))
        case .enumeration(let table): enumerations.append(tables.enumerations[table])
        case .minimum(let number, let isExclusive):
            raise(Bound(number: tables.numbers[number], isExclusive: isExclusive))
        case .maximum(let number, let isExclusive):
            lower(Bound(number: tables.numbers[number], isExclusive: isExclusive))
        case .multiple(let index): multiples.append(tables.multiples[index])
        case .minimumLength(let count): minimumLength = max(minimumLength, count)
        case .maximumLength(let count): maximumLength = min(maximumLength, count)
        case .pattern(let index): patterns.append(tables.patterns[index].text)
        case .format(let format): formats.append(format)
        case .required(let table), .dependentRequired(let table):
            for rule in tables.required[table] {
                if let trigger = rule.trigger {
                    dependents[trigger, default: []].formUnion(rule.names)
                } else {
                    required.formUnion(rule.names)
                }
            }
        case .minimumMembers(let count): minimumMembers = max(minimumMembers, count)
        case .maximumMembers(let count): maximumMembers = min(maximumMembers, count)
        case .members(let table): memberTables.append(tables.members[table])
        case .minimumElements(let count): minimumElements = max(minimumElements, count)
        case .maximumElements(let count): maximumElements = min(maximumElements, count)
        case .uniqueElements: isUnique = true
        case .elements(let table): elementTables.append(tables.elements[table])
        case .dynamicReference: isEntangled = true
        case .reference, .all, .any, .one, .not, .condition, .names, .dependentSchemas, .contains, .content,
            .unevaluatedMembers, .unevaluatedElements:
            others.append(step)
        }
    }

    private mutating func raise(_ bound: Bound) {
        guard let known = lower else { return lower = bound }
        if bound.number > known.number || (bound.number == known.number && bound.isExclusive) { lower = bound }
    }

    private mutating func lower(_ bound: Bound) {
        guard let known = upper else { return upper = bound }
        if bound.number < known.number || (bound.number == known.number && bound.isExclusive) { upper = bound }
    }

    /// Bounds of integers that are excluded become the next ones that are allowed.
    private mutating func roundBounds() {
        if let bound = lower, bound.isExclusive, case .integer(let value) = bound.number, value < .max {
            lower = Bound(number: .integer(value + 1), isExclusive: false)
        }
        if let bound = upper, bound.isExclusive, case .integer(let value) = bound.number, value > .min {
            upper = Bound(number: .integer(value - 1), isExclusive: false)
        }
    }

    private static func expanded(_ types: ValueTypes) -> ValueTypes {
        types.contains(.number) ? types.union(.integer) : types
    }

    private static func types(of enumeration: EnumerationTable) -> ValueTypes {
        var types: ValueTypes = []
        for value in enumeration.values {
            switch value {
            case .null: types.insert(.null)
            case .bool: types.insert(.boolean)
            case .integer, .unsigned: types.insert(.integer)
            case .double(let number): types.formUnion(number.isWhole ? .integer : [.number, .integer])
            case .string: types.insert(.string)
            case .array: types.insert(.array)
            case .object: types.insert(.object)
            }
        }
        return types
    }
}
