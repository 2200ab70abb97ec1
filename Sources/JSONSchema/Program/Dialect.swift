import JSONDocument

/// Which keywords a schema resource has: its draft, and the vocabularies of it that its meta-schema declares.
struct Dialect: Sendable, Equatable {
    /// The vocabularies that make a difference here; all others only annotate.
    struct Vocabularies: OptionSet, Sendable {
        let rawValue: UInt8

        static let applicator = Vocabularies(rawValue: 1)
        static let validation = Vocabularies(rawValue: 2)
        static let unevaluated = Vocabularies(rawValue: 4)
        /// `format` is an assertion whether the caller asks for it or not.
        static let formatAssertion = Vocabularies(rawValue: 8)
        static let standard: Vocabularies = [.applicator, .validation, .unevaluated]
    }

    let draft: SchemaDraft
    var vocabularies = Vocabularies.standard

    /// The dialect of the meta-schema `tree` of a draft.
    ///
    /// - Throws: the address of a vocabulary that is required and not known.
    init(draft: SchemaDraft, metaschema tree: JSONTree) throws(UnknownVocabulary) {
        self.draft = draft
        guard draft != .draft7, case .object(let members) = tree["$vocabulary"] else { return }
        vocabularies = []
        let prefix =
            draft == .draft201909
            ? "https://json-schema.org/draft/2019-09/vocab/" : "https://json-schema.org/draft/2020-12/vocab/"
        for member in members {
            let name = member.name.hasPrefix(prefix) ? String(member.name.dropFirst(prefix.count)) : ""
            switch name {
            case "core", "meta-data", "content", "format-annotation": break
            // Draft 2019-09 has no vocabulary of its own for unevaluated members and elements.
            case "applicator":
                vocabularies.formUnion(draft == .draft201909 ? [.applicator, .unevaluated] : .applicator)
            case "validation": vocabularies.insert(.validation)
            case "unevaluated": vocabularies.insert(.unevaluated)
            case "format-assertion": vocabularies.insert(.formatAssertion)
            case "format": if member.value == .bool(true) { vocabularies.insert(.formatAssertion) }
            default:
                guard member.value == .bool(false) else { throw UnknownVocabulary(uri: member.name) }
            }
        }
    }

    init(draft: SchemaDraft) {
        self.draft = draft
    }

    /// A vocabulary without which a dialect cannot be used.
    struct UnknownVocabulary: Error {
        let uri: String
    }

    // MARK: Where schemas stand in a schema

    /// Keywords whose value is a schema.
    var schemaKeywords: Set<String> {
        switch draft {
        case .draft7: Self.commonSchemaKeywords.union(["items", "additionalItems"])
        case .draft201909:
            Self.commonSchemaKeywords.union([
                "items", "additionalItems", "unevaluatedProperties", "unevaluatedItems", "contentSchema",
            ])
        case .draft202012:
            Self.commonSchemaKeywords.union(["items", "unevaluatedProperties", "unevaluatedItems", "contentSchema"])
        }
    }

    /// Keywords whose value is a list of schemas.
    var schemaListKeywords: Set<String> {
        ["allOf", "anyOf", "oneOf", draft == .draft202012 ? "prefixItems" : "items"]
    }

    /// Keywords whose value is an object with schemas as its members.
    var schemaMapKeywords: Set<String> {
        let common: Set<String> = ["properties", "patternProperties", "definitions"]
        return common.union(draft == .draft7 ? ["dependencies"] : ["$defs", "dependentSchemas"])
    }

    private static let commonSchemaKeywords: Set<String> = [
        "additionalProperties", "propertyNames", "contains", "not", "if", "then", "else",
    ]
}
