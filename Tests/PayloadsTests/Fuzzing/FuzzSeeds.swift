@testable import Payloads

/// Sound payloads to begin with, and pieces that mean something, for each format.
enum FuzzSeeds {
    static func corpus(_ format: PayloadFormat) -> [[UInt8]] {
        let shared = sharedFiles(format).compactMap { try? SharedData.bytes($0) }.filter { $0.count < 8000 }
        return seeds(format) + shared
    }

    private static func seeds(_ format: PayloadFormat) -> [[UInt8]] {
        switch format {
        case .json:
            [
                #"{"device":"x","ts":"2026-11-21T08:00:00Z","rsrp":-95.5,"deep":{"a":[1,2,{"b":null}]}}"#,
                #"[{"a":1},{"a":2.5e10},{"a":"\u00e9\n"},[true,false],18446744073709551615]"#,
            ].map { Array($0.utf8) }
        case .cbor: cborVectors.map { bytes("81a161" + "61" + $0.hex) } + malformedCBOR.map { bytes($0) }
        case .senml: senML.map { Array($0.utf8) }
        case .senmlCBOR:
            [
                bytes(
                    "83 a5 21 62613a 22 1a59559153 23 6143 00 6178 02 f93e00" + "a2 00 6179 02 20"
                        + "a2 00 617a 03 6178"),
                bytes(
                    "82 a6 20 0a 21 62613a 24 fb4038333333333333 25 01 00 6178 06 24" + "a3 00 6162 08 420102 07 1864"),
                bytes("81 a3 21 62613a 00 6178 02 c48221196ab3"),
            ]
        case .sparkplug: sparkplug
        case .chirpstack:
            [
                #"{"deduplicationId":"3ac7","time":"2022-07-18T09:34:15.775023242+00:00","deviceInfo":{"devEui":"0101010101010101"#
                    + #"","deviceName":"Bin"},"adr":true,"dr":1,"fCnt":4,"fPort":1,"data":"qg==","object":{"fill":0.29,"b":{"c":1}}"#
                    + #","rxInfo":[{"gatewayId":"00","rssi":-36,"snr":10.5,"nsTime":"2022-07-18T09:34:15Z"}]}"#,
                #"{"applicationID":"1","devEUI":"AQIDBAUGBwg=","rxInfo":[{"gatewayID":"x","time":"2020-01-01T00:00:00Z","rssi":-1}],"#
                    + #""fCnt":10,"fPort":5,"data":"AQ==","objectJSON":"{\"t\":1}","object":{"t":21.5}}"#,
            ].map { Array($0.utf8) }
        case .theThingsStack:
            [
                #"{"end_device_ids":{"device_id":"d","dev_eui":"0004A30B001C0530"},"received_at":"2020-02-12T15:15:45.787Z","#
                    + #""uplink_message":{"f_cnt":3,"f_port":2,"frm_payload":"VGVtcA==","decoded_payload":{"temperature":1},"#
                    + #""rx_metadata":[{"time":"2020-02-12T15:15:45Z","rssi":-35}],"received_at":"2020-02-12T15:15:45.572Z"}}"#
            ].map { Array($0.utf8) }
        case .helium:
            [
                #"{"app_eui":"70","dev_eui":"0000000000000001","fcnt":2,"port":2,"name":"x","payload":"AQ==","reported_at":"#
                    + #"1611077345123,"decoded":{"status":"success","payload":{"t":1}},"hotspots":[{"rssi":-80}]}"#
            ].map { Array($0.utf8) }
        case .ngsi:
            [
                #"{"id":"urn:ngsi-ld:A:1","type":"A","dateObserved":"2016-03-15T11:00:00/2016-03-15T12:00:00","NO2":69,"#
                    + #""location":{"type":"Point","coordinates":[106.7,10.7]},"refs":["a","b"]}"#,
                #"{"id":"A:1","type":"A","NO2":{"type":"Number","value":69,"metadata":{"unitCode":{"value":"GQ"}}},"#
                    + #""location":{"type":"geo:json","value":{"type":"Point","coordinates":[1,2]}},"TimeInstant":{"value":"2016-03-15T11:00:00Z"}}"#,
                #"{"subscriptionId":"s","data":[{"id":"u","type":"B","p":{"type":"Property","value":1.5,"observedAt":"#
                    + #""2016-03-15T11:00:00Z","unitCode":"CEL"},"l":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}},"#
                    + #""r":{"type":"Relationship","object":"urn:x"},"@context":["https://x"]}]}"#,
            ].map { Array($0.utf8) }
        case .tr369:
            [
                #"{"Report":[{"CollectionTime":1364529149,"Device.MoCA.Interface.1.Stats.BytesSent":25248,"a.b":"x"},"#
                    + #"{"CollectionTime":"2013-03-29T04:00:00Z","Device":{"MoCA":{"1":{"BytesSent":1}}}}]}"#
            ].map { Array($0.utf8) }
        }
    }

    private static let senML = [
        #"[{"bn":"urn:dev:ow:1:","bt":1276020076.001,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},{"n":"current","t":-5,"v":1.2}]"#,
        #"[{"bn":"a/","bv":20.5,"bs":1,"n":"x","v":0.2,"s":3},{"n":"l","vs":"é"},{"n":"o","vb":false},{"n":"d","vd":"aGkgCg","ut":5}]"#,
        #"[{"n":"a","v":1,"t":268435456,"x_":1},{"bn":"b","foo":[{"a":null}]},{"u":"lon","v":1e300,"bv":-1e300}]"#,
    ]

    private static var sparkplug: [[UInt8]] {
        let metrics = [
            MetricWire(name: "a", alias: 1, timestamp: 1_486_144_502_122, type: 1, value: .int(0xF6)),
            MetricWire(name: "b", alias: 2, type: 9, value: .float(1.5)),
            MetricWire(name: "bdSeq", type: 8, value: .long(1)),
            MetricWire(name: "c", type: 12, value: .string("text")), MetricWire(name: "d", type: 13, value: .long(5)),
            MetricWire(name: "e", type: 32, value: .bytes([9, 0, 0, 0, 1, 0x80])),
            MetricWire(name: "f", type: 33, value: .bytes([0x41, 0])), MetricWire(name: "g", type: 31, isNull: true),
            MetricWire(name: "h", type: 17, isHistorical: true, value: .bytes([1, 2, 3])),
        ]
        let set = ProtobufWire.message { wire in
            wire.text(2, "id")
            wire.varint(3, 3)
            wire.bytes(4, ProtobufWire.message { $0.bytes(1, ProtobufWire.message { $0.varint(1, 7) }) })
        }
        let template = ProtobufWire.message { wire in
            wire.bytes(2, metrics[0].bytes)
            wire.bytes(2, MetricWire(name: "set", type: 16, value: .dataSet(set)).bytes)
            wire.bytes(3, ProtobufWire.message { $0.text(1, "p") })
            wire.text(4, "T")
        }
        let body = ProtobufWire.message { wire in
            wire.text(4, "SPBV1.0_COMPRESSED")
            wire.bytes(5, gzip(sparkplugPayload(metrics, sequence: 2)))
        }
        return [
            sparkplugPayload(metrics, sequence: 0), sparkplugPayload([metrics[0]], sequence: 1), body,
            sparkplugPayload(
                [MetricWire(alias: 1, value: .int(1)), MetricWire(alias: 2, value: .float(1))], sequence: 255),
            sparkplugPayload([MetricWire(name: "t", type: 19, value: .template(template))], sequence: 3),
        ]
            + (22...34).map {
                sparkplugPayload([MetricWire(name: "x", type: $0, value: .bytes([0, 0, 0, 0, 0, 0, 0, 0]))])
            }
    }

    static func topics(_ format: PayloadFormat) -> [String] {
        guard format == .sparkplug else {
            return ["application/1/device/0101010101010101/event/up", "telemetry/hcm/x"]
        }
        return ["NBIRTH", "NDATA", "NDEATH", "NCMD"].map { "spBv1.0/G/\($0)/E" }
            + ["DBIRTH", "DDATA", "DDEATH"].map { "spBv1.0/G/\($0)/E/D" }
            + ["spBv1.0/G/NDATA/E", "spBv1.0/G/DDATA/E/D", "spBv1.0/G/NDATA/F", "spBv1.0/STATE/h"]
    }

    static func dictionary(_ format: PayloadFormat) -> [[UInt8]] {
        switch format {
        case .cbor, .senmlCBOR:
            [
                "c0", "c1", "c2", "c3", "c482", "c582", "d5", "d6", "d7", "d81841", "d9d9f7", "9f", "bf", "ff", "5f",
                "7f", "f97e00", "1b7fffffffffffffff", "3b7fffffffffffffff", "c5823b7fffffffffffffff03",
                "fb7ff0000000000000", "1bffffffffffffffff", "3bffffffffffffffff", "9bffffffffffffffff", "a1", "81",
                "6161", "20", "21", "22",
            ].map { bytes($0) }
        case .sparkplug:
            ["1200", "0a01", "5201", "5affffffffffffffffff01", "8201", "8a01", "9201", "2201"].map { bytes($0) }
        default:
            [
                "{", "}", "[", "]", ",", ":", "\"", "null", "true", "\\u0000", "\\ud83d\\ude00", "\\ud800",
                "\"value\":", "\"bn\":\"b\",",
                "\"bt\":1e9,", "\"t\":-1,", "\"v\":", "\"x_\":1,", "\"type\":", "\"object\":", "\"data\":", "\"time\":",
                "\"@context\":",
                "{\"a\":", "[[[[[[[[[[[[", "\u{0}", "\u{FF}", "2026-11-21T08:00:00Z", "+07:00",
            ].map { Array($0.utf8) }
        }
    }

    private static func sharedFiles(_ format: PayloadFormat) -> [String] {
        guard SharedData.folder != nil else { return [] }
        return switch format {
        case .senml: (1...13).map { "payloads/senml/ex\($0).gen.json" }
        case .senmlCBOR: ["payloads/senml/ex3.gen.cbor", "payloads/senml/ex5.gen.cbor"]
        case .chirpstack: ["payloads/chirpstack_v3/up_campusiot.json"]
        case .helium: ["payloads/helium/up_campusiot.json"]
        case .tr369: ["payloads/tr369/bulkdata_namevaluepair.json", "payloads/tr369/bulkdata_objecthierarchy.json"]
        case .ngsi:
            ["AirQualityObserved", "NoiseLevelObserved", "Streetlight", "TrafficFlowObserved"].flatMap { model in
                ["example-normalized.json", "example-normalized.jsonld", "example.json", "example.jsonld"].map {
                    "payloads/fiware/\(model)/\($0)"
                }
            }
        default: []
        }
    }
}
