import JSONDocument
import Telemetry

/// What the formats that come as JSON envelopes have in common: one object, or an array of them, each one record.
enum Envelopes {
    /// Fills the outline of the record that the envelope at `index` holds, or says why it holds none.
    typealias Describe = (
        _ document: JSONDocument, _ index: Int, _ message: borrowing PayloadMessage, _ source: SourceTraits,
        _ outline: inout RecordOutline
    ) -> Refusal?

    /// Parses the payload and takes a record of each envelope in it.
    static func read(
        _ message: borrowing PayloadMessage, _ parser: inout JSONParser, _ outline: inout RecordOutline,
        into sink: inout RecordSink, _ describe: Describe
    ) {
        do throws(JSONParseError) {
            let document = try parser.parse(message.buffer, at: 0..<message.byteCount)
            takeAll(document, message, &outline, into: &sink, describe)
        } catch {
            sink.refuse(Refusal(error))
        }
    }

    /// Takes the record of the envelope that a document is, or of each in the array that it is.
    static func takeAll(
        _ document: JSONDocument, _ message: borrowing PayloadMessage, _ outline: inout RecordOutline,
        into sink: inout RecordSink, _ describe: Describe
    ) {
        guard document.tag(at: document.root) == JSONKind.array.rawValue else {
            return take(document, document.root, "", message, &outline, into: &sink, describe)
        }
        var position = 0
        var elements = document.elements(of: document.root)
        while let element = elements.next(), !sink.isFull {
            take(document, element, "/\(position)", message, &outline, into: &sink, describe)
            position += 1
        }
        if position == 0 { sink.refuse(Refusal(.empty, sentence: "the array holds nothing")) }
    }

    /// Takes the record of the envelope at `index`, which stands at `place`.
    static func take(
        _ document: JSONDocument, _ index: Int, _ place: String, _ message: borrowing PayloadMessage,
        _ outline: inout RecordOutline, into sink: inout RecordSink, _ describe: Describe
    ) {
        guard document.tag(at: index) == JSONKind.object.rawValue else {
            let found = document.kind(at: index).typeName
            let sentence = "expected an object, found \(found == "array" ? "an" : "a") \(found)"
            return sink.refuse(Refusal(.notAReading, pointer: place, sentence: sentence), at: place)
        }
        outline.begin(at: index)
        if let refusal = describe(document, index, message, sink.source, &outline) {
            return sink.refuse(refusal.inside(place), at: place)
        }
        sink.finish(&outline, of: document, at: place, message: message)
    }
}

extension JSONDocument {
    /// The value of the member called `word` of the object at `index`; 0 when it is not there or null.
    func present(_ word: StaticString, of index: Int) -> Int {
        guard index > 0 else { return 0 }
        let value = word.withUTF8Buffer { utf8 in
            // Safe: the span does not leave the closure.
            let name = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(utf8))
            return member(named: name, of: index)
        }
        guard let value, !isNull(at: value) else { return 0 }
        return value
    }

    /// Whether the object at `index` has a member called `word`, be it null.
    func has(_ word: StaticString, of index: Int) -> Bool {
        word.withUTF8Buffer { utf8 in
            // Safe: the span does not leave the closure.
            let name = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(utf8))
            return member(named: name, of: index) != nil
        }
    }

    /// Whether the value at `index` is an object with at least one member.
    func isFilledObject(at index: Int) -> Bool {
        index > 0 && tag(at: index) == JSONKind.object.rawValue && count(of: index) > 0
    }
}

extension RecordOutline {
    /// Adds `ts`: the time at `index`, or when the message came if that is 0.
    ///
    /// What is there and is no time stays as it is, for the schema to refuse.
    mutating func addTime(
        _ document: JSONDocument, at index: Int, by rule: TimeRule = .byDefault, arrival: EventTime
    ) {
        guard index > 0 else { return add(.word("ts"), .time(arrival)) }
        switch rule.time(document, at: index) {
        case .success(let time): add(.word("ts"), .time(time))
        case .failure: add(.word("ts"), .document(index))
        }
    }

    /// Adds `seq` and `port`, where a LoRaWAN server leaves out what is 0.
    mutating func addCounters(seq: Int, port: Int) {
        add(.word("seq"), seq > 0 ? .document(seq) : .integer(0), origin: seq)
        add(.word("port"), port > 0 ? .document(port) : .integer(0), origin: port)
    }

    /// Adds what a decoder made of a payload at top level: the members of an object, or else the raw payload as `data`.
    mutating func addDecoded(_ decoded: Int, raw: Int, in document: JSONDocument) {
        if document.isFilledObject(at: decoded) {
            addMembers(of: decoded, in: document)
        } else {
            if decoded > 0, document.tag(at: decoded) != JSONKind.object.rawValue { add("decoded", copyOf: decoded) }
            if raw > 0 { add("data", copyOf: raw) }
        }
    }
}
