/// The MQTT version that a client speaks.
package enum MQTTVersion: String, Sendable, CaseIterable {
    case version5 = "5"
    case version311 = "3.1.1"
}

/// How often a message may arrive.
package enum QualityOfService: UInt8, Sendable, Comparable {
    case atMostOnce = 0
    case atLeastOnce = 1
    case exactlyOnce = 2

    package static func < (left: QualityOfService, right: QualityOfService) -> Bool { left.rawValue < right.rawValue }
}

/// A topic filter and the quality of service at which it is asked for.
package struct MQTTSubscription: Equatable, Sendable {
    /// Without `$share/…/`: see `MQTTConfiguration.sharedGroup`.
    package var filter: String
    /// `exactlyOnce` is asked for as `atLeastOnce`: see `MQTTSource`.
    package var qualityOfService: QualityOfService

    package init(_ filter: String, qualityOfService: QualityOfService = .atLeastOnce) {
        self.filter = filter
        self.qualityOfService = qualityOfService
    }
}

/// What encrypts the connection, and who is trusted.
package struct MQTTSecurity: Sendable {
    /// PEM file with the certificates of the authorities that are trusted.
    ///
    /// Without it and `authorityFolder`, the system's are.
    package var authorityFile: String?
    /// Folder of such files, prepared by `openssl rehash`.
    package var authorityFolder: String?
    /// PEM file with this client's certificate, and the key that belongs to it.
    package var certificateFile: String?
    package var keyFile: String?
    /// Opens the key file where it is encrypted.
    package var keyPassword: String?
    /// Leaves out the check that the certificate is for this host name.
    ///
    /// For tests only.
    package var acceptsAnyHostName = false
    /// `tlsv1.2` or `tlsv1.3`: the lowest (and for 1.3 the only) version; nil for 1.2 and later.
    package var version: String?
    /// OpenSSL's cipher list for TLS 1.2; nil for the defaults.
    package var ciphers: String?
    /// The protocol asked for in ALPN, such as `mqtt` where a broker shares its port with a web server.
    package var applicationProtocol: String?

    package init() {}
}

/// How to reach a broker and what to ask of it.
package struct MQTTConfiguration: Sendable {
    package var host: String
    package var port: Int
    package var version = MQTTVersion.version5
    /// The name under which the broker keeps the session.
    ///
    /// It must stay the same over restarts.
    package var clientID: String
    package var username: String?
    package var password: String?
    package var keepAliveSeconds = 60
    /// How long the broker keeps the session of a client that is away, and with it what was not acknowledged.
    ///
    /// MQTT 3.1.1 knows only two: 0 starts clean, any other keeps the session as long as the broker wants.
    package var sessionExpirySeconds: UInt32 = 7 * 86_400
    /// How many messages may be on their way unacknowledged: the upper limit of what shares one fsync.
    ///
    /// MQTT 5 only.
    package var receiveMaximum = 10_000
    /// 1 MiB: four times the payload limit of brokers in the field, so that what is too large is seen and kept.
    package var maximumPacketByteCount = 1 << 20
    package var subscriptions: [MQTTSubscription] = []
    /// The group whose members share the messages of all filters, as `$share/<group>/<filter>`.
    package var sharedGroup: String?
    package var security: MQTTSecurity?
    /// The local address to connect from, where a machine has several.
    package var bindAddress: String?
    package var reconnectDelay = Duration.milliseconds(250)
    package var maximumReconnectDelay = Duration.seconds(30)
    /// How long the broker may take to accept a connection, TLS included.
    package var connectTimeout = Duration.seconds(15)

    package init(host: String, port: Int = 1883, clientID: String) {
        self.host = host
        self.port = port
        self.clientID = clientID
    }

    /// The filters as they are sent to the broker.
    var sentFilters: [String] {
        subscriptions.map { subscription in
            sharedGroup.map { "$share/\($0)/\(subscription.filter)" } ?? subscription.filter
        }
    }
}
