import Glibc
import MQTTSource
import Telemetry
import TestSupport

/// A message as the tests compare it.
struct Received: Equatable {
    let topic: String
    let payload: String
    let isRetained: Bool
}

/// Runs a source as a lane would, without a journal.
struct Lane: ~Copyable {
    var source: MQTTSource
    var batch = MessageBatch(byteCapacity: 4 << 20, messageCapacity: 1 << 16)
    var messages: [Received] = []
    /// What each message said about its payload.
    var descriptions: [PayloadDescription] = []
    var events: [MQTTEvent] = []
    var acknowledges = true

    init(_ configuration: MQTTConfiguration) throws {
        source = try MQTTSource(configuration: configuration)
        source.connect()
    }

    /// One round: wait, receive, acknowledge.
    mutating func step(timeout: Duration = .milliseconds(50)) {
        _ = source.wait(timeout: timeout)
        batch.removeAll()
        _ = source.receive(into: &batch)
        for index in 0..<batch.count {
            messages.append(
                Received(
                    topic: String(decoding: batch.topic(at: index)),
                    payload: String(decoding: batch.payload(at: index)),
                    isRetained: batch.entry(at: index).flags.contains(.retained)))
            descriptions.append(
                PayloadDescription(
                    schemaVersion: batch.toldVersion(at: index),
                    contentType: MessageAttributes.text(.contentType, in: batch.attributes(at: index))))
        }
        if acknowledges { source.acknowledge() }
        source.maintain()
        while let event = source.nextEvent() { events.append(event) }
    }

    /// Goes round until `condition` holds.
    ///
    /// - Returns: Whether it came to hold within `timeout`.
    mutating func run(
        within timeout: Duration = .seconds(10), until condition: (borrowing Lane) -> Bool
    ) -> Bool {
        let deadline = ContinuousClock.now + timeout
        while !condition(self) {
            guard ContinuousClock.now < deadline else { return false }
            step()
        }
        return true
    }

    /// Goes round as long as something comes, and once more.
    mutating func runUntilQuiet(for quiet: Duration = .milliseconds(300)) {
        var lastChange = ContinuousClock.now
        var count = messages.count
        while lastChange.duration(to: .now) < quiet {
            step()
            if messages.count != count { lastChange = .now }
            count = messages.count
        }
    }

    mutating func subscribe() -> Bool {
        run { lane in lane.events.contains { if case .subscribed = $0 { true } else { false } } }
    }

    var disconnections: [MQTTDisconnection] {
        events.compactMap { if case .disconnected(let disconnection) = $0 { disconnection } else { nil } }
    }

    func connections(sessionPresent: Bool) -> Int {
        events.count { $0 == .connected(sessionPresent: sessionPresent) }
    }
}

extension Mosquitto {
    convenience init(isSecure: Bool) throws {
        var options = Options()
        options.isSecure = isSecure
        try self.init(options)
    }

    func configuration(_ clientID: String, _ filters: String..., version: MQTTVersion = .version5) -> MQTTConfiguration
    {
        var configuration = MQTTConfiguration(host: "127.0.0.1", port: port, clientID: clientID)
        configuration.version = version
        configuration.subscriptions = filters.map { MQTTSubscription($0) }
        configuration.reconnectDelay = .milliseconds(20)
        configuration.maximumReconnectDelay = .milliseconds(200)
        if isSecure {
            var security = MQTTSecurity()
            security.authorityFile = authorityFile
            configuration.security = security
        }
        return configuration
    }

    /// Publishes one message for each payload and waits until the broker has them.
    func publish(
        _ payloads: some Sequence<String>, to topic: String, qualityOfService: QualityOfService = .atLeastOnce,
        description: PayloadDescription = PayloadDescription(), retain: Bool = false,
        as configuration: MQTTConfiguration? = nil
    ) throws {
        var own = configuration ?? self.configuration("publisher-of-a-test")
        own.sessionExpirySeconds = 0
        var publisher = try MQTTPublisher(configuration: own)
        try publisher.connect()
        for payload in payloads {
            try publisher.publish(
                topic: topic, payload: payload.utf8Bytes, description: description,
                qualityOfService: qualityOfService, retain: retain)
        }
        guard publisher.drain(timeout: .seconds(20)) else {
            throw ChildProcessError.notReady("the broker did not take everything: \(publisher.counts)")
        }
        publisher.leave()
    }
}

func numbered(_ range: Range<Int>) -> [String] { range.map { "message \($0)" } }

/// Runs a closure on a thread that belongs to nobody else.
struct OtherThread {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private var thread = pthread_t()

    init(_ body: @escaping @Sendable () -> Void) {
        let work = unsafe Unmanaged.passRetained(Work(body)).toOpaque()
        // Safe: the thread takes back the reference that was retained for it.
        unsafe pthread_create(
            &thread, nil,
            { work in
                if let work = unsafe work { unsafe Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
                return nil
            }, work)
    }

    func join() {
        // No result is asked for.
        pthread_join(thread, nil)
    }
}
