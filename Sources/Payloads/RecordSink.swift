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
    private var mapped = JSONWriter()
    private var parser: JSONParser
    /// Whether a limit was reached: nothing further is taken, and readers should stop.
    private(set) var isFull = false

    init(mapping: RecordMapping?, limits: PayloadLimits) {
        self.mapping = mapping
        self.limits = limits
        parser = JSONParser(limits: limits.ofRecords, capacity: 4096)
    }

    /// Begins a message.
    mutating func begin() {
        records.removeAll()
        draft.removeAll()
        isFull = false
    }

    /// Takes the draft as the next record; with a mapping, the draft is also what that looks into.
    mutating func finish(at place: String, of message: borrowing PayloadMessage) {
        guard hasRoom(at: place, byteCount: draft.bytes.count) else { return draft.removeAll() }
        if let mapping {
            Self.map(
                draft.bytes, with: mapping, &parser, into: &mapped, of: message, at: place, records: &records)
        } else {
            records.append(draft.bytes, at: place)
        }
        draft.removeAll()
    }

    /// Takes a record whose draft is only what the format gives by default: a mapping looks into the value at `index`
    /// of `source`.
    mutating func finish(
        at place: String, source: borrowing JSONDocument, index: Int, of message: borrowing PayloadMessage
    ) {
        guard hasRoom(at: place, byteCount: draft.bytes.count) else { return draft.removeAll() }
        if let mapping {
            Self.map(
                source, at: index, defaults: draft.bytes, with: mapping, &parser, into: &mapped, of: message,
                at: place, records: &records)
        } else {
            records.append(draft.bytes, at: place)
        }
        draft.removeAll()
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
                    sentence: "the payload holds more than \(limits.maximumRecordCount) records;"
                        + " from here on none is read"),
                at: place)
        } else if records.bytes.count + byteCount > limits.maximumExpandedByteCount {
            isFull = true
            records.append(
                Refusal(
                    .expandedTooLarge, pointer: place,
                    sentence: "the records of the payload have more than \(limits.maximumExpandedByteCount) bytes"
                        + " of text; from here on none is read"),
                at: place)
        }
        return !isFull
    }

    private static func map(
        _ text: [UInt8], with mapping: RecordMapping, _ parser: inout JSONParser, into mapped: inout JSONWriter,
        of message: borrowing PayloadMessage, at place: String, records: inout PayloadRecords
    ) {
        do throws(JSONParseError) {
            let document = try parser.parse(text)
            mapped.removeAll()
            let refusal = mapping.write(
                document, at: document.root, defaults: document, topic: message.topic, arrival: message.arrival,
                to: &mapped)
            records.append(mapped.bytes, unless: refusal, at: place)
        } catch {
            records.append(Refusal(error, at: place), at: place)
        }
    }

    private static func map(
        _ source: borrowing JSONDocument, at index: Int, defaults: [UInt8], with mapping: RecordMapping,
        _ parser: inout JSONParser, into mapped: inout JSONWriter, of message: borrowing PayloadMessage,
        at place: String, records: inout PayloadRecords
    ) {
        do throws(JSONParseError) {
            let defaults = try parser.parse(defaults)
            mapped.removeAll()
            let refusal = mapping.write(
                source, at: index, defaults: defaults, topic: message.topic, arrival: message.arrival, to: &mapped)
            records.append(mapped.bytes, unless: refusal, at: place)
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

extension PayloadRecords {
    fileprivate mutating func append(_ text: [UInt8], unless refusal: Refusal?, at place: String) {
        if let refusal {
            let pointer = place + refusal.pointer
            append(
                Refusal(refusal.reason, pointer: pointer, byteOffset: refusal.byteOffset, sentence: refusal.sentence),
                at: place)
        } else {
            append(text, at: place)
        }
    }
}
