import CMosquitto
import Glibc

extension MQTTConfiguration {
    /// The largest packet that MQTT can express: four length bytes of seven bits.
    static let largestPacketByteCount = 268_435_455

    /// What is wrong with the configuration: one sentence for each mistake, with what to do.
    package func mistakes() -> [String] {
        connectionMistakes() + subscriptionMistakes() + (security?.mistakes() ?? [])
    }

    private func connectionMistakes() -> [String] {
        var mistakes: [String] = []
        if host.isEmpty {
            mistakes.append("The broker's host is empty: give a name or an address, such as localhost.")
        } else if host.contains("/") || host.contains(" ") {
            mistakes.append("The broker's host \"\(host)\" is not a host name: leave out mqtt:// and any path.")
        }
        if !(1...65_535).contains(port) {
            mistakes.append("The broker's port \(port) is not between 1 and 65535: 1883 is usual, 8883 with TLS.")
        }
        if clientID.isEmpty {
            mistakes.append(
                "The client id is empty: give one that stays the same, since the broker keeps the session under it.")
        } else if clientID.utf8.count > 65_535 || clientID.utf8.contains(where: { $0 < 32 || $0 == 127 }) {
            mistakes.append("The client id is too long or has control characters: use letters, digits and hyphens.")
        }
        if let username, username.utf8.count > 65_535 {
            mistakes.append("The user name is longer than 65535 bytes.")
        }
        if version == .version311 && password != nil && username == nil {
            mistakes.append("There is a password but no user name: MQTT 3.1.1 needs both.")
        }
        if keepAliveSeconds != 0 && !(5...65_535).contains(keepAliveSeconds) {
            mistakes.append("The keep-alive of \(keepAliveSeconds) s is not 0 (off) or between 5 and 65535 s.")
        }
        if !(1...65_535).contains(receiveMaximum) {
            mistakes.append("The receive maximum \(receiveMaximum) is not between 1 and 65535 messages.")
        }
        if !(1024...Self.largestPacketByteCount).contains(maximumPacketByteCount) {
            mistakes.append(
                "The maximum packet of \(maximumPacketByteCount) bytes is not between 1024 and 268435455 bytes.")
        }
        if reconnectDelay <= .zero || maximumReconnectDelay < reconnectDelay {
            mistakes.append("The reconnect delay must be above zero and not above its maximum.")
        }
        if connectTimeout <= .zero {
            mistakes.append("The connect timeout must be above zero.")
        }
        return mistakes
    }

    private func subscriptionMistakes() -> [String] {
        var mistakes: [String] = []
        if let group = sharedGroup, group.isEmpty || group.contains(where: { "/+#".contains($0) }) {
            mistakes.append("The shared group \"\(group)\" must not be empty nor contain /, + or #.")
        }
        var seen = Set<String>()
        for subscription in subscriptions {
            let filter = subscription.filter
            if filter.hasPrefix("$share/") && sharedGroup != nil {
                mistakes.append("The topic filter \"\(filter)\" names a group itself: remove $share/ or the group.")
            } else if !isValid(filter) {
                mistakes.append(
                    "The topic filter \"\(filter)\" is not valid: + stands alone between slashes, # alone at the end.")
            }
            if !seen.insert(filter).inserted {
                mistakes.append("The topic filter \"\(filter)\" is given twice.")
            }
        }
        return mistakes
    }

    private func isValid(_ filter: String) -> Bool {
        // Safe: the string outlives the call, which only reads it.
        !filter.utf8.contains(0) && (unsafe mosquitto_sub_topic_check(filter) == MOSQ_ERR_SUCCESS.rawValue)
    }
}

extension MQTTSecurity {
    fileprivate func mistakes() -> [String] {
        var mistakes: [String] = []
        let files = [
            ("authority file", authorityFile), ("authority folder", authorityFolder),
            ("certificate", certificateFile), ("key", keyFile),
        ]
        for case (let name, let path?) in files where unsafe access(path, R_OK) != 0 {
            // Safe: the string outlives the call, which only reads it.
            mistakes.append("The TLS \(name) \(path) cannot be read: check the path and its permissions.")
        }
        if (certificateFile == nil) != (keyFile == nil) {
            mistakes.append("TLS needs the client's certificate and its key together: one of them is missing.")
        }
        if let version, !["tlsv1.2", "tlsv1.3"].contains(version) {
            mistakes.append("The TLS version \"\(version)\" is not tlsv1.2 or tlsv1.3.")
        }
        if let applicationProtocol, !(1...254).contains(applicationProtocol.utf8.count) {
            mistakes.append("The ALPN protocol must have between 1 and 254 bytes.")
        }
        return mistakes
    }
}
