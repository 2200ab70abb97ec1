import JSONDocument
import Telemetry

/// A message of the journal with what becomes of it.
struct TailedMessage {
    enum Verdict {
        case accepted
        case duplicate
        case refused(Refusal)

        var name: String {
            switch self {
            case .accepted: "ok"
            case .duplicate: "duplicate"
            case .refused: "refused"
            }
        }
    }

    let lane: String
    let offset: JournalOffset
    let arrival: EventTime
    let topic: String
    /// Nil when no stream takes the topic.
    let stream: String?
    let payload: [UInt8]
    /// One for each reading; none for a message that is to have none.
    let verdicts: [Verdict]

    var refusals: [Refusal] {
        verdicts.compactMap { if case .refused(let refusal) = $0 { refusal } else { nil } }
    }

    /// One line for each thing that is to be said, for a terminal of `width` columns.
    func lines(width: Int, isColoured: Bool) -> [String] {
        // Payloads begin in one column where there is room for that.
        let shown = Terminal.printable(topic.unicodeScalars)
        let topic = width >= 100 ? Self.wide(shown, to: 42) : shown
        let head = "\(time)  \(verdictText(isColoured))  \(topic)  "
        let visibleCount = 14 + 11 + topic.count + 2
        let room = max(20, width - visibleCount)
        if let refusal = refusals.first {
            let pointer = refusal.pointer.isEmpty ? "" : " at \(refusal.pointer)"
            let more = refusals.count > 1 ? " (and \(refusals.count - 1) more)" : ""
            let sentence = "\(refusal.reason.rawValue)\(pointer): \(refusal.sentence)\(more)"
            let indent = String(repeating: " ", count: 14)
            return [
                head + Tint.faint.paint(Self.cut(text, to: room), if: isColoured),
                indent + Tint.bad.paint(Self.cut(sentence, to: max(20, width - 14)), if: isColoured),
            ]
        }
        return [head + Tint.faint.paint(Self.cut(text, to: room), if: isColoured)]
    }

    private var time: String {
        let civil = CivilTime(arrival)
        let second = "\(padded(civil.hour, 2)):\(padded(civil.minute, 2)):\(padded(civil.second, 2))"
        return "\(second).\(padded(civil.microsecond / 1000, 3))"
    }

    private func verdictText(_ isColoured: Bool) -> String {
        if !refusals.isEmpty { return Tint.bad.paint("refused  ", if: isColoured) }
        if verdicts.isEmpty { return Tint.faint.paint(Self.wide("no data", to: 9), if: isColoured) }
        let isDuplicate = verdicts.allSatisfy { if case .duplicate = $0 { true } else { false } }
        if isDuplicate { return Tint.warning.paint("duplicate", if: isColoured) }
        let text = verdicts.count > 1 ? "ok ×\(verdicts.count)" : "ok"
        return Tint.good.paint(Self.wide(text, to: 9), if: isColoured)
    }

    /// The payload on one line.
    private var text: String {
        Terminal.printable(String(decoding: payload.prefix(4096), as: UTF8.self).unicodeScalars)
    }

    private static func wide(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func cut(_ text: String, to width: Int) -> String {
        text.count <= width ? text : String(text.prefix(width - 1)) + "…"
    }

    /// The message as a JSON object.
    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("arrival", arrival.description)
        writer.member("lane", lane)
        writer.name("offset")
        writer.integer(offset.number)
        writer.member("topic", topic)
        writer.member("stream", stream)
        writer.name("readings")
        writer.beginArray()
        for (index, verdict) in verdicts.enumerated() {
            writer.beginObject()
            writer.member("verdict", verdict.name)
            if case .refused(let refusal) = verdict {
                RefusalText(refusal, payload: payload, findsPlace: index < RefusalText.mostPlaces).write(to: &writer)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.member("payload", String(decoding: payload, as: UTF8.self))
        writer.endObject()
        return writer.text
    }
}
