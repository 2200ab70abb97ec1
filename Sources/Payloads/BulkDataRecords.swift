import JSONDocument
import Telemetry

/// Reads bulk data of TR-369 (and TR-157) agents in JSON: `{"Report": [{"CollectionTime": …, …}, …]}`.
///
/// An agent sends collections that could not be delivered again with the next one, so a payload holds several, each
/// with its own time: one record each. Parameters are members by their full names
/// (`Device.WiFi.Radio.1.Stats.BytesSent`), be they sent as name-value pairs or as a hierarchy of objects.
enum BulkDataRecords {
    static func read(
        _ message: borrowing PayloadMessage, _ parser: inout JSONParser, _ outline: inout RecordOutline,
        into sink: inout RecordSink
    ) {
        do throws(JSONParseError) {
            let document = try parser.parse(message.buffer, at: 0..<message.byteCount)
            let report = document.present("Report", of: document.root)
            guard report > 0 else {
                return sink.refuse(
                    Refusal(.notAReading, sentence: "bulk data of TR-369 is an object with the member \"Report\""))
            }
            guard document.tag(at: report) == JSONKind.array.rawValue else {
                return take(document, report, "/Report", message, &outline, into: &sink)
            }
            var position = 0
            var collections = document.elements(of: report)
            while let collection = collections.next(), !sink.isFull {
                take(document, collection, "/Report/\(position)", message, &outline, into: &sink)
                position += 1
            }
            if position == 0 {
                sink.refuse(Refusal(.empty, pointer: "/Report", sentence: "the report holds no collection"))
            }
        } catch {
            sink.refuse(Refusal(error))
        }
    }

    private static func take(
        _ document: JSONDocument, _ collection: Int, _ place: String, _ message: borrowing PayloadMessage,
        _ outline: inout RecordOutline, into sink: inout RecordSink
    ) {
        let limit = sink.limits.maximumExpandedByteCount
        Envelopes.take(document, collection, place, message, &outline, into: &sink) {
            document, collection, message, _, outline in
            describe(document, collection, message, limit, &outline)
        }
    }

    /// Unix seconds by default, or ISO 8601 where the agent is configured so.
    private static let time = TimeRule(epoch: .seconds)

    private static func describe(
        _ document: JSONDocument, _ collection: Int, _ message: borrowing PayloadMessage, _ textLimit: Int,
        _ outline: inout RecordOutline
    ) -> Refusal? {
        for path in serialNumbers {
            guard let serial = path.find(in: document, from: collection) else { continue }
            // A copy beside the parameter, which keeps its own name: no origin.
            outline.add(.word("device"), .document(serial))
            break
        }
        let collected = document.present("CollectionTime", of: collection)
        outline.addTime(document, at: collected, by: time, arrival: message.arrival)
        var prefix: [UInt8] = []
        let isWhole = addParameters(of: collection, document, &prefix, textLimit, &outline)
        guard isWhole else {
            return Refusal(
                .expandedTooLarge,
                sentence: "the full names of the parameters have more than \(textLimit) bytes")
        }
        return nil
    }

    /// The serial number in both data models, if the profile has the agent report it.
    private static let serialNumbers: [SourcePath] = ["Device", "InternetGatewayDevice"].compactMap { model in
        // No error is lost: these paths are paths.
        try? SourcePath("\(model).DeviceInfo.SerialNumber")
    }

    /// Adds the leaves below the object at `index`; false when their names together are longer than `textLimit`.
    private static func addParameters(
        of index: Int, _ document: JSONDocument, _ prefix: inout [UInt8], _ textLimit: Int,
        _ outline: inout RecordOutline
    ) -> Bool {
        var members = document.members(of: index)
        while let member = members.next() {
            let isTime =
                prefix.isEmpty && StaticString("CollectionTime").hasSameBytes(as: document.stringBytes(at: member.name))
            if isTime { continue }
            let isObject = document.tag(at: member.value) == JSONKind.object.rawValue
            if prefix.isEmpty, !isObject {
                outline.add(.document(member.name), .document(member.value), origin: member.value)
                continue
            }
            let count = prefix.count
            if count > 0 { prefix.append(UInt8(ascii: ".")) }
            appendName(member.name, document, to: &prefix)
            guard outline.text.count + prefix.count <= textLimit else { return false }
            if isObject {
                guard addParameters(of: member.value, document, &prefix, textLimit, &outline) else { return false }
            } else {
                let start = outline.text.count
                outline.text.append(contentsOf: prefix)
                outline.add(.text(start..<outline.text.count), .document(member.value), origin: member.value)
            }
            prefix.removeLast(prefix.count - count)
        }
        return true
    }

    /// Appends a name with escapes but without quotes.
    private static func appendName(_ index: Int, _ document: JSONDocument, to bytes: inout [UInt8]) {
        let start = bytes.count
        document.write(index, into: &bytes)
        bytes.removeLast()
        bytes.remove(at: start)
    }
}
