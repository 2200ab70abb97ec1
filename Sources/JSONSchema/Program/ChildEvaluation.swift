import JSONDocument

/// Schemas for members and elements.
extension SchemaProgram {
    func checkMembers(
        _ table: MemberTable, at index: Int, of document: JSONDocument, _ state: inout EvaluationState, _ tracks: Bool
    ) -> Bool {
        var members = document.members(of: index)
        while let member = members.next() {
            state.budget.spend()
            if state.isHidden(member.value) { continue }
            var isEvaluated = false
            if let position = table.names.index(of: member.name, in: document) {
                isEvaluated = true
                guard evaluate(table.nodes[position], at: member.value, of: document, &state) else { return false }
            }
            for (pattern, node) in table.patterns {
                let name = document.stringBytes(at: member.name)
                state.budget.spend(onStringBytes: name.byteCount)
                guard tables.patterns[pattern].matches(name) else { continue }
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

    func checkNames(
        _ node: Int, at index: Int, of document: JSONDocument, _ state: inout EvaluationState
    ) -> Bool {
        var members = document.members(of: index)
        while let member = members.next() {
            state.budget.spend()
            if state.isHidden(member.value) { continue }
            guard evaluate(node, at: member.name, of: document, &state) else { return false }
        }
        return true
    }

    func checkElements(
        _ table: ElementTable, at index: Int, of document: JSONDocument, _ state: inout EvaluationState, _ tracks: Bool
    ) -> Bool {
        var elements = document.elements(of: index)
        var position = 0
        while let element = elements.next() {
            let node = position < table.prefix.count ? table.prefix[position] : table.rest
            guard let node else { return true }
            state.budget.spend()
            guard evaluate(node, at: element, of: document, &state) else { return false }
            if tracks { state.evaluated.append(element) }
            position += 1
        }
        return true
    }

    func checkContains(
        _ table: ContainsTable, at index: Int, of document: JSONDocument, _ state: inout EvaluationState, _ tracks: Bool
    ) -> Bool {
        var count = 0
        var elements = document.elements(of: index)
        while let element = elements.next() {
            state.budget.spend()
            guard evaluate(table.node, at: element, of: document, &state) else { continue }
            count += 1
            guard count <= table.maximum else { return false }
            if tracks, table.marksEvaluated { state.evaluated.append(element) }
        }
        return count >= table.minimum
    }

    /// Applies a node to the members or elements that no other rule of the schema has evaluated.
    func checkUnevaluated(
        _ node: Int, at index: Int, of document: JSONDocument, _ state: inout EvaluationState, mark: Int
    ) -> Bool {
        state.budget.spend(state.evaluated.count - mark)
        let known = Set(state.evaluated[mark...])
        if document.kind(at: index) == .object {
            var members = document.members(of: index)
            while let member = members.next() {
                state.budget.spend()
                if known.contains(member.value) || state.isHidden(member.value) { continue }
                guard evaluate(node, at: member.value, of: document, &state) else { return false }
                state.evaluated.append(member.value)
            }
        } else {
            var elements = document.elements(of: index)
            while let element = elements.next() {
                state.budget.spend()
                if known.contains(element) { continue }
                guard evaluate(node, at: element, of: document, &state) else { return false }
                state.evaluated.append(element)
            }
        }
        return true
    }
}
