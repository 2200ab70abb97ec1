import Telemetry

/// The source of a stream to which a topic belongs, both by their indices.
package struct TopicRoute: Hashable, Sendable {
    package let stream: Int
    /// In the stream's own `sources`.
    package let source: Int

    package init(stream: Int, source: Int) {
        self.stream = stream
        self.source = source
    }
}

/// Finds the stream of a topic, and the source of that stream.
///
/// The filter of the message before is tried first, since messages of a stream come in rows. Further answers are
/// remembered by the topic's fingerprint, so that all filters are only tried for a topic's first message and again when
/// another topic has taken its place: devices send to few topics, and often.
package struct TopicMatcher: ~Copyable {
    private let filters: [(filter: TopicFilter, route: TopicRoute)]
    /// For each filter whether a topic that matches it can match none before it.
    private let isFirst: [Bool]
    /// The index of the filter that matched last, if no other can match what it matches.
    private var latest: Int?
    private var cache: [Entry]
    private let mask: Int

    private struct Entry {
        var fingerprint: Fingerprint
        /// -1: no filter; -2: nothing is remembered here.
        var filter: Int32
    }

    /// Makes a matcher that remembers up to `capacity` topics, rounded up to a power of two.
    ///
    /// The default takes 512 KiB at most.
    package init(_ filters: [(filter: TopicFilter, route: TopicRoute)], capacity: Int = 16_384) {
        self.filters = filters
        isFirst = filters.indices.map { index in
            !filters[..<index].contains { $0.filter.overlaps(filters[index].filter) }
        }
        var count = 1
        while count < capacity { count *= 2 }
        cache = Array(repeating: Entry(fingerprint: .start, filter: -2), count: count)
        mask = count - 1
    }

    /// The stream and source to which `topic` belongs, or nil.
    package mutating func route(of topic: RawSpan) -> TopicRoute? {
        if let latest, filters[latest].filter.matches(topic) { return filters[latest].route }
        let fingerprint = Fingerprint(topic)
        let slot = Int(truncatingIfNeeded: fingerprint.low) & mask
        var found = cache[slot].filter
        if found == -2 || cache[slot].fingerprint != fingerprint {
            found = Int32(filters.firstIndex { $0.filter.matches(topic) } ?? -1)
            cache[slot] = Entry(fingerprint: fingerprint, filter: found)
        }
        guard found >= 0 else { return nil }
        latest = isFirst[Int(found)] ? Int(found) : nil
        return filters[Int(found)].route
    }
}
