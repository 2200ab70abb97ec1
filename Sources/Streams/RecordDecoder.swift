package import JSONDocument
import Payloads
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

    package init(index: Int, refusal: Refusal) {
        self.index = index
        self.refusal = refusal
    }
}

/// Where the rows of a message come from: what the last columns of a stream's table say.
package struct RowTrace: Sendable {
    package var arrival: EventTime
    /// The id of the lane's name in the dictionary of its column.
    package var lane: Int64
    package var offset: JournalOffset

    package init(arrival: EventTime, lane: Int64, offset: JournalOffset) {
        self.arrival = arrival
        self.lane = lane
        self.offset = offset
    }
}

/// Turns payloads into rows: parse, validate, check the clock, write the cells.
///
/// One for each thread; it owns the parsers and what is reused from message to message.
@safe
package struct RecordDecoder: ~Copyable, @unchecked Sendable {
    // @unchecked: noncopyable and sole owner of its memory, so handing it over hands everything over.

    private var parser: JSONParser
    /// Whether plain readings take the short way, which decides the same.
    private let scansPlainReadings: Bool
    /// One for each stream.
    private let readers: UnsafeMutableBufferPointer<ReadingDecoder>

    /// 256 KiB: MQTT brokers in the field limit payloads there or below.
    package static let defaultLimits = JSONLimits(maximumDepth: 64, maximumByteCount: 256 << 10)

    /// Makes a decoder for `plans`, whose indices name the streams from here on.
    package init(_ plans: [StreamPlan], limits: JSONLimits = RecordDecoder.defaultLimits) {
        self.init(plans, limits: limits, scansPlainReadings: true)
    }

    /// Tests compare both ways.
    init(_ plans: [StreamPlan], limits: JSONLimits, scansPlainReadings: Bool) {
        self.scansPlainReadings = scansPlainReadings
        parser = JSONParser(limits: limits)
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

    /// Decodes a payload: an object, or an array of objects of which each is judged alone.
    ///
    /// `each` is called for every reading, in order; for a message without any it is called once with the refusal.
    /// After `.reading` the row is pending in `columns`, complete but for ingest time, lane and journal offset.
    /// - Parameters:
    ///   - payload: the bytes; at least `JSONParser.paddingByteCount` further ones behind them can be read.
    ///   - route: the stream, by the index of its plan, and its source.
    ///   - arrival: when the message came, for the clock.
    ///   - columns: a batch of the plan's columns with room for every reading of the payload.
    ///   - each: gets the verdict and the batch.
    package mutating func decode(
        payload: RawSpan, route: TopicRoute, arrival: EventTime, into columns: inout ColumnBatch,
        each: (DecodeVerdict, inout ColumnBatch) -> Void
    ) {
        require(unsafe route.stream >= 0 && route.stream < readers.count, "a stream that the decoder was made for")
        guard payload.byteCount > 0 else {
            return each(.refused(.emptyPayload), &columns)
        }
        // Safe: the index was just checked; there is one reader for each stream.
        unsafe Self.decode(
            payload, scansPlainReadings, &parser, &readers[route.stream], arrival: arrival, into: &columns
        ) { refusal, time, columns in
            each(refusal.map { .refused($0) } ?? .reading(time), &columns)
        }
    }

    /// Decodes a payload as above into committed rows with their trace, and returns how many readings it held.
    ///
    /// Those that are not rows of `columns` afterwards are appended to `refusals`.
    package mutating func decode(
        payload: RawSpan, route: TopicRoute, trace: RowTrace, into columns: inout ColumnBatch,
        refusals: inout [RefusedReading]
    ) -> Int {
        require(unsafe route.stream >= 0 && route.stream < readers.count, "a stream that the decoder was made for")
        guard payload.byteCount > 0 else {
            refusals.append(RefusedReading(index: 0, refusal: .emptyPayload))
            return 1
        }
        // Safe: the index was just checked; there is one reader for each stream.
        let traceColumn = unsafe readers[route.stream].traceColumn
        var count = 0
        unsafe Self.decode(
            payload, scansPlainReadings, &parser, &readers[route.stream], arrival: trace.arrival, into: &columns
        ) { refusal, _, columns in
            if let refusal {
                refusals.append(RefusedReading(index: count, refusal: refusal))
            } else {
                columns.setWord(trace.arrival.microsecondsSinceEpoch, column: traceColumn)
                columns.setWord(trace.lane, column: traceColumn + 1)
                columns.setWord(Int64(trace.offset.number), column: traceColumn + 2)
                columns.commitRow()
            }
            count += 1
        }
        return count
    }

    /// Apart, because a document of `parser` would otherwise hold all of `self`.
    @unsafe
    @inline(__always)
    private static func decode(
        _ payload: RawSpan, _ scansPlainReadings: Bool, _ parser: inout JSONParser, _ reader: inout ReadingDecoder,
        arrival: EventTime, into columns: inout ColumnBatch, each: (Refusal?, EventTime, inout ColumnBatch) -> Void
    ) {
        let limits = parser.limits
        if scansPlainReadings, payload.byteCount <= limits.maximumByteCount, limits.maximumDepth > 0,
            unsafe reader.scan(padded(payload), byteCount: payload.byteCount, arrival: arrival, into: &columns)
        {
            return each(nil, reader.time, &columns)
        }
        do throws(JSONParseError) {
            let document = try parser.parse(unsafe padded(payload), at: 0..<payload.byteCount)
            guard document.tag(at: document.root) == JSONKind.array.rawValue else {
                let isGood = reader.decode(document, arrival: arrival, into: &columns, place: "")
                return each(isGood ? nil : reader.refusal, reader.time, &columns)
            }
            var position = 0
            var elements = document.elements(of: document.root)
            while let index = elements.next() {
                let isGood = reader.decode(
                    document.part(at: index), arrival: arrival, into: &columns, place: "/\(position)")
                each(isGood ? nil : reader.refusal, reader.time, &columns)
                position += 1
            }
            if position == 0 { each(Refusal(.empty, sentence: "the array holds no reading"), reader.time, &columns) }
        } catch {
            each(Refusal(error), reader.time, &columns)
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
