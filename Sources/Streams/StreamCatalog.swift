package import DurableFiles

/// All streams that the definition folder describes, ready to decode.
package struct StreamCatalog: Sendable {
    /// The plans, sorted by the names of their folders.
    package let streams: [StreamPlan]

    package init(streams: [StreamPlan]) {
        self.streams = streams
    }

    /// Loads every `*/stream.yaml` in `directory`, with its schemas.
    ///
    /// - Throws: the first thing that is wrong, with file, line and what to do.
    package static func load(
        _ directory: String, from store: any FileStore = SystemFileStore()
    ) throws(DefinitionError) -> StreamCatalog {
        let folder = DefinitionFolder.read(directory, from: store)
        if let error = folder.errors.first { throw error }
        return StreamCatalog(streams: folder.streams.compactMap(\.plan))
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
}
