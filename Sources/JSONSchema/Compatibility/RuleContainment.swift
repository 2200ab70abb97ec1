import JSONDocument

/// Whether every value that one rule accepts is accepted by another one.
///
/// What it says is sound, not complete: an obstacle may be one that no value meets, but without obstacles the answer
/// is yes.
struct RuleContainment {
    /// A keyword for which it cannot be shown.
    struct Obstacle: Hashable {
        let keyword: String
        /// Whether the answer is no, as far as this keyword goes; else it is not known.
        let isDecided: Bool
    }

    /// Deeper values are not compared.
    private static let maximumDepth = 8

    /// Why `inner` may accept a value that `outer` does not; empty when that cannot be.
    static func obstacles(_ inner: ValueRule, in outer: ValueRule, depth: Int = 0) -> Set<Obstacle> {
        if inner.isNever || ProgramEquivalence.areSame(inner, outer) { return [] }
        if let values = inner.finiteValues {
            let lost = values.filter { inner.accepts($0) != false && outer.accepts($0) != true }
            let keyword = inner.enumerations.isEmpty && outer.enumerations.isEmpty ? "type" : "enum"
            return lost.isEmpty ? [] : [Obstacle(keyword: keyword, isDecided: true)]
        }
        if inner.isEntangled || outer.isEntangled { return [Obstacle(keyword: "", isDecided: false)] }
        var obstacles: Set<Obstacle> = []
        func require(_ keyword: String, isDecided: Bool = true, _ isImplied: Bool) {
            if !isImplied { obstacles.insert(Obstacle(keyword: keyword, isDecided: isDecided)) }
        }
        require("type", inner.types.isSubset(of: outer.types))
        require("enum", outer.enumerations.isEmpty)
        let types = inner.types.intersection(outer.types)
        if !types.isDisjoint(with: [.integer, .number]) { compareNumbers(inner, outer, require) }
        if types.contains(.string) { compareStrings(inner, outer, require) }
        if types.contains(.object) {
            compareMembers(inner, outer, require)
            obstacles.formUnion(memberObstacles(inner, outer, depth))
        }
        if types.contains(.array) {
            compareElements(inner, outer, require)
            obstacles.formUnion(elementObstacles(inner, outer, depth))
        }
        return obstacles.union(otherObstacles(inner, outer))
    }

    /// Steps of `outer` that `inner` does not have in the same way.
    static func otherObstacles(_ inner: ValueRule, _ outer: ValueRule) -> Set<Obstacle> {
        var obstacles: Set<Obstacle> = []
        for step in outer.others {
            let hasLike = inner.others.contains {
                ProgramEquivalence.isSameStep($0, of: inner.program, step, of: outer.program)
            }
            guard !hasLike else { continue }
            let keyword = outer.program.steps[step].location.pointer.tokens.last ?? ""
            obstacles.insert(Obstacle(keyword: keyword, isDecided: false))
        }
        return obstacles
    }

    // MARK: Scalars

    private static func compareNumbers(
        _ inner: ValueRule, _ outer: ValueRule, _ require: (String, Bool, Bool) -> Void
    ) {
        if let limit = outer.lower {
            let bound = inner.lower
            require(
                "minimum", true,
                bound.map {
                    $0.number > limit.number
                        || ($0.number == limit.number && ($0.isExclusive || !limit.isExclusive))
                } ?? false)
        }
        if let limit = outer.upper {
            let bound = inner.upper
            require(
                "maximum", true,
                bound.map {
                    $0.number < limit.number
                        || ($0.number == limit.number && ($0.isExclusive || !limit.isExclusive))
                } ?? false)
        }
        for multiple in outer.multiples {
            let isWhole = !inner.types.contains(.number) && multiple.divides(1 as Int64)
            let isImplied = isWhole || inner.multiples.contains { $0.isMultiple(of: multiple) }
            require("multipleOf", true, isImplied)
        }
    }

    private static func compareStrings(
        _ inner: ValueRule, _ outer: ValueRule, _ require: (String, Bool, Bool) -> Void
    ) {
        require("minLength", true, inner.minimumLength >= outer.minimumLength)
        require("maxLength", true, inner.maximumLength <= outer.maximumLength)
        // Whether one pattern implies another is not looked into.
        require("pattern", inner.patterns.isEmpty, outer.patterns.allSatisfy(inner.patterns.contains))
        require("format", inner.formats.isEmpty, outer.formats.allSatisfy(inner.formats.contains))
    }

    // MARK: Objects

    /// What holds for the members together.
    static func compareMembers(_ inner: ValueRule, _ outer: ValueRule, _ require: (String, Bool, Bool) -> Void) {
        require("required", true, outer.required.isSubset(of: inner.required))
        for (trigger, names) in outer.dependents {
            require("dependentRequired", true, dependents(of: trigger, names, areIn: inner))
        }
        require("minProperties", true, max(inner.minimumMembers, inner.required.count) >= outer.minimumMembers)
        require("maxProperties", true, min(inner.maximumMembers, mostMembers(inner)) <= outer.maximumMembers)
    }

    /// Whether a record that has `trigger` has all of `names` too.
    static func dependents(of trigger: String, _ names: Set<String>, areIn rule: ValueRule) -> Bool {
        rule.required.union(rule.dependents[trigger] ?? []).isSuperset(of: names) || rule.member(trigger).isNever
    }

    private static func mostMembers(_ rule: ValueRule) -> Int {
        rule.member(nil).isNever ? rule.names.count : .max
    }

    private static func memberObstacles(_ inner: ValueRule, _ outer: ValueRule, _ depth: Int) -> Set<Obstacle> {
        guard depth < maximumDepth, outer.memberTables.allSatisfy(\.patterns.isEmpty) else {
            return [Obstacle(keyword: "patternProperties", isDecided: false)]
        }
        for name in outer.names + inner.names
        where !obstacles(inner.member(name), in: outer.member(name), depth: depth + 1).isEmpty {
            return [Obstacle(keyword: "properties", isDecided: false)]
        }
        let rest = obstacles(inner.member(nil), in: outer.member(nil), depth: depth + 1)
        return rest.isEmpty ? [] : [Obstacle(keyword: "additionalProperties", isDecided: false)]
    }

    // MARK: Arrays

    private static func compareElements(
        _ inner: ValueRule, _ outer: ValueRule, _ require: (String, Bool, Bool) -> Void
    ) {
        require("minItems", true, inner.minimumElements >= outer.minimumElements)
        require("maxItems", true, inner.maximumElements <= outer.maximumElements)
        require("uniqueItems", true, !outer.isUnique || inner.isUnique || inner.maximumElements < 2)
    }

    private static func elementObstacles(_ inner: ValueRule, _ outer: ValueRule, _ depth: Int) -> Set<Obstacle> {
        let undecided = Obstacle(keyword: "items", isDecided: false)
        guard depth < maximumDepth else { return [undecided] }
        let count = (inner.elementTables + outer.elementTables).map(\.prefix.count).max() ?? 0
        for position in 0...count
        where !obstacles(inner.element(position), in: outer.element(position), depth: depth + 1).isEmpty {
            return [undecided]
        }
        return []
    }
}

extension DecimalMultiple {
    /// Whether every multiple of this is one of `other`.
    func isMultiple(of other: DecimalMultiple) -> Bool {
        let shift = exponent - other.exponent
        // Both in units of the smaller exponent.
        guard abs(shift) <= 18 else { return false }
        var (own, others) = (coefficient, other.coefficient)
        for _ in 0..<abs(shift) {
            let (product, overflow) = (shift > 0 ? own : others).multipliedReportingOverflow(by: 10)
            guard !overflow else { return false }
            if shift > 0 { own = product } else { others = product }
        }
        return own % others == 0
    }
}
