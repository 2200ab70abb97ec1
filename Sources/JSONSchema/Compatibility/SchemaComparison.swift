public import JSONDocument

/// How a schema changes from one version to the next, field by field.
///
/// The classes are sound: what is called backward, forward or full is so for every document. What cannot be decided is
/// called breaking, and said so.
public struct SchemaComparison: Sendable {
    /// What can be said about old and new documents.
    public enum Compatibility: String, Sendable, CaseIterable {
        /// Both schemas accept the same.
        case full
        /// The new schema accepts whatever the old one accepted.
        case backward
        /// The old schema accepts whatever the new one accepts.
        case forward
        /// Neither is known to hold.
        case breaking

        init(isBackward: Bool, isForward: Bool) {
            self = isBackward ? (isForward ? .full : .backward) : isForward ? .forward : .breaking
        }

        /// Whether the new schema accepts whatever the old one accepted.
        public var isBackward: Bool { self == .full || self == .backward }

        /// Whether the old schema accepts whatever the new one accepts.
        public var isForward: Bool { self == .full || self == .forward }
    }

    /// One place where two schemas differ.
    public struct Difference: Sendable, Equatable {
        /// The member; empty for the record itself.
        public let field: JSONPointer
        /// The keywords that differ.
        public let keywords: [String]
        /// What this change alone means.
        public let compatibility: Compatibility
        /// False when it is called breaking only because it could not be decided.
        public let isDecided: Bool
        /// What changes and what follows from it.
        public let sentence: String
    }

    /// The differences, in the order of the schemas.
    public let differences: [Difference]
    /// What all changes together mean.
    public let compatibility: Compatibility

    /// Compares two schemas.
    ///
    /// - Parameters:
    ///   - old: the version that documents have been made by.
    ///   - new: the version that is to take its place.
    ///   - meanings: annotations without which a value means something else, such as a unit: a change of one is
    ///     breaking though the same values are valid.
    public init(from old: CompiledSchema, to new: CompiledSchema, meanings: [String] = []) {
        var comparing = Comparing(meanings: meanings, oldFields: old.fields, newFields: new.fields)
        // Two programs with dynamic references are never told to be the same; two equal texts without others are.
        let areEqual = old.source == new.source && old.isAlone && new.isAlone
        if !areEqual {
            comparing.compare(
                ValueRule(old.program, nodes: [old.program.root]), ValueRule(new.program, nodes: [new.program.root]),
                at: JSONPointer())
        }
        differences = comparing.differences
        compatibility = Compatibility(
            isBackward: differences.allSatisfy(\.compatibility.isBackward),
            isForward: differences.allSatisfy(\.compatibility.isForward))
    }

    /// One sentence about the whole.
    public var sentence: String {
        if differences.isEmpty { return "The schemas accept the same." }
        let undecided = differences.filter { !$0.isDecided }
        switch compatibility {
        case .full: return "Full: both schemas accept the same, though they differ."
        case .backward: return "Backward compatible: the new schema accepts whatever the old one accepted."
        case .forward: return "Forward compatible: the old schema accepts whatever the new one accepts."
        case .breaking where !undecided.isEmpty:
            let fields = undecided.map { $0.field.tokens.isEmpty ? "the record" : $0.field.description }
            return "Breaking: it cannot be decided what the change of \(fields.joined(separator: ", ")) means."
        case .breaking:
            return "Breaking: what is right by one schema is not always right by the other, either way."
        }
    }
}

/// Goes through two rules side by side.
private struct Comparing {
    /// Deeper members are compared as a whole.
    private static let maximumDepth = 8

    private typealias Compatibility = SchemaComparison.Compatibility
    private typealias Obstacle = RuleContainment.Obstacle

    let meanings: [String]
    let oldFields: [FieldFacts]
    let newFields: [FieldFacts]
    private(set) var differences: [SchemaComparison.Difference] = []

    mutating func compare(_ old: ValueRule, _ new: ValueRule, at pointer: JSONPointer) {
        guard old.isRecord, new.isRecord, pointer.tokens.count < Self.maximumDepth else {
            return add(
                ChangeText(old, new), RuleContainment.obstacles(old, in: new),
                RuleContainment.obstacles(new, in: old), at: pointer)
        }
        compareRecords(old, new, at: pointer)
        let names = old.names + new.names.filter { !old.names.contains($0) }
        for name in names { compareMembers(name, old, new, at: pointer.appending(name)) }
        // Names that a schema demands, or that demand others, without describing them.
        let mentioned = old.required.union(new.required).union(old.dependents.keys).union(new.dependents.keys)
        for name in mentioned.subtracting(names).sorted() {
            compareMembers(name, old, new, at: pointer.appending(name))
        }
        let change = ChangeText(old.member(nil), new.member(nil), subject: "members without a name in the schema: ")
        add(
            change, RuleContainment.obstacles(old.member(nil), in: new.member(nil)),
            RuleContainment.obstacles(new.member(nil), in: old.member(nil)), at: pointer,
            keywords: ["additionalProperties"])
    }

    /// What holds for the members together, apart from which ones must be there.
    private mutating func compareRecords(_ old: ValueRule, _ new: ValueRule, at pointer: JSONPointer) {
        func obstacles(_ inner: ValueRule, _ outer: ValueRule) -> Set<Obstacle> {
            var found: Set<Obstacle> = []
            RuleContainment.compareMembers(inner, outer) { keyword, isDecided, isImplied in
                guard !isImplied, keyword != "required", keyword != "dependentRequired" else { return }
                found.insert(Obstacle(keyword: keyword, isDecided: isDecided))
            }
            return found.union(RuleContainment.otherObstacles(inner, outer))
        }
        add(ChangeText(old, new), obstacles(old, new), obstacles(new, old), at: pointer)
    }

    private mutating func compareMembers(_ name: String, _ old: ValueRule, _ new: ValueRule, at pointer: JSONPointer) {
        let (oldMember, newMember) = (old.member(name), new.member(name))
        var change = ChangeText(oldMember, newMember)
        let (wasNamed, isNamed) = (old.names.contains(name), new.names.contains(name))
        if !wasNamed, isNamed { change.note("is new") }
        if wasNamed, !isNamed { change.note("is no longer described") }
        var (backward, forward) = presence(of: name, old, new, &change)
        for keyword in meanings {
            let texts = [oldFields, newFields].map { fields in
                fields.first { $0.pointer == pointer }?.source[keyword]?.text
            }
            guard wasNamed, isNamed, texts[0] != texts[1] else { continue }
            change.note(meaning: keyword, texts[0], texts[1])
            backward.insert(Obstacle(keyword: keyword, isDecided: true))
            forward.insert(Obstacle(keyword: keyword, isDecided: true))
        }
        if oldMember.isRecord, newMember.isRecord {
            // The record inside is compared member by member; here only whether it is there counts.
            add(change, backward, forward, at: pointer)
            compare(oldMember, newMember, at: pointer)
        } else {
            backward.formUnion(RuleContainment.obstacles(oldMember, in: newMember))
            forward.formUnion(RuleContainment.obstacles(newMember, in: oldMember))
            add(change, backward, forward, at: pointer, isNoted: wasNamed != isNamed)
        }
    }

    /// Whether a member must be there, by itself or because of another one.
    private func presence(
        of name: String, _ old: ValueRule, _ new: ValueRule, _ change: inout ChangeText
    ) -> (backward: Set<Obstacle>, forward: Set<Obstacle>) {
        var backward: Set<Obstacle> = []
        var forward: Set<Obstacle> = []
        let (wasRequired, isRequired) = (old.required.contains(name), new.required.contains(name))
        if !wasRequired, isRequired {
            change.note("becomes required")
            backward.insert(Obstacle(keyword: "required", isDecided: true))
        } else if wasRequired, !isRequired {
            change.note("is no longer required")
            forward.insert(Obstacle(keyword: "required", isDecided: true))
        }
        let (oldNames, newNames) = (old.dependents[name] ?? [], new.dependents[name] ?? [])
        if !RuleContainment.dependents(of: name, newNames, areIn: old) {
            change.note("now requires \(newNames.subtracting(oldNames).sorted().joined(separator: ", ")) beside it")
            backward.insert(Obstacle(keyword: "dependentRequired", isDecided: true))
        }
        if !RuleContainment.dependents(of: name, oldNames, areIn: new) {
            change.note(
                "no longer requires \(oldNames.subtracting(newNames).sorted().joined(separator: ", ")) beside it")
            forward.insert(Obstacle(keyword: "dependentRequired", isDecided: true))
        }
        return (backward, forward)
    }

    private mutating func add(
        _ change: ChangeText, _ backward: Set<Obstacle>, _ forward: Set<Obstacle>, at pointer: JSONPointer,
        keywords: [String]? = nil, isNoted: Bool = false
    ) {
        guard !backward.isEmpty || !forward.isEmpty || isNoted else { return }
        let compatibility = Compatibility(isBackward: backward.isEmpty, isForward: forward.isEmpty)
        // Breaking for sure when both directions are known to fail.
        let isDecided =
            compatibility != .breaking
            || (backward.contains(where: \.isDecided) && forward.contains(where: \.isDecided))
        let found = keywords ?? Set(backward.map(\.keyword) + forward.map(\.keyword)).filter { !$0.isEmpty }.sorted()
        differences.append(
            SchemaComparison.Difference(
                field: pointer, keywords: found, compatibility: compatibility, isDecided: isDecided,
                sentence: change.sentence(keywords: found, compatibility, isDecided: isDecided)))
    }
}
