import JSONDocument
package import Payloads
package import Telemetry

/// What became of one reading of a message.
package enum DecodeVerdict: Equatable, Sendable {
    /// It is the pending row of the batch, and this is its time: the caller completes and commits it, or leaves it.
    case reading(EventTime)
    case refused(Refusal)
}

/// A reading of a message that was refused, or the message when it could not be taken apart.
package struct RefusedReading: Equatable, Sendable {
    /// Its place among the readings of the message, from 0.
    package let index: Int
    package let refusal: Refusal
    /// The version of the schema that refused it: the one that was told, else the newest.
    package let version: SchemaVersion

    package init(index: Int, refusal: Refusal, version: SchemaVersion) {
        self.index = index
        self.refusal = refusal
        self.version = version
    }
}

/// Where the rows of a message come from: what the last columns of a stream's table say.
package struct RowTrace: Sendable {
    package var arrival: EventTime
    /// The id of the lane's name in the dictionary of its column.
    package var lane: Int64
    package var offset: JournalOffset
    /// The id of the newest schema version in the dictionary of its column.
    package var newestVersion: Int64

    package init(arrival: EventTime, lane: Int64, offset: JournalOffset, newestVersion: Int64) {
        self.arrival = arrival
        self.lane = lane
        self.offset = offset
        self.newestVersion = newestVersion
    }
}

/// A message as a decoder gets it.
package struct PayloadInput: ~Escapable {
    /// At least `JSONParser.paddingByteCount` further bytes behind it can be read.
    package let payload: RawSpan
    package let topic: RawSpan
    /// The version of the schema as the message tells it outside of the payload; nil when it does not.
    package let toldVersion: String?
    package let arrival: EventTime

    @_lifetime(copy payload, copy topic)
    package init(payload: RawSpan, topic: RawSpan, toldVersion: String?, arrival: EventTime) {
        self.payload = payload
        self.topic = topic
        self.toldVersion = toldVersion
        self.arrival = arrival
    }
}

/// Turns payloads into rows: take apart, parse, validate, check the clock, write the cells.
///
/// One for each thread; it owns the parsers and what is reused from message to message, and what formats remember
/// between messages. Plain JSON is read where it lies; other payloads first become records as JSON texts.
@safe
package struct RecordDecoder: ~Copyable, @unchecked Sendable {
    // @unchecked: noncopyable and sole owner of its memory, so handing it over hands everything over.

    /// Holds a reader where only copyable things can be.
    private final class SourceReader {
        var reader: PayloadReader

        init(_ source: StreamPlan.Source, limits: PayloadLimits) {
            reader = PayloadReader(
                format: source.format, mapping: source.mapping, events: source.events, limits: limits)
        }
    }

    /// What messages told besides their readings, for formats that do, since it was taken last.
    private var notes: [PayloadNote] = []

    private var parser: JSONParser
    /// For the texts of records.
    private var recordParser: JSONParser
    private var records = PayloadRecords()
    /// Whether plain readings take the short way, which decides the same.
    private let scansPlainReadings: Bool
    /// One for each stream.
    private let readers: UnsafeMutableBufferPointer<ReadingDecoder>
    /// By stream and source; of plain sources they read what is compressed.
    private let sources: [[SourceReader]]

    /// Makes a decoder for `plans`, whose indices name the streams from here on.
    package init(_ plans: [StreamPlan], limits: PayloadLimits = PayloadLimits()) {
        self.init(plans, limits: limits, scansPlainReadings: true)
    }

    /// Tests compare both ways.
    init(_ plans: [StreamPlan], limits: PayloadLimits, scansPlainReadings: Bool) {
        self.scansPlainReadings = scansPlainReadings
        parser = JSONParser(
            limits: JSONLimits(maximumDepth: limits.maximumDepth, maximumByteCount: limits.maximumByteCount))
        recordParser = JSONParser(
            limits: JSONLimits(
                maximumDepth: limits.maximumDepth,
                maximumByteCount: max(limits.maximumByteCount, limits.maximumExpandedByteCount)))
        sources = plans.map { plan in plan.sources.map { SourceReader($0, limits: limits) } }
        // Safe: owned by the decoder, and deallocated by it.
        unsafe readers = .allocate(capacity: plans.count)
        for (index, plan) in plans.enumerated() {
            // Safe: one element for each plan, initialised once.
            unsafe readers.initializeElement(at: index, to: ReadingDecoder(plan))
        }
    }

    deinit {
        // Safe: every element was initialised in `init`.
        _ = unsafe readers.deinitialize()
        unsafe readers.deallocate()
    }

    /// The most readings that a payload of up to `byteCount` bytes can give, so that a batch can have room for them.
    package static func maximumReadingCount(inPayloadOf byteCount: Int) -> Int {
        // In an array, a byte and a comma can be a reading that is refused; records have a limit of their own, and one
        // refusal for those behind it.
        max(byteCount / 2 + 1, PayloadLimits().maximumRecordCount + 1)
    }

    /// Decodes a message, whose readings are judged each alone.
    ///
    /// `each` is called for every reading, in order; for a message without any it is called once with the refusal.
    /// After `.reading` the row is pending in `columns`, complete but for ingest time, lane and journal offset.
    /// - Parameters:
    ///   - input: the message.
    ///   - route: the stream, by the index of its plan, and its source.
    ///   - columns: a batch of the plan's columns with room for every reading of the payload.
    ///   - each: gets the verdict and the batch.
    package mutating func decode(
        _ input: borrowing PayloadInput, route: TopicRoute, into columns: inout ColumnBatch,
        each: (DecodeVerdict, inout ColumnBatch) -> Void
    ) {
        decode(input, route, into: &columns) { refusal, reader, columns in
            if let refusal { return each(.refused(refusal), &columns) }
            columns.setString("\(reader.version)", column: reader.traceColumn + 3)
            each(.reading(reader.time), &columns)
        }
    }

    /// Decodes a message as above into committed rows with their trace, and returns how many readings it held.
    ///
    /// Those that are not rows of `columns` afterwards are appended to `refusals`.
    package mutating func decode(
        _ input: borrowing PayloadInput, route: TopicRoute, trace: RowTrace, into columns: inout ColumnBatch,
        refusals: inout [RefusedReading]
    ) -> Int {
        var count = 0
        decode(input, route, into: &columns) { refusal, reader, columns in
            if let refusal {
                refusals.append(RefusedReading(index: count, refusal: refusal, version: reader.version))
            } else {
                let traceColumn = reader.traceColumn
                columns.setWord(trace.arrival.microsecondsSinceEpoch, column: traceColumn)
                columns.setWord(trace.lane, column: traceColumn &+ 1)
                columns.setWord(Int64(trace.offset.number), column: traceColumn &+ 2)
                if reader.versionIndex == 0 {
                    columns.setWord(trace.newestVersion, column: traceColumn &+ 3)
                } else {
                    columns.setString("\(reader.version)", column: traceColumn &+ 3)
                }
                columns.commitRow()
            }
            count += 1
        }
        return count
    }

    /// What is done with a reading: its refusal, if it has one, the decoder with what else is known, and the batch.
    private typealias Each = (Refusal?, borrowing ReadingDecoder, inout ColumnBatch) -> Void

    @inline(__always)
    private mutating func decode(
        _ input: borrowing PayloadInput, _ route: TopicRoute, into columns: inout ColumnBatch, each: Each
    ) {
        require(unsafe route.stream >= 0 && route.stream < readers.count, "a stream that the decoder was made for")
        let byteCount = input.payload.byteCount
        if scansPlainReadings, byteCount <= parser.limits.maximumByteCount, input.toldVersion == nil,
            // Safe: the index was just checked; there is one reader for each stream.
            unsafe readers[route.stream].isPlain(source: route.source),
            unsafe readers[route.stream].scan(
                Self.padded(input.payload), 0..<byteCount, arrival: input.arrival, into: &columns)
        {
            // Safe: as above.
            return unsafe each(nil, readers[route.stream], &columns)
        }
        decodeOther(input, route, into: &columns, each: each)
    }

    package var hasNotes: Bool { !notes.isEmpty }

    /// What messages have told besides their readings since this was called last.
    package mutating func takeNotes() -> [PayloadNote] {
        defer { notes = [] }
        return notes
    }

    /// Takes in a message that an earlier decoder noted as a birth, so that later messages can be read.
    package mutating func restore(topic: RawSpan, payload: RawSpan, route: TopicRoute) {
        sources[route.stream][route.source].reader.restore(topic: topic, payload: payload)
    }

    /// Decodes what is no plain reading that tells no version.
    @inline(never)
    private mutating func decodeOther(
        _ input: borrowing PayloadInput, _ route: TopicRoute, into columns: inout ColumnBatch, each: Each
    ) {
        var context = ReadingDecoder.Context(arrival: input.arrival, told: nil)
        if let told = input.toldVersion, !told.isEmpty { context.told = ReadingDecoder.told(told.utf8Bytes) }
        // Safe: the caller has checked the index.
        let isPlain = unsafe readers[route.stream].isPlain(source: route.source)
        if isPlain, PayloadExpander.compression(of: input.payload) == nil {
            // Safe: as above.
            unsafe Self.decodePlain(
                input.payload, context, scansPlainReadings, &parser, &readers[route.stream], into: &columns, each: each)
        } else {
            sources[route.stream][route.source].reader.read(
                input.payload, topic: input.topic, arrival: input.arrival, into: &records)
            notes += records.notes
            // Safe: as above.
            unsafe Self.decodeRecords(
                records, context, scansPlainReadings, &recordParser, &readers[route.stream], into: &columns, each: each)
        }
    }

    /// Apart, because a document of `parser` would otherwise hold all of `self`.
    @unsafe
    private static func decodePlain(
        _ payload: RawSpan, _ context: ReadingDecoder.Context, _ scansPlainReadings: Bool, _ parser: inout JSONParser,
        _ reader: inout ReadingDecoder, into columns: inout ColumnBatch, each: Each
    ) {
        guard payload.byteCount > 0 else { return each(.emptyPayload, reader, &columns) }
        if scansPlainReadings, context.told != nil, payload.byteCount <= parser.limits.maximumByteCount,
            // Safe: the caller of `decode` promises the bytes behind the payload.
            unsafe reader.scan(padded(payload), 0..<payload.byteCount, context, into: &columns)
        {
            return each(nil, reader, &columns)
        }
        do throws(JSONParseError) {
            // Safe: as above.
            let document = try parser.parse(unsafe padded(payload), at: 0..<payload.byteCount)
            guard document.tag(at: document.root) == JSONKind.array.rawValue else {
                let isGood = reader.decode(document, context, into: &columns) { "" }
                return each(isGood ? nil : reader.refusal, reader, &columns)
            }
            var position = 0
            var elements = document.elements(of: document.root)
            while let index = elements.next() {
                let isGood = reader.decode(document.part(at: index), context, into: &columns) { "/\(position)" }
                each(isGood ? nil : reader.refusal, reader, &columns)
                position += 1
            }
            if position == 0 { each(Refusal(.empty, sentence: "the array holds no reading"), reader, &columns) }
        } catch {
            each(Refusal(error), reader, &columns)
        }
    }

    /// Decodes the records of a payload, each from its own text.
    private static func decodeRecords(
        _ records: borrowing PayloadRecords, _ context: ReadingDecoder.Context, _ scansPlainReadings: Bool,
        _ parser: inout JSONParser, _ reader: inout ReadingDecoder, into columns: inout ColumnBatch, each: Each
    ) {
        for record in records.records {
            if let refusal = record.refusal {
                each(refusal, reader, &columns)
                continue
            }
            // Safe: every byte of the array is initialized.
            let buffer = unsafe records.bytes.span.bytes
            if scansPlainReadings, reader.scan(buffer, record.text, context, into: &columns) {
                each(nil, reader, &columns)
                continue
            }
            do throws(JSONParseError) {
                let document = try parser.parse(buffer, at: record.text)
                let isGood = reader.decode(document, context, into: &columns) { record.place }
                each(isGood ? nil : reader.refusal, reader, &columns)
            } catch {
                let refusal = Refusal(Refusal(error).reason, pointer: record.place, sentence: error.sentence)
                each(refusal, reader, &columns)
            }
        }
    }

    /// The payload with the bytes behind it that the parser may read.
    @_lifetime(copy payload)
    @unsafe
    private static func padded(_ payload: RawSpan) -> RawSpan {
        // Safe: the caller of `decode` promises the bytes behind the payload, and that they live as long as it; the
        // pointer goes no further than this function.
        guard let start = unsafe payload.withUnsafeBytes({ $0.baseAddress }) else { return payload }
        let span = unsafe RawSpan(
            _unsafeStart: start, byteCount: payload.byteCount + JSONParser.paddingByteCount)
        return unsafe _overrideLifetime(span, copying: payload)
    }
}
