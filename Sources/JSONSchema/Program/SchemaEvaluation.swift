import JSONDocument

extension SchemaProgram {
    /// Whether the value at `index` is valid by a node; false as well when the budget does not suffice to tell.
    func isValid(
        _ node: Int, at index: Int, of document: JSONDocument, _ state: inout EvaluationState
    ) -> Bool {
        let holds = evaluate(node, at: index, of: document, &state)
        // What an exceeded budget makes of `not` and the like is no verdict.
        return !state.budget.isExceeded(by: document) && holds
    }

    /// Applies a node to a value; stops at the first rule that fails.
    ///
    /// With `isTracking`, what was evaluated stays noted for a caller that needs it.
    func evaluate(
        _ node: Int, at index: Int, of document: JSONDocument, _ state: inout EvaluationState,
        isTracking: Bool = false
    ) -> Bool {
        let schema = nodes[node]
        guard !schema.steps.isEmpty else { return true }
        state.budget.spend()
        guard !state.budget.isExceeded(by: document) else { return false }
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
        case .minimumLength, .maximumLength, .pattern, .format, .content:
            guard kind == .string else { return true }
            let string = document.stringBytes(at: index)
            state.budget.spend(onStringBytes: string.byteCount)
            return holds(step, for: string) || state.fail(step, index)
        case .required, .dependentRequired, .minimumMembers, .maximumMembers:
            guard kind == .object else { return true }
            state.budget.spend(document.count(of: index))
            return holdsForMembers(step, at: index, of: document, state) || state.fail(step, index)
        case .members(let table):
            guard kind == .object else { return true }
            return checkMembers(tables.members[table], at: index, of: document, &state, tracks)
        case .names(let node):
            guard kind == .object else { return true }
            return checkNames(node, at: index, of: document, &state)
        case .dependentSchemas(let table):
            guard kind == .object else { return true }
            state.budget.spend(document.count(of: index))
            for (name, node) in tables.dependents[table] where hasMember(name, at: index, of: document, state) {
                guard evaluate(node, at: index, of: document, &state, isTracking: tracks) else { return false }
            }
            return true
        case .unevaluatedMembers(let node):
            guard kind == .object else { return true }
            return checkUnevaluated(node, at: index, of: document, &state, mark: mark)
        case .minimumElements, .maximumElements, .uniqueElements:
            guard kind == .array else { return true }
            if case .uniqueElements = steps[step].check {
                state.budget.spend(document.index(after: index) - index)
                state.budget.spend(onStringBytes: document.stringByteCount(in: index))
            }
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
