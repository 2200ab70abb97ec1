import JSONDocument

/// Whether parts of two programs are the same, step by step, so that they surely accept the same.
struct ProgramEquivalence {
    private struct Pair: Hashable {
        let old: Int
        let new: Int
    }

    private let old: SchemaProgram
    private let new: SchemaProgram
    /// Pairs that are taken for the same while they are compared, for schemas that stand in themselves.
    private var assumed: Set<Pair> = []

    init(_ old: SchemaProgram, _ new: SchemaProgram) {
        self.old = old
        self.new = new
    }

    static func areSame(_ old: ValueRule, _ new: ValueRule) -> Bool {
        guard old.nodes.count == new.nodes.count else { return false }
        var equivalence = ProgramEquivalence(old.program, new.program)
        return zip(old.nodes, new.nodes).allSatisfy { equivalence.isSameNode($0, $1) }
    }

    static func isSameStep(_ old: Int, of program: SchemaProgram, _ new: Int, of other: SchemaProgram) -> Bool {
        var equivalence = ProgramEquivalence(program, other)
        return equivalence.isSameStep(old, new)
    }

    private mutating func isSameNode(_ left: Int, _ right: Int) -> Bool {
        guard assumed.insert(Pair(old: left, new: right)).inserted else { return true }
        let (leftSteps, rightSteps) = (old.nodes[left].steps, new.nodes[right].steps)
        return leftSteps.count == rightSteps.count
            && zip(leftSteps, rightSteps).allSatisfy { isSameStep($0, $1) }
    }

    private mutating func isSameNode(_ left: Int?, _ right: Int?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return isSameNode(left, right)
    }

    private mutating func areSameNodes(_ left: [Int], _ right: [Int]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { isSameNode($0, $1) }
    }

    private mutating func isSameStep(_ left: Int, _ right: Int) -> Bool {
        switch (old.steps[left].check, new.steps[right].check) {
        case (.never, .never), (.uniqueElements, .uniqueElements): true
        case (.types(let left), .types(let right)): left == right
        case (.minimum(let left, let isExclusive), .minimum(let right, let isOtherExclusive)),
            (.maximum(let left, let isExclusive), .maximum(let right, let isOtherExclusive)):
            old.tables.numbers[left] == new.tables.numbers[right] && isExclusive == isOtherExclusive
        case (.multiple(let left), .multiple(let right)): old.tables.multiples[left] == new.tables.multiples[right]
        case (.minimumLength(let left), .minimumLength(let right)),
            (.maximumLength(let left), .maximumLength(let right)),
            (.minimumMembers(let left), .minimumMembers(let right)),
            (.maximumMembers(let left), .maximumMembers(let right)),
            (.minimumElements(let left), .minimumElements(let right)),
            (.maximumElements(let left), .maximumElements(let right)):
            left == right
        case (.pattern(let left), .pattern(let right)):
            old.tables.patterns[left].text == new.tables.patterns[right].text
        case (.format(let left), .format(let right)): left == right
        case (.content(let left), .content(let right)): left == right
        case (.enumeration(let left), .enumeration(let right)):
            old.tables.enumerations[left].values == new.tables.enumerations[right].values
        case (.required(let left), .required(let right)), (.dependentRequired(let left), .dependentRequired(let right)):
            old.tables.required[left] == new.tables.required[right]
        default: isSameApplication(left, right)
        }
    }

    /// Steps that apply other schemas.
    ///
    /// Dynamic references are never the same: it depends on how a value was reached.
    private mutating func isSameApplication(_ left: Int, _ right: Int) -> Bool {
        switch (old.steps[left].check, new.steps[right].check) {
        case (.names(let left), .names(let right)), (.not(let left), .not(let right)),
            (.reference(let left), .reference(let right)),
            (.unevaluatedMembers(let left), .unevaluatedMembers(let right)),
            (.unevaluatedElements(let left), .unevaluatedElements(let right)):
            return isSameNode(left, right)
        case (.all(let left), .all(let right)), (.any(let left), .any(let right)), (.one(let left), .one(let right)):
            return areSameNodes(old.tables.nodeLists[left], new.tables.nodeLists[right])
        case (.members(let left), .members(let right)):
            let (left, right) = (old.tables.members[left], new.tables.members[right])
            let patterns = left.patterns.map { old.tables.patterns[$0.pattern].text }
            return left.names.allNames == right.names.allNames && areSameNodes(left.nodes, right.nodes)
                && patterns == right.patterns.map { new.tables.patterns[$0.pattern].text }
                && areSameNodes(left.patterns.map(\.node), right.patterns.map(\.node))
                && isSameNode(left.additional, right.additional)
        case (.dependentSchemas(let left), .dependentSchemas(let right)):
            let (left, right) = (old.tables.dependents[left], new.tables.dependents[right])
            return left.map(\.name) == right.map(\.name) && areSameNodes(left.map(\.node), right.map(\.node))
        case (.elements(let left), .elements(let right)):
            let (left, right) = (old.tables.elements[left], new.tables.elements[right])
            return areSameNodes(left.prefix, right.prefix) && isSameNode(left.rest, right.rest)
        case (.contains(let left), .contains(let right)):
            let (left, right) = (old.tables.contains[left], new.tables.contains[right])
            return left.minimum == right.minimum && left.maximum == right.maximum
                && left.marksEvaluated == right.marksEvaluated && isSameNode(left.node, right.node)
        case (.condition(let left), .condition(let right)):
            let (left, right) = (old.tables.conditions[left], new.tables.conditions[right])
            return isSameNode(left.condition, right.condition) && isSameNode(left.success, right.success)
                && isSameNode(left.failure, right.failure)
        default: return false
        }
    }
}
