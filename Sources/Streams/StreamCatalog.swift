package import DurableFiles

/// All streams that the definition folder describes, ready to decode.
package struct StreamCatalog: Sendable {
    /// The plans, sorted by the names of their folders.
    package let streams: [StreamPlan]

    /// Loads every `*/stream.yaml` in `directory`, with its schema.
    ///
    /// - Throws: the first thing that is wrong, with file, line and what to do.
    package static func load(
        _ directory: String, from store: any FileStore = SystemFileStore()
    ) throws(DefinitionError) -> StreamCatalog {
        let files = DefinitionFiles(store: store)
        var streams: [StreamPlan] = []
        var definitions: [StreamDefinition] = []
        for folder in try files.folders(in: directory) {
            let file = "\(directory)/\(folder)/stream.yaml"
            guard try files.exists(file) else {
                throw DefinitionError(
                    file: "\(directory)/\(folder)", message: "the folder has no stream.yaml",
                    fix: "Add one or move the folder elsewhere")
            }
            let definition = try StreamDefinition(
                parsing: String(decoding: try files.read(file), as: UTF8.self), file: file)
            try check(definition, against: definitions)
            let schemaFile = "\(directory)/\(folder)/\(definition.schemaFile.value)"
            guard try files.exists(schemaFile) else {
                throw definition.error(
                    at: definition.schemaFile, "the schema \(schemaFile) does not exist",
                    fix: "Put the JSON Schema there or correct the name")
            }
            streams.append(try StreamPlan(definition, schema: try files.read(schemaFile), schemaFile: schemaFile))
            definitions.append(definition)
        }
        guard !streams.isEmpty else {
            throw DefinitionError(
                file: directory, message: "the folder defines no stream",
                fix: "Give the folder that contains one folder with a stream.yaml for each stream")
        }
        return StreamCatalog(streams: streams)
    }

    /// The stream called `name`.
    package func stream(named name: String) -> StreamPlan? {
        streams.first { $0.name == name }
    }

    /// Every topic filter that a stream names, for the subscription.
    package var topicFilters: [TopicFilter] {
        streams.flatMap { $0.sources.map(\.topicFilter) }
    }

    /// A matcher from topics to indices in `streams` and in their `sources`, for one thread.
    package func makeTopicMatcher() -> TopicMatcher {
        TopicMatcher(
            streams.enumerated().flatMap { index, stream in
                stream.sources.enumerated().map { source, value in
                    (filter: value.topicFilter, route: TopicRoute(stream: index, source: source))
                }
            })
    }

    /// Names are tables, so each stands once; a topic belongs to one source of one stream.
    private static func check(
        _ definition: StreamDefinition, against others: [StreamDefinition]
    ) throws(DefinitionError) {
        for other in others {
            guard other.name.value != definition.name.value else {
                throw definition.error(
                    at: definition.name, "\(other.file) has the stream name `\(other.name.value)` too",
                    fix: "Give each stream a name of its own")
            }
            for source in definition.sources {
                for otherSource in other.sources where source.topic.value.overlaps(otherSource.topic.value) {
                    throw definition.error(
                        at: source.topic,
                        "`\(source.topic.value.text)` shares topics with `\(otherSource.topic.value.text)` "
                            + "in \(other.file), line \(otherSource.topic.line)",
                        fix: "Change one of the filters so that every topic belongs to one stream")
                }
            }
        }
    }
}
