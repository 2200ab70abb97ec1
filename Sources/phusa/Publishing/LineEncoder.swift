import JSONDocument
import Telemetry

/// Finds topic and time of lines that are published as they are.
struct LineEncoder: ~Copyable {
    private enum Finding {
        case message(topic: String, payload: [UInt8]?, time: EventTime?)
        case complaint(String)
    }

    private(set) var topic = ""
    private(set) var payload: [UInt8] = []
    private(set) var time: EventTime?

    private let template: TopicTemplate?
    private let timeField: String
    private var parser = JSONParser()

    /// Without a topic, lines hold `topic` and `payload`, as `phusa simulate --output` writes them.
    init(topic: TopicTemplate?, timeField: String) {
        template = topic
        self.timeField = timeField
    }

    /// Makes `topic` and `payload` of a line; what is wrong with it otherwise.
    mutating func encode(_ line: [UInt8]) -> String? {
        switch find(in: line) {
        case .complaint(let complaint): return complaint
        case .message(let topic, let payload, let time):
            self.topic = topic
            self.payload = payload ?? line
            // Inside a message of its own, the time is looked for there.
            self.time = payload.map { self.time(in: $0) } ?? time
            return nil
        }
    }

    private mutating func find(in line: [UInt8]) -> Finding {
        if let template, template.fields.isEmpty {
            return .message(topic: template.pattern, payload: nil, time: time(in: line))
        }
        let (template, timeField) = (template, timeField)
        let document: JSONDocument
        do throws(JSONParseError) {
            document = try parser.parse(line)
        } catch {
            return .complaint("it is no JSON: \(error.sentence)")
        }
        guard let template else { return Self.open(document) }
        let found = template.topic { name in
            document.member(name, of: document.root).flatMap { document.plainText(at: $0) }
        }
        guard let found else {
            return .complaint("the topic \(template.pattern) needs a member that has no value here")
        }
        if let complaint = TopicTemplate.complaint(about: found) { return .complaint(complaint) }
        return .message(topic: found, payload: nil, time: document.time(of: timeField))
    }

    private static func open(_ document: borrowing JSONDocument) -> Finding {
        guard let topic = document.member("topic", of: document.root),
            let payload = document.member("payload", of: document.root),
            document.kind(at: topic) == .string, document.kind(at: payload) == .string
        else {
            return .complaint("it has no topic and payload; give --topic for lines that are payloads themselves")
        }
        let text = document.string(at: topic)
        if let complaint = TopicTemplate.complaint(about: text) { return .complaint(complaint) }
        return .message(topic: text, payload: Array(document.string(at: payload).utf8), time: nil)
    }

    /// The time in a payload, if it is JSON and has one.
    private mutating func time(in payload: [UInt8]) -> EventTime? {
        let timeField = timeField
        // What is no JSON has no time, and is published all the same.
        guard let document = try? parser.parse(payload) else { return nil }
        return document.time(of: timeField)
    }
}

extension JSONDocument {
    /// A string or number as text; nil for anything else.
    fileprivate func plainText(at index: Int) -> String? {
        switch kind(at: index) {
        case .string: string(at: index)
        case .integer: String(int64(at: index))
        case .unsigned: String(uint64(at: index))
        case .double: String(double(at: index))
        default: nil
        }
    }

    fileprivate func time(of member: String) -> EventTime? {
        guard let index = self.member(member, of: root), kind(at: index) == .string else { return nil }
        return TimePattern.iso.parse(string(at: index), defaultOffsetSeconds: nil)
    }
}
