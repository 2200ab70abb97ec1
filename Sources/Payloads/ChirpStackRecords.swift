import JSONDocument
import Telemetry

/// Reads events of ChirpStack, as its MQTT integration publishes them in JSON.
///
/// Version 4 (`integration.proto`) has the device in `deviceInfo`; version 3 has `devEUI` at the top, in two forms:
/// with hexadecimal EUIs and an `object`, or, as Protobuf writes JSON, with base64 and the decoded object as text in
/// `objectJSON`. Protobuf leaves out what is 0, so that `fCnt` and `fPort` may be missing.
enum ChirpStackRecords {
    static func read(
        _ message: borrowing PayloadMessage, _ parser: inout JSONParser, _ outline: inout RecordOutline,
        into sink: inout RecordSink
    ) {
        do throws(JSONParseError) {
            guard let event = try takeUnlessTextEvent(message, &parser, &outline, into: &sink) else { return }
            var text = event.text
            if !event.object.isEmpty {
                do throws(JSONParseError) {
                    _ = try parser.parse(event.object)
                } catch {
                    let sentence = "the text in it is no JSON: \(error.sentence)"
                    return sink.refuse(
                        Refusal(RefusalReason(error.kind), pointer: "/objectJSON", sentence: sentence))
                }
                text.append(contentsOf: (text.isEmpty ? "{\"object\":" : ",\"object\":").utf8)
                text.append(contentsOf: event.object)
            }
            if text.isEmpty { text.append(UInt8(ascii: "{")) }
            text.append(UInt8(ascii: "}"))
            let document = try parser.parse(text)
            Envelopes.take(document, document.root, "", message, &outline, into: &sink, describe)
        } catch {
            sink.refuse(Refusal(error))
        }
    }

    static func describe(
        _ document: JSONDocument, _ event: Int, _ message: borrowing PayloadMessage, _ source: SourceTraits,
        _ outline: inout RecordOutline
    ) -> Refusal? {
        let device = document.present("deviceInfo", of: event)
        let kind = Kind(document, event, isVersion4: device > 0, topic: message.topic)
        guard source.takes(kind.rawValue) else {
            return Refusal(
                .notAReading,
                sentence: "this is \(kind.title) of ChirpStack (event \"\(kind.rawValue)\"), "
                    + "and the source takes only \(source.events.list)")
        }
        if device > 0 {
            addDevice(document.present("devEui", of: device), in: document, &outline)
            outline.addTime(document, at: document.present("time", of: event), arrival: message.arrival)
        } else {
            addDevice(document.present("devEUI", of: event), in: document, &outline)
            outline.addTime(document, at: gatewayTime(document, event), arrival: message.arrival)
        }
        guard kind == .up else {
            addScalars(of: event, in: document, &outline)
            return nil
        }
        outline.addCounters(seq: document.present("fCnt", of: event), port: document.present("fPort", of: event))
        outline.addDecoded(
            document.present("object", of: event), raw: document.present("data", of: event), in: document)
        return nil
    }

    /// The EUI in lower-case hexadecimal, which may be written in upper case or as base64.
    private static func addDevice(_ eui: Int, in document: JSONDocument, _ outline: inout RecordOutline) {
        guard eui > 0 else { return }
        // 8 bytes are 16 hexadecimal digits, or 12 characters of base64.
        let isText = document.tag(at: eui) == JSONKind.string.rawValue
        let isBase64 = isText && document.stringBytes(at: eui).byteCount == 12
        outline.add(.word("device"), isBase64 ? .hexadecimal(ofBase64: eui) : .lowercase(eui), origin: eui)
    }

    /// The first time that a gateway gave, or that of the server; only gateways with GPS give one.
    private static func gatewayTime(_ document: JSONDocument, _ event: Int) -> Int {
        let gateways = document.present("rxInfo", of: event)
        if gateways > 0 {
            var elements = document.elements(of: gateways)
            while let gateway = elements.next() {
                let time = document.present("time", of: gateway)
                if time > 0 { return time }
            }
        }
        return document.present("publishedAt", of: event)
    }

    /// What other events say by themselves: their numbers, texts and truth values.
    private static func addScalars(of event: Int, in document: JSONDocument, _ outline: inout RecordOutline) {
        let envelope: [StaticString] = [
            "deduplicationId", "time", "publishedAt", "devAddr", "devEUI", "deviceName", "applicationID",
            "applicationName", "regionConfigId",
        ]
        var members = document.members(of: event)
        while let member = members.next() {
            let name = document.stringBytes(at: member.name)
            let kind = document.kind(at: member.value)
            guard kind != .object, kind != .array else { continue }
            var isEnvelope = false
            for word in envelope where word.hasSameBytes(as: name) { isEnvelope = true }
            guard !isEnvelope else { continue }
            outline.add(.document(member.name), .document(member.value), origin: member.value)
        }
    }

    // MARK: Version 3 as Protobuf writes it

    /// Takes an event without `objectJSON`; of one that has it, gives the text without it and without the end, and what
    /// it holds.
    private static func takeUnlessTextEvent(
        _ message: borrowing PayloadMessage, _ parser: inout JSONParser, _ outline: inout RecordOutline,
        into sink: inout RecordSink
    ) throws(JSONParseError) -> (text: [UInt8], object: [UInt8])? {
        let document = try parser.parse(message.buffer, at: 0..<message.byteCount)
        let object = document.present("objectJSON", of: document.root)
        guard object > 0, document.tag(at: object) == JSONKind.string.rawValue else {
            Envelopes.takeAll(document, message, &outline, into: &sink, describe)
            return nil
        }
        var text: [UInt8] = []
        var members = document.members(of: document.root)
        while let member = members.next() {
            guard !StaticString("objectJSON").hasSameBytes(as: document.stringBytes(at: member.name)) else { continue }
            text.append(text.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            document.write(member.name, into: &text)
            text.append(UInt8(ascii: ":"))
            document.write(member.value, into: &text)
        }
        return (text, Array(document.string(at: object).utf8))
    }

    // MARK: Kinds of events

    /// The kinds of events, by the last level of their topics.
    enum Kind: String, CaseIterable {
        case up
        case join
        case ack
        case txack
        case status
        case log
        case error
        case location
        case integration

        /// What the topic `…/event/<kind>` says, or else what the members show.
        init(_ document: JSONDocument, _ event: Int, isVersion4: Bool, topic: RawSpan) {
            if let kind = Self(toldBy: topic) {
                self = kind
            } else {
                self = Self.shown(by: document, event, isVersion4)
            }
        }

        var title: String {
            switch self {
            case .up: "an uplink"
            case .join: "a join"
            case .ack: "an acknowledgement"
            case .txack: "a gateway's acknowledgement"
            case .status: "a device status"
            case .log: "a log entry"
            case .error: "an error"
            case .location: "a location"
            case .integration: "an event of an integration"
            }
        }

        /// What `…/event/<kind>` says; nil where a topic or filter ends otherwise.
        init?(toldBy topic: RawSpan) {
            var end = topic.byteCount
            while end > 0, topic.octet(at: end - 1) != UInt8(ascii: "/") { end -= 1 }
            guard end >= 7, StaticString("/event/").hasSameBytes(as: topic.extracting((end - 7)..<end)) else {
                return nil
            }
            self.init(rawValue: String(decoding: topic.extracting(end..<topic.byteCount)))
        }

        private static func shown(by document: JSONDocument, _ event: Int, _ isVersion4: Bool) -> Kind {
            func has(_ words: StaticString...) -> Bool { words.contains { document.has($0, of: event) } }
            // What an uplink has is looked for first, since most events are uplinks.
            if has("object", "data", "fPort") { return .up }
            if has("acknowledged") { return .ack }
            if has("margin", "batteryLevel", "batteryLevelUnavailable", "externalPowerSource") { return .status }
            if has("location") { return .location }
            if has("integrationName") { return .integration }
            if has("gatewayId", "gatewayID", "downlinkId") { return .txack }
            if has("level", "code", "description") { return .log }
            if has("error") { return .error }
            if has("fCnt") || (isVersion4 && has("rxInfo")) { return .up }
            return .join
        }
    }
}
