import Telemetry

/// What a fold says to fleets: refusals, a few a minute for each topic, and requests for birth certificates.
///
/// Nothing is said about messages that were in the journal when the process began: the one before may have done so.
struct FoldFeedback {
    /// 65,536 topics of a minute take some 2 MiB; further ones are not told.
    private static let topicLimit = 65_536
    /// 16 KiB: the device stands in the first of several readings too.
    private static let payloadLimit = 16 << 10

    private let outbox: Outbox
    private let configuration: FeedbackConfiguration
    /// Messages up to this one are not spoken of.
    private let knownThrough: JournalOffset
    private var minute = EventTime(microsecondsSinceEpoch: .min)
    /// How many notes each topic has had in this minute, by its fingerprint.
    private var counts: [Fingerprint: Int] = [:]

    init(_ outbox: Outbox, _ configuration: FeedbackConfiguration, knownThrough: JournalOffset) {
        self.outbox = outbox
        self.configuration = configuration
        self.knownThrough = knownThrough
    }

    /// Tells of a refusal, unless the topic has had its share of this minute.
    mutating func tell(
        _ refusal: Refusal, reading: Int32?, messageAt index: Int, of messages: borrowing MessageBatch,
        stream: (name: String, deviceMember: String?, schemaVersion: String)?
    ) {
        guard let template = configuration.topic, messages.offset(at: index) > knownThrough else { return }
        let arrival = messages.entry(at: index).arrival
        guard hasShare(messages.topic(at: index), at: arrival) else { return outbox.countAsDropped(1) }
        var payload: [UInt8] = []
        if template.needsDevice, messages.payload(at: index).byteCount <= Self.payloadLimit {
            // Safe: the bytes are copied at once.
            payload = unsafe messages.payload(at: index).withUnsafeBytes { unsafe Array($0) }
        }
        outbox.offer(
            .refusal(
                RefusalNote(
                    stream: stream?.name, deviceMember: stream?.deviceMember, schemaVersion: stream?.schemaVersion,
                    topic: String(decoding: messages.topic(at: index)), arrival: arrival, refusal: refusal,
                    readingIndex: reading, payload: payload)))
    }

    /// Asks an edge node for its birth certificates.
    func askForRebirth(commandTopic: String, offset: JournalOffset) {
        guard configuration.asksForRebirths, offset > knownThrough else { return }
        outbox.offer(.rebirth(commandTopic: commandTopic))
    }

    private mutating func hasShare(_ topic: RawSpan, at arrival: EventTime) -> Bool {
        if arrival.startOfMinute != minute {
            minute = arrival.startOfMinute
            counts.removeAll(keepingCapacity: true)
        }
        let fingerprint = Fingerprint(topic)
        let count = counts[fingerprint] ?? 0
        guard count < configuration.notesPerMinute, count > 0 || counts.count < Self.topicLimit else { return false }
        counts[fingerprint] = count + 1
        return true
    }
}
