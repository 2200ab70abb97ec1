import JSONDocument
import Payloads
import Pipeline
import Streams
import Telemetry

/// Decodes payloads that are arrays, one after another, for commands that show what becomes of them.
///
/// What a format remembers between messages is remembered from payload to payload.
struct PayloadDecoder: ~Copyable {
    /// What became of one reading of a payload.
    enum Outcome {
        /// The row as a JSON object.
        case reading(String)
        case refused(Refusal)
    }

    /// What the last payload told besides its readings.
    private(set) var notes: [PayloadNote] = []

    private let plan: StreamPlan
    private let source: Int
    private let withNulls: Bool
    private var decoder: RecordDecoder
    private var columns: ColumnBatch
    private var areas: AreaFill?

    /// Readings are assigned to `areas`, as the pipeline does it.
    init(_ plan: StreamPlan, source: Int, withNulls: Bool, areas: AreaReference = .none) {
        self.areas = AreaFill(plan, areas)
        self.plan = plan
        self.source = source
        self.withNulls = withNulls
        decoder = RecordDecoder([plan])
        columns = ColumnBatch(plan.columns, rowLimit: 1)
    }

    /// What becomes of a payload that arrives at `arrival`, reading by reading.
    mutating func decode(
        _ payload: [UInt8], topic: String = "", toldVersion: String? = nil, arrival: EventTime
    ) -> [Outcome] {
        var outcomes: [Outcome] = []
        let (plan, withNulls) = (plan, withNulls)
        // The parser may read some bytes past the end.
        let padded = payload + [UInt8](repeating: 0, count: JSONParser.paddingByteCount)
        // Safe: UInt8 has no padding.
        let bytes = unsafe padded.span.bytes.extracting(first: payload.count)
        columns.removeAll()
        var areas = areas
        defer { self.areas = areas }
        decoder.decode(
            PayloadInput(payload: bytes, topic: topic.utf8Bytes, toldVersion: toldVersion, arrival: arrival),
            route: TopicRoute(stream: 0, source: source), into: &columns
        ) { verdict, batch in
            switch verdict {
            case .reading:
                var writer = JSONWriter()
                areas?.reset()
                batch.commitRow()
                areas?.fill(&batch)
                RowJSON.write(batch, row: 0, plan: plan, withNulls: withNulls, to: &writer)
                batch.removeRows(from: 0)
                outcomes.append(.reading(writer.text))
            case .refused(let refusal): outcomes.append(.refused(refusal))
            }
        }
        notes = decoder.takeNotes()
        return outcomes
    }
}

/// Takes payloads apart into records, without a stream, for commands that show them.
struct RecordReader: ~Copyable {
    private(set) var notes: [PayloadNote] = []
    private var reader: PayloadReader
    private var records = PayloadRecords()

    init(_ format: PayloadFormat, _ rules: SourceRules = SourceRules(), senMLForm: SenMLForm = .readings) {
        reader = PayloadReader(format: format, mapping: rules.mapping, events: rules.events, senMLForm: senMLForm)
    }

    /// The records of a payload as JSON texts.
    mutating func read(_ payload: [UInt8], topic: String, arrival: EventTime) -> [PayloadDecoder.Outcome] {
        let padded = payload + [UInt8](repeating: 0, count: JSONParser.paddingByteCount)
        // Safe: UInt8 has no padding.
        let bytes = unsafe padded.span.bytes.extracting(first: payload.count)
        reader.read(bytes, topic: topic.utf8Bytes, arrival: arrival, into: &records)
        notes = records.notes
        return records.records.map { record in
            record.refusal.map { .refused($0) } ?? .reading(records.text(of: record))
        }
    }
}
