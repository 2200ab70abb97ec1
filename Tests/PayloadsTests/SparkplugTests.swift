import JSONDocument
import Telemetry
import Testing

@testable import Payloads

@Suite("Sparkplug B payloads")
struct SparkplugTests {
    @Test("the specification's birth, data and death of a node, in turn")
    func specification() {
        var reader = PayloadReader(format: .sparkplug)
        let birth = sparkplugPayload(
            [
                MetricWire(name: "bdSeq", type: 4, value: .long(0)),
                MetricWire(name: "Node Control/Rebirth", type: 11, value: .boolean(false)),
                MetricWire(name: "Properties/Hardware Make", type: 12, value: .string("Raspberry Pi")),
                MetricWire(name: "Supply Voltage", type: 9, value: .float(12.1)),
            ], sequence: 0)
        let born = reader.records(of: birth, topic: SparkplugNode.topic("NBIRTH"))
        #expect(
            born.outcomes == [
                SparkplugNode.origin + #","seq":0,"Properties/Hardware Make":"Raspberry Pi","Supply Voltage":12.1}"#
            ])
        #expect(born.notes == [.birth(edge: "Sparkplug B Devices/Raspberry Pi")])
        let deviceBirth = sparkplugPayload(
            [MetricWire(name: "Inputs/A", type: 11, value: .boolean(false))], sequence: 1)
        let bornDevice = reader.records(of: deviceBirth, topic: SparkplugNode.topic("DBIRTH"))
        #expect(bornDevice.notes == [.birth(edge: "Sparkplug B Devices/Raspberry Pi/Pibrella")])
        let data = sparkplugPayload([MetricWire(name: "Supply Voltage", value: .float(12.3))], sequence: 2)
        let records = reader.records(of: data, topic: SparkplugNode.topic("NDATA"))
        #expect(records.outcomes == [SparkplugNode.origin + #","seq":2,"Supply Voltage":12.3}"#])
        #expect(records.notes.isEmpty)
        let deviceData = sparkplugPayload([MetricWire(name: "Inputs/A", value: .boolean(true))], sequence: 3)
        #expect(
            reader.records(of: deviceData, topic: SparkplugNode.topic("DDATA")).outcomes == [
                #"{"device":"Raspberry Pi/Pibrella","group":"Sparkplug B Devices","ts":"2017-02-03T17:55:02.122Z","#
                    + #""seq":3,"Inputs/A":true}"#
            ])
        let death = sparkplugPayload([MetricWire(name: "bdSeq", type: 8, value: .long(0))])
        let dead = reader.records(of: death, topic: SparkplugNode.topic("NDEATH"))
        #expect(dead.outcomes == [])
        #expect(dead.notes == [.death(edge: "Sparkplug B Devices/Raspberry Pi")])
    }

    @Test(
        "every data type is written as what it stands for",
        arguments: [
            (1, .int(0xFFFF_FFF6), "-10"), (1, .int(0xF6), "-10"), (1, .int(127), "127"), (1, .int(256), "!range"),
            (1, .int(0xFFFF_FF7F), "!range"), (2, .int(0xFFFF_8000), "-32768"), (2, .int(0x8000), "-32768"),
            (2, .int(0x1_8000), "!range"), (3, .int(0xFFFF_FFFF), "-1"), (3, .long(UInt64.max), "-1"),
            (3, .long(1 << 40), "!range"), (4, .long(UInt64.max), "-1"), (4, .int(7), "7"), (5, .int(255), "255"),
            (5, .int(256), "!range"), (6, .int(65_535), "65535"), (6, .int(65_536), "!range"),
            (7, .int(4_294_967_295), "4294967295"), (7, .long(4_294_967_296), "!range"),
            (8, .long(UInt64.max), "18446744073709551615"), (9, .float(0.1), "0.1"), (9, .float(1e-5), "1e-05"),
            (9, .float(.nan), "!number-out-of-range"), (10, .double(0.1), "0.1"),
            (10, .double(-.infinity), "!number-out-of-range"), (10, .float(1.5), "1.5"), (11, .boolean(true), "true"),
            (12, .string("phù \"sa\""), #""phù \"sa\"""#),
            (13, .long(1_486_144_502_122), #""2017-02-03T17:55:02.122Z""#),
            (13, .long(1 << 62), "!number-out-of-range"), (14, .string(""), #""""#), (15, .string("u-1"), #""u-1""#),
            (17, .bytes([0xFB, 0xFF]), #""-_8""#), (18, .bytes([]), #""""#), (1, .string("1"), "!type"),
            (11, .int(1), "!type"), (12, .int(1), "!type"), (17, .string(""), "!type"), (20, .string(""), "!type"),
            (35, .int(1), "!type"), (0, .double(2.5), "2.5"), (0, .int(1), "!birth-missing"),
            (22, .bytes([0xEF, 0x01]), "[-17,1]"), (23, .bytes([0x30, 0x80, 0x30, 0x75]), "[-32720,30000]"),
            (24, .bytes([0xFF, 0xFF, 0xFF, 0xFF]), "[-1]"), (24, .bytes([1, 2, 3]), "!type"),
            (25, .bytes([UInt8](repeating: 0xFF, count: 8)), "[-1]"), (26, .bytes([23, 250]), "[23,250]"),
            (27, .bytes([30, 0, 88, 27]), "[30,7000]"), (28, .bytes([52, 0, 0, 0]), "[52]"),
            (29, .bytes([0, 0, 0, 0, 0, 0, 0, 0x80]), "[9223372036854775808]"),
            (30, .bytes([0x00, 0x00, 0x20, 0x41]), "[10.0]"), (30, .bytes([0, 0, 0xC0, 0x7F]), "!number-out-of-range"),
            (31, .bytes([0, 0, 0, 0, 0, 0, 0xF8, 0x3F]), "[1.5]"),
            // The specification's own example.
            (
                32, .bytes([0x0C, 0, 0, 0, 0x34, 0xD0]),
                "[false,false,true,true,false,true,false,false,true,true,false,true]"
            ),
            (32, .bytes([0, 0, 0, 0]), "[]"), (32, .bytes([9, 0, 0, 0, 1]), "!type"), (32, .bytes([1]), "!type"),
            (33, .bytes([0x41, 0x42, 0, 0x43, 0]), #"["AB","C"]"#), (33, .bytes([]), "[]"),
            (33, .bytes([0x41]), "!type"),
            (33, .bytes([0xC3, 0]), "!invalid-utf8"),
            (34, .bytes([0xC7, 0xD0, 0x90, 0x75, 0x5A, 0x01, 0, 0]), #"["2017-02-25T13:58:29.319Z"]"#),
        ] as [(UInt32, MetricWire.Value, String)])
    func types(type: UInt32, value: MetricWire.Value, expected: String) {
        var reader = PayloadReader(format: .sparkplug)
        let payload = sparkplugPayload([MetricWire(name: "m", type: type, value: value)])
        let outcome = reader.records(of: payload, topic: SparkplugNode.topic("NDATA")).outcomes
        if expected.hasPrefix("!") {
            #expect(outcome == [expected + " /metrics/0"])
        } else {
            #expect(outcome == [SparkplugNode.origin + #","m":\#(expected)}"#])
        }
    }

    @Test("each time is a record; historical metrics are apart and say so; null is kept; what is bad stays alone")
    func times() {
        var reader = PayloadReader(format: .sparkplug)
        let payload = sparkplugPayload(
            [
                MetricWire(name: "a", timestamp: 1000, type: 3, value: .int(1)),
                MetricWire(name: "b", timestamp: 2000, type: 3, isNull: true),
                MetricWire(name: "c", timestamp: 1000, type: 3, value: .int(3)),
                MetricWire(name: "a", timestamp: 1000, type: 3, isHistorical: true, value: .int(4)),
                MetricWire(name: "d", timestamp: 3000, type: 1, value: .int(1000)),
                MetricWire(name: "e", timestamp: 4000, type: 3), MetricWire(type: 3, value: .int(1)),
                MetricWire(name: "f", timestamp: 5000, type: 3, value: .int(1)),
                MetricWire(name: "f", timestamp: 5000, type: 3, value: .int(1)),
                MetricWire(name: "ts", timestamp: 6000, type: 3, value: .int(1)),
                MetricWire(name: "g", timestamp: UInt64.max / 2, type: 3, value: .int(1)),
            ], timestamp: nil)
        let records = reader.records(of: payload, topic: "spBv1.0/G/NDATA/E")
        let origin = #"{"device":"E","group":"G","ts":"1970-01-01T00:00:0"#
        let expected = [
            origin + #"1Z","a":1,"c":3}"#, origin + #"2Z","b":null}"#, origin + #"1Z","is_historical":true,"a":4}"#,
            "!range /metrics/4", "!required /metrics/5", "!required /metrics/6", "!duplicate-key /metrics/8",
            "!duplicate-key /metrics/9", "!number-out-of-range /metrics/10",
        ]
        #expect(records.outcomes == expected)
        #expect(records.records.map(\.place).prefix(3) == ["/metrics/0", "/metrics/1", "/metrics/3"])
        // Without any time, that of the arrival.
        let timeless = sparkplugPayload([MetricWire(name: "a", type: 3, value: .int(1))], timestamp: nil)
        #expect(
            reader.records(of: timeless, topic: "spBv1.0/G/NDATA/E").outcomes == [
                #"{"device":"E","group":"G","ts":"2026-11-21T08:00:00Z","a":1}"#
            ])
    }

    @Test("data sets and templates are kept as JSON")
    func structures() {
        let set = ProtobufWire.message { wire in
            wire.varint(1, 2)
            wire.text(2, "id")
            wire.text(2, "name")
            wire.varint(3, 1)
            wire.varint(3, 12)
            for (id, name) in [(UInt64(0xFF), "x"), (2, "y")] {
                wire.bytes(
                    4,
                    ProtobufWire.message { row in
                        row.bytes(1, ProtobufWire.message { $0.varint(1, id) })
                        row.bytes(1, ProtobufWire.message { $0.text(6, name) })
                    })
            }
        }
        let template = ProtobufWire.message { wire in
            wire.text(1, "1.0")
            wire.bytes(2, MetricWire(name: "rpm", type: 3, value: .int(1500)).bytes)
            wire.bytes(2, MetricWire(name: "set", type: 16, value: .dataSet(set)).bytes)
            wire.bytes(
                3,
                ProtobufWire.message { parameter in
                    parameter.text(1, "make")
                    parameter.varint(2, 12)
                    parameter.text(8, "acme")
                })
            wire.text(4, "Motor")
        }
        let payload = sparkplugPayload([MetricWire(name: "motor", type: 19, value: .template(template))])
        var reader = PayloadReader(format: .sparkplug)
        #expect(
            reader.records(of: payload, topic: SparkplugNode.topic("NDATA")).outcomes == [
                SparkplugNode.origin + #","motor":{"template":"Motor","version":"1.0","metrics":{"rpm":1500,"#
                    + #""set":{"columns":["id","name"],"rows":[[-1,"x"],[2,"y"]]}},"parameters":{"make":"acme"}}}"#
            ])
    }

    @Test("a compressed body is opened, and its sequence number is that of the envelope")
    func compressedBody() {
        let inner = sparkplugPayload([MetricWire(name: "a", type: 3, value: .int(1))])
        for body in [gzip(inner), zlib(inner)] {
            let payload = ProtobufWire.message { wire in
                wire.varint(3, 5)
                wire.text(4, "SPBV1.0_COMPRESSED")
                wire.bytes(5, body)
            }
            var reader = PayloadReader(format: .sparkplug)
            let outcome = reader.records(of: payload, topic: SparkplugNode.topic("NDATA")).outcomes
            #expect(outcome == [SparkplugNode.origin + #","seq":5,"a":1}"#])
            let cut = ProtobufWire.message { wire in
                wire.text(4, "SPBV1.0_COMPRESSED")
                wire.bytes(5, body.dropLast(5))
            }
            #expect(reader.records(of: cut, topic: SparkplugNode.topic("NDATA")).outcomes == ["!truncated "])
        }
    }

    @Test(
        "topics and messages that carry no reading",
        arguments: [
            ("telemetry/a/b", "unknown-topic"), ("spBv1.0/G/NDATA", "unknown-topic"),
            ("spBv1.0/G/XDATA/E", "unknown-topic"),
            ("spBv1.0/G/NDATA/E/D", "unknown-topic"), ("spBv1.0/G/DDATA/E", "unknown-topic"),
            ("spBv1.0//NDATA/E", "unknown-topic"), ("spBv1.0/G/DDATA/E/", "unknown-topic"),
            ("spBv1.0/G/DDATA/E/D/X/Y", "unknown-topic"), ("spAv1.0/G/NDATA/E", "unknown-topic"),
            ("spBv1.0/G//E", "unknown-topic"), ("spBv1.0/STATE/host", "not-a-reading"),
            ("spBv1.0/G/NCMD/E", "not-a-reading"), ("spBv1.0/G/DCMD/E/D", "not-a-reading"),
            ("spBv1.0/G/NDATA/E", "not-a-reading"),
        ])
    func topics(topic: String, reason: String) {
        var reader = PayloadReader(format: .sparkplug)
        #expect(reader.records(of: sparkplugPayload([]), topic: topic).outcomes == ["!\(reason) "])
    }

    @Test("bytes that are no payload are refused, where possible with their place")
    func malformed() {
        var reader = PayloadReader(format: .sparkplug)
        func refusal(_ bytes: [UInt8]) -> Refusal? {
            reader.records(of: bytes, topic: SparkplugNode.topic("NDATA")).records.first?.refusal
        }
        let good = sparkplugPayload([MetricWire(name: "a", type: 3, value: .int(1))])
        #expect(refusal(Array(good.dropLast()))?.reason == .truncated)
        #expect(refusal(good + [0x03])?.reason == .notProtobuf)
        #expect(refusal(good + [0x03])?.byteOffset == good.count)
        #expect(refusal(good + [0x00, 0x00])?.byteOffset == good.count)
        #expect(refusal([0x08] + [UInt8](repeating: 0xFF, count: 11))?.reason == .notProtobuf)
        #expect(refusal(bytes("12 03 0a 01 ff"))?.reason == .invalidUTF8)
        #expect(refusal(bytes("12 02 0a 05"))?.reason == .truncated)
        for count in 1..<good.count { #expect(refusal(Array(good[..<count])) != nil) }
    }

    @Test("bombs are refused: empty metrics, nested templates, long names under short aliases, rows without end")
    func bombs() {
        let clock = ContinuousClock()
        let duration = clock.measure {
            var reader = PayloadReader(format: .sparkplug)
            let empty = [UInt8](repeating: 0, count: 200_000).enumerated().map {
                $0.offset % 2 == 0 ? 0x12 : $0.element
            }
            #expect(reader.records(of: empty, topic: SparkplugNode.topic("NDATA")).outcomes == ["!too-large "])
            var template: [UInt8] = []
            for _ in 0..<200 {
                let inner = template
                template = ProtobufWire.message { wire in
                    wire.bytes(2, MetricWire(name: "t", type: 19, value: .template(inner)).bytes)
                }
            }
            let nested = sparkplugPayload([MetricWire(name: "t", type: 19, value: .template(template))])
            #expect(
                reader.records(of: nested, topic: SparkplugNode.topic("NDATA")).outcomes == ["!too-deep /metrics/0"])
            let name = String(repeating: "x", count: 100_000)
            let birth = sparkplugPayload([MetricWire(name: name, alias: 1, type: 3, value: .int(1))])
            _ = reader.records(of: birth, topic: SparkplugNode.topic("NBIRTH"))
            let many = sparkplugPayload([MetricWire](repeating: MetricWire(alias: 1, value: .int(1)), count: 20_000))
            let records = reader.records(of: many, topic: SparkplugNode.topic("NDATA"))
            #expect(records.hasRefusal)
            #expect(records.bytes.count < 5 << 20)
            let row = [UInt8](repeating: 0, count: 150_000).enumerated().map { $0.offset % 2 == 0 ? 0x0A : $0.element }
            let set = ProtobufWire.message { $0.bytes(4, row) }
            let rows = sparkplugPayload([MetricWire(name: "s", type: 16, value: .dataSet(set))])
            #expect(reader.records(of: rows, topic: SparkplugNode.topic("NDATA")).outcomes == ["!too-large /metrics/0"])
        }
        #expect(duration < .seconds(5))
    }
}
