import CMosquitto
import Telemetry

/// What a sender says about its payload in the properties of MQTT 5.
package struct PayloadDescription: Equatable, Sendable {
    /// The user property `schema-version`.
    package var schemaVersion: String?
    /// A media type.
    package var contentType: String?

    package init(schemaVersion: String? = nil, contentType: String? = nil) {
        self.schemaVersion = schemaVersion
        self.contentType = contentType
    }
}

/// Publishes messages and follows each until the broker has it.
///
/// One thread owns it. `publish` hands over a message and returns; the bytes leave when enough are together, or with
/// `flush`. A lost connection is made again by itself, and what was not acknowledged is sent again.
package struct MQTTPublisher: ~Copyable {
    /// How many messages are put together before they are written.
    ///
    /// Their bytes leave in fewer, larger segments.
    private static let writtenTogether = 32

    private var connection: Connection
    private let windowCapacity: Int
    private var unwrittenCount = 0

    /// - Parameters:
    ///   - configuration: Its topic filters are not used.
    ///   - windowCapacity: How many messages may be unacknowledged; the broker may allow fewer. libmosquitto walks
    ///     through all of them for each further one, so that thousands cost more than they bring.
    /// - Throws: `MQTTError.configuration` with a sentence for each mistake; `MQTTError.library`.
    package init(configuration: MQTTConfiguration, windowCapacity: Int = 256) throws(MQTTError) {
        let mistakes = configuration.mistakes()
        guard mistakes.isEmpty else { throw .configuration(mistakes) }
        require((1...65_535).contains(windowCapacity), "packet ids have 16 bits")
        connection = try Connection(configuration: configuration, subscribes: false)
        self.windowCapacity = windowCapacity
    }

    package var counts: PublishCounts { connection.inbox.outcomes.counts }

    package var isConnected: Bool { connection.isConnected }

    /// The oldest event that was not taken yet; nil when there is none.
    package mutating func nextEvent() -> MQTTEvent? { connection.nextEvent() }

    /// Connects and waits until the broker has accepted.
    ///
    /// - Throws: `MQTTError.notConnected` when the broker refuses this client, or after `timeout`.
    package mutating func connect(timeout: Duration = .seconds(10)) throws(MQTTError) {
        if connection.phase == .idle { connection.open() }
        try waitUntil(deadline: .now + timeout) { $0.isConnected }
    }

    /// Hands over a message.
    ///
    /// Waits while the window is full or the connection is away, for at most `patience`. MQTT 3.1.1 has no place for a
    /// description of the payload, so it is left out there.
    ///
    /// - Throws: `MQTTError.notConnected`, `.invalidTopic`, `.tooLarge`, `.library`; the message was not taken then.
    package mutating func publish(
        topic: String, payload: RawSpan, description: PayloadDescription = PayloadDescription(),
        qualityOfService: QualityOfService = .atLeastOnce, retain: Bool = false,
        patience: Duration = .seconds(60)
    ) throws(MQTTError) {
        if counts.inFlight >= window || !connection.isConnected {
            let window = window
            try waitUntil(deadline: .now + patience) { $0.isConnected && $0.inbox.outcomes.counts.inFlight < window }
        }
        var packetID: Int32 = 0
        let code = connection.handle.publish(
            topic: topic, payload: payload,
            description: connection.configuration.version == .version5 ? description : PayloadDescription(),
            qualityOfService: qualityOfService, retain: retain, packetID: &packetID)
        switch mosq_err_t(rawValue: code) {
        case MOSQ_ERR_SUCCESS: break
        // Taken all the same: it leaves with the next connection.
        case MOSQ_ERR_NO_CONN where qualityOfService > .atMostOnce: break
        case MOSQ_ERR_INVAL, MOSQ_ERR_MALFORMED_UTF8: throw .invalidTopic(topic)
        case MOSQ_ERR_OVERSIZE_PACKET, MOSQ_ERR_PAYLOAD_SIZE: throw .tooLarge(byteCount: payload.byteCount)
        default: throw .library(operation: "publish", text: Reasons.libraryText(code))
        }
        connection.inbox.outcomes.didSend(packetID: packetID, qualityOfService: qualityOfService)
        unwrittenCount += 1
        if unwrittenCount >= Self.writtenTogether { flush() }
    }

    /// Writes what `publish` has gathered, and takes what answers there are.
    ///
    /// Never waits.
    package mutating func flush() {
        unwrittenCount = 0
        guard connection.isConnected else { return connection.maintain(mayWrite: true) }
        connection.writeTogether()
        readAnswers()
    }

    /// Waits up to `timeout` for answers.
    ///
    /// To be called now and then while there is nothing to publish.
    package mutating func poll(timeout: Duration) {
        flush()
        if connection.wait(timeout: timeout, mayWrite: true) == .readable { readAnswers() }
    }

    /// Waits until everything is acknowledged or refused.
    ///
    /// - Returns: Whether that came about within `timeout`.
    package mutating func drain(timeout: Duration) -> Bool {
        flush()
        let deadline = ContinuousClock.now + timeout
        while counts.inFlight > 0 && ContinuousClock.now < deadline {
            poll(timeout: min(.milliseconds(200), ContinuousClock.now.duration(to: deadline)))
        }
        return counts.inFlight == 0
    }

    /// Ends the connection.
    package mutating func leave() {
        connection.leave(mayWrite: true)
    }

    private var window: Int { min(windowCapacity, connection.brokerReceiveMaximum ?? windowCapacity) }

    /// libmosquitto reads at most as many packets in one call as messages are on their way.
    private mutating func readAnswers() {
        guard connection.isConnected else { return }
        connection.settle(connection.handle.read())
    }

    private mutating func waitUntil(
        deadline: ContinuousClock.Instant, _ isReached: (borrowing Connection) -> Bool
    ) throws(MQTTError) {
        flush()
        while !isReached(connection) {
            let left = ContinuousClock.now.duration(to: deadline)
            if let last = connection.lastDisconnection, !connection.isConnected,
                last.cause == .refused || left <= .zero
            {
                throw .notConnected(last.sentence)
            }
            guard left > .zero else {
                throw .notConnected("\(connection.place) does not answer.")
            }
            poll(timeout: min(.milliseconds(200), left))
        }
    }
}
