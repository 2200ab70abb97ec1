import JSONDocument
import Telemetry

/// Reads upstream messages of The Things Stack, version 3 (`v3/{application}@{tenant}/devices/{device}/up`).
///
/// Fields that are 0, empty or false are left out, so that `f_cnt` and `f_port` may be missing.
enum TheThingsStackRecords {
    static func describe(
        _ document: JSONDocument, _ root: Int, _ message: borrowing PayloadMessage, _ source: SourceTraits,
        _ outline: inout RecordOutline
    ) -> Refusal? {
        var uplink = document.present("uplink_message", of: root)
        var decoded = document.present("decoded_payload", of: uplink)
        if uplink == 0 {
            uplink = document.present("uplink_normalized", of: root)
            decoded = document.present("normalized_payload", of: uplink)
        }
        if let refusal = refusal(document, root, isUplink: uplink > 0, source) { return refusal }
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

    private static func refusal(
        _ document: JSONDocument, _ root: Int, isUplink: Bool, _ source: SourceTraits
    ) -> Refusal? {
        guard let kind = isUplink ? .up : Kind.allCases.first(where: { document.has($0.member, of: root) }) else {
            return Refusal(.notAReading, sentence: "this is no message of The Things Stack")
        }
        guard !source.takes(kind.rawValue) else { return nil }
        return Refusal(
            .notAReading,
            sentence: "this message of The Things Stack is a \"\(kind.member)\" (event \"\(kind.rawValue)\"), "
                + "and the source takes only \(source.events.list)")
    }

    /// The kinds of messages, by what tells their topics apart.
    enum Kind: String, CaseIterable {
        case up
        case join
        case queued
        case sent
        case ack
        case nack
        case failed
        case invalidated
        case location
        case service

        /// The member that holds what happened.
        var member: StaticString {
            switch self {
            case .up: "uplink_message"
            case .join: "join_accept"
            case .queued: "downlink_queued"
            case .sent: "downlink_sent"
            case .ack: "downlink_ack"
            case .nack: "downlink_nack"
            case .failed: "downlink_failed"
            case .invalidated: "downlink_queue_invalidated"
            case .location: "location_solved"
            case .service: "service_data"
            }
        }
    }
}
