import MQTTSource
import Telemetry
import TestSupport
import Testing

/// What comes straight from the socket, however TCP cuts it and whatever stands between the messages.
@Suite(.timeLimit(.minutes(5)))
struct PublishStreamTests {
    @Test("every message arrives whole, in order and acknowledged, wherever the stream is cut", arguments: 1...8)
    func cut(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let longestPiece = [3, 50, 5000, 500_000][Int(seed) / 2 % 4]
        var script = Script(version: seed % 2 == 0 ? .version5 : .version311)
        for number in 1...300 {
            let isLarge = longestPiece > 1000 && Int.random(in: 0..<100, using: &random) == 0
            script.publish(
                packetID: number,
                payload: String(
                    repeating: "p", count: Int.random(in: 0..<(isLarge ? 380_000 : 200), using: &random)),
                qualityOfService: UInt8.random(in: 0...2, using: &random),
                propertyCount: Int.random(in: 0..<3, using: &random))
            // PINGRESP, for libmosquitto.
            if Int.random(in: 0..<10, using: &random) == 0 { script.bytes += [0xD0, 0] }
        }
        let lane = try play(script, longestPiece: longestPiece, random: &random, maximumPacketByteCount: 400_000)
        #expect(lane.messages == script.expected)
        #expect(lane.descriptions == script.descriptions)
    }

    @Test("a message above the limit is cut, acknowledged and reported, and the next is whole")
    func tooLarge() throws {
        var random = SeededRandom(seed: 7)
        var script = Script(version: .version311)
        script.publish(packetID: 1, payload: String(repeating: "a", count: 5000), qualityOfService: 1, propertyCount: 0)
        script.publish(packetID: 2, payload: "after it", qualityOfService: 1, propertyCount: 0)
        let lane = try play(script, longestPiece: 900, random: &random, maximumPacketByteCount: 2000)
        #expect(lane.messages.count == 2 && lane.messages.last?.payload == "after it")
        let kept = lane.messages.first?.payload.utf8.count ?? 0
        #expect(kept > 1900 && kept < 2000)
        #expect(lane.events.contains(.truncated(topic: "a/b", byteCount: 5000, keptByteCount: kept)))
    }

    @Test("the first byte of a message does not stand in the way of what follows")
    func firstByte() throws {
        // Left in the socket, it keeps a buffer of the kernel, here nearly as large as a piece, and with several TCP
        // closes the window. Small messages: among large ones a piece seldom ends so.
        var script = Script(version: .version311)
        script.publish(packetID: 0, payload: "p", qualityOfService: 0, propertyCount: 0)
        let message = script.bytes
        let pieceByteCount = 30_000 / message.count * message.count
        var rest = Array(repeatElement(message, count: 100_000).joined())[...]
        var pieces = [Array(rest.prefix(pieceByteCount + 1))]
        rest = rest.dropFirst(pieceByteCount + 1)
        while !rest.isEmpty {
            pieces.append(Array(rest.prefix(pieceByteCount)))
            rest = rest.dropFirst(pieceByteCount)
        }
        let broker = ScriptedBroker()
        let server = OtherThread { [pieces] in
            broker.serve(connected: [0x20, 2, 0, 0], pieces: pieces, hasProperties: false, answerByteCount: 0)
        }
        do {
            var lane = try Lane(configuration(broker, .version311, maximumPacketByteCount: 2000))
            let isComplete = lane.run(within: .seconds(20)) { $0.messages.count >= 100_000 }
            #expect(isComplete, "\(lane.messages.count) of 100,000 messages came")
        }
        server.join()
    }

    @Test("half a packet whose rest never comes does not outlast the keep-alive")
    func halfPacket() throws {
        let broker = ScriptedBroker()
        let server = OtherThread {
            // The first byte of PINGRESP, which is libmosquitto's.
            broker.serve(
                connected: [0x20, 2, 0, 0], pieces: [[0xD0]], hasProperties: false, answerByteCount: .max,
                patienceSeconds: 30)
        }
        do {
            var configuration = configuration(broker, .version311, maximumPacketByteCount: 2000)
            configuration.keepAliveSeconds = 5
            var lane = try Lane(configuration)
            let isEnded = lane.run(within: .seconds(20)) { !$0.disconnections.isEmpty }
            #expect(isEnded)
            #expect(lane.disconnections.first?.sentence.contains("did not answer a ping") == true)
        }
        server.join()
    }

    @Test(
        "a stream that is not MQTT ends the connection with a sentence",
        arguments: [
            [0x36, 5, 0, 1, 97, 0, 1],  // quality of service 3
            [0x32, 3, 0, 0, 0],  // no topic
            [0x32, 5, 0, 200, 97, 0, 1],  // a topic longer than the packet
            [0x32, 5, 0, 1, 97, 0, 0],  // packet id 0
            [0x30, 0xFF, 0xFF, 0xFF, 0xFF, 1],  // five length bytes
        ] as [[UInt8]])
    func malformed(bytes: [UInt8]) throws {
        let broker = ScriptedBroker()
        let server = OtherThread {
            broker.serve(
                connected: [0x20, 2, 0, 0], pieces: [bytes], hasProperties: false, answerByteCount: 1)
        }
        do {
            var lane = try Lane(configuration(broker, .version311, maximumPacketByteCount: 2000))
            let isEnded = lane.run { !$0.disconnections.isEmpty }
            #expect(isEnded)
            #expect(lane.disconnections.first?.cause == .broker)
            #expect(lane.messages.isEmpty)
        }
        server.join()
    }

    private struct Played {
        let messages: [Received]
        let descriptions: [PayloadDescription]
        let events: [MQTTEvent]
    }

    private func configuration(
        _ broker: ScriptedBroker, _ version: MQTTVersion, maximumPacketByteCount: Int
    ) -> MQTTConfiguration {
        var configuration = MQTTConfiguration(host: "127.0.0.1", port: broker.port, clientID: "lane")
        configuration.version = version
        configuration.subscriptions = [MQTTSubscription("#")]
        configuration.maximumPacketByteCount = maximumPacketByteCount
        return configuration
    }

    /// Lets a source receive the script into a small batch, and compares what it acknowledges.
    private func play(
        _ script: Script, longestPiece: Int, random: inout SeededRandom, maximumPacketByteCount: Int
    ) throws -> Played {
        var pieces: [[UInt8]] = []
        var start = 0
        while start < script.bytes.count {
            let end = min(script.bytes.count, start + Int.random(in: 1...longestPiece, using: &random))
            pieces.append(Array(script.bytes[start..<end]))
            start = end
        }
        let broker = ScriptedBroker()
        let server = OtherThread { [pieces, script] in
            broker.serve(
                connected: script.version == .version5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0], pieces: pieces,
                hasProperties: script.version == .version5, answerByteCount: script.acknowledgements.count)
        }
        var lane = try Lane(configuration(broker, script.version, maximumPacketByteCount: maximumPacketByteCount))
        lane.batch = MessageBatch(byteCapacity: maximumPacketByteCount, messageCapacity: 16)
        let count = script.expected.count
        // Long, since other tests may want both processors.
        let isComplete = lane.run(within: .seconds(60)) { $0.messages.count >= count }
        #expect(isComplete)
        server.join()
        #expect(broker.acknowledgements == script.acknowledgements)
        return Played(messages: lane.messages, descriptions: lane.descriptions, events: lane.events)
    }

    /// Packets of a broker, and what is to become of them.
    private struct Script {
        let version: MQTTVersion
        var bytes: [UInt8] = []
        var expected: [Received] = []
        var descriptions: [PayloadDescription] = []
        var acknowledgements: [UInt8] = []

        init(version: MQTTVersion) { self.version = version }

        mutating func publish(packetID: Int, payload: String, qualityOfService: UInt8, propertyCount: Int) {
            var rest: [UInt8] = [0, 3] + Array("a/b".utf8)
            let id = [UInt8(packetID >> 8), UInt8(packetID & 0xFF)]
            if qualityOfService > 0 {
                rest += id
                acknowledgements += [qualityOfService == 1 ? 0x40 : 0x50, 2] + id
            }
            if version == .version5 {
                // User properties: 0x26, a name and a value. Fifteen of them need two length bytes.
                let property: [UInt8] = [0x26, 0, 4] + Array("name".utf8) + [0, 2] + Array("hi".utf8)
                var properties = Array(repeatElement(property, count: propertyCount * 15).joined())
                if propertyCount > 0 {
                    // Every other property that a PUBLISH may have, then the version.
                    properties += [0x01, 1, 0x02, 0, 0, 0, 9, 0x0B, 0x80, 0x01, 0x08, 0, 1, 97, 0x09, 0, 2, 0x26, 3]
                    properties += [0x03, 0, 1, 99, 0x26, 0, 14] + Array("schema-version".utf8) + [0, 1, 50]
                }
                rest += length(properties.count) + properties
            }
            descriptions.append(
                propertyCount > 0 && version == .version5
                    ? PayloadDescription(schemaVersion: "2", contentType: "c") : PayloadDescription())
            rest += Array(payload.utf8)
            bytes += [0x30 | qualityOfService << 1] + length(rest.count) + rest
            expected.append(Received(topic: "a/b", payload: payload, isRetained: false))
        }

        private func length(_ count: Int) -> [UInt8] {
            var bytes: [UInt8] = []
            var rest = count
            repeat {
                bytes.append(UInt8(rest & 0x7F) | (rest > 127 ? 0x80 : 0))
                rest >>= 7
            } while rest > 0
            return bytes
        }
    }
}
