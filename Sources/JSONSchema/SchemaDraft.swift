/// A draft of JSON Schema whose schemas can be compiled.
public enum SchemaDraft: String, Sendable, CaseIterable {
    /// Draft 7 of 2018, with `definitions`, `dependencies`, and `$ref` that silences its neighbours.
    case draft7
    /// Draft 2019-09, with `$recursiveRef` and vocabularies.
    case draft201909 = "draft2019-09"
    /// Draft 2020-12: what a schema without `$schema` is taken for.
    case draft202012 = "draft2020-12"

    /// The draft that people mean by `2020-12`, `draft2020-12`, `7`, `draft7`, `draft-07`; nil when it is another.
    public init?(name: String) {
        switch name {
        case "7", "07", "draft7", "draft-07": self = .draft7
        case "2019-09", "draft2019-09": self = .draft201909
        case "2020-12", "draft2020-12": self = .draft202012
        default: return nil
        }
    }

    /// The address of its meta-schema, as `$schema` gives it.
    public var uri: String {
        switch self {
        case .draft7: "http://json-schema.org/draft-07/schema"
        case .draft201909: "https://json-schema.org/draft/2019-09/schema"
        case .draft202012: "https://json-schema.org/draft/2020-12/schema"
        }
    }
}
