import JSONDocument

/// Says in words how a rule changes.
struct ChangeText {
    private let old: ValueRule
    private let new: ValueRule
    private let subject: String
    private var notes: [String] = []
    /// Whether the same values now mean another thing.
    private var changesMeaning = false

    init(_ old: ValueRule, _ new: ValueRule, subject: String = "") {
        self.old = old
        self.new = new
        self.subject = subject
    }

    /// Something to say first.
    mutating func note(_ text: String) {
        notes.append(text)
    }

    /// An annotation that says what values mean, as JSON text; nil where there is none.
    mutating func note(meaning keyword: String, _ old: String?, _ new: String?) {
        notes.append("the \(keyword) \(old ?? "(none)") becomes \(new ?? "(none)")")
        changesMeaning = true
    }

    /// What changes, and what follows from it.
    func sentence(keywords: [String], _ compatibility: SchemaComparison.Compatibility, isDecided: Bool) -> String {
        var parts = notes
        for keyword in Self.keywords {
            let (before, after) = (Self.text(keyword, of: old), Self.text(keyword, of: new))
            guard before != after else { continue }
            switch (before, after) {
            case (let before?, let after?): parts.append("\(keyword) \(before) becomes \(after)")
            case (let before?, nil): parts.append("\(keyword) \(before) is gone")
            case (nil, let after?): parts.append("\(keyword) \(after) is new")
            case (nil, nil): break
            }
        }
        if parts.isEmpty { parts = keywords.map { "'\($0)' differs" } }
        if parts.isEmpty { parts = ["the schemas differ"] }
        let effect =
            switch compatibility {
            case _ where changesMeaning: "the values of one version mean another thing in the other"
            case .full: "the same stays valid"
            case .backward: "what was valid stays valid, and more is"
            case .forward: "some of what was valid no longer is, and nothing else becomes valid"
            case .breaking where isDecided: "some of what was valid no longer is, and other things become valid"
            case .breaking: "what this means for documents cannot be decided, so it counts as breaking"
            }
        return "\(subject)\(parts.joined(separator: ", ")): \(effect)"
    }

    private static let keywords = [
        "type", "enum", "minimum", "maximum", "multipleOf", "minLength", "maxLength", "pattern", "format",
        "minProperties", "maxProperties", "minItems", "maxItems", "uniqueItems",
    ]

    /// The value of a keyword as a rule has it; nil when it does not restrict.
    private static func text(_ keyword: String, of rule: ValueRule) -> String? {
        switch keyword {
        case "type":
            if rule.isNever { return "(nothing)" }
            let types = rule.types.contains(.number) ? rule.types.subtracting(.integer) : rule.types
            return rule.types == .all || !rule.enumerations.isEmpty ? nil : types.text
        case "enum":
            guard !rule.isNever, let values = rule.enumerations.first?.values else { return nil }
            return "[" + values.map(\.text).joined(separator: ", ") + "]"
        case "minimum": return rule.lower.map { ($0.isExclusive ? "above " : "") + $0.number.text }
        case "maximum": return rule.upper.map { ($0.isExclusive ? "below " : "") + $0.number.text }
        case "multipleOf": return list(rule.multiples.map(\.text))
        case "minLength": return rule.minimumLength > 0 ? "\(rule.minimumLength)" : nil
        case "maxLength": return rule.maximumLength < .max ? "\(rule.maximumLength)" : nil
        case "pattern": return list(rule.patterns)
        case "format": return list(rule.formats.map(\.rawValue))
        case "minProperties": return rule.minimumMembers > 0 ? "\(rule.minimumMembers)" : nil
        case "maxProperties": return rule.maximumMembers < .max ? "\(rule.maximumMembers)" : nil
        case "minItems": return rule.minimumElements > 0 ? "\(rule.minimumElements)" : nil
        case "maxItems": return rule.maximumElements < .max ? "\(rule.maximumElements)" : nil
        default: return rule.isUnique ? "true" : nil
        }
    }

    private static func list(_ texts: [String]) -> String? {
        texts.isEmpty ? nil : texts.sorted().joined(separator: " and ")
    }
}
