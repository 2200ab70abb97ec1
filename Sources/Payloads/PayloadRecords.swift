import JSONDocument
package import Telemetry

/// The records of one message as JSON texts, one behind the other; reused from message to message.
package struct PayloadRecords: Sendable {
    /// One record, or what is wrong with it.
    package struct Record: Equatable, Sendable {
        /// Where its text lies in ``PayloadRecords/bytes``; empty when it was refused.
        package let text: Range<Int>
        /// The JSON pointer of the record in what the payload stands for; empty for the whole.
        package let place: String
        package let refusal: Refusal?
    }

    /// The texts; behind the last one, `JSONParser.paddingByteCount` further bytes.
    package internal(set) var bytes: [UInt8] = []
    /// In the order of the payload; empty after a payload was read only if that ``holdsNoReading``.
    package private(set) var records: [Record] = []
    /// Whether the message is as it should be and has no reading, such as a death certificate of Sparkplug: then there
    /// is no record and no refusal either.
    package private(set) var holdsNoReading = false
    /// What else was learned.
    package private(set) var notes: [PayloadNote] = []

    package init() {}

    /// Whether a record was refused.
    package var hasRefusal: Bool { records.contains { $0.refusal != nil } }

    /// The text of a record, for people and tests.
    package func text(of record: Record) -> String { String(decoding: bytes[record.text], as: UTF8.self) }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        records.removeAll(keepingCapacity: true)
        notes.removeAll(keepingCapacity: true)
        holdsNoReading = false
    }

    /// Says that the message is good and has no reading; where something was refused it does not count.
    mutating func sayNoReading() {
        holdsNoReading = records.isEmpty
    }

    mutating func append(_ text: [UInt8], at place: String) {
        let start = bytes.count
        bytes.append(contentsOf: text)
        records.append(Record(text: start..<bytes.count, place: place, refusal: nil))
    }

    /// Takes what has been appended to ``bytes`` from `start` on as the text of the next record.
    mutating func finish(from start: Int, at place: String) {
        records.append(Record(text: start..<bytes.count, place: place, refusal: nil))
    }

    mutating func append(_ refusal: Refusal, at place: String) {
        records.append(Record(text: bytes.count..<bytes.count, place: place, refusal: refusal))
    }

    mutating func append(_ note: PayloadNote) {
        notes.append(note)
    }

    /// Makes refusals say that their byte offsets are those of the expanded payload, not of the one that came.
    mutating func sayOffsetsAreExpanded() {
        for index in records.indices {
            guard let refusal = records[index].refusal, refusal.byteOffset != nil else { continue }
            let told = Refusal(
                refusal.reason, pointer: refusal.pointer, byteOffset: refusal.byteOffset,
                sentence: refusal.sentence + " (the byte is counted in the expanded payload)")
            records[index] = Record(text: records[index].text, place: records[index].place, refusal: told)
        }
    }

    mutating func appendPadding() {
        bytes.append(contentsOf: repeatElement(0x20, count: JSONParser.paddingByteCount))
    }
}
