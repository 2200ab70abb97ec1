public import JSONDocument

/// The first rule of a schema that a document breaks.
public struct SchemaViolation: Error, Equatable, Sendable {
    /// The kinds of broken rules; their raw values are stable codes for machines.
    public enum Kind: String, Sendable, CaseIterable {
        /// The value has another type than allowed.
        case type
        /// A number is out of bounds.
        case range
        /// A number is no multiple of what it should be.
        case multiple
        /// The value is none of those listed.
        case enumeration = "enum"
        /// A string is too short or too long.
        case length
        /// A string does not match its pattern.
        case pattern
        /// A string is not of the format it should have.
        case format
        /// A member is missing.
        case required
        /// A member or element is there that must not be.
        case additional
        /// An array or object has too few or too many parts, or equal ones.
        case count
        /// An object has the same name twice.
        case duplicate
        /// A combination of schemas (`anyOf`, `oneOf`, `not`) does not hold.
        case combination
        /// To check the document would take more work than the limit for its size: it may be valid or not.
        case undecided
    }

    /// The value that breaks the rule, or for a missing member the object that should have it.
    public let instance: JSONPointer
    /// The rule in the schema, as a JSON pointer with the document's address in front if it is not the schema itself.
    public let schemaLocation: String
    /// The keyword of the rule.
    public let keyword: String
    /// The kind of rule.
    public let kind: Kind
    /// One sentence for people that names the limit and the value.
    public let sentence: String

    init(instance: JSONPointer, schemaLocation: String, keyword: String, kind: Kind, sentence: String) {
        self.instance = instance
        self.schemaLocation = schemaLocation
        self.keyword = keyword
        self.kind = kind
        self.sentence = sentence
    }
}
