import JSONDocument
import Telemetry

/// Reads plain JSON: an object is a record, and each element of an array.
enum JSONRecords {
    /// A document of `parser` must not hold the rest of its owner, so each part is given by itself.
    static func read(_ message: borrowing PayloadMessage, _ parser: inout JSONParser, into sink: inout RecordSink) {
        do throws(JSONParseError) {
            let document = try parser.parse(message.buffer, at: 0..<message.byteCount)
            guard document.tag(at: document.root) == JSONKind.array.rawValue else {
                return sink.take(message.payload, at: "", of: message)
            }
            var position = 0
            var elements = document.elements(of: document.root)
            while let index = elements.next(), !sink.isFull {
                sink.draft.value(index, of: document)
                sink.finish(at: "/\(position)", of: message)
                position += 1
            }
            if position == 0 { sink.refuse(Refusal(.empty, sentence: "the array holds no reading")) }
        } catch {
            sink.refuse(Refusal(error))
        }
    }
}
