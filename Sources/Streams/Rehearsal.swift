package import DurableFiles
import JSONDocument
import JSONSchema
package import Telemetry

extension StreamPlan {
    /// The stream called `name`, whose definition lies below `directory`, with the schema at `path` and no other: what
    /// the stream would be if that were its only version.
    ///
    /// A file whose name says no version stands for the next major one.
    /// - Throws: the first thing that is wrong with the schema or does not fit the definition.
    package static func rehearsal(
        of name: String, in directory: String, schema path: String, from store: any FileStore = SystemFileStore()
    ) throws(DefinitionError) -> StreamPlan {
        let folder = DefinitionFolder.read(directory, from: store)
        guard let stream = folder.streams.first(where: { $0.plan?.name == name }), let active = stream.plan else {
            throw folder.errors.first
                ?? DefinitionError(file: directory, message: "there is no stream \(name)", fix: "Correct the name")
        }
        let files = DefinitionFiles(store: store)
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let version = SchemaVersion(fileName: file) ?? SchemaVersion(major: active.newestVersion.version.major + 1)
        let schema = SchemaFile(path: path, version: version, bytes: try files.read(path))
        var errors: [DefinitionError] = []
        let yaml = "\(stream.directory)/stream.yaml"
        let text = String(decoding: try files.read(yaml), as: UTF8.self)
        let definition = StreamDefinition(parsing: text, file: yaml, errors: &errors)
        let plan = definition.flatMap { StreamPlan($0, schemas: [schema], errors: &errors) }
        guard var plan, errors.isEmpty else {
            throw errors.first ?? DefinitionError(file: path, message: "the schema cannot be used", fix: "Correct it")
        }
        // A reading that names another version is to be judged by this one all the same.
        plan.versionMember = nil
        return plan
    }

    /// A plan of `rehearsal` that takes what tells its version, and refuses what tells another.
    package func honouringToldVersions(of active: StreamPlan) -> StreamPlan {
        var plan = self
        plan.versionMember = active.versionMember
        return plan
    }

    /// Whether the column's strings are JSON texts, of a member that may hold values of several types.
    package func isJSONText(column: Int) -> Bool {
        versions.contains { version in
            version.cells.contains { cell in
                guard cell.column == column, case .text = cell.rule else { return false }
                return true
            }
        }
    }
}

/// Judges single records by the newest schema of a plan.
package struct RecordJudge: ~Copyable {
    private var parser = JSONParser()
    private var validator: RecordValidator
    private var slots: [UInt32]

    package init(_ plan: StreamPlan) {
        validator = RecordValidator(plan.schema)
        slots = [UInt32](repeating: 0, count: plan.schema.fields.count)
    }

    /// What the schema has against a record; nil when it takes it.
    package mutating func refusal(of text: [UInt8]) -> Refusal? {
        Self.refusal(of: text, &parser, &validator, &slots)
    }

    /// Apart, because a document of `parser` would otherwise hold all of `self`.
    private static func refusal(
        of text: [UInt8], _ parser: inout JSONParser, _ validator: inout RecordValidator, _ slots: inout [UInt32]
    ) -> Refusal? {
        do throws(JSONParseError) {
            let document = try parser.parse(text)
            var span = slots.mutableSpan
            guard !validator.validate(document, slots: &span).isValid else { return nil }
            return Refusal(validator.violation(in: document), in: "")
        } catch {
            return Refusal(.notJSON, sentence: error.sentence)
        }
    }
}
