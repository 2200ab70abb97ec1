import JSONDocument
import Telemetry

/// Reads SenML packs, in JSON or CBOR.
struct SenMLRecords {
    /// Entries of one device and time.
    private struct Reading {
        let device: Fingerprint
        let time: EventTime
        /// The first of the entries, which gives device and place.
        let first: Int
        var last: Int
        var count = 1
    }

    private let form: SenMLForm
    private let limits: PayloadLimits
    private var pack = SenMLPack()
    private var readings: [Reading] = []
    /// The reading of a device and time, for packs in which they alternate.
    private var readingByKey: [Fingerprint: Int] = [:]
    /// For each entry, the next one of its reading; -1 for the last.
    private var next: [Int] = []
    private var names = NameSet()
    private var transcoder: CBORTranscoder
    private var transcoded = JSONWriter()

    init(form: SenMLForm, limits: PayloadLimits) {
        self.form = form
        self.limits = limits
        transcoder = CBORTranscoder(maximumDepth: limits.maximumDepth, hasSenMLLabels: true)
    }

    /// Reads a pack in JSON.
    mutating func read(_ message: borrowing PayloadMessage, _ parser: inout JSONParser, into sink: inout RecordSink) {
        do throws(JSONParseError) {
            let document = try parser.parse(message.buffer, at: 0..<message.byteCount)
            read(document, of: message, into: &sink)
        } catch {
            sink.refuse(Refusal(error))
        }
    }

    /// Reads a pack in CBOR, whose labels are written as those of JSON first.
    mutating func readCBOR(
        _ message: borrowing PayloadMessage, _ parser: inout JSONParser, into sink: inout RecordSink
    ) {
        transcoded.removeAll()
        transcoder.begin()
        do throws(CBORError) {
            try CBORStructure(maximumDepth: limits.maximumDepth).checkWhole(message.payload)
            var offset = 0
            try transcoder.write(message.payload, at: &offset, to: &transcoded)
        } catch {
            // Base values may stand anywhere, so without one record the others cannot be resolved.
            return sink.refuse(error.refusal(at: ""))
        }
        do throws(JSONParseError) {
            let document = try parser.parse(transcoded.bytes)
            read(document, of: message, into: &sink)
        } catch {
            sink.refuse(Refusal(error, at: ""))
        }
    }

    private mutating func read(
        _ document: borrowing JSONDocument, of message: borrowing PayloadMessage, into sink: inout RecordSink
    ) {
        guard document.tag(at: document.root) == JSONKind.array.rawValue else {
            return sink.refuse(Refusal(.notSenML, sentence: "a SenML pack is an array"))
        }
        guard document.count(of: document.root) <= limits.maximumRecordCount else {
            return sink.refuse(
                Refusal(.tooLarge, sentence: "the pack holds more than \(limits.maximumRecordCount) records"))
        }
        if let name = document.firstDuplicateName(in: document.root) {
            return sink.refuse(
                Refusal(
                    .duplicateKey, pointer: document.pointer(to: name).description,
                    sentence: "a record has this field more than once"))
        }
        pack.read(document, arrival: message.arrival)
        switch form {
        case .readings: writeReadings(document, of: message, into: &sink)
        case .resolved: writeResolved(document, of: message, into: &sink)
        }
        if sink.records.records.isEmpty { sink.refuse(Refusal(.empty, sentence: "the pack holds no measurement")) }
    }

    // MARK: Readings

    private mutating func writeReadings(
        _ document: borrowing JSONDocument, of message: borrowing PayloadMessage, into sink: inout RecordSink
    ) {
        join(document)
        var refusals = pack.refusals[...]
        for reading in readings where !sink.isFull {
            Self.refuse(&refusals, before: pack.entries[reading.first].position, into: &sink)
            write(reading, document, of: message, into: &sink)
        }
        Self.refuse(&refusals, before: .max, into: &sink)
    }

    private static func refuse(
        _ refusals: inout ArraySlice<SenMLPack.Refused>, before position: Int, into sink: inout RecordSink
    ) {
        while let refused = refusals.first, refused.position < position {
            sink.refuse(refused.refusal, at: "/\(refused.position)")
            refusals.removeFirst()
        }
    }

    /// Finds which entries belong together.
    private mutating func join(_ document: borrowing JSONDocument) {
        readings.removeAll(keepingCapacity: true)
        readingByKey.removeAll(keepingCapacity: true)
        next.removeAll(keepingCapacity: true)
        for index in pack.entries.indices {
            let entry = pack.entries[index]
            next.append(-1)
            let device = Fingerprint(document.bytes(of: entry.device(in: document)))
            if let last = readings.last, last.device == device, last.time == entry.time {
                append(index, to: readings.count - 1)
                continue
            }
            // Packs of one reading, or of readings in their order, never come here but for their beginnings.
            var key = device
            key.combine(UInt64(bitPattern: entry.time.microsecondsSinceEpoch))
            if let reading = readingByKey[key] {
                append(index, to: reading)
            } else {
                readingByKey[key] = readings.count
                readings.append(Reading(device: device, time: entry.time, first: index, last: index))
            }
        }
    }

    private mutating func append(_ index: Int, to reading: Int) {
        next[readings[reading].last] = index
        readings[reading].last = index
        readings[reading].count += 1
    }

    private mutating func write(
        _ reading: Reading, _ document: borrowing JSONDocument, of message: borrowing PayloadMessage,
        into sink: inout RecordSink
    ) {
        let first = pack.entries[reading.first]
        sink.draft.beginObject()
        names.removeAll()
        let level = names.enter()
        sink.draft.name("device")
        names.insert(Self.deviceName, place: first.position)
        sink.draft.string(document.bytes(of: first.device(in: document)))
        sink.draft.name("ts")
        names.insert(Self.timeName, place: first.position)
        sink.draft.time(first.time)
        var index = reading.first
        while index >= 0, !sink.draftIsTooLarge {
            write(pack.entries[index], document, to: &sink.draft)
            index = next[index]
        }
        sink.draft.endObject()
        if let duplicate = names.leave(level) {
            sink.refuse(
                Refusal(
                    .duplicateKey, pointer: "/\(duplicate)",
                    sentence: "the device has this value more than once for the same time"),
                at: "/\(first.position)")
        } else {
            sink.finish(at: "/\(first.position)", of: message)
        }
    }

    private static let deviceName = Fingerprint("device".utf8Bytes)
    private static let timeName = Fingerprint("ts".utf8Bytes)

    private mutating func write(_ entry: SenMLEntry, _ document: borrowing JSONDocument, to writer: inout JSONWriter) {
        let member = entry.member(in: document)
        if entry.hasValue {
            writeName(document.bytes(of: member), or: "value", entry, to: &writer)
            entry.writeValue(of: document, to: &writer)
        }
        if entry.hasSum {
            let name = member.count == 0 ? "value_sum" : String(decoding: document.bytes(of: member)) + "_sum"
            writeName(name.utf8Bytes, or: "", entry, to: &writer)
            entry.writeSum(of: document, to: &writer)
        }
    }

    private mutating func writeName(
        _ name: RawSpan, or other: String, _ entry: SenMLEntry, to writer: inout JSONWriter
    ) {
        if name.byteCount > 0 {
            names.insert(Fingerprint(name), place: entry.position)
            writer.name(utf8: name)
        } else {
            names.insert(Fingerprint(other.utf8Bytes), place: entry.position)
            writer.name(other)
        }
    }

    // MARK: Resolved records

    private func writeResolved(
        _ document: borrowing JSONDocument, of message: borrowing PayloadMessage, into sink: inout RecordSink
    ) {
        var refusals = pack.refusals[...]
        for entry in pack.entries where !sink.isFull {
            Self.refuse(&refusals, before: entry.position, into: &sink)
            Self.writeResolved(entry, document, to: &sink.draft)
            sink.finish(at: "/\(entry.position)", of: message)
        }
        Self.refuse(&refusals, before: .max, into: &sink)
    }

    private static func writeResolved(
        _ entry: SenMLEntry, _ document: borrowing JSONDocument, to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.name("n")
        writer.string(
            String(decoding: document.bytes(of: entry.baseName))
                + String(decoding: document.bytes(of: entry.name)))
        if entry.unit.count > 0 {
            writer.name("u")
            writer.string(document.bytes(of: entry.unit))
        }
        writer.name("t")
        writer.raw(secondsText(entry.time).utf8Bytes)
        if entry.hasValue {
            writer.name(entry.valueLabel.text)
            entry.writeValue(of: document, to: &writer)
        }
        if entry.hasSum {
            writer.name("s")
            entry.writeSum(of: document, to: &writer)
        }
        if entry.updateTime != 0 {
            writer.name("ut")
            writer.value(entry.updateTime, of: copy document)
        }
        // Fields that are not known stay with their record.
        var members = document.members(of: entry.object)
        while let member = members.next() {
            guard SenMLLabel(document.stringBytes(at: member.name)) == nil else { continue }
            writer.name(utf8: document.stringBytes(at: member.name))
            writer.value(member.value, of: copy document)
        }
        writer.endObject()
    }

    /// Seconds from 1970 with as many digits of a fraction as are needed.
    private static func secondsText(_ time: EventTime) -> String {
        let magnitude = time.microsecondsSinceEpoch.magnitude
        var text = (time.microsecondsSinceEpoch < 0 ? "-" : "") + String(magnitude / 1_000_000)
        guard magnitude % 1_000_000 != 0 else { return text }
        text += "." + padded(Int(magnitude % 1_000_000), 6)
        while text.utf8.last == UInt8(ascii: "0") { text.removeLast() }
        return text
    }
}
