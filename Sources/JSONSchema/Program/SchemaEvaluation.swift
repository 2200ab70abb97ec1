import JSONDocument

/// What changes while a program runs on one document; its memory is reused.
struct EvaluationState {
    /// Values (by index) that other rules have evaluated; nodes that need it look behind their own mark.
    var evaluated: [Int] = []
    /// The resources entered, outermost first, for dynamic references.
    var scope: [Int] = []
    /// Members (by the index of their value) that count as absent.
    var hidden: [Int] = []
    /// Nested applications, to stop schemas that lead back to themselves through dynamic references.
    var depth = 0
    /// The rule that failed last; when the whole fails, it is the one to report.
    var failedStep = 0
    /// The value at which it failed.
    var failedInstance = 0

    /// Deeper than any sensible schema over a document of 64 levels.
    static let maximumDepth = 2000

    mutating func reset() {
        evaluated.removeAll(keepingCapacity: true)
        scope.removeAll(keepingCapacity: true)
        depth = 0
    }

    func isHidden(_ value: Int) -> Bool { !hidden.isEmpty && hidden.contains(value) }

    /// Notes a failure; returns false.
    mutating func fail(_ step: Int, _ instance: Int) -> Bool {
        failedStep = step
        failedInstance = instance
        return false
    }
}

extension SchemaProgram {
    /// Applies a node to a value; stops at the first rule that fails.
    ///
    /// With `isTracking`, what was evaluated stays noted for a caller that needs it.
    func evaluate(
        _ node: Int, at index: Int, of document: JSONDocument, _ state: inout EvaluationState,
        isTracking: Bool = false
    ) -> Bool {
        let schema = nodes[node]
        guard !schema.steps.isEmpty else { return true }
        state.depth += 1
        defer { state.depth -= 1 }
        guard state.depth <= EvaluationState.maximumDepth else {
            return state.fail(schema.steps.lowerBound, index)
        }
        let entersResource = usesDynamicScope && state.scope.last != schema.resource
        if entersResource { state.scope.append(schema.resource) }
        defer { if entersResource { state.scope.removeLast() } }
        let mark = state.evaluated.count
        let tracks = isTracking || schema.needsEvaluated
        for step in schema.steps {
            guard run(step, at: index, of: document, &state, tracks: tracks, mark: mark) else {
                state.evaluated.removeLast(state.evaluated.count - mark)
                return false
            }
        }
        if !isTracking { state.evaluated.removeLast(state.evaluated.count - mark) }
        return true
    }

    private func run(
        _ step: Int, at index: Int, of document: JSONDocument, _ state: inout EvaluationState, tracks: Bool, mark: Int
    ) -> Bool {
        let kind = document.kind(at: index)
        switch steps[step].check {
        case .never: return state.fail(step, index)
        case .types, .enumeration:
            return holdsForAnyKind(step, at: index, of: document) || state.fail(step, index)
        case .minimum, .maximum, .multiple:
            guard let number = JSONNumber(document, at: index) else { return true }
            return holds(step, for: number) || state.fail(step, index)
        case .minimumLength, .maximumLength, .pattern, .format:
            guard kind == .string else { return true }
            return holds(step, for: document.stringBytes(at: index)) || state.fail(step, index)
        case .required, .dependentRequired, .minimumMembers, .maximumMembers:
            guard kind == .object else { return true }
            return holdsForMembers(step, at: index, of: document, state) || state.fail(step, index)
        case .members(let table):
            guard kind == .object else { return true }
            return checkMembers(tables.members[table], at: index, of: document, &state, tracks)
        case .names(let node):
            guard kind == .object else { return true }
            return checkNames(node, at: index, of: document, &state)
        case .dependentSchemas(let table):
            guard kind == .object else { return true }
            for (name, node) in tables.dependents[table] where hasMember(name, at: index, of: document, state) {
                guard evaluate(node, at: index, of: document, &state, isTracking: tracks) else { return false }
            }
            return true
        case .unevaluatedMembers(let node):
            guard kind == .object else { return true }
            return checkUnevaluated(node, at: index, of: document, &state, mark: mark)
        case .minimumElements, .maximumElements, .uniqueElements:
            guard kind == .array else { return true }
            return holdsForElements(step, at: index, of: document) || state.fail(step, index)
        case .elements(let table):
            guard kind == .array else { return true }
            return checkElements(tables.elements[table], at: index, of: document, &state, tracks)
        case .contains(let table):
            guard kind == .array else { return true }
            return checkContains(tables.contains[table], at: index, of: document, &state, tracks)
                || state.fail(step, index)
        case .unevaluatedElements(let node):
            guard kind == .array else { return true }
            return checkUnevaluated(node, at: index, of: document, &state, mark: mark)
        case .all, .any, .one, .not, .condition, .reference, .dynamicReference:
            return combine(step, at: index, of: document, &state, tracks)
        }
    }

    // MARK: Rules without schemas inside

    private func holdsForAnyKind(_ step: Int, at index: Int, of document: JSONDocument) -> Bool {
        switch steps[step].check {
        case .types(let types): types.contain(document, at: index)
        case .enumeration(let table): tables.enumerations[table].contains(document, at: index)
        default: true
        }
    }

    private func holds(_ step: Int, for number: JSONNumber) -> Bool {
        switch steps[step].check {
        case .minimum(let limit, false): number >= tables.numbers[limit]
        case .minimum(let limit, true): number > tables.numbers[limit]
        case .maximum(let limit, false): number <= tables.numbers[limit]
        case .maximum(let limit, true): number < tables.numbers[limit]
        case .multiple(let multiple): tables.multiples[multiple].divides(number)
        default: true
        }
    }

    private func holds(_ step: Int, for string: RawSpan) -> Bool {
        switch steps[step].check {
        case .minimumLength(let count): string.byteCount >= count && string.codePointCount >= count
        case .maximumLength(let count): string.byteCount <= count || string.codePointCount <= count
        case .pattern(let pattern): tables.patterns[pattern].matches(string)
        case .format(let format): format.accepts(string)
        default: true
        }
    }

    private func holdsForMembers(
        _ step: Int, at index: Int, of document: JSONDocument, _ state: EvaluationState
    ) -> Bool {
        switch steps[step].check {
        case .minimumMembers(let count): return memberCount(at: index, of: document, state) >= count
        case .maximumMembers(let count): return memberCount(at: index, of: document, state) <= count
        case .required(let table), .dependentRequired(let table):
            return missingName(table, at: index, of: document, state) == nil
        default: return true
        }
    }

    /// The first name that a `required` or `dependentRequired` demands in vain.
    func missingName(
        _ table: Int, at index: Int, of document: JSONDocument, _ state: EvaluationState
    ) -> (name: String, trigger: String?)? {
        for rule in tables.required[table] {
            if let trigger = rule.trigger, !hasMember(trigger, at: index, of: document, state) { continue }
            for name in rule.names where !hasMember(name, at: index, of: document, state) {
                return (name, rule.trigger)
            }
        }
        return nil
    }

    private func memberCount(at index: Int, of document: JSONDocument, _ state: EvaluationState) -> Int {
        guard !state.hidden.isEmpty else { return document.count(of: index) }
        var count = 0
        var members = document.members(of: index)
        while let member = members.next() {
            if !state.isHidden(member.value) { count += 1 }
        }
        return count
    }

    private func hasMember(
        _ name: String, at index: Int, of document: JSONDocument, _ state: EvaluationState
    ) -> Bool {
        guard let value = document.member(name, of: index) else { return false }
        return !state.isHidden(value)
    }

    private func holdsForElements(_ step: Int, at index: Int, of document: JSONDocument) -> Bool {
        switch steps[step].check {
        case .minimumElements(let count): document.count(of: index) >= count
        case .maximumElements(let count): document.count(of: index) <= count
        case .uniqueElements: document.firstRepeatedElement(of: index) == nil
        default: true
        }
    }

    // MARK: Schemas for members and elements

    private func checkMembers(
        _ table: MemberTable, at index: Int, of document: JSONDocument, _ state: inout EvaluationState, _ tracks: Bool
    ) -> Bool {
        var members = document.members(of: index)
        while let member = members.next() {
            if state.isHidden(member.value) { continue }
            var isEvaluated = false
            if let position = table.names.index(of: member.name, in: document) {
                isEvaluated = true
                guard evaluate(table.nodes[position], at: member.value, of: document, &state) else { return false }
            }
            for (pattern, node) in table.patterns
            where tables.patterns[pattern].matches(document.stringBytes(at: member.name)) {
                isEvaluated = true
                guard evaluate(node, at: member.value, of: document, &state) else { return false }
            }
            if !isEvaluated, let additional = table.additional {
                isEvaluated = true
                guard evaluate(additional, at: member.value, of: document, &state) else { return false }
            }
            if tracks, isEvaluated { state.evaluated.append(member.value) }
        }
        return true
    }

    private func checkNames(
        _ node: Int, at index: Int, of document: JSONDocument, _ state: inout EvaluationState
    ) -> Bool {
        var members = document.members(of: index)
        while let member = members.next() {
            if state.isHidden(member.value) { continue }
            guard evaluate(node, at: member.name, of: document, &state) else { return false }
        }
        return true
    }

    private func checkElements(
        _ table: ElementTable, at index: Int, of document: JSONDocument, _ state: inout EvaluationState, _ tracks: Bool
    ) -> Bool {
        var elements = document.elements(of: index)
        var position = 0
        while let element = elements.next() {
            let node = position < table.prefix.count ? table.prefix[position] : table.rest
            guard let node else { return true }
            guard evaluate(node, at: element, of: document, &state) else { return false }
            if tracks { state.evaluated.append(element) }
            position += 1
        }
        return true
    }

    private func checkContains(
        _ table: ContainsTable, at index: Int, of document: JSONDocument, _ state: inout EvaluationState, _ tracks: Bool
    ) -> Bool {
        var count = 0
        var elements = document.elements(of: index)
        while let element = elements.next() {
            guard evaluate(table.node, at: element, of: document, &state) else { continue }
            count += 1
            guard count <= table.maximum else { return false }
            if tracks { state.evaluated.append(element) }
        }
        return count >= table.minimum
    }

    /// Applies a node to the members or elements that no other rule of the schema has evaluated.
    private func checkUnevaluated(
        _ node: Int, at index: Int, of document: JSONDocument, _ state: inout EvaluationState, mark: Int
    ) -> Bool {
        let known = Set(state.evaluated[mark...])
        if document.kind(at: index) == .object {
            var members = document.members(of: index)
            while let member = members.next() {
                if known.contains(member.value) || state.isHidden(member.value) { continue }
                guard evaluate(node, at: member.value, of: document, &state) else { return false }
                state.evaluated.append(member.value)
            }
        } else {
            var elements = document.elements(of: index)
            while let element = elements.next() {
                if known.contains(element) { continue }
                guard evaluate(node, at: element, of: document, &state) else { return false }
                state.evaluated.append(element)
            }
        }
        return true
    }

    // MARK: Schemas for the same value

    private func combine(
        _ step: Int, at index: Int, of document: JSONDocument, _ state: inout EvaluationState, _ tracks: Bool
    ) -> Bool {
        switch steps[step].check {
        case .all(let list):
            for node in tables.nodeLists[list] {
                guard evaluate(node, at: index, of: document, &state, isTracking: tracks) else { return false }
            }
            return true
        case .any(let list):
            var holds = false
            for node in tables.nodeLists[list] {
                if evaluate(node, at: index, of: document, &state, isTracking: tracks) { holds = true }
                // Later branches only matter for what they evaluate.
                if holds, !tracks { return true }
            }
            return holds || state.fail(step, index)
        case .one(let list):
            var count = 0
            for node in tables.nodeLists[list]
            where evaluate(node, at: index, of: document, &state, isTracking: tracks) {
                count += 1
                if count > 1 { return state.fail(step, index) }
            }
            return count == 1 || state.fail(step, index)
        case .not(let node):
            return !evaluate(node, at: index, of: document, &state) || state.fail(step, index)
        case .condition(let table):
            let condition = tables.conditions[table]
            let holds = evaluate(condition.condition, at: index, of: document, &state, isTracking: tracks)
            guard let node = holds ? condition.success : condition.failure else { return true }
            return evaluate(node, at: index, of: document, &state, isTracking: tracks)
        case .reference(let node):
            return evaluate(node, at: index, of: document, &state, isTracking: tracks)
        case .dynamicReference(let table):
            let dynamic = tables.dynamics[table]
            var node = dynamic.fallback
            for resource in state.scope {
                guard let found = dynamic.nodes[resource] else { continue }
                node = found
                break
            }
            return evaluate(node, at: index, of: document, &state, isTracking: tracks)
        default: return true
        }
    }
}

extension RawSpan {
    /// The number of code points of valid UTF-8.
    var codePointCount: Int {
        var count = 0
        for offset in 0..<byteCount where byte(at: offset) & 0xC0 != 0x80 { count &+= 1 }
        return count
    }
}
