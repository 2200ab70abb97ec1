import JSONDocument

/// Rules without schemas inside.
extension SchemaProgram {
    func holdsForAnyKind(_ step: Int, at index: Int, of document: JSONDocument) -> Bool {
        switch steps[step].check {
        case .types(let types): types.contain(document, at: index)
        case .enumeration(let table): tables.enumerations[table].contains(document, at: index)
        default: true
        }
    }

    func holds(_ step: Int, for number: JSONNumber) -> Bool {
        switch steps[step].check {
        case .minimum(let limit, false): number >= tables.numbers[limit]
        case .minimum(let limit, true): number > tables.numbers[limit]
        case .maximum(let limit, false): number <= tables.numbers[limit]
        case .maximum(let limit, true): number < tables.numbers[limit]
        case .multiple(let multiple): tables.multiples[multiple].divides(number)
        default: true
        }
    }

    func holds(_ step: Int, for string: RawSpan) -> Bool {
        switch steps[step].check {
        case .minimumLength(let count): string.byteCount >= count && string.codePointCount >= count
        case .maximumLength(let count): string.byteCount <= count || string.codePointCount <= count
        case .pattern(let pattern): tables.patterns[pattern].matches(string)
        case .format(let format): format.accepts(string)
        case .content(let content): content.accepts(string)
        default: true
        }
    }

    func holdsForMembers(
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

    func memberCount(at index: Int, of document: JSONDocument, _ state: EvaluationState) -> Int {
        guard !state.hidden.isEmpty else { return document.count(of: index) }
        var count = 0
        var members = document.members(of: index)
        while let member = members.next() {
            if !state.isHidden(member.value) { count += 1 }
        }
        return count
    }

    func hasMember(
        _ name: String, at index: Int, of document: JSONDocument, _ state: EvaluationState
    ) -> Bool {
        guard let value = document.member(name, of: index) else { return false }
        return !state.isHidden(value)
    }

    func holdsForElements(_ step: Int, at index: Int, of document: JSONDocument) -> Bool {
        switch steps[step].check {
        case .minimumElements(let count): document.count(of: index) >= count
        case .maximumElements(let count): document.count(of: index) <= count
        case .uniqueElements: document.firstRepeatedElement(of: index) == nil
        default: true
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
