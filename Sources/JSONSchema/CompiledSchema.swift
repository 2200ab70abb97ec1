public import JSONDocument

/// A JSON Schema of draft 2020-12, 2019-09 or 7, compiled: its references are resolved and nothing of its text is read
/// any more.
///
/// `$schema` says which draft a schema is of. Keywords that the draft does not know are annotations and have no
/// effect. `format` is an annotation too unless `assertsFormat` is set; then every format that the draft names is
/// checked.
public struct CompiledSchema: Sendable {
    let program: SchemaProgram
    /// The schema as it stands.
    let source: JSONTree
    /// What the schema says about the members of the object that it describes, also of objects in it.
    public let fields: [FieldFacts]

    /// Compiles a schema.
    ///
    /// - Parameters:
    ///   - source: the schema.
    ///   - uri: the address against which its references are resolved; an `$id` in it comes before.
    ///   - others: further documents by address; nothing else is ever fetched. The meta-schemas of the drafts need not
    ///     be among them.
    ///   - draft: the draft of schemas that have no `$schema`.
    ///   - assertsFormat: whether a string of the wrong `format` is an error.
    /// - Throws: ``SchemaError`` with the place in the schema.
    public init(
        _ source: JSONTree, at uri: String = "", others: [String: JSONTree] = [:],
        draft: SchemaDraft = .draft202012, assertsFormat: Bool = false
    ) throws(SchemaError) {
        let registry = try SchemaRegistry(source, at: uri, others: others, draft: draft)
        var compiler = SchemaCompiler(registry: registry, assertsFormat: assertsFormat)
        program = try compiler.program()
        fields = FieldFactsReader(compiler.registry).facts
        self.source = source
    }

    /// Whether no other document is part of it.
    var isAlone: Bool { program.documentNames.count == 1 }
}

/// Runs a compiled schema on one document after the other.
public struct SchemaValidator: ~Copyable, Sendable {
    private let program: SchemaProgram
    private var state = EvaluationState()

    /// A validator; each thread needs its own.
    public init(_ schema: CompiledSchema) {
        program = schema.program
    }

    /// Whether the value at `index`, or the whole document, is valid; false also when its ``violation(in:at:)`` is
    /// that this takes too much work to decide.
    public mutating func isValid(_ document: JSONDocument, at index: Int? = nil) -> Bool {
        let index = index ?? document.root
        state.reset(for: index, of: document)
        return program.isValid(program.root, at: index, of: document, &state)
    }

    /// The first rule that the value at `index`, or the whole document, breaks; nil when it is valid.
    public mutating func violation(in document: JSONDocument, at index: Int? = nil) -> SchemaViolation? {
        guard !isValid(document, at: index) else { return nil }
        return program.violation(&state, of: index ?? document.root, in: document)
    }
}
