import CMosquitto
import Glibc
import Telemetry

/// The life of a client's connection: connecting, subscribing, keeping alive, ending, and coming back.
///
/// One thread owns it. What it may write is up to the caller: a source withholds acknowledgements.
struct Connection: ~Copyable {
    enum Phase: Equatable {
        /// Not wanted: before `open` or after `leave`.
        case idle
        case connecting(since: ContinuousClock.Instant)
        case connected(since: ContinuousClock.Instant)
        case waiting(until: ContinuousClock.Instant)
    }

    enum Readiness {
        case readable
        case woken
        case timedOut
    }

    let configuration: MQTTConfiguration
    let handle: ClientHandle
    let wakeup = Wakeup()
    private(set) var phase = Phase.idle
    /// Counts the connections that were tried.
    private(set) var attempt = 0
    /// Whether the TCP connection stands, while connecting.
    private var isReachable = false
    private var schedule: ReconnectSchedule
    private var random = SystemRandomNumberGenerator()
    private var lastKeepAlive = ContinuousClock.now
    private var events: [MQTTEvent] = []
    /// Why the last connection ended.
    private(set) var lastDisconnection: MQTTDisconnection?
    /// What the broker said in CONNACK.
    private(set) var brokerReceiveMaximum: Int?
    private var subscriptions: Subscriptions

    init(configuration: MQTTConfiguration, subscribes: Bool) throws(MQTTError) {
        self.configuration = configuration
        handle = try ClientHandle.make(configuration)
        schedule = ReconnectSchedule(
            firstDelay: configuration.reconnectDelay, maximumDelay: configuration.maximumReconnectDelay)
        subscriptions = Subscriptions(configuration: configuration, isEmpty: !subscribes)
    }

    var inbox: Inbox { handle.inbox }

    var isConnected: Bool {
        if case .connected = phase { true } else { false }
    }

    var place: String { "\(configuration.host):\(configuration.port)" }

    mutating func nextEvent() -> MQTTEvent? {
        events.isEmpty ? nil : events.removeFirst()
    }

    mutating func report(_ event: MQTTEvent) {
        events.append(event)
    }

    // MARK: Opening and ending

    mutating func open() {
        inbox.connectAnswer = nil
        inbox.disconnectCode = nil
        inbox.subscribeAnswers = []
        inbox.securityErrors = []
        inbox.withheldCount = 0
        // Not acknowledged, so the broker sends them again.
        inbox.strays = []
        isReachable = false
        attempt += 1
        phase = .connecting(since: .now)
        let code = handle.connect(configuration)
        // The host's name may have failed to resolve, or the network is down: no socket, so nothing to poll for.
        if code != MOSQ_ERR_SUCCESS.rawValue { end(because: failure(code, systemError: errno)) }
    }

    /// Ends the connection and plans the next one.
    mutating func end(because disconnection: MQTTDisconnection) {
        var lasted = Duration.zero
        if case .connected(let since) = phase { lasted = since.duration(to: .now) }
        // libmosquitto has no function to close: the next connect does, or freeing it.
        if handle.socket >= 0 { shutdown(handle.socket, Int32(SHUT_RDWR)) }
        inbox.outcomes.didDisconnect()
        inbox.withheldCount = 0
        lastDisconnection = disconnection
        events.append(.disconnected(disconnection))
        if disconnection.cause == .left {
            phase = .idle
        } else {
            let delay = schedule.delay(afterConnectionOf: lasted, using: &random)
            phase = .waiting(until: .now + delay)
            events.append(.reconnecting(after: delay))
        }
    }

    /// Looks at what a call into libmosquitto returned and what its callbacks left behind.
    ///
    /// - Returns: Whether the connection still stands.
    @discardableResult
    mutating func settle(_ code: Int32, systemError: Int32 = errno) -> Bool {
        if let answer = inbox.connectAnswer {
            inbox.connectAnswer = nil
            guard answer.code == 0 else {
                end(
                    because: Reasons.refusedConnection(
                        answer.code, version: configuration.version, explanation: answer.explanation))
                return false
            }
            didConnect(answer)
        }
        if !inbox.subscribeAnswers.isEmpty {
            for answer in inbox.subscribeAnswers { subscriptions.didAnswer(answer, events: &events) }
            inbox.subscribeAnswers.removeAll()
        }
        if let disconnectCode = inbox.disconnectCode {
            inbox.disconnectCode = nil
            // Reason codes of MQTT 5 start at 128; below are libmosquitto's own.
            end(
                because: disconnectCode >= 128 || disconnectCode == 0
                    ? Reasons.brokerDisconnected(disconnectCode) : failure(disconnectCode, systemError: systemError))
            return false
        }
        guard code == MOSQ_ERR_SUCCESS.rawValue else {
            end(because: failure(code, systemError: systemError))
            return false
        }
        return true
    }

    private mutating func didConnect(_ answer: Inbox.ConnectAnswer) {
        phase = .connected(since: .now)
        handle.didConnect()
        brokerReceiveMaximum = answer.receiveMaximum
        events.append(.connected(sessionPresent: answer.sessionPresent))
        subscriptions.didConnect(sessionPresent: answer.sessionPresent, on: handle)
    }

    private func failure(_ code: Int32, systemError: Int32) -> MQTTDisconnection {
        Reasons.failed(code, systemError: systemError, place: place, security: inbox.securityErrors)
    }

    /// Reads one packet, a message into `batch`.
    ///
    /// What it returns is for `settle`.
    func read(into batch: inout MessageBatch) -> Int32 {
        inbox.withBatch(&batch) { handle.read() }
    }

    /// Sends the whole queue, which libmosquitto writes packet by packet, in as few segments as possible.
    @discardableResult
    mutating func writeTogether() -> Bool {
        let socket = handle.socket
        Poll.gather(on: socket, true)
        let code = handle.write()
        let systemError = errno
        if handle.socket == socket { Poll.gather(on: socket, false) }
        return settle(code, systemError: systemError)
    }

    // MARK: Waiting

    /// Waits until there is something to read, another thread calls `wake`, or `timeout` has passed; sees to
    /// connecting and to the next attempt meanwhile.
    mutating func wait(timeout: Duration, mayWrite: Bool, needsOutput: Bool = false) -> Readiness {
        maintain(mayWrite: mayWrite)
        var wantsOutput = false
        var listens = false
        switch phase {
        case .idle, .waiting: break
        case .connecting:
            listens = true
            wantsOutput = !isReachable || (configuration.security == nil && handle.wantsToWrite)
        case .connected:
            listens = true
            wantsOutput = needsOutput || mayWrite && handle.wantsToWrite
        }
        let found = Poll.wait(
            socket: listens ? handle.socket : -1, wantsOutput: wantsOutput, wakeup: wakeup.descriptor,
            timeout: limit(timeout))
        if found.isWoken { wakeup.clear() }
        if case .connecting = phase, found.isReadable || found.isWritable || found.isClosed {
            advance(isClosed: found.isClosed)
            return found.isWoken ? .woken : isConnected ? .readable : .timedOut
        }
        if found.isWritable && mayWrite && handle.wantsToWrite { settle(handle.write()) }
        if found.isReadable || found.isClosed { return .readable }
        return found.isWoken ? .woken : .timedOut
    }

    /// Waits for a millisecond, or until another thread calls `wake`.
    func pause() {
        _ = Poll.wait(socket: -1, wantsOutput: false, wakeup: wakeup.descriptor, timeout: .milliseconds(1))
    }

    /// Goes on with connecting until CONNACK is there.
    private mutating func advance(isClosed: Bool) {
        isReachable = true
        // With TLS, reading is what goes on with the handshake, and writing does nothing before its end.
        if configuration.security != nil {
            guard settle(handle.read()) else { return }
        }
        guard settle(handle.write()) else { return }
        if configuration.security == nil || isConnecting {
            guard settle(handle.read()) else { return }
        }
        // OpenSSL reports the end of the stream within a handshake as "try again".
        if isClosed && isConnecting {
            end(
                because: MQTTDisconnection(
                    cause: configuration.security == nil ? .network : .security,
                    sentence: "\(place) closed the connection before it accepted the client: check port and TLS."))
        }
    }

    private var isConnecting: Bool {
        if case .connecting = phase { true } else { false }
    }

    /// The time until something is due, at most `timeout`.
    private func limit(_ timeout: Duration) -> Duration {
        let now = ContinuousClock.now
        switch phase {
        case .idle: return timeout
        case .waiting(let until): return max(.zero, min(timeout, now.duration(to: until)))
        case .connecting(let since):
            return max(.zero, min(timeout, now.duration(to: since + configuration.connectTimeout)))
        case .connected: return min(timeout, .seconds(1))
        }
    }

    /// Pings when it is time, gives up a connection that does not come about, and starts the next one.
    mutating func maintain(mayWrite: Bool) {
        let now = ContinuousClock.now
        switch phase {
        case .idle: break
        case .waiting(let until):
            if now >= until { open() }
        case .connecting(let since):
            if now >= since + configuration.connectTimeout {
                end(
                    because: MQTTDisconnection(
                        cause: .network,
                        sentence: "\(place) did not accept the connection within \(configuration.connectTimeout)."))
            }
        case .connected:
            if now >= lastKeepAlive + .seconds(1) {
                lastKeepAlive = now
                guard settle(handle.keepAlive()) else { return }
            }
            if mayWrite && handle.wantsToWrite { settle(handle.write()) }
        }
    }

    /// Leaves the broker for good, or until `open`.
    ///
    /// The session stays.
    ///
    /// - Parameter mayWrite: Whether everything in libmosquitto's queue may be sent before DISCONNECT.
    mutating func leave(mayWrite: Bool) {
        if isConnected {
            // libmosquitto closes its socket at once. If something unread lies in it, the kernel then resets the
            // connection, and the broker loses the acknowledgements that it has not read yet.
            let socket = dup(handle.socket)
            if mayWrite {
                _ = handle.disconnect()
                _ = handle.write()
            } else if configuration.security == nil {
                // Past libmosquitto's queue, in which acknowledgements wait that must not leave.
                Poll.sendDisconnect(to: socket)
            }
            Poll.closeGently(socket, patience: .seconds(2))
        }
        inbox.disconnectCode = nil
        guard phase != .idle else { return }
        end(because: MQTTDisconnection(cause: .left, sentence: "This client left the broker; its session stays."))
    }
}
