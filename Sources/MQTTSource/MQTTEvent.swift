/// What happened on a connection, in order.
///
/// Events are rare and for people and counters; messages are not events.
package enum MQTTEvent: Equatable, Sendable {
    /// The broker accepted the connection. Without a session, what was sent while this client was away is gone.
    case connected(sessionPresent: Bool)
    /// The broker answered the subscription: the quality of service it granted, by filter.
    case subscribed([MQTTGrant])
    /// The broker refuses a filter: messages for it will not come.
    case subscriptionRefused(filter: String, sentence: String)
    case disconnected(MQTTDisconnection)
    /// The next attempt to connect comes after this time.
    case reconnecting(after: Duration)
    /// A message above the maximum packet came (only an MQTT 3.1.1 broker sends one) and was cut.
    case truncated(topic: String, byteCount: Int, keptByteCount: Int)
}

/// What the broker granted for a filter.
package struct MQTTGrant: Equatable, Sendable {
    package let filter: String
    package let qualityOfService: QualityOfService

    package init(filter: String, qualityOfService: QualityOfService) {
        self.filter = filter
        self.qualityOfService = qualityOfService
    }
}

/// Why a connection ended or did not come about.
package struct MQTTDisconnection: Equatable, Sendable {
    /// What kind of end it was, for those who decide whether trying again can help.
    package enum Cause: Equatable, Sendable {
        /// We left.
        case left
        /// No connection: wrong address, nobody listens, the network is down, or it broke.
        case network
        /// The broker does not let this client in: user, password, client id or certificate.
        case refused
        /// The TLS handshake failed.
        case security
        /// Another client came with the same client id.
        case takenOver
        /// The broker ended the connection for another reason, or breaks the protocol.
        case broker
    }

    package let cause: Cause
    /// One sentence for a person: what happened and what to do.
    package let sentence: String
}

/// What keeps a source or a publisher from working at all.
package enum MQTTError: Error, Equatable {
    /// One sentence for each mistake. Nothing was started.
    case configuration([String])
    /// libmosquitto refused a call; the text is its own.
    case library(operation: String, text: String)
    /// The topic cannot be published to: empty, with a wildcard, or not UTF-8.
    case invalidTopic(String)
    /// The message is larger than the broker takes.
    case tooLarge(byteCount: Int)
    /// There was no connection within the time allowed; why is the last disconnection's sentence.
    case notConnected(String)
}
