import Telemetry
import Testing

@testable import Payloads

@Suite("Sparkplug B: births, deaths and sequence numbers")
struct SparkplugBirthTests {
    @Test("aliases are names that the birth certificate tells, with their types")
    func aliases() {
        var reader = PayloadReader(format: .sparkplug)
        let birth = sparkplugPayload(
            [
                MetricWire(name: "temperature", alias: 1, type: 1, value: .int(20)),
                MetricWire(name: "since", alias: 2, type: 13, value: .long(0)),
            ], sequence: 0)
        _ = reader.records(of: birth, topic: SparkplugNode.topic("NBIRTH"))
        let data = sparkplugPayload(
            [MetricWire(alias: 2, value: .long(1000)), MetricWire(alias: 1, value: .int(0xF6))], sequence: 1)
        #expect(
            reader.records(of: data, topic: SparkplugNode.topic("NDATA")).outcomes == [
                SparkplugNode.origin + #","seq":1,"since":"1970-01-01T00:00:01Z","temperature":-10}"#
            ])
        // The device has no birth certificate of its own.
        #expect(
            reader.records(of: data, topic: SparkplugNode.topic("DDATA")).outcomes == ["!birth-missing /metrics/0"])
    }

    @Test("without a birth certificate, what needs one is refused, and the node is asked once a minute")
    func birthMissing() {
        var reader = PayloadReader(format: .sparkplug)
        let start: Int64 = 1_795_248_000_000_000
        let data = sparkplugPayload([MetricWire(alias: 1, value: .int(7))], sequence: 9)
        func notes(after seconds: Int64, _ kind: String = "NDATA") -> [PayloadNote] {
            let arrival = EventTime(microsecondsSinceEpoch: start + seconds * 1_000_000)
            let records = reader.records(of: data, topic: SparkplugNode.topic(kind), arrival: arrival)
            #expect(records.outcomes == ["!birth-missing /metrics/0"])
            return records.notes
        }
        let wanted = PayloadNote.rebirthWanted(commandTopic: "spBv1.0/Sparkplug B Devices/NCMD/Raspberry Pi")
        #expect(notes(after: 0) == [wanted])
        #expect(notes(after: 1, "DDATA").isEmpty)
        #expect(notes(after: 59).isEmpty)
        #expect(notes(after: 60) == [wanted])
        // What says its name and type needs no certificate.
        let complete = sparkplugPayload(
            [MetricWire(name: "a", type: 3, value: .int(1)), MetricWire(name: "b", value: .boolean(true))])
        #expect(
            reader.records(of: complete, topic: SparkplugNode.topic("NDATA")).outcomes == [
                SparkplugNode.origin + #","a":1,"b":true}"#
            ])
    }

    @Test("gaps in the sequence are noted; a repeated message and the step from 255 to 0 are none")
    func sequence() {
        var reader = PayloadReader(format: .sparkplug)
        let metrics = [MetricWire(name: "a", type: 3, value: .int(1))]
        func gaps(_ kind: String, _ sequence: UInt64) -> [PayloadNote] {
            reader.records(of: sparkplugPayload(metrics, sequence: sequence), topic: SparkplugNode.topic(kind)).notes
                .filter {
                    if case .birth = $0 { false } else { true }
                }
        }
        let edge = "Sparkplug B Devices/Raspberry Pi"
        #expect(gaps("NDATA", 77).isEmpty)
        #expect(gaps("NBIRTH", 253).isEmpty)
        #expect(gaps("DBIRTH", 254).isEmpty)
        #expect(gaps("DDATA", 255).isEmpty)
        #expect(gaps("NDATA", 0).isEmpty)
        #expect(gaps("NDATA", 0).isEmpty)
        #expect(gaps("NDATA", 3) == [.sequenceGap(edge: edge, expected: 1, found: 3)])
        #expect(gaps("DDATA", 4).isEmpty)
        #expect(
            gaps("DDEATH", 6) == [
                .death(edge: edge + "/Pibrella"), .sequenceGap(edge: edge, expected: 5, found: 6),
            ])
        #expect(gaps("NDATA", 700).isEmpty)
        #expect(gaps("NBIRTH", 0).isEmpty)
        #expect(gaps("NDATA", 1).isEmpty)
    }

    @Test("a death ends a birth, and that of a node those of its devices; a late death of an earlier session does not")
    func deaths() {
        var reader = PayloadReader(format: .sparkplug)
        func birth(_ kind: String, _ number: UInt64) {
            let metrics = [
                MetricWire(name: "bdSeq", type: 8, value: .long(number)),
                MetricWire(name: "a", alias: 1, type: 3, value: .int(1)),
            ]
            _ = reader.records(of: sparkplugPayload(metrics), topic: SparkplugNode.topic(kind))
        }
        func death(_ kind: String, _ number: UInt64) -> [PayloadNote] {
            let metrics = [MetricWire(name: "bdSeq", type: 8, value: .long(number))]
            return reader.records(of: sparkplugPayload(metrics), topic: SparkplugNode.topic(kind)).notes
        }
        func isReadable(_ kind: String) -> Bool {
            let payload = sparkplugPayload([MetricWire(alias: 1, value: .int(1))])
            return !reader.records(of: payload, topic: SparkplugNode.topic(kind)).hasRefusal
        }
        birth("NBIRTH", 1)
        birth("DBIRTH", 0)
        #expect(isReadable("NDATA") && isReadable("DDATA"))
        #expect(death("NDEATH", 0).isEmpty)
        #expect(isReadable("NDATA") && isReadable("DDATA"))
        #expect(death("DDEATH", 0).count == 1)
        #expect(isReadable("NDATA") && !isReadable("DDATA"))
        birth("DBIRTH", 0)
        #expect(death("NDEATH", 1).count == 1)
        #expect(!isReadable("NDATA") && !isReadable("DDATA"))
        birth("NBIRTH", 2)
        #expect(isReadable("NDATA") && !isReadable("DDATA"))
        birth("DBIRTH", 0)
        birth("NBIRTH", 3)
        #expect(isReadable("NDATA") && !isReadable("DDATA"))
    }

    @Test("births that were kept are restored in any order, compressed or not, without records or gaps")
    func restore() {
        let metrics = [MetricWire(name: "a", alias: 1, type: 1, value: .int(1))]
        let births = [
            ("DBIRTH", gzip(sparkplugPayload(metrics, sequence: 1))),
            ("NBIRTH", sparkplugPayload(metrics, sequence: 0)),
        ]
        for order in [births, births.reversed()] {
            var reader = PayloadReader(format: .sparkplug)
            for (kind, payload) in order { reader.restore(topic: SparkplugNode.topic(kind), payload: payload) }
            for kind in ["NDATA", "DDATA"] {
                let data = sparkplugPayload(
                    [MetricWire(alias: 1, value: .int(0xFF))], sequence: kind == "NDATA" ? 17 : 18)
                let records = reader.records(of: data, topic: SparkplugNode.topic(kind))
                #expect(records.outcomes.first?.hasSuffix(#","a":-1}"#) == true)
                #expect(records.notes.isEmpty)
            }
        }
        var reader = PayloadReader(format: .sparkplug)
        reader.restore(topic: SparkplugNode.topic("NBIRTH"), payload: [0xFF, 0xFF])
        reader.restore(topic: "nonsense", payload: births[1].1)
        reader.restore(topic: SparkplugNode.topic("NDATA"), payload: births[1].1)
        let data = sparkplugPayload([MetricWire(alias: 1, value: .int(0xFF))])
        #expect(reader.records(of: data, topic: SparkplugNode.topic("NDATA")).outcomes == ["!birth-missing /metrics/0"])
    }

    @Test("what births may hold is bounded, and given back by deaths")
    func capacity() {
        var births = SparkplugBirths(metricLimit: 10)
        var payload = Phusa_Sparkplug_SparkplugPayload()
        payload.metrics = (0..<6).map { index in
            var metric = Phusa_Sparkplug_SparkplugMetric()
            metric.name = "m\(index)"
            return metric
        }
        func topic(_ text: String) -> SparkplugTopic? { SparkplugTopic(text.utf8Bytes) }
        guard let first = topic("spBv1.0/G/NBIRTH/1"), let second = topic("spBv1.0/G/NBIRTH/2"),
            let death = topic("spBv1.0/G/NDEATH/1")
        else {
            Issue.record("these are topics")
            return
        }
        for _ in 0..<3 {
            let isKept = births.keep(payload, of: first, isRestored: false)
            #expect(isKept)
        }
        let isTooMuch = !births.keep(payload, of: second, isRestored: false)
        #expect(isTooMuch)
        _ = births.bury(Phusa_Sparkplug_SparkplugPayload(), of: death)
        let isKept = births.keep(payload, of: second, isRestored: false)
        #expect(isKept)
    }

    @Test("devices that come under ever new names do not fill what births may hold, whatever ends their node")
    func renamedDevices() throws {
        var births = SparkplugBirths(metricLimit: 10)
        var payload = Phusa_Sparkplug_SparkplugPayload()
        payload.metrics = (0..<4).map { index in
            var metric = Phusa_Sparkplug_SparkplugMetric()
            metric.name = "m\(index)"
            return metric
        }
        let node = try topic("spBv1.0/G/NBIRTH/1")
        for round in 0..<100 {
            let device = try topic("spBv1.0/G/DBIRTH/1/\(round)")
            let death = try topic("spBv1.0/G/NDEATH/1")
            let areKept =
                births.keep(payload, of: node, isRestored: false) && births.keep(payload, of: device, isRestored: false)
            #expect(areKept, "round \(round)")
            if round % 2 == 0 { _ = births.bury(Phusa_Sparkplug_SparkplugPayload(), of: death) }
            #expect((births.birth(of: device) == nil) == (round % 2 == 0))
        }
    }

    @Test("edge nodes that come and go under ever new names do not fill it either")
    func renamedNodes() throws {
        var births = SparkplugBirths(metricLimit: 10)
        for round in 0..<100 {
            // Each is asked for its birth, which has no metrics, and dies.
            let arrival = EventTime(microsecondsSinceEpoch: Int64(round) * 10_000_000)
            let birth = try topic("spBv1.0/G/NBIRTH/\(round)")
            let death = try topic("spBv1.0/G/NDEATH/\(round)")
            let isAsked = births.asksForRebirth(of: birth, at: arrival)
            let isKept = births.keep(Phusa_Sparkplug_SparkplugPayload(), of: birth, isRestored: false)
            #expect(isAsked && isKept, "round \(round)")
            _ = births.bury(Phusa_Sparkplug_SparkplugPayload(), of: death)
        }
    }

    private func topic(_ text: String) throws -> SparkplugTopic {
        let topic = SparkplugTopic(text.utf8Bytes)
        return try #require(topic)
    }

    @Test("certificates and data without a measurement are no readings, and nothing is wrong with them")
    func noReading() {
        var reader = PayloadReader(format: .sparkplug)
        let control = [
            MetricWire(name: "bdSeq", type: 8, value: .long(1)),
            MetricWire(name: "Node Control/Rebirth", type: 11, value: .boolean(false)),
        ]
        for (kind, metrics) in [
            ("NBIRTH", control), ("DBIRTH", []), ("NDATA", [control[1]]), ("DDEATH", []), ("NDEATH", [control[0]]),
            ("NDEATH", []),
        ] {
            let records = reader.records(of: sparkplugPayload(metrics), topic: SparkplugNode.topic(kind))
            #expect(records.outcomes == [], "\(kind)")
            #expect(records.holdsNoReading, "\(kind)")
        }
        // The next message is not taken for one.
        let empty = reader.records(of: sparkplugPayload([]), topic: SparkplugNode.topic("NDATA"))
        #expect(empty.outcomes == ["!not-a-reading "])
        #expect(!empty.holdsNoReading)
    }
}

extension PayloadReader {
    /// Restores a birth certificate.
    fileprivate mutating func restore(topic: String, payload: [UInt8]) {
        // Safe: every byte of the array is initialized.
        restore(topic: topic.utf8Bytes, payload: unsafe payload.span.bytes)
    }
}

/// The edge node of the specification's examples and its device.
enum SparkplugNode {
    static let node = "spBv1.0/Sparkplug B Devices/%/Raspberry Pi"
    static let device = "spBv1.0/Sparkplug B Devices/%/Raspberry Pi/Pibrella"
    /// How each record of the node begins.
    static let origin = #"{"device":"Raspberry Pi","group":"Sparkplug B Devices","ts":"2017-02-03T17:55:02.122Z""#

    /// The topic of its messages of a kind, or of its device's.
    static func topic(_ kind: String) -> String {
        (kind.hasPrefix("D") ? device : node).split(separator: "%").joined(separator: kind)
    }
}
