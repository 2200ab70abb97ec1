import Telemetry

/// Finds the stream of a topic.
///
/// Answers are remembered by the topic's fingerprint, so that the filters are only tried for a topic's first message
/// and again when another topic has taken its place: devices send to few topics, and often.
package struct TopicMatcher: ~Copyable {
    private let filters: [(filter: TopicFilter, stream: Int)]
    private var cache: [Entry]
    private let mask: Int

    private struct Entry {
        var fingerprint: Fingerprint
        /// -1: no stream; -2: nothing is remembered here.
        var stream: Int32
    }

    /// Makes a matcher that remembers up to `capacity` topics, rounded up to a power of two.
    ///
    /// The default takes 512 KiB at most.
    package init(_ filters: [(filter: TopicFilter, stream: Int)], capacity: Int = 16_384) {
        self.filters = filters
        var count = 1
        while count < capacity { count *= 2 }
        cache = Array(repeating: Entry(fingerprint: .start, stream: -2), count: count)
        mask = count - 1
    }

    /// The index of the stream to which `topic` belongs, or nil.
    package mutating func stream(of topic: RawSpan) -> Int? {
        let fingerprint = Fingerprint(topic)
        let slot = Int(truncatingIfNeeded: fingerprint.low) & mask
        let entry = cache[slot]
        if entry.stream != -2, entry.fingerprint == fingerprint { return entry.stream < 0 ? nil : Int(entry.stream) }
        let stream = filters.first { $0.filter.matches(topic) }?.stream
        cache[slot] = Entry(fingerprint: fingerprint, stream: Int32(stream ?? -1))
        return stream
    }
}
