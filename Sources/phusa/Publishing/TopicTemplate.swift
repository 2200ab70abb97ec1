/// A topic with `{field}` where a value of the reading goes.
struct TopicTemplate: Equatable, Sendable {
    private enum Part: Equatable, Sendable {
        case text(String)
        case field(String)
    }

    let pattern: String
    private let parts: [Part]

    /// - Throws: a sentence about a brace that does not match, or a topic to which nothing can be published.
    init(_ pattern: String) throws(CommandFailure) {
        self.pattern = pattern
        var parts: [Part] = []
        var rest = pattern[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}"), rest.index(after: open) < close else {
                throw .usage("The topic \(pattern) has { without a field and } behind it; write {device}.")
            }
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            parts.append(.field(String(rest[rest.index(after: open)..<close])))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        for case .text(let text) in parts where text.contains("+") || text.contains("#") {
            throw .usage("The topic \(pattern) has + or #, which stand for many topics; messages go to one.")
        }
        guard !parts.isEmpty else {
            throw .usage("The topic is empty; write one such as telemetry/hcm/coverage/{device}.")
        }
        self.parts = parts
    }

    /// The fields that the topic needs.
    var fields: [String] {
        parts.compactMap { if case .field(let name) = $0 { name } else { nil } }
    }

    /// The topic of a reading; nil when `value` has nothing for a field.
    func topic(_ value: (String) -> String?) -> String? {
        var topic = ""
        for part in parts {
            switch part {
            case .text(let text): topic += text
            case .field(let name):
                guard let value = value(name), !value.isEmpty else { return nil }
                topic += Self.sanitized(value)
            }
        }
        return topic
    }

    /// `value` as one level of a topic: without what separates levels or stands for many.
    static func sanitized(_ value: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in value.unicodeScalars {
            scalars.append("/+#".unicodeScalars.contains(scalar) || isForbidden(scalar) ? "-" : scalar)
        }
        return String(scalars)
    }

    /// Why nothing can be published to a whole topic, said of the line that has it; nil when it can.
    ///
    /// MQTT 5, sections 1.5.4 and 4.7, and libmosquitto, which refuses all that these advise against.
    static func complaint(about topic: String) -> String? {
        if topic.isEmpty { return "its topic is empty" }
        if topic.utf8.count > 65_535 { return "its topic has more than 65,535 bytes" }
        for scalar in topic.unicodeScalars {
            if "+#".unicodeScalars.contains(scalar) { return "its topic has + or #, which stand for many topics" }
            if isForbidden(scalar) { return "its topic has a control character" }
        }
        return nil
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 32 || (127..<160).contains(scalar.value) || scalar.properties.isNoncharacterCodePoint
    }
}
