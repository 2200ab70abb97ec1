import JSONDocument
import SwiftProtobuf
import Telemetry

/// Reads Sparkplug B messages: data and births become one record for each time that their metrics have.
struct SparkplugRecords {
    typealias Payload = Phusa_Sparkplug_SparkplugPayload
    typealias Metric = Phusa_Sparkplug_SparkplugMetric

    /// Metrics of one time.
    private struct Reading {
        let key: Key
        let first: Int
        var last: Int
    }

    private struct Key: Hashable {
        /// Milliseconds since 1970; nil for the arrival.
        let timestamp: UInt64?
        let isHistorical: Bool
    }

    private let limits: PayloadLimits
    private let structure: SparkplugStructure
    private var births: SparkplugBirths
    private var readings: [Reading] = []
    private var readingByKey: [Key: Int] = [:]
    /// For each metric, the next one of its reading; -1 for the last.
    private var next: [Int] = []
    private var names = NameSet()

    init(limits: PayloadLimits, births: SparkplugBirths = SparkplugBirths()) {
        self.limits = limits
        self.births = births
        structure = SparkplugStructure(fieldLimit: limits.maximumRecordCount, maximumDepth: limits.maximumDepth)
    }

    mutating func read(
        _ message: borrowing PayloadMessage, _ expander: inout PayloadExpander, into sink: inout RecordSink
    ) {
        guard UTF8Check.firstInvalidByte(of: message.topic) == nil, let topic = SparkplugTopic(message.topic) else {
            return sink.refuse(
                Refusal(.unknownTopic, sentence: "the topic is not spBv1.0/group/type/edge or …/device"))
        }
        switch topic.kind {
        case .nodeCommand, .deviceCommand:
            return sink.refuse(Refusal(.notAReading, sentence: "the message is a command"))
        case .hostState:
            return sink.refuse(Refusal(.notAReading, sentence: "the message is the state of a host application"))
        default: break
        }
        do throws(SparkplugError) {
            read(try decoded(message.payload, &expander), topic, message, into: &sink)
        } catch {
            sink.refuse(error.refusal(at: ""))
        }
    }

    /// Keeps a birth certificate that was read before, without records or notes.
    mutating func restore(_ message: borrowing PayloadMessage, _ expander: inout PayloadExpander) {
        guard let topic = SparkplugTopic(message.topic), topic.kind.isBirth else { return }
        // It was decoded once; if the caller kept it badly, the edge node will be asked for another.
        guard let payload = try? decoded(message.payload, &expander) else { return }
        _ = births.keep(payload, of: topic, isRestored: true)
    }

    private func decoded(_ bytes: RawSpan, _ expander: inout PayloadExpander) throws(SparkplugError) -> Payload {
        let payload = try ProtobufDecoding.decode(bytes, as: Payload.self, fieldLimit: limits.maximumRecordCount)
        guard payload.hasUuid, payload.uuid == "SPBV1.0_COMPRESSED" else { return payload }
        let body = [UInt8](payload.body)
        // Safe: every byte of the array is initialized.
        let span = unsafe body.span.bytes
        if let refusal = expander.expand(span, PayloadExpander.compression(of: span) ?? .zlib) {
            throw SparkplugError(refusal.reason, "the compressed body cannot be expanded: \(refusal.sentence)")
        }
        let expanded = expander.padded.extracting(0..<(expander.padded.byteCount - JSONParser.paddingByteCount))
        var inner = try ProtobufDecoding.decode(expanded, as: Payload.self, fieldLimit: limits.maximumRecordCount)
        if payload.hasSeq { inner.seq = payload.seq }
        if payload.hasTimestamp, !inner.hasTimestamp { inner.timestamp = payload.timestamp }
        return inner
    }

    private mutating func read(
        _ payload: Payload, _ topic: SparkplugTopic, _ message: borrowing PayloadMessage, into sink: inout RecordSink
    ) {
        switch topic.kind {
        case .nodeDeath, .deviceDeath:
            let isCurrent = births.bury(payload, of: topic)
            if isCurrent { sink.note(.death(edge: topic.name(in: message.topic))) }
            note(payload, topic, message, into: &sink)
            return sink.records.sayNoReading()
        case .nodeBirth, .deviceBirth:
            if births.keep(payload, of: topic, isRestored: false) {
                sink.note(.birth(edge: topic.name(in: message.topic)))
            } else {
                sink.refuse(
                    Refusal(.tooLarge, sentence: "there is no room for further metrics of birth certificates"))
            }
        default: break
        }
        note(payload, topic, message, into: &sink)
        group(payload)
        // Those of gateways often have nothing but what steers them; data says at least something.
        if readings.isEmpty, topic.kind.isBirth || !payload.metrics.isEmpty { sink.records.sayNoReading() }
        let birth = births.birth(of: topic)
        var wantsBirth = false
        for reading in readings where !sink.isFull {
            write(reading, of: payload, born: birth, topic, message, &wantsBirth, into: &sink)
        }
        if wantsBirth, births.asksForRebirth(of: topic, at: message.arrival) {
            sink.note(.rebirthWanted(commandTopic: topic.commandTopic(in: message.topic)))
        }
    }

    private mutating func note(
        _ payload: Payload, _ topic: SparkplugTopic, _ message: borrowing PayloadMessage, into sink: inout RecordSink
    ) {
        guard payload.hasSeq, topic.kind != .nodeDeath else { return }
        if case .gap(let expected) = births.note(payload.seq, of: topic) {
            let name =
                String(decoding: message.topic.extracting(topic.group)) + "/"
                + String(decoding: message.topic.extracting(topic.edge))
            sink.note(
                .sequenceGap(edge: name, expected: expected, found: UInt8(truncatingIfNeeded: payload.seq)))
        }
    }

    // MARK: Readings

    /// Finds which metrics belong together, and leaves out those that are no measurements.
    private mutating func group(_ payload: Payload) {
        readings.removeAll(keepingCapacity: true)
        readingByKey.removeAll(keepingCapacity: true)
        next.removeAll(keepingCapacity: true)
        for index in payload.metrics.indices {
            next.append(-1)
            if payload.metrics[index].hasName, Self.isControl(payload.metrics[index].name) { continue }
            let timestamp = payload.metrics[index].hasTimestamp ? payload.metrics[index].timestamp : nil
            let key = Key(
                timestamp: timestamp ?? (payload.hasTimestamp ? payload.timestamp : nil),
                isHistorical: payload.metrics[index].isHistorical)
            if let last = readings.indices.last, readings[last].key == key {
                append(index, to: last)
            } else if let reading = readingByKey[key] {
                append(index, to: reading)
            } else {
                readingByKey[key] = readings.count
                readings.append(Reading(key: key, first: index, last: index))
            }
        }
    }

    private mutating func append(_ index: Int, to reading: Int) {
        next[readings[reading].last] = index
        readings[reading].last = index
    }

    /// Metrics that steer an edge node, number its sessions or define templates.
    private static func isControl(_ name: String) -> Bool {
        name == "bdSeq" || name.hasPrefix("Node Control/") || name.hasPrefix("Device Control/")
            || name.hasPrefix("_types_/")
    }

    private mutating func write(
        _ reading: Reading, of payload: Payload, born birth: SparkplugBirths.Birth?, _ topic: SparkplugTopic,
        _ message: borrowing PayloadMessage, _ wantsBirth: inout Bool, into sink: inout RecordSink
    ) {
        let place = "/metrics/\(reading.first)"
        names.removeAll()
        sink.draft.beginObject()
        do throws(SparkplugError) {
            try writeOrigin(reading, payload, topic, message, to: &sink.draft)
            var index = reading.first
            while index >= 0, !sink.draftIsTooLarge {
                do throws(SparkplugError) {
                    try write(payload.metrics[index], at: index, birth, to: &sink.draft)
                } catch {
                    if error.reason == .birthMissing { wantsBirth = true }
                    return sink.refuse(error.refusal(at: "/metrics/\(index)"), at: place)
                }
                index = next[index]
            }
        } catch {
            return sink.refuse(error.refusal(at: place), at: place)
        }
        sink.draft.endObject()
        if let duplicate = names.leave(0) {
            let error = SparkplugError(.duplicateKey, "the metric stands there more than once for the same time")
            sink.refuse(error.refusal(at: "/metrics/\(max(duplicate, 0))"), at: place)
        } else {
            sink.finish(at: place, of: message)
        }
    }

    /// Where and when: `"device":…,"group":…,"ts":…,"seq":…`.
    private mutating func writeOrigin(
        _ reading: Reading, _ payload: Payload, _ topic: SparkplugTopic, _ message: borrowing PayloadMessage,
        to writer: inout JSONWriter
    ) throws(SparkplugError) {
        for name in Self.originNames { names.insert(name, place: -1) }
        writer.name("device")
        writer.string(message.topic.extracting(topic.source))
        writer.name("group")
        writer.string(message.topic.extracting(topic.group))
        writer.name("ts")
        if let timestamp = reading.key.timestamp {
            try SparkplugValue.writeTime(timestamp, to: &writer)
        } else {
            writer.time(message.arrival)
        }
        if payload.hasSeq {
            writer.name("seq")
            writer.integer(payload.seq)
        }
        if reading.key.isHistorical {
            writer.name("is_historical")
            writer.bool(true)
        }
    }

    private static let originNames = ["device", "group", "ts", "seq", "is_historical"].map { Fingerprint($0.utf8Bytes) }

    private mutating func write(
        _ metric: Metric, at index: Int, _ birth: SparkplugBirths.Birth?, to writer: inout JSONWriter
    ) throws(SparkplugError) {
        // A metric that says its name and type needs no birth certificate.
        let born = metric.hasName && metric.datatype != 0 ? nil : birth?[metric]
        let datatype = metric.datatype != 0 ? metric.datatype : born?.datatype ?? 0
        if metric.hasName {
            names.insert(Fingerprint(metric.name.utf8Bytes), place: index)
            writer.name(metric.name)
        } else if let name = born?.name {
            names.insert(Fingerprint(name.utf8Bytes), place: index)
            writer.name(name)
        } else if metric.hasAlias {
            throw SparkplugError(
                .birthMissing, "only the birth certificate tells what the alias \(metric.alias) stands for")
        } else {
            throw SparkplugError(.required, "the metric has neither name nor alias")
        }
        try structure.write(metric, type: try structure.dataType(datatype), depth: 1, to: &writer)
    }
}
