import JSONDocument
import Telemetry

/// Where the readers of formats put what they find: it applies the source's mapping and keeps to the limits.
///
/// A reader writes a record into ``draft`` and then calls one of the `finish` functions, or refuses the record.
struct RecordSink: ~Copyable {
    /// The record that is being written: that which the format gives without a mapping.
    var draft = JSONWriter()
    /// The records of the message so far.
    var records = PayloadRecords()
    let limits: PayloadLimits
    private let mapping: RecordMapping?
    private let events: EventSelection
    /// What the source says of its messages.
    var source: SourceTraits { SourceTraits(isMapped: mapping != nil, events: events) }
    private var outline = RecordOutline()
    private var parser: JSONParser
    /// Whether a limit was reached: nothing further is taken, and readers should stop.
    private(set) var isFull = false

    init(mapping: RecordMapping?, events: EventSelection = .uplinks, limits: PayloadLimits) {
        self.mapping = mapping
        self.events = events
        self.limits = limits
        parser = JSONParser(limits: limits.ofRecords, capacity: 4096)
    }

    /// Begins a message.
    mutating func begin() {
        records.removeAll()
        draft.removeAll()
        isFull = false
    }

    /// Whether the draft alone is beyond the limit, so that a record that repeats long names can be left early.
    var draftIsTooLarge: Bool { draft.bytes.count > limits.maximumExpandedByteCount }

    /// Takes the draft as the next record; with a mapping, the draft is also what that looks into.
    mutating func finish(at place: String, of message: borrowing PayloadMessage) {
        guard hasRoom(at: place, byteCount: draft.bytes.count) else { return draft.removeAll() }
        if let mapping {
            Self.map(
                draft.bytes, with: mapping, &parser, &outline, of: message, at: place, records: &records)
        } else {
            records.append(draft.bytes, at: place)
        }
        draft.removeAll()
    }

    /// Writes the next record from places in a parsed payload; with a mapping, what that makes of them.
    mutating func finish(
        _ outline: inout RecordOutline, of document: JSONDocument, at place: String, message: borrowing PayloadMessage
    ) {
        guard hasRoom(at: place, byteCount: 0) else { return }
        if let refusal = Self.duplicate(in: outline.source, of: document) {
            return records.append(refusal.inside(place), at: place)
        }
        let start = records.bytes.count
        if let mapping {
            let refusal = mapping.write(
                &outline, of: document, topic: message.topic, arrival: message.arrival, to: &records.bytes)
            if let refusal {
                records.bytes.removeLast(records.bytes.count - start)
                return records.append(refusal.inside(place), at: place)
            }
        } else {
            outline.write(document, to: &records.bytes)
        }
        let byteCount = records.bytes.count - start
        guard records.bytes.count <= limits.maximumExpandedByteCount else {
            records.bytes.removeLast(byteCount)
            _ = hasRoom(at: place, byteCount: byteCount)
            return
        }
        records.finish(from: start, at: place)
    }

    /// Takes text that is a JSON value already as the next record.
    mutating func take(_ text: RawSpan, at place: String, of message: borrowing PayloadMessage) {
        draft.removeAll()
        draft.raw(text)
        finish(at: place, of: message)
    }

    /// Notes why the next record, or the whole message, cannot be taken, and forgets the draft.
    mutating func refuse(_ refusal: Refusal, at place: String = "") {
        draft.removeAll()
        guard hasRoom(at: place, byteCount: 0) else { return }
        records.append(refusal, at: place)
    }

    /// Notes something besides records.
    mutating func note(_ note: PayloadNote) {
        records.append(note)
    }

    /// Checks both limits; the first record that is too much becomes one refusal for all that are left.
    private mutating func hasRoom(at place: String, byteCount: Int) -> Bool {
        guard !isFull else { return false }
        if records.records.count >= limits.maximumRecordCount {
            isFull = true
            records.append(
                Refusal(
                    .tooLarge, pointer: place,
                    sentence: "the payload holds more than \(limits.maximumRecordCount) records; "
                        + Refusal.endOfReading),
                at: place)
        } else if records.bytes.count + byteCount > limits.maximumExpandedByteCount {
            isFull = true
            records.append(
                Refusal(
                    .expandedTooLarge, pointer: place,
                    sentence: "the records of the payload have more than \(limits.maximumExpandedByteCount) bytes"
                        + " of text; \(Refusal.endOfReading)"),
                at: place)
        }
        return !isFull
    }

    /// JSON leaves open which of two equal names counts, so a mapping must not choose one.
    private static func duplicate(in index: Int, of document: JSONDocument) -> Refusal? {
        guard let name = document.firstDuplicateName(in: index) else { return nil }
        return Refusal(
            .duplicateKey, pointer: document.pointer(to: name, from: index).description,
            sentence: "the member \"\(document.string(at: name))\" stands more than once in its object")
    }

    /// Applies the mapping to the text of a record, which is also what it looks into.
    private static func map(
        _ text: [UInt8], with mapping: RecordMapping, _ parser: inout JSONParser, _ outline: inout RecordOutline,
        of message: borrowing PayloadMessage, at place: String, records: inout PayloadRecords
    ) {
        do throws(JSONParseError) {
            let document = try parser.parse(text)
            guard document.tag(at: document.root) == JSONKind.object.rawValue else {
                return records.append(text, at: place)
            }
            if let refusal = duplicate(in: document.root, of: document) {
                return records.append(refusal.inside(place), at: place)
            }
            outline.begin(at: document.root)
            outline.addMembers(of: document.root, in: document)
            let start = records.bytes.count
            let refusal = mapping.write(
                &outline, of: document, topic: message.topic, arrival: message.arrival, to: &records.bytes)
            guard let refusal else { return records.finish(from: start, at: place) }
            records.bytes.removeLast(records.bytes.count - start)
            records.append(refusal.inside(place), at: place)
        } catch {
            records.append(Refusal(error, at: place), at: place)
        }
    }
}

extension PayloadLimits {
    /// The limits of the texts of records.
    var ofRecords: JSONLimits {
        let byteCount = min(max(64, maximumExpandedByteCount), 1 << 30)
        return JSONLimits(maximumDepth: max(1, maximumDepth), maximumByteCount: byteCount)
    }
}
