import JSONDocument
import Telemetry

/// A note as it is sent: a JSON object.
struct FeedbackText {
    let note: RefusalNote
    let language: FeedbackConfiguration.Language

    /// The device's name, from the payload where that is JSON.
    var device: String? {
        guard let member = note.deviceMember, !note.payload.isEmpty else { return nil }
        var parser = JSONParser()
        let padded = note.payload + [UInt8](repeating: 0, count: JSONParser.paddingByteCount)
        do throws(JSONParseError) {
            // Safe: UInt8 has no padding.
            let document = try parser.parse(unsafe padded.span.bytes, at: 0..<note.payload.count)
            var index = document.root
            if document.kind(at: index) == .array {
                guard let element = Self.element(Int(note.readingIndex ?? 0), of: index, in: document) else {
                    return nil
                }
                index = element
            }
            guard document.kind(at: index) == .object else { return nil }
            var members = document.members(of: index)
            while let next = members.next() {
                guard document.string(at: next.name) == member else { continue }
                return document.kind(at: next.value) == .string ? document.string(at: next.value) : nil
            }
        } catch {
            // A payload that is no JSON names nobody.
        }
        return nil
    }

    private static func element(_ position: Int, of array: Int, in document: JSONDocument) -> Int? {
        var elements = document.elements(of: array)
        var count = 0
        while let index = elements.next() {
            if count == position { return index }
            count += 1
        }
        return nil
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        func member(_ name: String, _ text: String?) {
            guard let text else { return }
            writer.name(name)
            writer.string(text)
        }
        writer.beginObject()
        member("reason", note.refusal.reason.rawValue)
        member("pointer", note.refusal.pointer.isEmpty ? nil : note.refusal.pointer)
        if let offset = note.refusal.byteOffset {
            writer.name("byte_offset")
            writer.integer(offset)
        }
        if let reading = note.readingIndex {
            writer.name("reading")
            writer.integer(reading)
        }
        switch language {
        case .english: member("sentence", note.refusal.sentence)
        case .vietnamese: member("sentence", VietnameseSentence.of(note.refusal))
        case .both:
            writer.name("sentence")
            writer.beginObject()
            member("en", note.refusal.sentence)
            member("vi", VietnameseSentence.of(note.refusal))
            writer.endObject()
        }
        member("stream", note.stream)
        member("schema_version", note.schemaVersion)
        member("topic", note.topic)
        member("time", note.arrival.description)
        writer.endObject()
        return writer.bytes
    }
}
