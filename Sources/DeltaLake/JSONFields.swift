import JSONDocument

/// What is wrong with a field of a log line; the reader adds file and line.
struct FieldProblem: Error, Equatable {
    let sentence: String

    init(_ sentence: String) {
        self.sentence = sentence
    }
}

// Fields of the log's objects, checked. A member that is null counts as absent, as in the logs of other writers.
extension JSONDocument {
    func optional(_ name: String, of object: Int) -> Int? {
        guard let index = member(name, of: object), !isNull(at: index) else { return nil }
        return index
    }

    func optional(_ name: String, _ kind: JSONKind, of object: Int, in action: String) throws(FieldProblem) -> Int? {
        guard let index = optional(name, of: object) else { return nil }
        guard self.kind(at: index) == kind else { throw wrongType(name, index, kind.typeName, action) }
        return index
    }

    func optionalString(_ name: String, of object: Int, in action: String) throws(FieldProblem) -> String? {
        guard let index = try optional(name, .string, of: object, in: action) else { return nil }
        return string(at: index)
    }

    func optionalInteger(_ name: String, of object: Int, in action: String) throws(FieldProblem) -> Int64? {
        guard let index = optional(name, of: object) else { return nil }
        guard let value = wholeNumber(at: index) else { throw wrongType(name, index, "whole number", action) }
        return value
    }

    func optionalBool(_ name: String, of object: Int, in action: String) throws(FieldProblem) -> Bool? {
        guard let index = optional(name, of: object) else { return nil }
        guard let value = bool(at: index) else { throw wrongType(name, index, "boolean", action) }
        return value
    }

    /// A map of strings; members that are null are left out.
    func optionalStrings(_ name: String, of object: Int, in action: String) throws(FieldProblem) -> [String: String]? {
        guard let index = try optional(name, .object, of: object, in: action) else { return nil }
        var strings: [String: String] = [:]
        var members = members(of: index)
        while let member = members.next() {
            if isNull(at: member.value) { continue }
            guard kind(at: member.value) == .string else { throw wrongType(name, member.value, "string", action) }
            strings[string(at: member.name)] = string(at: member.value)
        }
        return strings
    }

    func optionalNames(_ name: String, of object: Int, in action: String) throws(FieldProblem) -> [String]? {
        guard let index = try optional(name, .array, of: object, in: action) else { return nil }
        var names: [String] = []
        var elements = elements(of: index)
        while let element = elements.next() {
            guard kind(at: element) == .string else { throw wrongType(name, element, "string", action) }
            names.append(string(at: element))
        }
        return names
    }

    func required(_ name: String, of object: Int, in action: String) throws(FieldProblem) -> Int {
        guard let index = optional(name, of: object) else { throw missing(name, action) }
        return index
    }

    func required(_ name: String, _ kind: JSONKind, of object: Int, in action: String) throws(FieldProblem) -> Int {
        guard let index = try optional(name, kind, of: object, in: action) else { throw missing(name, action) }
        return index
    }

    func requiredString(_ name: String, of object: Int, in action: String) throws(FieldProblem) -> String {
        guard let value = try optionalString(name, of: object, in: action) else { throw missing(name, action) }
        return value
    }

    func requiredInteger(_ name: String, of object: Int, in action: String) throws(FieldProblem) -> Int64 {
        guard let value = try optionalInteger(name, of: object, in: action) else { throw missing(name, action) }
        return value
    }

    private func missing(_ name: String, _ action: String) -> FieldProblem {
        FieldProblem("\(action) has no \(name)")
    }

    private func wrongType(_ name: String, _ index: Int, _ expected: String, _ action: String) -> FieldProblem {
        FieldProblem("\(name) of \(action) is a \(kind(at: index).typeName) where a \(expected) belongs")
    }
}
