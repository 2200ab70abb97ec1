import JSONDocument
import Payloads
import Telemetry

/// Tells the format of payloads by what they look like.
enum FormatGuess {
    /// The format that takes most of the first samples, envelopes before plain objects.
    static func format(of payloads: [[UInt8]]) -> PayloadFormat? {
        var counts: [PayloadFormat: Int] = [:]
        for payload in payloads.prefix(20) {
            if let format = format(of: payload) { counts[format, default: 0] += 1 }
        }
        return PayloadFormat.allCases.filter { counts[$0] != nil }.max { counts[$0] ?? 0 < counts[$1] ?? 0 }
    }

    private static func format(of payload: [UInt8]) -> PayloadFormat? {
        var reader = RecordReader(.json)
        // What is compressed is unpacked on the way.
        let outcomes = reader.read(payload, topic: "", arrival: .now)
        let isArray = outcomes.count > 1 || payload.first { $0 > 0x20 } == UInt8(ascii: "[")
        if case .reading(let text)? = outcomes.first, let record = JSONTree(record: text) {
            return format(ofJSON: record, isInArray: isArray)
        }
        // The text is no JSON: try the binary ones, whose readers refuse what is not theirs.
        return [PayloadFormat.senmlCBOR, .cbor, .sparkplug].first { format in
            var reader = RecordReader(format)
            let outcomes = reader.read(payload, topic: "spBv1.0/group/NBIRTH/edge", arrival: .now)
            return outcomes.contains { if case .reading = $0 { true } else { false } }
        }
    }

    private static func format(ofJSON record: JSONTree, isInArray: Bool) -> PayloadFormat {
        func has(_ names: String...) -> Bool { names.allSatisfy { record[$0] != nil } }
        if has("end_device_ids") { return .theThingsStack }
        if has("dev_eui", "hotspots") || has("dev_eui", "app_eui", "port") { return .helium }
        if has("deviceInfo") || has("devEUI", "applicationID") || has("devEUI", "rxInfo") { return .chirpstack }
        if has("Report") { return .tr369 }
        if has("id", "type") || has("subscriptionId", "data") || has("type", "data", "notifiedAt") { return .ngsi }
        if isInArray, has("bn") || has("n") || has("v") || has("vs") || has("vb") || has("bt") { return .senml }
        return .json
    }
}
