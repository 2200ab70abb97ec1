import MQTTSource
import Telemetry
import TestSupport
import Testing

/// Who is let in, and what happens when the connection or the broker goes away.
@Suite(.timeLimit(.minutes(2)))
struct MQTTConnectionTests {
    @Test("user and password are accepted or refused, with a sentence", arguments: MQTTVersion.allCases)
    func passwords(version: MQTTVersion) throws {
        var options = Mosquitto.Options()
        options.passwords = ["lane": "right"]
        let broker = try Mosquitto(options)
        var configuration = broker.configuration("lane", "a", version: version)
        configuration.username = "lane"
        configuration.password = "wrong"
        var refused = try Lane(configuration)
        let isRefused = refused.run { $0.disconnections.contains { $0.cause == .refused } }
        #expect(isRefused)
        #expect(refused.disconnections.first?.sentence.contains("password") == true)
        let isTriedAgain = refused.run { $0.disconnections.count >= 3 }
        #expect(isTriedAgain)

        configuration.password = "right"
        var accepted = try Lane(configuration)
        let isSubscribed = accepted.subscribe()
        #expect(isSubscribed)

        configuration.password = "wrong"
        var publisher = try MQTTPublisher(configuration: configuration)
        let error = #expect(throws: MQTTError.self) { try publisher.connect() }
        guard case .notConnected(let sentence) = error else { throw ChildProcessError.notReady("another error") }
        #expect(sentence.contains("password"))
    }

    @Test("a topic that the broker does not allow is counted by its reason code, the others work")
    func accessRules() throws {
        var options = Mosquitto.Options()
        options.accessRules = ["topic readwrite open/#"]
        let broker = try Mosquitto(options)
        var configuration = broker.configuration("publisher")
        configuration.sessionExpirySeconds = 0
        var publisher = try MQTTPublisher(configuration: configuration)
        try publisher.connect()
        try publisher.publish(topic: "closed/a", payload: "x".utf8Bytes)
        try publisher.publish(topic: "open/a", payload: "x".utf8Bytes)
        let isDrained = publisher.drain(timeout: .seconds(5))
        #expect(isDrained)
        #expect(publisher.counts.failed == [0x87: 1])
        #expect(publisher.counts.acknowledged == 1 && publisher.counts.withoutSubscriber == 1)
    }

    @Test("TLS with the authority's file connects; without it, or with another host name, the sentence says TLS")
    func security() throws {
        var options = Mosquitto.Options()
        options.isSecure = true
        let broker = try Mosquitto(options)
        var configuration = broker.configuration("lane", "a/#")
        configuration.host = "localhost"
        var security = MQTTSecurity()
        security.authorityFile = broker.authorityFile
        configuration.security = security
        var lane = try Lane(configuration)
        let isSubscribed = lane.subscribe()
        #expect(isSubscribed, "\(lane.events)")
        let publishing = broker.configuration("publisher")
        try broker.publish(numbered(0..<2000) + [String(repeating: "y", count: 200 << 10)], to: "a/b", as: publishing)
        let isComplete = lane.run { $0.messages.count >= 2001 }
        #expect(isComplete)
        #expect(lane.messages.prefix(2000).map(\.payload) == numbered(0..<2000))

        configuration.clientID = "stranger"
        configuration.security = MQTTSecurity()
        var stranger = try Lane(configuration)
        // More than once: libmosquitto must still find the system's authorities when it connects again.
        let isRefused = stranger.run { $0.disconnections.count >= 3 }
        #expect(isRefused)
        for disconnection in stranger.disconnections {
            #expect(disconnection.cause == .security)
            #expect(disconnection.sentence.contains("certificate verify failed"), "\(disconnection.sentence)")
        }

        configuration.security = nil
        configuration.connectTimeout = .seconds(2)
        var plain = try Lane(configuration)
        let isClosed = plain.run { !$0.disconnections.isEmpty }
        #expect(isClosed)
    }

    @Test("what was sent while the client was away arrives when it is back", arguments: MQTTVersion.allCases)
    func session(version: MQTTVersion) throws {
        let broker = try Mosquitto()
        let configuration = broker.configuration("lane", "a", version: version)
        do {
            var lane = try Lane(configuration)
            let isSubscribed = lane.subscribe()
            #expect(isSubscribed)
            lane.source.leave()
        }
        try broker.publish(numbered(0..<300), to: "a")
        try broker.restart()
        var lane = try Lane(configuration)
        let isComplete = lane.run { $0.messages.count >= 300 }
        #expect(isComplete)
        #expect(lane.connections(sessionPresent: true) == 1)
    }

    @Test("a session that expires at once is not kept")
    func noSession() throws {
        let broker = try Mosquitto()
        var configuration = broker.configuration("lane", "a")
        configuration.sessionExpirySeconds = 0
        for _ in 0..<2 {
            var lane = try Lane(configuration)
            let isSubscribed = lane.subscribe()
            #expect(isSubscribed)
            #expect(lane.connections(sessionPresent: false) == 1)
            lane.source.leave()
        }
    }

    @Test("after a restart of the broker, source and publisher come back by themselves and nothing is lost")
    func brokerRestart() throws {
        let broker = try Mosquitto()
        var lane = try Lane(broker.configuration("lane", "a"))
        let isSubscribed = lane.subscribe()
        #expect(isSubscribed)
        var publisher = try MQTTPublisher(configuration: broker.configuration("publisher"))
        try publisher.connect()
        for payload in numbered(0..<50) { try publisher.publish(topic: "a", payload: payload.utf8Bytes) }
        broker.stop()
        let isNoticed = lane.run { !$0.disconnections.isEmpty }
        #expect(isNoticed)
        try broker.start()
        for payload in numbered(50..<100) { try publisher.publish(topic: "a", payload: payload.utf8Bytes) }
        let isDrained = publisher.drain(timeout: .seconds(10))
        #expect(isDrained)
        let isComplete = lane.run { Set($0.messages.map(\.payload)).count >= 100 }
        #expect(isComplete)
        #expect(Set(lane.messages.map(\.payload)) == Set(numbered(0..<100)))
        #expect(lane.connections(sessionPresent: true) >= 1)
    }

    @Test("nobody there is said plainly, and tried again")
    func nobody() throws {
        let broker = try Mosquitto()
        let configuration = broker.configuration("lane", "a")
        broker.stop()
        var lane = try Lane(configuration)
        let isSaid = lane.run { $0.disconnections.count >= 2 }
        #expect(isSaid)
        #expect(lane.disconnections.first?.cause == .network)
        #expect(lane.disconnections.first?.sentence.contains("Nobody listens at 127.0.0.1") == true)
        try broker.start()
        let isSubscribed = lane.subscribe()
        #expect(isSubscribed)
    }

    @Test("two members of a shared group get every message once between them")
    func sharedGroup() throws {
        let broker = try Mosquitto()
        var configuration = broker.configuration("lane-1", "a/+")
        configuration.sharedGroup = "phusa"
        var first = try Lane(configuration)
        configuration.clientID = "lane-2"
        var second = try Lane(configuration)
        let areSubscribed = (first.subscribe(), second.subscribe())
        #expect(areSubscribed == (true, true))
        try broker.publish(numbered(0..<1000), to: "a/b")
        let isComplete = eventually(within: .seconds(10)) {
            first.step()
            second.step()
            return first.messages.count + second.messages.count >= 1000
        }
        #expect(isComplete)
        #expect(!first.messages.isEmpty && !second.messages.isEmpty)
        let all = (first.messages + second.messages).map(\.payload)
        #expect(all.count == 1000 && Set(all) == Set(numbered(0..<1000)))
    }

    @Test("retained messages come with a new subscription and not when the session is taken up again")
    func retained() throws {
        let broker = try Mosquitto()
        try broker.publish(["kept"], to: "a", retain: true)
        let configuration = broker.configuration("lane", "a")
        for isFirst in [true, false] {
            var lane = try Lane(configuration)
            let isSubscribed = lane.subscribe()
            #expect(isSubscribed)
            lane.runUntilQuiet()
            #expect(lane.messages == (isFirst ? [Received(topic: "a", payload: "kept", isRetained: true)] : []))
            lane.source.leave()
        }
    }

    @Test("a client with the same id takes the session over, and the first one says so")
    func takenOver() throws {
        let broker = try Mosquitto()
        var first = try Lane(broker.configuration("lane", "a"))
        let isSubscribed = first.subscribe()
        #expect(isSubscribed)
        var second = try Lane(broker.configuration("lane", "a"))
        let isSecond = second.subscribe()
        #expect(isSecond)
        let isNoticed = first.run { !$0.disconnections.isEmpty }
        #expect(isNoticed)
        #expect(first.disconnections.first?.sentence.contains("same client id") == true, "\(first.events)")
    }

    @Test("pings keep a quiet connection while acknowledgements are withheld and after")
    func keepAlive() throws {
        let broker = try Mosquitto()
        var configuration = broker.configuration("lane", "a")
        configuration.keepAliveSeconds = 5
        var lane = try Lane(configuration)
        let isSubscribed = lane.subscribe()
        #expect(isSubscribed)
        lane.acknowledges = false
        try broker.publish(numbered(0..<10), to: "a")
        let isOver = lane.run(within: .seconds(9)) { !$0.disconnections.isEmpty }
        #expect(!isOver, "\(lane.events)")
        lane.acknowledges = true
        try broker.publish(["still there"], to: "a")
        let isComplete = lane.run { $0.messages.last?.payload == "still there" }
        #expect(isComplete)
    }

    @Test("another thread ends a wait")
    func wake() throws {
        let broker = try Mosquitto()
        var lane = try Lane(broker.configuration("lane", "a"))
        let isSubscribed = lane.subscribe()
        #expect(isSubscribed)
        lane.runUntilQuiet(for: .milliseconds(50))
        let started = ContinuousClock.now
        // A thread of its own: the tests themselves block those of Swift's pool.
        let waker = OtherThread { [wakeup = lane.source.wakeup] in wakeup.wake() }
        var readiness = lane.source.wait(timeout: .seconds(10))
        while readiness == .timedOut && started.duration(to: .now) < .seconds(20) {
            readiness = lane.source.wait(timeout: .seconds(10))
        }
        waker.join()
        #expect(readiness == .woken)
        #expect(started.duration(to: .now) < .seconds(20))
    }
}
