import JSONDocument
import Pipeline
import Telemetry

extension DeadLetter {
    /// Where it came from: `lane0/4711`, and the reading in the message behind a `#`.
    var place: String {
        "\(key.lane)/\(key.offset)" + (key.readingIndex.map { "#\($0)" } ?? "")
    }

    /// What was done with it.
    var state: String { lastMark?.mark.rawValue ?? "open" }

    /// Why it is refused now: after a replay what that found.
    var currentRefusal: Refusal {
        let isNew = lastMark?.mark == .refusedAgain
        return Refusal(
            // Codes of later versions have no case here; the sentence says more than the code anyway.
            RefusalReason(rawValue: currentReason) ?? .schema,
            pointer: (isNew ? lastMark?.pointer : pointer) ?? "", byteOffset: isNew ? nil : byteOffset.map(Int.init),
            sentence: (isNew ? lastMark?.sentence : nil) ?? sentence)
    }

    /// One object with everything that is known; the payload as text, or in hexadecimal where it is none.
    func json(withPayload: Bool) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("lane", key.lane)
        writer.member("offset", Int(clamping: key.offset.number))
        writer.member("reading", key.readingIndex.map(Int.init))
        writer.member("stream", stream)
        writer.member("topic", topic)
        writer.member("time", arrival.description)
        writer.member("state", state)
        writer.member("reason", reason)
        writer.member("pointer", pointer)
        writer.member("byte_offset", byteOffset.map(Int.init))
        writer.member("sentence", sentence)
        writer.member("schema_version", schemaVersion)
        writer.member("told_version", toldVersion)
        writer.member("bytes", payload.count)
        if let lastMark {
            writer.name("mark")
            writer.beginObject()
            writer.member("mark", lastMark.mark.rawValue)
            writer.member("time", lastMark.time.description)
            writer.member("stored", Int(lastMark.stored))
            writer.member("duplicate", Int(lastMark.duplicate))
            writer.member("refused", Int(lastMark.refused))
            writer.member("reason", lastMark.reason)
            writer.member("pointer", lastMark.pointer)
            writer.member("sentence", lastMark.sentence)
            writer.endObject()
        }
        if withPayload {
            if let text = String(validating: payload, as: UTF8.self) {
                writer.member("payload", text)
            } else {
                writer.member("payload_hex", Hexadecimal.text(payload))
            }
        }
        writer.endObject()
        return writer.text
    }
}

/// Bytes that are no text.
enum Hexadecimal {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
