import CMosquitto
import Glibc
package import Telemetry

/// Takes messages from a broker and acknowledges them only when it is told that they are on disk.
///
/// The owner calls, on one thread and in a loop: `wait`, `receive(into:)`, then makes durable what came, then
/// `acknowledge()`. libmosquitto runs no thread. Between `receive` and `acknowledge` no PUBACK leaves, so whatever ends
/// the process or the connection in between makes the broker send those messages again.
///
/// Quality of service 2 is asked for as 1: its second handshake protects against duplicates only while both ends keep
/// their state, and readings are recognised by their identity anyway.
package struct MQTTSource: ~Copyable {
    private var connection: Connection
    private var isMoreWaiting = false

    /// Ends another thread's `wait`.
    package let wakeup: Wakeup

    /// Checks the configuration; nothing is connected yet.
    ///
    /// - Throws: `MQTTError.configuration` with a sentence for each mistake; `MQTTError.library`.
    package init(configuration: MQTTConfiguration) throws(MQTTError) {
        var mistakes = configuration.mistakes()
        if configuration.subscriptions.isEmpty {
            mistakes.append("There is no topic filter to subscribe to: give at least one, such as telemetry/#.")
        }
        guard mistakes.isEmpty else { throw .configuration(mistakes) }
        connection = try Connection(configuration: configuration, subscribes: true)
        wakeup = connection.wakeup
    }

    package var isConnected: Bool { connection.isConnected }

    /// Messages that came and are not acknowledged yet.
    package var unacknowledgedCount: Int { connection.inbox.withheldCount }

    /// Starts to connect and returns.
    ///
    /// How it went comes as events; after a failure it is tried again by itself.
    package mutating func connect() {
        guard connection.phase == .idle else { return }
        connection.open()
    }

    package mutating func nextEvent() -> MQTTEvent? { connection.nextEvent() }

    /// Waits until messages may be there, `wakeup` is used, or `timeout` has passed.
    ///
    /// Connects and reconnects meanwhile.
    package mutating func wait(timeout: Duration) -> MQTTReadiness {
        if isMoreWaiting && connection.isConnected { return .readable }
        return switch connection.wait(timeout: timeout, mayWrite: mayWrite) {
        case .readable: .readable
        case .woken: .woken
        case .timedOut: .timedOut
        }
    }

    /// Appends what has arrived to `batch` until nothing more is there or it might not fit.
    ///
    /// The batch must hold at least one message of the maximum packet. All messages of a round get one arrival time.
    package mutating func receive(into batch: inout MessageBatch) -> MQTTReceived {
        let configuration = connection.configuration
        require(batch.byteCapacity >= configuration.maximumPacketByteCount, "a batch holds the largest message")
        isMoreWaiting = false
        guard connection.isConnected else { return .all }
        connection.inbox.arrival = .now
        while true {
            guard batch.hasRoom(forBytes: configuration.maximumPacketByteCount) else {
                isMoreWaiting = true
                return .more
            }
            let before = connection.inbox.messageCount
            let code = connection.read(into: &batch)
            reportTruncations()
            guard connection.settle(code) else { return .all }
            if connection.inbox.messageCount == before {
                // A ping's answer or the like, or nothing: poll knows whether there is more.
                connection.maintain(mayWrite: mayWrite)
                return .all
            }
        }
    }

    /// Sends the acknowledgements of everything received.
    ///
    /// To be called when that is durable, and not before.
    package mutating func acknowledge() {
        connection.inbox.withheldCount = 0
        guard connection.isConnected else { return }
        connection.settle(connection.handle.write())
    }

    /// Pings when it is time and reconnects when it is due.
    ///
    /// `wait` does the same; a caller that does not wait for a second calls this.
    package mutating func maintain() {
        connection.maintain(mayWrite: mayWrite)
    }

    /// Leaves the broker, which keeps the session.
    ///
    /// What was received but not acknowledged, it will send again.
    ///
    /// With TLS the connection then just ends, since DISCONNECT would have to queue behind the acknowledgements.
    package mutating func leave() {
        isMoreWaiting = false
        connection.leave(mayWrite: mayWrite)
    }

    /// libmosquitto has one queue for all it sends: while acknowledgements wait in it, nothing may leave.
    private var mayWrite: Bool { connection.inbox.withheldCount == 0 }

    private mutating func reportTruncations() {
        guard !connection.inbox.truncations.isEmpty else { return }
        for cut in connection.inbox.truncations {
            connection.report(
                .truncated(topic: cut.topic, byteCount: cut.byteCount, keptByteCount: cut.keptByteCount))
        }
        connection.inbox.truncations.removeAll()
    }
}

/// Why `wait` returned.
package enum MQTTReadiness: Sendable {
    /// Call `receive`.
    case readable
    /// Another thread used the wakeup.
    case woken
    case timedOut
}

/// Whether `receive` took everything that had arrived.
package enum MQTTReceived: Sendable {
    case all
    /// The batch is full: make it durable, acknowledge, and receive again. `wait` returns at once until then.
    case more
}

extension EventTime {
    /// The system's clock, read once for a round of messages.
    static var now: EventTime {
        var time = timespec()
        // Safe: writes one timespec.
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return EventTime(microsecondsSinceEpoch: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
