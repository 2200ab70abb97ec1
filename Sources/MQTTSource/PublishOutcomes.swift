/// What became of published messages.
package struct PublishCounts: Equatable, Sendable {
    /// Handed to libmosquitto.
    package var sent = 0
    /// Confirmed by the broker; for quality of service 0: written to the socket.
    package var acknowledged = 0
    /// Of those acknowledged, how many no subscriber wanted.
    ///
    /// MQTT 5 only.
    package var withoutSubscriber = 0
    /// Refused by the broker, by the reason code of MQTT 5, section 3.4.2.1.
    package var failed: [Int32: Int] = [:]
    /// Quality of service 0 only: not written when the connection broke.
    package var lost = 0

    package var failedTotal: Int { failed.values.reduce(0, +) }
    /// Not yet decided.
    package var inFlight: Int { sent - acknowledged - failedTotal - lost }
}

/// Follows each message from its packet id to its outcome.
struct PublishOutcomes {
    private(set) var counts = PublishCounts()
    private var unwritten = Set<Int32>()

    mutating func didSend(packetID: Int32, qualityOfService: QualityOfService) {
        counts.sent += 1
        if qualityOfService == .atMostOnce { unwritten.insert(packetID) }
    }

    mutating func didFinish(packetID: Int32, code: Int32) {
        if !unwritten.isEmpty { unwritten.remove(packetID) }
        if code >= 0x80 {
            counts.failed[code, default: 0] += 1
        } else {
            counts.acknowledged += 1
            if code == 0x10 { counts.withoutSubscriber += 1 }
        }
    }

    /// libmosquitto sends messages of quality of service 1 and 2 again on the next connection, but none of 0.
    mutating func didDisconnect() {
        counts.lost += unwritten.count
        unwritten.removeAll(keepingCapacity: true)
    }
}
