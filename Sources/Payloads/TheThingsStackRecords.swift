import JSONDocument
import Telemetry

/// Reads upstream messages of The Things Stack, version 3 (`v3/{application}@{tenant}/devices/{device}/up`).
///
/// Fields that are 0, empty or false are left out, so that `f_cnt` and `f_port` may be missing.
enum TheThingsStackRecords {
    static func describe(
        _ document: JSONDocument, _ root: Int, _ message: borrowing PayloadMessage, _ isMapped: Bool,
        _ outline: inout RecordOutline
    ) -> Refusal? {
        var uplink = document.present("uplink_message", of: root)
        var decoded = document.present("decoded_payload", of: uplink)
        if uplink == 0 {
            uplink = document.present("uplink_normalized", of: root)
            decoded = document.present("normalized_payload", of: uplink)
        }
        guard uplink > 0 || isMapped else {
            return Refusal(
                .notAReading,
                sentence: "\(title(document, root)); only messages with \"uplink_message\" carry readings")
        }
        let identifiers = document.present("end_device_ids", of: root)
        let eui = document.present("dev_eui", of: identifiers)
        let name = document.present("device_id", of: identifiers)
        if eui > 0 {
            outline.add(.word("device"), .lowercase(eui), origin: eui)
        } else if name > 0 {
            outline.add("device", copyOf: name)
        }
        let networkTime = document.present("received_at", of: uplink)
        outline.addTime(
            document, at: networkTime > 0 ? networkTime : document.present("received_at", of: root),
            arrival: message.arrival)
        guard uplink > 0 else { return nil }
        outline.addCounters(seq: document.present("f_cnt", of: uplink), port: document.present("f_port", of: uplink))
        outline.addDecoded(decoded, raw: document.present("frm_payload", of: uplink), in: document)
        return nil
    }

    private static func title(_ document: JSONDocument, _ root: Int) -> String {
        let kinds: [StaticString] = [
            "join_accept", "downlink_ack", "downlink_nack", "downlink_sent", "downlink_failed", "downlink_queued",
            "downlink_queue_invalidated", "location_solved", "service_data",
        ]
        for kind in kinds where document.has(kind, of: root) {
            return "this message of The Things Stack is a \"\(kind)\""
        }
        return "this is no uplink of The Things Stack"
    }
}
