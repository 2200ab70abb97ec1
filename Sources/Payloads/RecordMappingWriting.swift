import JSONDocument
import Telemetry

extension RecordMapping {
    /// Appends the record of `outline`: what the entries name, then what stays of the default record.
    ///
    /// - Returns: why there is no record; what was appended then means nothing. Its pointer is from the source on.
    func write(
        _ outline: inout RecordOutline, of document: JSONDocument, topic: RawSpan, arrival: EventTime,
        to bytes: inout [UInt8]
    ) -> Refusal? {
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for position in program.steps.indices {
            let step = program.steps[position]
            let start = bytes.count
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            append(step.quotedName, to: &bytes)
            switch write(step, &outline, of: document, topic: topic, arrival: arrival, to: &bytes) {
            case .written: isFirst = false
            case .absent: bytes.removeLast(bytes.count - start)
            case .refused(let refusal): return refusal
            }
        }
        if rest == .keep {
            for position in outline.members.indices where keeps(position, of: outline, document) {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                outline.writeMember(position, document, to: &bytes)
            }
        }
        bytes.append(UInt8(ascii: "}"))
        return nil
    }

    private enum Outcome {
        case written
        case absent
        case refused(Refusal)
    }

    private func write(
        _ step: RecordMappingProgram.Step, _ outline: inout RecordOutline, of document: JSONDocument, topic: RawSpan,
        arrival: EventTime, to bytes: inout [UInt8]
    ) -> Outcome {
        switch step.origin {
        case .document(let paths):
            guard let value = outline.firstValue(of: paths, in: program, document) else { return .absent }
            guard let conversion = step.conversion else {
                outline.write(value, document, to: &bytes)
                return .written
            }
            guard let problem = outline.convert(value, by: program.conversions[conversion], document, to: &bytes) else {
                return .written
            }
            return .refused(
                Refusal(.mapping, pointer: outline.pointer(to: value, document), sentence: sentence(step, problem)))
        case .constant(let range):
            append(range, to: &bytes)
            return .written
        case .topic(let level):
            guard let range = Self.level(level, of: topic) else { return .absent }
            guard let conversion = step.conversion else {
                JSONWriter.append(string: topic.extracting(range), to: &bytes)
                return .written
            }
            let text = topic.extracting(range)
            guard let problem = program.conversions[conversion].convert(text: text, to: &bytes) else { return .written }
            return .refused(Refusal(.mapping, sentence: sentence(step, "level \(level) of the topic: \(problem)")))
        case .arrival:
            TimeText(arrival).append(to: &bytes)
            return .written
        }
    }

    private func append(_ range: Range<Int>, to bytes: inout [UInt8]) {
        // Safe: every byte of the array is initialized, and the closure only reads them.
        unsafe program.bytes.span.extracting(range).withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    private func sentence(_ step: RecordMappingProgram.Step, _ problem: String) -> String {
        "/\(String(decoding: program.bytes[step.name], as: UTF8.self)): \(problem)"
    }

    /// Whether a member of the default record stays.
    private func keeps(_ position: Int, of outline: RecordOutline, _ document: JSONDocument) -> Bool {
        for read in outline.readMembers where read == position { return false }
        let origin = outline.members[position].origin
        if origin > 0 {
            let end = document.index(after: origin)
            for read in outline.read where read.lowerBound < end && origin < read.upperBound { return false }
        }
        for index in program.steps.indices {
            // Safe: every byte of the array is initialized.
            let name = unsafe program.bytes.span.bytes.extracting(program.steps[index].name)
            if outline.isMember(position, named: name, document) { return false }
        }
        return true
    }

    /// Where a level of the topic is, the first being 1; nil when the topic has fewer.
    private static func level(_ level: Int, of topic: RawSpan) -> Range<Int>? {
        var start = 0
        var current = 1
        for offset in 0...topic.byteCount where offset == topic.byteCount || topic.octet(at: offset) == 0x2F {
            if current == level { return start..<offset }
            current += 1
            start = offset + 1
        }
        return nil
    }
}

extension RecordOutline {
    /// The value of the first path that leads to one that is not null, or else to null; all that are there count as
    /// read.
    fileprivate mutating func firstValue(
        of paths: Range<Int>, in program: RecordMappingProgram, _ document: JSONDocument
    ) -> Value? {
        var found: Value?
        var isNull = false
        for path in paths {
            guard let value = value(of: program.paths[path], in: document), found == nil || isNull else { continue }
            found = value
            isNull = value.index > 0 && document.isNull(at: value.index)
        }
        return found
    }

    private mutating func value(of path: SourcePath, in document: JSONDocument) -> Value? {
        let index =
            switch walk {
            case .plain: path.find(in: document, from: source)
            case .attributes: NGSIEntity.find(path, in: document, from: source)
            }
        if let index {
            read.append(index..<document.index(after: index))
            return .document(index)
        }
        guard path.stepCount == 1 else { return nil }
        for position in members.indices where isMember(position, named: path.token(0), document) {
            readMembers.append(position)
            return members[position].value
        }
        return nil
    }

    /// Appends the value after its conversion; returns a sentence when it cannot be converted.
    fileprivate func convert(
        _ value: Value, by conversion: RecordConversion, _ document: JSONDocument, to bytes: inout [UInt8]
    ) -> String? {
        if case .document(let index) = value { return conversion.convert(document, at: index, to: &bytes) }
        // A time of the format is what a time rule would make of it.
        if case .time = value, conversion.time != nil {
            write(value, document, to: &bytes)
            return nil
        }
        // Rare: a conversion of what the format has made itself.
        var text: [UInt8] = []
        write(value, document, to: &text)
        var parser = JSONParser(capacity: 256)
        do throws(JSONParseError) {
            let made = try parser.parse(text)
            return conversion.convert(made, at: made.root, to: &bytes)
        } catch {
            return error.sentence
        }
    }

    fileprivate func pointer(to value: Value, _ document: JSONDocument) -> String {
        value.index > 0 ? document.pointer(to: value.index, from: source).description : ""
    }
}
