import CMosquitto
import Glibc

/// Sentences for what brokers and libmosquitto answer with a number.
enum Reasons {
    /// Why a CONNECT was refused.
    ///
    /// MQTT 5, section 3.2.2.2; MQTT 3.1.1, section 3.2.2.3.
    static func refusedConnection(_ code: Int32, version: MQTTVersion, explanation: String?) -> MQTTDisconnection {
        let (cause, sentence): (MQTTDisconnection.Cause, String) =
            switch (version, code) {
            case (.version311, 1), (_, 0x84):
                (.refused, "The broker does not speak MQTT \(version.rawValue): set the other protocol version.")
            case (.version311, 2), (.version5, 0x85):
                (.refused, "The broker does not accept the client id: choose another.")
            case (.version311, 3), (.version5, 0x88):
                (.broker, "The broker is not available now.")
            case (.version311, 4), (.version5, 0x86):
                (.refused, "The broker refused the user name or password: check both.")
            case (.version311, 5), (.version5, 0x87):
                (
                    .refused,
                    "The broker does not authorise this client: check user name, password and its access rules."
                )
            case (.version5, 0x89): (.broker, "The broker is busy.")
            case (.version5, 0x8A): (.refused, "The broker has banned this client.")
            case (.version5, 0x8C): (.refused, "The broker wants another way of authentication.")
            case (.version5, 0x95): (.refused, "The broker finds the CONNECT packet too large.")
            case (.version5, 0x97): (.broker, "The broker's quota for this client is used up.")
            case (.version5, 0x9C), (.version5, 0x9D): (.refused, "The broker says that another server is to be used.")
            case (.version5, 0x9F): (.broker, "The broker limits how often clients may connect.")
            default: (.refused, "The broker refused the connection with reason code \(code).")
            }
        return MQTTDisconnection(cause: cause, sentence: with(explanation, sentence))
    }

    /// Why the broker sent DISCONNECT.
    ///
    /// MQTT 5, section 3.14.2.1.
    static func brokerDisconnected(_ code: Int32) -> MQTTDisconnection {
        switch code {
        case 0x8E:
            MQTTDisconnection(
                cause: .takenOver,
                sentence: "Another client connected with the same client id: give each lane and each machine its own.")
        case 0x8B: MQTTDisconnection(cause: .broker, sentence: "The broker is shutting down.")
        case 0x8D: MQTTDisconnection(cause: .network, sentence: "The broker heard nothing for the keep-alive time.")
        case 0x87: MQTTDisconnection(cause: .refused, sentence: "The broker no longer authorises this client.")
        case 0x93:
            MQTTDisconnection(cause: .broker, sentence: "More messages were on their way than the broker allows.")
        case 0x95: MQTTDisconnection(cause: .broker, sentence: "A packet was larger than the broker takes.")
        case 0x98: MQTTDisconnection(cause: .broker, sentence: "An administrator of the broker ended the connection.")
        default:
            MQTTDisconnection(cause: .broker, sentence: "The broker ended the connection with reason code \(code).")
        }
    }

    /// What a function of libmosquitto returned.
    static func failed(_ code: Int32, systemError: Int32, place: String, security: [String]) -> MQTTDisconnection {
        switch mosq_err_t(rawValue: code) {
        case MOSQ_ERR_TLS, MOSQ_ERR_TLS_HANDSHAKE, MOSQ_ERR_OCSP:
            MQTTDisconnection(
                cause: .security,
                sentence: with(
                    security.isEmpty ? nil : security.joined(separator: "; "),
                    "The TLS handshake with \(place) failed: check the authority file, the host name and the clock."))
        case MOSQ_ERR_CONN_LOST:
            // mosquitto 2.0.11 does not say when it lets another client take over.
            MQTTDisconnection(
                cause: .network,
                sentence: "The connection to \(place) broke: the broker or the network went away, or another client "
                    + "uses the same client id.")
        case MOSQ_ERR_KEEPALIVE:
            MQTTDisconnection(cause: .network, sentence: "\(place) did not answer a ping for the keep-alive time.")
        case MOSQ_ERR_EAI, MOSQ_ERR_LOOKUP:
            MQTTDisconnection(cause: .network, sentence: "The name in \(place) cannot be resolved: check the host.")
        case MOSQ_ERR_ERRNO:
            MQTTDisconnection(cause: .network, sentence: systemFailure(systemError, place: place))
        case MOSQ_ERR_PROTOCOL, MOSQ_ERR_MALFORMED_PACKET:
            MQTTDisconnection(
                cause: .broker, sentence: "\(place) sent something that is not MQTT: check host and port.")
        default:
            MQTTDisconnection(cause: .broker, sentence: "The connection to \(place) ended: \(libraryText(code))")
        }
    }

    static func systemFailure(_ systemError: Int32, place: String) -> String {
        switch systemError {
        case ECONNREFUSED: "Nobody listens at \(place): start the broker or correct host and port."
        case 0: "\(place) cannot be reached."
        default: "\(place) cannot be reached: \(systemText(systemError))."
        }
    }

    /// Why a filter was refused.
    ///
    /// MQTT 5, section 3.9.3; MQTT 3.1.1 knows only 0x80.
    static func refusedSubscription(_ code: Int32, filter: String) -> String {
        let why =
            switch code {
            case 0x87: "this client is not authorised for it; check the broker's access rules"
            case 0x8F: "the broker finds it invalid"
            case 0x97: "the broker's quota is used up"
            case 0x9E: "the broker has no shared subscriptions; remove the group"
            case 0xA2: "the broker has no wildcard subscriptions"
            default: "reason code \(code); check the broker's access rules"
            }
        return "The broker refused the topic filter \"\(filter)\": \(why)."
    }

    static func libraryText(_ code: Int32) -> String {
        // Safe: mosquitto_strerror returns a constant string for every number.
        unsafe String(cString: mosquitto_strerror(code))
    }

    static func systemText(_ code: Int32) -> String {
        // Safe: strerror's text is copied before another call can change it; a mix-up would only garble a sentence.
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }

    private static func with(_ explanation: String?, _ sentence: String) -> String {
        guard let explanation, !explanation.isEmpty else { return sentence }
        return "\(sentence) (\(explanation))"
    }
}
