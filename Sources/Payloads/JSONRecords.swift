import JSONDocument
import Telemetry

/// Reads plain JSON: an object is a record, and each element of an array.
enum JSONRecords {
    /// A document of `parser` must not hold the rest of its owner, so each part is given by itself.
    static func read(
        _ message: borrowing PayloadMessage, _ parser: inout JSONParser, _ outline: inout RecordOutline,
        into sink: inout RecordSink
    ) {
        do throws(JSONParseError) {
            let document = try parser.parse(message.buffer, at: 0..<message.byteCount)
            guard document.tag(at: document.root) == JSONKind.array.rawValue else {
                if sink.source.isMapped { return map(document, document.root, "", message, &outline, into: &sink) }
                return sink.take(message.payload, at: "", of: message)
            }
            var position = 0
            var elements = document.elements(of: document.root)
            while let index = elements.next(), !sink.isFull {
                if sink.source.isMapped {
                    map(document, index, "/\(position)", message, &outline, into: &sink)
                } else {
                    sink.draft.value(index, of: document)
                    sink.finish(at: "/\(position)", of: message)
                }
                position += 1
            }
            if position == 0 { sink.refuse(Refusal(.empty, sentence: "the array holds no reading")) }
        } catch {
            sink.refuse(Refusal(error))
        }
    }

    /// Maps the record at `index` in place; what is no object stays as it is.
    private static func map(
        _ document: JSONDocument, _ index: Int, _ place: String, _ message: borrowing PayloadMessage,
        _ outline: inout RecordOutline, into sink: inout RecordSink
    ) {
        guard document.tag(at: index) == JSONKind.object.rawValue else {
            sink.draft.value(index, of: document)
            return sink.finish(at: place, of: message)
        }
        outline.begin(at: index)
        outline.addMembers(of: index, in: document)
        sink.finish(&outline, of: document, at: place, message: message)
    }
}
