import Payloads

extension StreamCatalog {
    /// Whether any source sends Sparkplug, whose nodes can be asked for their birth certificates.
    package var hasSparkplugSources: Bool {
        streams.contains { $0.sources.contains { $0.format == .sparkplug } }
    }

    /// The topic filters to subscribe to: those of the sources, but of Sparkplug's only what devices say of themselves.
    ///
    /// A filter such as `spBv1.0/plant/#` takes commands too, also the requests that phusa itself sends.
    package var subscriptions: [String] {
        streams.flatMap { $0.sources }.flatMap { source in
            source.format == .sparkplug
                ? SparkplugFilters.ofReadings(source.topicFilter.text) : [source.topicFilter.text]
        }
    }
}

/// Parts of topic filters of Sparkplug B: `spBv1.0/group/type/edge[/device]`.
private enum SparkplugFilters {
    /// The types of messages that are read, which leaves out NCMD, DCMD and STATE.
    private static let nodeTypes = ["NBIRTH", "NDATA", "NDEATH"]
    private static let deviceTypes = ["DBIRTH", "DDATA", "DDEATH"]

    /// The filter with each of these types where it takes any; as it is where it names one, or takes other topics.
    static func ofReadings(_ filter: String) -> [String] {
        var levels = filter.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard levels[0] == "spBv1.0" else { return [filter] }
        if levels.count == 2, levels[1] == "#" { levels = [levels[0], "+", "#"] }
        if levels.count == 3, levels[2] == "#" { levels = [levels[0], levels[1], "+", "#"] }
        guard levels.count > 3, levels[2] == "+" else { return [filter] }
        let types =
            switch (levels.count, levels.last == "#") {
            case (4...5, true): nodeTypes + deviceTypes
            case (4, false): nodeTypes
            default: deviceTypes
            }
        return types.map { type in
            levels[2] = type
            return levels.joined(separator: "/")
        }
    }
}
