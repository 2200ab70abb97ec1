import JSONDocument
package import Telemetry

/// Turns payloads into records as JSON texts; one for each source of a stream and thread.
///
/// It owns its parsers and buffers, and keeps what its format remembers between messages.
package struct PayloadReader: ~Copyable {
    package let format: PayloadFormat
    private let limits: PayloadLimits
    private var expander: PayloadExpander
    private var parser: JSONParser
    private var sink: RecordSink
    private var outline = RecordOutline()
    // The formats that remember something, or have buffers of their own; all are small until they are used.
    private var cbor: CBORRecords
    private var senML: SenMLRecords
    private var sparkplug: SparkplugRecords
    /// For compressed bodies within payloads.
    private var bodyExpander: PayloadExpander

    /// Makes a reader for payloads of `format`.
    ///
    /// - Parameters:
    ///   - format: that of every payload which it will read.
    ///   - mapping: how records are made; without one they are those that the format gives by itself.
    ///   - events: the kinds of events that are readings; all others are refused.
    ///   - senMLForm: what becomes of the records of a SenML pack.
    ///   - limits: what a payload may cost.
    package init(
        format: PayloadFormat, mapping: RecordMapping? = nil, events: EventSelection = .uplinks,
        senMLForm: SenMLForm = .readings, limits: PayloadLimits = PayloadLimits()
    ) {
        self.format = format
        self.limits = limits
        expander = PayloadExpander(limit: limits.maximumExpandedByteCount)
        parser = JSONParser(limits: limits.ofPayloads)
        sink = RecordSink(mapping: mapping, events: events, limits: limits)
        cbor = CBORRecords(limits: limits)
        senML = SenMLRecords(form: senMLForm, limits: limits)
        sparkplug = SparkplugRecords(limits: limits)
        bodyExpander = PayloadExpander(limit: limits.maximumExpandedByteCount)
    }

    /// Reads one message; what `records` held before is forgotten.
    ///
    /// - Parameters:
    ///   - payload: the bytes; at least `JSONParser.paddingByteCount` further ones behind them can be read.
    ///   - topic: the message's topic.
    ///   - arrival: when it came, for formats that count time from there.
    ///   - records: gets at least one record or refusal, unless it ``PayloadRecords/holdsNoReading``.
    package mutating func read(
        _ payload: RawSpan, topic: RawSpan, arrival: EventTime, into records: inout PayloadRecords
    ) {
        // The sink works on the caller's buffers, so that nothing is copied.
        swap(&sink.records, &records)
        sink.begin()
        if payload.byteCount == 0 {
            sink.refuse(.emptyPayload)
        } else if payload.byteCount > limits.maximumByteCount {
            sink.refuse(
                Refusal(
                    .tooLarge, byteOffset: 0,
                    sentence: "the payload has \(payload.byteCount) bytes, the limit is \(limits.maximumByteCount)"))
        } else if let compression = PayloadExpander.compression(of: payload) {
            if let refusal = expander.expand(payload, compression) {
                sink.refuse(refusal)
            } else {
                readExpanded(topic: topic, arrival: arrival)
            }
        } else {
            // Safe: the caller promises the bytes behind the payload.
            read(PayloadMessage(buffer: unsafe Self.padded(payload), topic: topic, arrival: arrival))
        }
        if sink.records.records.isEmpty, !sink.records.holdsNoReading {
            sink.refuse(Refusal(.notAReading, sentence: "the message holds no reading"))
        }
        sink.records.appendPadding()
        swap(&sink.records, &records)
    }

    /// Takes in a message that an earlier reader noted as a ``PayloadNote/birth(edge:)``, as it came, after a restart.
    ///
    /// It gives no records and no notes. A later birth of an edge node replaces the earlier one and ends those of its
    /// devices, so only the births since then are to be restored; their order does not matter.
    package mutating func restore(topic: RawSpan, payload: RawSpan) {
        guard format == .sparkplug, payload.byteCount <= limits.maximumByteCount else { return }
        var buffer: [UInt8] = []
        var holder = PayloadExpander(limit: limits.maximumExpandedByteCount)
        if let compression = PayloadExpander.compression(of: payload) {
            guard holder.expand(payload, compression) == nil else { return }
            append(holder.padded, to: &buffer)
        } else {
            append(payload, to: &buffer)
            buffer.append(contentsOf: repeatElement(0, count: JSONParser.paddingByteCount))
        }
        // Safe: every byte of the array is initialized.
        let message = PayloadMessage(
            buffer: unsafe buffer.span.bytes, topic: topic, arrival: EventTime(microsecondsSinceEpoch: 0))
        sparkplug.restore(message, &bodyExpander)
    }

    private func append(_ span: RawSpan, to bytes: inout [UInt8]) {
        // Safe: the closure only reads the bytes it is given.
        unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    private mutating func read(_ message: borrowing PayloadMessage) {
        switch format {
        case .json: JSONRecords.read(message, &parser, &outline, into: &sink)
        case .cbor: cbor.read(message, into: &sink)
        case .senml: senML.read(message, &parser, into: &sink)
        case .senmlCBOR: senML.readCBOR(message, &parser, into: &sink)
        case .chirpstack: ChirpStackRecords.read(message, &parser, &outline, into: &sink)
        case .theThingsStack:
            Envelopes.read(message, &parser, &outline, into: &sink, TheThingsStackRecords.describe)
        case .helium: Envelopes.read(message, &parser, &outline, into: &sink, HeliumRecords.describe)
        case .ngsi: NGSIRecords.read(message, &parser, &outline, into: &sink)
        case .tr369: BulkDataRecords.read(message, &parser, &outline, into: &sink)
        case .sparkplug: sparkplug.read(message, &bodyExpander, into: &sink)
        }
    }

    private mutating func readExpanded(topic: RawSpan, arrival: EventTime) {
        // Taken out, so that what it holds can be read while the rest of the reader works.
        var holder = PayloadExpander(limit: 0)
        swap(&expander, &holder)
        read(PayloadMessage(buffer: holder.padded, topic: topic, arrival: arrival))
        swap(&expander, &holder)
        sink.records.sayOffsetsAreExpanded()
    }

    /// The payload with the bytes behind it that the parser may read.
    @_lifetime(copy payload)
    @unsafe
    private static func padded(_ payload: RawSpan) -> RawSpan {
        // Safe: the caller of `read` promises the bytes behind the payload, and that they live as long as it; the
        // pointer goes no further than this function.
        guard let start = unsafe payload.withUnsafeBytes({ $0.baseAddress }) else { return payload }
        let span = unsafe RawSpan(_unsafeStart: start, byteCount: payload.byteCount + JSONParser.paddingByteCount)
        return unsafe _overrideLifetime(span, copying: payload)
    }
}

extension PayloadLimits {
    /// The limits of a JSON payload, compressed or not.
    fileprivate var ofPayloads: JSONLimits {
        let byteCount = max(maximumByteCount, maximumExpandedByteCount, 64)
        return JSONLimits(maximumDepth: max(1, maximumDepth), maximumByteCount: min(byteCount, 1 << 30))
    }
}
