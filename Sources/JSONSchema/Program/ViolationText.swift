import JSONDocument

extension SchemaProgram {
    /// Describes the failure that `state` holds after a verdict on the value at `index`.
    func violation(_ state: inout EvaluationState, of index: Int, in document: JSONDocument) -> SchemaViolation {
        if state.budget.isExceeded(by: document) {
            let instance = document.pointer(to: index)
            let place = instance.tokens.isEmpty ? "the document" : instance.description
            return SchemaViolation(
                instance: instance, schemaLocation: "#", keyword: "", kind: .undecided,
                sentence: "\(place) takes more than \(state.budget.limit) steps to check, the limit for its size, "
                    + "so whether it is valid was not decided")
        }
        let step = steps[state.failedStep]
        let (kind, rest) = describe(step, state, document)
        let instance = document.pointer(to: state.failedInstance)
        let place = instance.tokens.isEmpty ? "the document" : instance.description
        return SchemaViolation(
            instance: instance,
            schemaLocation: documentNames[step.location.document] + "#" + step.location.pointer.description,
            keyword: step.location.pointer.tokens.last ?? "", kind: kind, sentence: "\(place) \(rest)")
    }

    private func describe(
        _ step: SchemaStep, _ state: EvaluationState, _ document: JSONDocument
    ) -> (SchemaViolation.Kind, String) {
        let index = state.failedInstance
        let value = document.excerpt(of: index)
        switch step.check {
        case .types(let types):
            let found = document.kind(at: index)
            let typeName = found == .double && !types.isDisjoint(with: .integer) ? "not whole" : found.typeName
            return (.type, "is \(value) (\(typeName)), the type must be \(types.text)")
        case .enumeration(let table):
            let values = tables.enumerations[table].values
            let list = values.prefix(12).map(\.text).joined(separator: ", ") + (values.count > 12 ? ", ..." : "")
            return (.enumeration, "is \(value), allowed \(values.count == 1 ? "is" : "are") \(list)")
        case .minimum(let limit, let isExclusive):
            let rule = isExclusive ? "it must be greater than" : "the minimum is"
            return (.range, "is \(value), \(rule) \(tables.numbers[limit].text)")
        case .maximum(let limit, let isExclusive):
            let rule = isExclusive ? "it must be less than" : "the maximum is"
            return (.range, "is \(value), \(rule) \(tables.numbers[limit].text)")
        case .multiple(let multiple):
            return (.multiple, "is \(value), which is not a multiple of \(tables.multiples[multiple].text)")
        case .minimumLength(let count):
            let found = document.stringBytes(at: index).codePointCount
            return (.length, "has \(found) characters, the minimum is \(count)")
        case .maximumLength(let count):
            let found = document.stringBytes(at: index).codePointCount
            return (.length, "has \(found) characters, the maximum is \(count)")
        case .pattern(let pattern):
            return (.pattern, "is \(value), which does not match the pattern \(tables.patterns[pattern].text)")
        case .format(let format): return (.format, "is \(value), which is no \(format.rawValue)")
        case .content(let content): return (.format, "is \(value), which is no \(content.text)")
        case .required(let table), .dependentRequired(let table):
            guard let missing = missingName(table, at: index, of: document, state) else { break }
            let reason = missing.trigger.map { ", which '\($0)' requires" } ?? ""
            return (.required, "lacks the member '\(missing.name)'\(reason)")
        case .never:
            let keyword = step.location.pointer.tokens.last ?? ""
            return switch keyword {
            case "additionalProperties", "unevaluatedProperties":
                (.additional, "is a member that the schema does not know")
            case "items", "additionalItems", "unevaluatedItems":
                (.additional, "is an element more than the schema allows")
            default: (.additional, "is not allowed")
            }
        default: return describeStructure(step, index, document)
        }
        return (.combination, "is not valid")
    }

    private func describeStructure(
        _ step: SchemaStep, _ index: Int, _ document: JSONDocument
    ) -> (SchemaViolation.Kind, String) {
        switch step.check {
        case .minimumMembers(let count):
            return (.count, "has \(document.count(of: index)) members, the minimum is \(count)")
        case .maximumMembers(let count):
            return (.count, "has \(document.count(of: index)) members, the maximum is \(count)")
        case .minimumElements(let count):
            return (.count, "has \(document.count(of: index)) elements, the minimum is \(count)")
        case .maximumElements(let count):
            return (.count, "has \(document.count(of: index)) elements, the maximum is \(count)")
        case .uniqueElements:
            let element = document.firstRepeatedElement(of: index)
            let value = element.map { ": \(document.excerpt(of: $0))" } ?? ""
            return (.count, "has an element twice\(value)")
        case .contains(let table):
            let bounds = tables.contains[table]
            let maximum = bounds.maximum == .max ? "" : " and at most \(bounds.maximum)"
            return (.count, "must contain at least \(bounds.minimum)\(maximum) elements of the schema under 'contains'")
        case .any: return (.combination, "fits none of the schemas under 'anyOf'")
        case .one: return (.combination, "must fit exactly one of the schemas under 'oneOf'")
        case .not: return (.combination, "fits the schema under 'not', which it must not")
        default: return (.combination, "is nested too deep in references of the schema")
        }
    }
}

extension JSONDocument {
    /// The value at `index` as text for a message, cut after 60 characters.
    fileprivate func excerpt(of index: Int) -> String {
        if kind(at: index) == .object { return "an object" }
        if kind(at: index) == .array { return "an array" }
        if let number = JSONNumber(self, at: index) { return number.text }
        let text = text(of: index)
        return text.count <= 60 ? text : text.prefix(57) + "...\""
    }
}

extension DecimalMultiple {
    /// The divisor as decimal text.
    var text: String {
        guard exponent < 0 else { return "\(coefficient)" + String(repeating: "0", count: exponent) }
        let digits = String(coefficient)
        let places = -exponent
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return "\(padded.dropLast(places)).\(padded.suffix(places))"
    }
}
