import JSONDocument
import JSONSchema
import Payloads
import Telemetry

@testable import Streams

/// What a payload became: one entry for each reading.
struct DecodedReading: Equatable {
    var refusal: Refusal?
    /// Column name to the cell as text, null cells left out.
    var cells: [String: String] = [:]
}

/// Decodes one payload into a batch of its own.
func decode(
    _ payload: [UInt8], _ plan: StreamPlan, arrival: String = "2026-11-21T08:01:00Z",
    limits: PayloadLimits = PayloadLimits(), topic: String = "",
    toldVersion: String? = nil, scansPlainReadings: Bool = true
) -> [DecodedReading] {
    var decoder = RecordDecoder([plan], limits: limits, scansPlainReadings: scansPlainReadings)
    // `{"ts":"2026-11-21T08:00:00Z"}` and a comma is the least that a reading takes.
    var columns = ColumnBatch(plan.columns, rowLimit: payload.count / 29 + 1)
    var readings: [DecodedReading] = []
    // What lies behind the payload must not matter, so it is something that looks like JSON.
    let padded = payload + Array(repeating: UInt8(ascii: "}"), count: JSONParser.paddingByteCount)
    decoder.decode(
        PayloadInput(
            // Safe: every byte of the array is initialized.
            payload: unsafe padded.span.bytes.extracting(0..<payload.count), topic: topic.utf8Bytes,
            toldVersion: toldVersion, arrival: time(arrival)),
        route: TopicRoute(stream: 0, source: 0), into: &columns
    ) { verdict, columns in
        switch verdict {
        case .refused(let refusal): readings.append(DecodedReading(refusal: refusal))
        case .reading:
            readings.append(DecodedReading(cells: cells(of: columns, row: columns.count)))
            columns.commitRow()
        }
    }
    return readings
}

func decode(_ payload: String, _ plan: StreamPlan, arrival: String = "2026-11-21T08:01:00Z") -> [DecodedReading] {
    decode(Array(payload.utf8), plan, arrival: arrival)
}

/// A time of the tests; the epoch when the text is none.
func time(_ text: String) -> EventTime {
    EventTime(microsecondsSinceEpoch: RFC3339.microseconds(text.utf8Bytes) ?? 0)
}

private func cells(of columns: borrowing ColumnBatch, row: Int) -> [String: String] {
    var cells: [String: String] = [:]
    for (index, definition) in columns.definitions.enumerated() {
        guard let word = columns.word(row: row, column: index) else { continue }
        cells[definition.name] =
            switch definition.type {
            case .string, .binary: columns.string(row: row, column: index) ?? ""
            case .timestamp: EventTime(microsecondsSinceEpoch: word).description
            case .double: Double(bitPattern: UInt64(bitPattern: word)).description
            case .boolean: word == 0 ? "false" : "true"
            default: word.description
            }
    }
    return cells
}
