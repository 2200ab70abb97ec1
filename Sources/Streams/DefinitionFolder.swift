package import DurableFiles

/// A folder of stream definitions, read as far as it can be, with everything that is wrong.
package struct DefinitionFolder: Sendable {
    /// One stream's folder.
    package struct Stream: Sendable {
        /// The folder's path.
        package let directory: String
        /// Nil when something is wrong with the definition or one of its schemas.
        package let plan: StreamPlan?
        /// All schemas in the folder, newest first, also those that are newer than the one that the definition names.
        package let schemas: [SchemaFile]
        /// How many of these come first and are newer than the newest one in use.
        package let inactiveSchemaCount: Int
    }

    package private(set) var streams: [Stream] = []
    package private(set) var errors: [DefinitionError] = []
    private var definitions: [StreamDefinition] = []
    private let files: DefinitionFiles

    /// Reads every `*/stream.yaml` in `directory`, with its schemas.
    package static func read(_ directory: String, from store: any FileStore = SystemFileStore()) -> DefinitionFolder {
        var folder = DefinitionFolder(files: DefinitionFiles(store: store))
        folder.readStreams(in: directory)
        return folder
    }

    private init(files: DefinitionFiles) {
        self.files = files
    }

    private mutating func readStreams(in directory: String) {
        let files = files
        let names = DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
            try files.folders(in: directory)
        }
        guard let names else { return }
        for name in names { readStream(in: "\(directory)/\(name)") }
        guard streams.isEmpty, errors.isEmpty else { return }
        errors.append(
            DefinitionError(
                file: directory, message: "the folder defines no stream",
                fix: "Give the folder that contains one folder with a stream.yaml for each stream"))
    }

    private mutating func readStream(in directory: String) {
        let (files, file) = (files, "\(directory)/stream.yaml")
        let text = DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
            guard try files.exists(file) else {
                throw DefinitionError(
                    file: directory, message: "the folder has no stream.yaml",
                    fix: "Add one or move the folder elsewhere")
            }
            return String(decoding: try files.read(file), as: UTF8.self)
        }
        guard let text else { return }
        let definition = StreamDefinition(parsing: text, file: file, errors: &errors)
        let schemas = DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
            try files.schemas(in: directory)
        }
        if let definition {
            checkAgainstOthers(definition)
            definitions.append(definition)
        }
        guard let definition, let schemas else {
            streams.append(Stream(directory: directory, plan: nil, schemas: schemas ?? [], inactiveSchemaCount: 0))
            return
        }
        guard let newest = schemas.firstIndex(where: { $0.name == definition.schemaFile.value }) else {
            errors.append(Self.missing(definition, directory))
            streams.append(Stream(directory: directory, plan: nil, schemas: schemas, inactiveSchemaCount: 0))
            return
        }
        let plan = StreamPlan(definition, schemas: Array(schemas[newest...]), errors: &errors)
        streams.append(Stream(directory: directory, plan: plan, schemas: schemas, inactiveSchemaCount: newest))
    }

    private static func missing(_ definition: StreamDefinition, _ directory: String) -> DefinitionError {
        let name = definition.schemaFile.value
        guard SchemaVersion(fileName: name) != nil else {
            return definition.error(
                at: definition.schemaFile, "the schema's file name `\(name)` does not give its version",
                fix: "Name the file v1.schema.json, v1.1.schema.json, v2.schema.json and so on")
        }
        return definition.error(
            at: definition.schemaFile, "the schema \(directory)/\(name) does not exist",
            fix: "Put the JSON Schema there or correct the name")
    }

    /// Names are tables, so each stands once; a topic belongs to one source of one stream.
    private mutating func checkAgainstOthers(_ definition: StreamDefinition) {
        for other in definitions {
            if other.name.value == definition.name.value {
                errors.append(
                    definition.error(
                        at: definition.name, "\(other.file) has the stream name `\(other.name.value)` too",
                        fix: "Give each stream a name of its own"))
            }
            for source in definition.sources {
                for otherSource in other.sources where source.topic.value.overlaps(otherSource.topic.value) {
                    errors.append(
                        definition.error(
                            at: source.topic,
                            "`\(source.topic.value.text)` shares topics with `\(otherSource.topic.value.text)` "
                                + "in \(other.file), line \(otherSource.topic.line)",
                            fix: "Change one of the filters so that every topic belongs to one stream"))
                }
            }
        }
    }
}

extension DefinitionFiles {
    /// The schemas of a stream's folder, newest first.
    fileprivate func schemas(in directory: String) throws(DefinitionError) -> [SchemaFile] {
        var schemas: [SchemaFile] = []
        for name in try names(in: directory) {
            guard let version = SchemaVersion(fileName: name) else {
                guard SchemaVersion.isTooLarge(inFileName: name) else { continue }
                throw DefinitionError(
                    file: "\(directory)/\(name)", message: "the version in the file's name is too large a number",
                    fix: "Give it a version of at most six digits, such as v2.schema.json")
            }
            if let other = schemas.first(where: { $0.version == version }) {
                throw DefinitionError(
                    file: "\(directory)/\(name)", message: "\(other.name) is version \(version) too", fix: "Remove one")
            }
            let path = "\(directory)/\(name)"
            schemas.append(SchemaFile(path: path, version: version, bytes: try read(path)))
        }
        return schemas.sorted { $0.version > $1.version }
    }
}
