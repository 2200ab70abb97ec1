import JSONDocument
import Telemetry
import Testing

@testable import Payloads

@Suite("Events of LoRaWAN servers")
struct LoRaWANTests {
    private static let up = "application/4a1c/device/70b3d57ed0051e2a/event/up"

    private func outcomes(_ format: PayloadFormat, _ json: String, topic: String = "t") -> [String] {
        var reader = PayloadReader(format: format)
        return reader.records(of: Array(json.utf8), topic: topic).outcomes
    }

    // MARK: ChirpStack

    /// An uplink by the names of integration.proto, with two gateways.
    private static let version4 = """
        {"deduplicationId":"3ac7e3c4-4401-4b8d-9386-a5c902f9202d","time":"2022-07-18T09:34:15.775023242+00:00",
        "deviceInfo":{"tenantId":"52f14cd4","applicationId":"17c82e96","deviceProfileId":"14855bf7","deviceName":"Bin 12",
        "devEui":"0101010101010101","tags":{"key":"value"}},"devAddr":"00189440","adr":true,"dr":1,"fCnt":4,"fPort":1,
        "confirmed":false,"data":"qg==","object":{"fill":0.29,"ts":"device time","battery":3.6},
        "rxInfo":[{"gatewayId":"0016c001f153a14c","uplinkId":4217106255,"rssi":-36,"snr":10.5,"context":"E3OWOQ==",
        "metadata":{"region_name":"eu868"}},{"gatewayId":"0016c001f153a14d","rssi":-90,"snr":-3}],
        "txInfo":{"frequency":867100000,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":11}}}}
        """

    @Test("version 4: device, time, counter and port beside the decoded members; what the envelope says goes first")
    func version4() {
        #expect(
            outcomes(.chirpstack, Self.version4) == [
                #"{"device":"0101010101010101","ts":"2022-07-18T09:34:15.775023Z","seq":4,"port":1,"fill":0.29,"#
                    + #""battery":3.6}"#
            ])
    }

    @Test(
        "version 4: what Protobuf leaves out is 0, EUIs become lower case, times have any number of digits",
        arguments: [
            ("2022-07-18T09:34:15Z", "2022-07-18T09:34:15Z"), ("2022-07-18T09:34:15.775Z", "2022-07-18T09:34:15.775Z"),
            ("2022-07-18T16:34:15.775023+07:00", "2022-07-18T09:34:15.775023Z"),
            ("2022-07-18T09:34:15.775023242Z", "2022-07-18T09:34:15.775023Z"),
        ])
    func version4Zeros(time: String, expected: String) {
        let json =
            #"{"time":"\#(time)","deviceInfo":{"devEui":"70B3D57ED0051E2A"},"data":"qg==","rxInfo":[{"rssi":-36}]}"#
        #expect(
            outcomes(.chirpstack, json) == [
                #"{"device":"70b3d57ed0051e2a","ts":"\#(expected)","seq":0,"port":0,"data":"qg=="}"#
            ])
    }

    @Test("version 4: the payload stays as base64 where no decoder has made an object of it")
    func undecoded() {
        for object in ["", #""object":null,"#, #""object":{},"#] {
            let json = #"{"deviceInfo":{"devEui":"01"},\#(object)"fCnt":3,"fPort":2,"data":"qg=="}"#
            #expect(
                outcomes(.chirpstack, json) == [
                    #"{"device":"01","ts":"2026-11-21T08:00:00Z","seq":3,"port":2,"data":"qg=="}"#
                ])
        }
    }

    @Test(
        "events that are no uplinks carry no reading, as their topic or their members tell",
        arguments: [
            (#"{"deviceInfo":{"devEui":"01"},"devAddr":"00189440"}"#, "t", "a join"),
            (#"{"deviceInfo":{"devEui":"01"},"margin":10,"batteryLevel":50}"#, "t", "a device status"),
            (#"{"deviceInfo":{"devEui":"01"},"level":"ERROR","code":"UPLINK_CODEC","description":"x"}"#, "t", "a log"),
            (#"{"deviceInfo":{"devEui":"01"},"queueItemId":"5","acknowledged":true,"fCntDown":3}"#, "t", "an ack"),
            (#"{"downlinkId":3,"gatewayId":"00","deviceInfo":{"devEui":"01"},"txInfo":{}}"#, "t", "a gateway's ack"),
            (#"{"deviceInfo":{"devEui":"01"},"location":{"latitude":1}}"#, "t", "a location"),
            (
                #"{"deviceInfo":{"devEui":"01"},"integrationName":"x","object":{"a":1}}"#,
                "a/1/device/2/event/integration", "an event of"
            ),
            (#"{"deviceInfo":{"devEui":"01"},"devAddr":"00189440"}"#, "application/1/device/2/event/join", "a join"),
            (#"{"devEUI":"01","devAddr":"00189440","rxInfo":[],"txInfo":{}}"#, "t", "a join"),
            (#"{"devEUI":"01","acknowledged":true,"fCnt":12}"#, "t", "an ack"),
            (#"{"devEUI":"01","type":"UPLINK_CODEC","error":"x"}"#, "t", "an error"),
        ])
    func otherEvents(json: String, topic: String, title: String) {
        var reader = PayloadReader(format: .chirpstack)
        let refusal = reader.records(of: Array(json.utf8), topic: topic).records.first?.refusal
        #expect(refusal?.reason == .notAReading)
        #expect(refusal?.sentence.contains(title) == true, "\(refusal?.sentence ?? "none")")
    }

    @Test("an uplink with nothing but its gateways is one, since all else was 0")
    func barest() {
        let json = #"{"deviceInfo":{"devEui":"01"},"rxInfo":[{"rssi":-36}]}"#
        #expect(outcomes(.chirpstack, json) == [#"{"device":"01","ts":"2026-11-21T08:00:00Z","seq":0,"port":0}"#])
        #expect(outcomes(.chirpstack, #"{"deviceInfo":{"devEui":"01"}}"#, topic: Self.up).count == 1)
    }

    @Test("version 3 as Protobuf writes it: EUI in base64, the object as text")
    func version3() {
        let json = """
            {"applicationID":"1","deviceName":"d","devEUI":"1tHoAAAAAHo=","rxInfo":[{"time":null},
            {"time":"2023-06-23T09:10:28.649Z"}],"txInfo":{},"adr":true,"fCnt":7,"fPort":3,"data":"UA==",
            "objectJSON":"{\\"light\\":15,\\"name\\":\\"a\\\\\\"b\\"}","publishedAt":"2023-06-23T09:10:29Z"}
            """
        #expect(
            outcomes(.chirpstack, json) == [
                #"{"device":"d6d1e8000000007a","ts":"2023-06-23T09:10:28.649Z","seq":7,"port":3,"light":15,"name":"a\"b"}"#
            ])
        let empty = #"{"devEUI":"1tHoAAAAAHo=","data":"UA==","objectJSON":"","publishedAt":"2023-06-23T09:10:29Z"}"#
        #expect(
            outcomes(.chirpstack, empty) == [
                #"{"device":"d6d1e8000000007a","ts":"2023-06-23T09:10:29Z","seq":0,"port":0,"data":"UA=="}"#
            ])
        // With nothing else in it, an event is told by its topic or, as here, is none that is asked for.
        #expect(outcomes(.chirpstack, #"{"objectJSON":""}"#) == ["!not-a-reading "])
        #expect(outcomes(.chirpstack, #"{"devEUI":"01","objectJSON":"{\"a\":}"}"#) == ["!not-json /objectJSON"])
        #expect(outcomes(.chirpstack, #"{"objectJSON":"{\"a\":1},\"fPort\":{"}"#) == ["!not-json /objectJSON"])
        #expect(outcomes(.chirpstack, #"{"text":"\"objectJSON\"","fPort":1}"#).first?.contains("\"port\":1") == true)
    }

    @Test("a mapping looks into the envelope, and into the default record for names that the envelope lacks")
    func mapping() throws {
        let entries: [RecordMapping.Entry] = [
            .init("bin", from: .document([try SourcePath("deviceInfo.deviceName")])),
            .init("fill", from: .document([try SourcePath("object.fill")]), try RecordConversion(ratio: .percent)),
            .init("counter", from: .document([try SourcePath("seq")])),
            .init("volts", from: .document([try SourcePath("battery")])),
        ]
        var reader = PayloadReader(format: .chirpstack, mapping: try RecordMapping(entries))
        #expect(
            reader.records(of: Array(Self.version4.utf8)).outcomes == [
                #"{"bin":"Bin 12","fill":29,"counter":4,"volts":3.6,"device":"0101010101010101","#
                    + #""ts":"2022-07-18T09:34:15.775023Z","port":1}"#
            ])
    }

    @Test("a source takes the events that it names and no others, with a mapping or without")
    func selectedEvents() throws {
        let mapping = try RecordMapping([.init("battery", from: .document([try SourcePath("batteryLevel")]))])
        let status = #"{"deviceInfo":{"devEui":"01"},"time":"2022-07-18T09:34:15Z","margin":10,"batteryLevel":50.5}"#
        let topic = "application/1/device/01/event/"
        let events = EventSelection(["status", "ack"])
        var mapped = PayloadReader(format: .chirpstack, mapping: mapping, events: events)
        #expect(
            mapped.records(of: Array(status.utf8), topic: topic + "status").outcomes == [
                #"{"battery":50.5,"device":"01","ts":"2022-07-18T09:34:15Z","margin":10}"#
            ])
        var unmapped = PayloadReader(format: .chirpstack, events: events)
        #expect(
            unmapped.records(of: Array(status.utf8)).outcomes == [
                #"{"device":"01","ts":"2022-07-18T09:34:15Z","margin":10,"batteryLevel":50.5}"#
            ])
        let refusal = mapped.records(of: Array(Self.version4.utf8), topic: topic + "up").records.first?.refusal
        #expect(refusal?.reason == .notAReading)
        #expect(
            refusal?.sentence
                == #"this is an uplink of ChirpStack (event "up"), and the source takes only "status", "ack""#)
        var uplinks = PayloadReader(format: .chirpstack, mapping: mapping)
        for kind in PayloadFormat.chirpstack.eventNames where kind != "up" {
            let outcomes = uplinks.records(of: Array(status.utf8), topic: topic + kind).outcomes
            #expect(outcomes == ["!not-a-reading "], "\(kind)")
        }
        #expect(uplinks.records(of: Array(Self.version4.utf8), topic: topic + "up").records.first?.refusal == nil)
    }

    @Test("The Things Stack and Helium: a mapping alone makes no reading of another event")
    func otherEventsMapped() throws {
        let mapping = try RecordMapping([.init("at", from: .document([try SourcePath("received_at")]))])
        let join = Array(Self.theThingsStack(#""join_accept":{"session_key_id":"AXBSH1"}"#).utf8)
        var uplinks = PayloadReader(format: .theThingsStack, mapping: mapping)
        #expect(uplinks.records(of: join).outcomes == ["!not-a-reading "])
        #expect(uplinks.records(of: Array("{}".utf8)).outcomes == ["!not-a-reading "])
        var joins = PayloadReader(format: .theThingsStack, mapping: mapping, events: EventSelection(["join"]))
        #expect(
            joins.records(of: join).outcomes == [
                #"{"at":"2020-02-12T15:15:46.123456789Z","device":"dev1","ts":"2020-02-12T15:15:46.123456Z"}"#
            ])
        var helium = PayloadReader(format: .helium, mapping: mapping)
        #expect(helium.records(of: Array(#"{"dev_eui":"A8","type":"join"}"#.utf8)).outcomes == ["!not-a-reading /type"])
    }

    @Test("refusals of a mapping point into the envelope")
    func mappingRefusal() throws {
        let entries: [RecordMapping.Entry] = [
            .init("fill", from: .document([try SourcePath("object.ts")]), try RecordConversion(ratio: .percent))
        ]
        var reader = PayloadReader(format: .chirpstack, mapping: try RecordMapping(entries))
        #expect(reader.records(of: Array(Self.version4.utf8)).outcomes == ["!mapping /object/ts"])
        #expect(reader.records(of: Array("[\(Self.version4)]".utf8)).outcomes == ["!mapping /0/object/ts"])
    }

    // MARK: The Things Stack

    /// The form of its documentation's example.
    private static func theThingsStack(_ uplink: String, identifiers: String = "") -> String {
        """
        {"end_device_ids":{"device_id":"dev1","application_ids":{"application_id":"app1"}\(identifiers)},
        "correlation_ids":["as:up:01"],"received_at":"2020-02-12T15:15:46.123456789Z",\(uplink)}
        """
    }

    @Test("The Things Stack: uplinks with what it leaves out, by their network time")
    func theThingsStackUplinks() {
        let identifiers = #","dev_eui":"0004A30B001C0530","join_eui":"800000000000000C","dev_addr":"00BCB929""#
        let decoded = Self.theThingsStack(
            #""uplink_message":{"session_key_id":"AXA50==","f_cnt":1,"f_port":15,"frm_payload":"gkHe","#
                + #""decoded_payload":{"temperature":1.0,"luminosity":0.64},"rx_metadata":[{"gateway_ids":{"gateway_id":"g1"},"#
                + #""rssi":-35},{"rssi":-90}],"settings":{},"received_at":"2020-02-12T15:15:45.987654321Z"}"#,
            identifiers: identifiers)
        #expect(
            outcomes(.theThingsStack, decoded) == [
                #"{"device":"0004a30b001c0530","ts":"2020-02-12T15:15:45.987654Z","seq":1,"port":15,"#
                    + #""temperature":1.0,"luminosity":0.64}"#
            ])
        let bare = Self.theThingsStack(#""uplink_message":{"frm_payload":"gkHe"}"#)
        #expect(
            outcomes(.theThingsStack, bare) == [
                #"{"device":"dev1","ts":"2020-02-12T15:15:46.123456Z","seq":0,"port":0,"data":"gkHe"}"#
            ])
    }

    @Test(
        "The Things Stack: other messages carry no reading",
        arguments: ["join_accept", "downlink_ack", "downlink_queued", "location_solved", "service_data"])
    func theThingsStackOthers(kind: String) {
        var reader = PayloadReader(format: .theThingsStack)
        let json = Self.theThingsStack(#""\#(kind)":{"received_at":"2020-02-17T07:49:01Z"}"#)
        let refusal = reader.records(of: Array(json.utf8)).records.first?.refusal
        #expect(refusal?.reason == .notAReading)
        #expect(refusal?.sentence.contains(kind) == true)
    }

    // MARK: Helium

    @Test("Helium: the hotspot's time where the network gives none, base64 without a decoder, no other types")
    func helium() {
        let json = """
            {"dev_eui":"A81758FFFE04B1C1","fcnt":71,"port":5,"payload":"AQ==","type":"uplink",
            "hotspots":[{"reported_at":1672867882173,"rssi":-111},{"reported_at":1672867882174}]}
            """
        #expect(
            outcomes(.helium, json) == [
                #"{"device":"a81758fffe04b1c1","ts":"2023-01-04T21:31:22.173Z","seq":71,"port":5,"data":"AQ=="}"#
            ])
        #expect(outcomes(.helium, #"{"dev_eui":"A8","type":"join"}"#) == ["!not-a-reading /type"])
        #expect(outcomes(.helium, #"{"temperature":1}"#) == ["!not-a-reading "])
    }

    // MARK: All of them

    @Test(
        "what is no envelope is refused with its place",
        arguments: [PayloadFormat.chirpstack, .theThingsStack, .helium, .ngsi])
    func noEnvelope(format: PayloadFormat) {
        #expect(outcomes(format, "7") == ["!not-a-reading "])
        #expect(outcomes(format, #"["x"]"#) == ["!not-a-reading /0"])
        #expect(outcomes(format, "[]").first?.hasPrefix("!empty") == true)
        #expect(outcomes(format, #"{"a":"#) == ["!truncated "])
        #expect(outcomes(format, "{") == ["!truncated "])
    }

    @Test("a name that stands twice anywhere in an envelope is refused")
    func duplicates() {
        let json = #"{"devEUI":"01","fPort":1,"object":{"a":1,"b":{"x":1,"x":2}}}"#
        #expect(outcomes(.chirpstack, json) == ["!duplicate-key /object/b/x"])
    }
}
