import JSONDocument
import Telemetry

/// Reads entities of NGSI v2 and NGSI-LD, normalized or as key-values: alone, in arrays, in notifications, in the
/// envelope that NGSI-LD gives notifications over MQTT, and as GeoJSON features.
///
/// A record has `device` (the entity's id), `ts`, `lat` and `lon` where the location is a point, its `type`, and its
/// attributes by their names with their plain values.
enum NGSIRecords {
    static func read(
        _ message: borrowing PayloadMessage, _ parser: inout JSONParser, _ outline: inout RecordOutline,
        into sink: inout RecordSink
    ) {
        do throws(JSONParseError) {
            let document = try parser.parse(message.buffer, at: 0..<message.byteCount)
            take(document, document.root, "", notified: 0, message, &outline, into: &sink)
        } catch {
            sink.refuse(Refusal(error))
        }
    }

    /// Takes what stands at `index`, an entity or what holds entities, with the time of their notification.
    private static func take(
        _ document: JSONDocument, _ index: Int, _ place: String, notified: Int, _ message: borrowing PayloadMessage,
        _ outline: inout RecordOutline, into sink: inout RecordSink
    ) {
        if document.tag(at: index) == JSONKind.array.rawValue {
            return takeEach(document, index, place, notified, message, &outline, into: &sink)
        }
        let features = document.present("features", of: index)
        if features > 0, document.isType("FeatureCollection", of: index) {
            return takeEach(document, features, "\(place)/features", notified, message, &outline, into: &sink)
        }
        let body = document.present("body", of: index)
        if body > 0, document.present("id", of: index) == 0, document.isFilledObject(at: body) {
            return take(document, body, "\(place)/body", notified: 0, message, &outline, into: &sink)
        }
        let data = document.present("data", of: index)
        let isNotification =
            data > 0 && (document.has("subscriptionId", of: index) || document.isType("Notification", of: index))
        guard isNotification else {
            return Envelopes.take(document, index, place, message, &outline, into: &sink) {
                document, entity, message, source, outline in
                describe(document, entity, notified, message, source.isMapped, &outline)
            }
        }
        let time = document.present("notifiedAt", of: index)
        take(document, data, "\(place)/data", notified: time, message, &outline, into: &sink)
    }

    private static func takeEach(
        _ document: JSONDocument, _ array: Int, _ place: String, _ notified: Int, _ message: borrowing PayloadMessage,
        _ outline: inout RecordOutline, into sink: inout RecordSink
    ) {
        var position = 0
        var elements = document.elements(of: array)
        while let element = elements.next(), !sink.isFull {
            take(document, element, "\(place)/\(position)", notified: notified, message, &outline, into: &sink)
            position += 1
        }
        if position == 0 { sink.refuse(Refusal(.empty, pointer: place, sentence: "there is no entity in it")) }
    }

    private static func describe(
        _ document: JSONDocument, _ source: Int, _ notified: Int, _ message: borrowing PayloadMessage,
        _ isMapped: Bool, _ outline: inout RecordOutline
    ) -> Refusal? {
        outline.begin(at: source, walk: .attributes)
        let entity = NGSIEntity(document, at: source)
        guard entity.identifier > 0 || isMapped else {
            return Refusal(.notAReading, sentence: "an entity of NGSI has an \"id\", this object has none")
        }
        if entity.identifier > 0 { outline.add("device", copyOf: entity.identifier) }
        let observed = entity.time(in: document)
        outline.addTime(document, at: observed > 0 ? observed : notified, arrival: message.arrival)
        let located = addPoint(of: entity, document, &outline)
        addAttributes(of: entity, document, except: located, &outline)
        return nil
    }

    /// Adds `lat` and `lon`; returns the index of the attribute that they are, 0 when there is no point.
    private static func addPoint(
        of entity: NGSIEntity, _ document: JSONDocument, _ outline: inout RecordOutline
    ) -> Int {
        guard entity.location > 0 else { return 0 }
        let value = NGSIEntity.plain(document, entity.location)
        if let point = NGSIEntity.point(document, value) {
            outline.add("lat", copyOf: point.latitude)
            outline.add("lon", copyOf: point.longitude)
            return entity.location
        }
        guard let pair = NGSIEntity.pair(document, value) else { return 0 }
        for (name, part) in [("lat", pair.latitude), ("lon", pair.longitude)] as [(StaticString, Range<Int>)] {
            let start = outline.text.count
            let bytes = document.stringBytes(at: value).extracting(part)
            for offset in 0..<bytes.byteCount { outline.text.append(bytes.octet(at: offset)) }
            outline.add(.word(name), .text(start..<outline.text.count), origin: value)
        }
        return entity.location
    }

    private static func addAttributes(
        of entity: NGSIEntity, _ document: JSONDocument, except located: Int, _ outline: inout RecordOutline
    ) {
        let ownCount = outline.members.count
        var members = document.members(of: entity.attributes)
        while let member = members.next() {
            if member.value == located || member.value == entity.identifier { continue }
            let name = document.stringBytes(at: member.name)
            if StaticString("@context").hasSameBytes(as: name) { continue }
            guard !outline.hasMember(named: name, amongFirst: ownCount, document) else { continue }
            let value = NGSIEntity.plain(document, member.value)
            outline.add(.document(member.name), .document(value), origin: member.value)
        }
    }
}

extension JSONDocument {
    /// Whether the object at `index` says that it is of this type.
    fileprivate func isType(_ word: StaticString, of index: Int) -> Bool {
        let type = present("type", of: index)
        return type > 0 && tag(at: type) == JSONKind.string.rawValue && word.hasSameBytes(as: stringBytes(at: type))
    }
}
