import Payloads

extension StreamCatalog {
    /// Whether any source sends Sparkplug, whose nodes can be asked for their birth certificates.
    package var hasSparkplugSources: Bool {
        streams.contains { $0.sources.contains { $0.format == .sparkplug } }
    }
}
