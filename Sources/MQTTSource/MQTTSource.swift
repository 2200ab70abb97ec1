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
///
/// A message above `maximumPacketByteCount`: an MQTT 5 broker knows the limit and drops it. An MQTT 3.1.1 broker sends
/// it; then it is cut to the limit, acknowledged like any other, and reported as `MQTTEvent.truncated`.
package struct MQTTSource: ~Copyable {
    private var connection: Connection
    /// Messages past libmosquitto; not with TLS.
    private var stream: PublishStream
    private let isDirect: Bool
    private var streamedAttempt = 0
    private var isMoreWaiting = false
    private var isPacketIncomplete = false

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
        stream = PublishStream(configuration: configuration)
        isDirect = configuration.security == nil
        wakeup = connection.wakeup
    }

    package var isConnected: Bool { connection.isConnected }

    /// Messages that came on this connection and are not acknowledged yet.
    package var unacknowledgedCount: Int {
        isDirect ? stream.acknowledgements.heldCount : connection.inbox.withheldCount
    }

    /// Starts to connect and returns.
    ///
    /// How it went comes as events; after a failure it is tried again by itself.
    package mutating func connect() {
        guard connection.phase == .idle else { return }
        connection.open()
    }

    /// The oldest event that was not taken yet; nil when there is none.
    package mutating func nextEvent() -> MQTTEvent? { connection.nextEvent() }

    /// Waits until messages may be there, `wakeup` is used, or `timeout` has passed.
    ///
    /// Connects and reconnects meanwhile.
    package mutating func wait(timeout: Duration) -> MQTTReadiness {
        if isMoreWaiting && connection.isConnected {
            sendReleased()
            // While the broker takes no acknowledgements, there may be no room for more: then wait for it.
            if !stream.acknowledgements.arePending { return .readable }
        }
        if isPacketIncomplete {
            // The socket is readable, but not yet as far as needed: a moment, instead of asking it without pause.
            isPacketIncomplete = false
            connection.pause()
        }
        follow()
        let readiness = connection.wait(
            timeout: timeout, mayWrite: mayWrite, needsOutput: stream.acknowledgements.arePending)
        // The wait may have ended one connection and opened the next, on which old acknowledgements mean nothing.
        follow()
        sendReleased()
        if (isMoreWaiting || !connection.inbox.strays.isEmpty) && connection.isConnected { return .readable }
        return switch readiness {
        case .readable: .readable
        case .woken: .woken
        case .timedOut: .timedOut
        }
    }

    /// Appends what has arrived to `batch` until nothing more is there or the next might not fit.
    ///
    /// The batch must hold at least one message of the maximum packet. All messages of a round get one arrival time.
    package mutating func receive(into batch: inout MessageBatch) -> MQTTReceived {
        require(
            batch.byteCapacity >= connection.configuration.maximumPacketByteCount, "a batch holds the largest message")
        isMoreWaiting = false
        follow()
        guard connection.isConnected else { return .all }
        connection.inbox.deliverStrays(into: &batch)
        isMoreWaiting = isDirect ? receiveDirectly(into: &batch) : receiveFromLibrary(into: &batch)
        reportTruncations()
        return isMoreWaiting && connection.isConnected ? .more : .all
    }

    /// - Returns: Whether the batch is full.
    private mutating func receiveDirectly(into batch: inout MessageBatch) -> Bool {
        let arrival = EventTime.now
        while true {
            switch stream.receive(from: connection.handle.socket, into: &batch, arrival: arrival) {
            case .empty: return false
            case .full: return true
            case .partOfOtherPacket:
                isPacketIncomplete = true
                return false
            case .otherPacket:
                guard connection.settle(connection.handle.read()) else { return false }
                connection.maintain(mayWrite: mayWrite)
                guard connection.isConnected else { return false }
            case .ended:
                // libmosquitto finds the end as well, and says why.
                connection.settle(connection.handle.read())
                return false
            case .malformed:
                connection.end(
                    because: Reasons.failed(
                        MOSQ_ERR_MALFORMED_PACKET.rawValue, systemError: 0, place: connection.place, security: []))
                return false
            }
        }
    }

    /// - Returns: Whether the batch might not hold a further message.
    private mutating func receiveFromLibrary(into batch: inout MessageBatch) -> Bool {
        connection.inbox.arrival = .now
        // libmosquitto queues the acknowledgement before it hands over the message, so that none may be left over.
        while batch.hasRoom(forBytes: connection.configuration.maximumPacketByteCount) {
            let before = connection.inbox.messageCount
            let code = connection.read(into: &batch)
            guard connection.settle(code) else { return false }
            if connection.inbox.messageCount == before {
                // A ping's answer or the like, or nothing: poll knows whether there is more.
                connection.maintain(mayWrite: mayWrite)
                return false
            }
        }
        return true
    }

    /// Sends the acknowledgements of everything received.
    ///
    /// To be called when that is durable, and not before.
    package mutating func acknowledge() {
        follow()
        connection.inbox.withheldCount = 0
        guard connection.isConnected else { return }
        if isDirect {
            stream.acknowledgements.release()
            sendReleased()
        } else {
            connection.writeTogether()
        }
    }

    /// Pings when it is time and reconnects when it is due.
    ///
    /// `wait` does the same; a caller that does not wait for a second calls this.
    package mutating func maintain() {
        connection.maintain(mayWrite: mayWrite)
    }

    /// Leaves the broker, which keeps the session.
    ///
    /// What was received but not acknowledged, it will send again. With TLS the connection then just ends, since
    /// DISCONNECT would have to queue behind the acknowledgements.
    package mutating func leave() {
        isMoreWaiting = false
        sendReleased()
        connection.leave(mayWrite: mayWrite)
    }

    /// Whether libmosquitto may send what is in its queue.
    ///
    /// With TLS acknowledgements may wait in it; without, it must only not cut in on one of ours.
    private var mayWrite: Bool {
        isDirect ? !stream.acknowledgements.areMidPacket : connection.inbox.withheldCount == 0
    }

    private mutating func sendReleased() {
        guard stream.acknowledgements.arePending, connection.isConnected else { return }
        // libmosquitto may be in the middle of a packet of its own.
        if connection.handle.wantsToWrite && !stream.acknowledgements.areMidPacket {
            guard connection.writeTogether(), !connection.handle.wantsToWrite else { return }
        }
        stream.acknowledgements.send(to: connection.handle.socket)
    }

    /// Starts anew with a new connection.
    private mutating func follow() {
        guard streamedAttempt != connection.attempt else { return }
        streamedAttempt = connection.attempt
        stream.reset()
    }

    private mutating func reportTruncations() {
        let cuts = connection.inbox.truncations + stream.takeTruncations()
        connection.inbox.truncations.removeAll()
        for cut in cuts {
            connection.report(
                .truncated(topic: cut.topic, byteCount: cut.byteCount, keptByteCount: cut.keptByteCount))
        }
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
