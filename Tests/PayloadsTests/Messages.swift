import JSONDocument
import Telemetry

@testable import Payloads

extension PayloadReader {
    /// Reads `bytes` as a message and gives the records with their texts.
    mutating func records(
        of bytes: [UInt8], topic: String = "telemetry/hcm/device-1",
        arrival: EventTime = EventTime(microsecondsSinceEpoch: 1_795_248_000_000_000)
    ) -> PayloadRecords {
        var records = PayloadRecords()
        read(bytes, topic: topic, arrival: arrival, into: &records)
        return records
    }

    /// Reads `bytes` as a message, with the padding that `read` asks for.
    mutating func read(
        _ bytes: [UInt8], topic: String = "telemetry/hcm/device-1",
        arrival: EventTime = EventTime(microsecondsSinceEpoch: 1_795_248_000_000_000),
        into records: inout PayloadRecords
    ) {
        let padded = bytes + [UInt8](repeating: 0xA5, count: JSONParser.paddingByteCount)
        let topic = Array(topic.utf8)
        // Safe: every byte of both arrays is initialized.
        read(
            unsafe padded.span.bytes.extracting(0..<bytes.count), topic: unsafe topic.span.bytes, arrival: arrival,
            into: &records)
    }
}

extension PayloadRecords {
    /// The texts of the records; a refused one is `!reason place`.
    var outcomes: [String] {
        records.map { record in
            record.refusal.map { "!\($0.reason.rawValue) \($0.pointer)" } ?? text(of: record)
        }
    }
}
