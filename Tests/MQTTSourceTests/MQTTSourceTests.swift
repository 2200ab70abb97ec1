import MQTTSource
import Telemetry
import TestSupport
import Testing

/// Against a real mosquitto.
///
/// Each test has its own.
@Suite(.timeLimit(.minutes(2)))
struct MQTTSourceTests {
    @Test("brings topic and payload of every message, in order", arguments: MQTTVersion.allCases, [false, true])
    func receives(version: MQTTVersion, isSecure: Bool) throws {
        let broker = try Mosquitto(isSecure: isSecure)
        var lane = try Lane(broker.configuration("lane", "telemetry/+/coverage/#", version: version))
        let isSubscribed = lane.subscribe()
        #expect(isSubscribed, "\(lane.events)")
        try broker.publish(numbered(0..<1000), to: "telemetry/hcm/coverage/a")
        try broker.publish(["elsewhere"], to: "telemetry/hcm/traffic/a")
        try broker.publish(["", String(repeating: "x", count: 200 << 10), "Phù Sa"], to: "telemetry/hn/coverage/b/c")
        let isComplete = lane.run { $0.messages.count >= 1003 }
        #expect(isComplete)
        #expect(lane.messages.prefix(1000).map(\.payload) == numbered(0..<1000))
        #expect(lane.messages.allSatisfy { $0.topic.contains("/coverage/") && !$0.isRetained })
        #expect(lane.messages.suffix(3).map(\.payload.utf8.count) == [0, 200 << 10, 7])
        #expect(lane.messages.last?.topic == "telemetry/hn/coverage/b/c")
    }

    @Test("keeps the schema version and the content type that a sender names", arguments: [false, true])
    func description(isSecure: Bool) throws {
        let broker = try Mosquitto(isSecure: isSecure)
        var lane = try Lane(broker.configuration("lane", "a/#"))
        let isSubscribed = lane.subscribe()
        #expect(isSubscribed)
        let long = String(repeating: "9", count: 300)
        let descriptions = [
            PayloadDescription(), PayloadDescription(schemaVersion: "1.1"),
            PayloadDescription(schemaVersion: "", contentType: "application/senml+json"),
            PayloadDescription(schemaVersion: long), PayloadDescription(contentType: "text/plain"),
        ]
        for description in descriptions { try broker.publish(["x"], to: "a/b", description: description) }
        let isComplete = lane.run { $0.messages.count >= 5 }
        #expect(isComplete)
        #expect(lane.messages.allSatisfy { $0.payload == "x" && $0.topic == "a/b" })
        var expected = descriptions
        expected[3].schemaVersion = String(long.prefix(255))
        #expect(lane.descriptions == expected)
    }

    @Test(
        "a message is sent again until it was acknowledged, and not after", arguments: MQTTVersion.allCases,
        [false, true])
    func redelivery(version: MQTTVersion, isSecure: Bool) throws {
        let broker = try Mosquitto(isSecure: isSecure)
        let configuration = broker.configuration("lane", "a/#", version: version)
        do {
            var lane = try Lane(configuration)
            let isSubscribed = lane.subscribe()
            #expect(isSubscribed)
            lane.acknowledges = false
            try broker.publish(numbered(0..<500), to: "a/b")
            let isComplete = lane.run { $0.messages.count >= 500 }
            #expect(isComplete)
            let held = lane.source.unacknowledgedCount
            #expect(held == 500)
            // The handle ends here without a word, as after kill -9.
        }
        do {
            var lane = try Lane(configuration)
            let isComplete = lane.run { $0.messages.count >= 500 }
            #expect(isComplete)
            #expect(lane.messages.map(\.payload) == numbered(0..<500))
            #expect(lane.connections(sessionPresent: true) == 1)
            lane.source.leave()
        }
        var lane = try Lane(configuration)
        let isSubscribed = lane.subscribe()
        #expect(isSubscribed)
        try broker.publish(["the next"], to: "a/b")
        let isComplete = lane.run { !$0.messages.isEmpty }
        #expect(isComplete)
        #expect(lane.messages.map(\.payload) == ["the next"])
    }

    @Test("leaving with messages not acknowledged makes the broker send them again", arguments: [false, true])
    func leaving(isSecure: Bool) throws {
        let broker = try Mosquitto(isSecure: isSecure)
        var lane = try Lane(broker.configuration("lane", "a"))
        let isSubscribed = lane.subscribe()
        #expect(isSubscribed)
        lane.acknowledges = false
        try broker.publish(numbered(0..<100), to: "a")
        let isComplete = lane.run { $0.messages.count >= 100 }
        #expect(isComplete)
        lane.source.leave()
        lane.messages = []
        lane.events = []
        lane.acknowledges = true
        try broker.publish(numbered(100..<200), to: "a")
        lane.source.connect()
        let isBack = lane.run { $0.messages.count >= 200 }
        #expect(isBack)
        #expect(lane.messages.map(\.payload) == numbered(0..<200))
        #expect(lane.connections(sessionPresent: true) == 1)
    }

    @Test(
        "no more than the receive maximum comes while acknowledgements are withheld, and all of it afterwards",
        arguments: [false, true])
    func receiveMaximum(isSecure: Bool) throws {
        let broker = try Mosquitto(isSecure: isSecure)
        var configuration = broker.configuration("lane", "a")
        configuration.receiveMaximum = 50
        var lane = try Lane(configuration)
        let isSubscribed = lane.subscribe()
        #expect(isSubscribed)
        lane.acknowledges = false
        try broker.publish(numbered(0..<500), to: "a")
        let isFull = lane.run { $0.messages.count >= 50 }
        #expect(isFull)
        lane.runUntilQuiet()
        #expect(lane.messages.count == 50)
        lane.acknowledges = true
        let isComplete = lane.run { $0.messages.count >= 500 }
        #expect(isComplete)
        #expect(lane.messages.map(\.payload) == numbered(0..<500))
    }

    @Test(
        "a small batch takes a burst in many rounds, and what does not fit yet is not acknowledged",
        arguments: [false, true])
    func smallBatch(isSecure: Bool) throws {
        let broker = try Mosquitto(isSecure: isSecure)
        var configuration = broker.configuration("lane", "a")
        configuration.maximumPacketByteCount = 2000
        do {
            var lane = try Lane(configuration)
            lane.batch = MessageBatch(byteCapacity: 4000, messageCapacity: 7)
            let isSubscribed = lane.subscribe()
            #expect(isSubscribed)
            try broker.publish(numbered(0..<1000), to: "a")
            let isHalfway = lane.run { $0.messages.count >= 500 }
            #expect(isHalfway)
            #expect(lane.messages.map(\.payload) == numbered(0..<lane.messages.count))
            let count = lane.messages.count
            lane.source.leave()
            lane.batch = MessageBatch(byteCapacity: 1 << 20, messageCapacity: 5000)
            lane.source.connect()
            let isComplete = lane.run { $0.messages.count >= 1000 }
            #expect(isComplete)
            #expect(lane.messages.map(\.payload) == numbered(0..<1000), "left after \(count)")
        }
    }

    @Test("messages published with quality of service 2 arrive as 1, each once")
    func exactlyOnce() throws {
        let broker = try Mosquitto()
        var configuration = broker.configuration("lane")
        configuration.subscriptions = [MQTTSubscription("a", qualityOfService: .exactlyOnce)]
        var lane = try Lane(configuration)
        let isSubscribed = lane.subscribe()
        #expect(isSubscribed)
        #expect(lane.events.contains(.subscribed([MQTTGrant(filter: "a", qualityOfService: .atLeastOnce)])))
        try broker.publish(numbered(0..<200), to: "a", qualityOfService: .exactlyOnce)
        try broker.publish(numbered(200..<300), to: "a", qualityOfService: .atMostOnce)
        let isComplete = lane.run { $0.messages.count >= 300 }
        #expect(isComplete)
        #expect(lane.messages.map(\.payload) == numbered(0..<300))
    }
}
