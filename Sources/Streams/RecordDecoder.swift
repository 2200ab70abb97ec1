package import JSONDocument
package import Telemetry

/// What became of one reading of a message.
package enum DecodeVerdict: Equatable, Sendable {
    /// It is the pending row of the batch, and this is its time: the caller completes and commits it, or leaves it.
    case reading(EventTime)
    case refused(Refusal)
}

/// Turns payloads into rows: parse, validate, check the clock, write the cells.
///
/// One for each thread; it owns the parsers and what is reused from message to message.
@safe
package struct RecordDecoder: ~Copyable, @unchecked Sendable {
    // @unchecked: noncopyable and sole owner of its memory, so handing it over hands everything over.

    private var parser: JSONParser
    /// For the readings of a message that holds several.
    private var elementParser: JSONParser
    /// One for each stream.
    private let readers: UnsafeMutableBufferPointer<ReadingDecoder>

    /// 256 KiB: MQTT brokers in the field limit payloads there or below.
    package static let defaultLimits = JSONLimits(maximumDepth: 64, maximumByteCount: 256 << 10)

    /// Makes a decoder for `plans`, whose indices name the streams from here on.
    package init(_ plans: [StreamPlan], limits: JSONLimits = RecordDecoder.defaultLimits) {
        parser = JSONParser(limits: limits)
        // Written anew, an element can be longer than it was: 1E15 becomes 1000000000000000.0.
        elementParser = JSONParser(
            limits: JSONLimits(maximumDepth: limits.maximumDepth, maximumByteCount: 1 << 30))
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

    /// How many readings a payload of this length can hold at most, so that a batch can have room for them.
    ///
    /// A reading has a time, so `{"t":"2026-11-21T08:00:00Z"}` and a comma is the least.
    package static func maximumReadingCount(inPayloadOf byteCount: Int) -> Int {
        byteCount / 29 + 1
    }

    /// Decodes a payload: an object, or an array of objects of which each is judged alone.
    ///
    /// `each` is called for every reading, in order; for a message without any it is called once with the refusal.
    /// After `.reading` the row is pending in `columns`, complete but for ingest time, lane and journal offset.
    /// - Parameters:
    ///   - payload: the bytes; at least `JSONParser.paddingByteCount` further ones behind them can be read.
    ///   - stream: the index of the stream's plan.
    ///   - arrival: when the message came, for the clock.
    ///   - columns: a batch of the plan's columns with room for every reading of the payload.
    ///   - each: gets the verdict and the batch.
    package mutating func decode(
        payload: RawSpan, stream: Int, arrival: EventTime, into columns: inout ColumnBatch,
        each: (DecodeVerdict, inout ColumnBatch) -> Void
    ) {
        require(unsafe stream >= 0 && stream < readers.count, "a stream that the decoder was made for")
        guard payload.byteCount > 0 else {
            return each(.refused(Refusal(.empty, byteOffset: 0, sentence: "the payload is empty")), &columns)
        }
        // Safe: the index was just checked; there is one reader for each stream.
        unsafe Self.decode(
            payload, &parser, &elementParser, &readers[stream], arrival: arrival, into: &columns, each: each)
    }

    /// Apart, because a document of `parser` would otherwise hold all of `self`.
    @unsafe
    private static func decode(
        _ payload: RawSpan, _ parser: inout JSONParser, _ elementParser: inout JSONParser,
        _ reader: inout ReadingDecoder, arrival: EventTime, into columns: inout ColumnBatch,
        each: (DecodeVerdict, inout ColumnBatch) -> Void
    ) {
        do throws(JSONParseError) {
            let document = try parser.parse(unsafe padded(payload), at: 0..<payload.byteCount)
            guard document.tag(at: document.root) == JSONKind.array.rawValue else {
                return each(reader.decode(document, arrival: arrival, into: &columns, place: ""), &columns)
            }
            var text: [UInt8] = []
            var position = 0
            var elements = document.elements(of: document.root)
            while let index = elements.next() {
                text.removeAll(keepingCapacity: true)
                document.write(index, into: &text)
                do throws(JSONParseError) {
                    let reading = try elementParser.parse(text)
                    each(reader.decode(reading, arrival: arrival, into: &columns, place: "/\(position)"), &columns)
                } catch {
                    // Every element counts, whatever becomes of it.
                    each(.refused(Refusal(error)), &columns)
                }
                position += 1
            }
            if position == 0 {
                each(.refused(Refusal(.empty, sentence: "the array holds no reading")), &columns)
            }
        } catch {
            each(.refused(Refusal(error)), &columns)
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
