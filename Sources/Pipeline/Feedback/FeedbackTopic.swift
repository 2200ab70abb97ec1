import Telemetry

/// Where a sender is told of a refusal: a topic made from that of the refused message.
///
/// Between the slashes of `telemetry/{2}/{stream}/{device}/refused` stand texts and, in braces, what differs from
/// message to message: `topic` is the whole topic, a number one of its levels from 1 on.
package struct FeedbackTopic: Equatable, Sendable {
    private enum Part: Equatable {
        case text(String)
        case topic
        case stream
        case device
        case level(Int)
    }

    package let template: String
    /// The parts of each level.
    private let levels: [[Part]]

    /// - Throws: what is wrong, for a sentence that begins with the template.
    package init(_ template: String) throws(FeedbackTopicError) {
        guard !template.isEmpty, template.utf8.count < 60_000 else {
            throw FeedbackTopicError(problem: "is empty or too long")
        }
        guard !template.contains(where: { "+#\0".contains($0) }) else {
            throw FeedbackTopicError(problem: "has a + or #, which a topic to publish to cannot have")
        }
        var levels: [[Part]] = []
        for level in template.split(separator: "/", omittingEmptySubsequences: false) {
            let parts = try Self.parts(of: level)
            guard !parts.contains(.topic) || parts.count == 1 else {
                throw FeedbackTopicError(problem: "must have {topic} alone between slashes")
            }
            levels.append(parts)
        }
        self.template = template
        self.levels = levels
    }

    private static func parts(of level: Substring) throws(FeedbackTopicError) -> [Part] {
        var parts: [Part] = []
        var rest = level
        while let open = rest.firstIndex(of: "{") {
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            guard let close = rest[open...].firstIndex(of: "}") else {
                throw FeedbackTopicError(problem: "has a { without its }")
            }
            let name = rest[rest.index(after: open)..<close]
            switch name {
            case "topic": parts.append(.topic)
            case "stream": parts.append(.stream)
            case "device": parts.append(.device)
            default:
                guard let number = Int(name), (1...99).contains(number) else {
                    throw FeedbackTopicError(
                        problem: "has {\(name)}, and may have {topic}, {stream}, {device} and, for a level of the "
                            + "message's own topic, {1}, {2} and so on")
                }
                parts.append(.level(number))
            }
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty || parts.isEmpty { parts.append(.text(String(rest))) }
        return parts
    }

    /// Whether the device's name must be known.
    package var needsDevice: Bool { levels.contains { $0.contains(.device) } }

    /// The topic for a message; nil when the message's own topic has too few levels, or it would be too long.
    package func topic(for topic: String, stream: String?, device: String?) -> String? {
        let own = topic.split(separator: "/", omittingEmptySubsequences: false)
        var result: [String] = []
        for level in levels {
            var text = ""
            for part in level {
                switch part {
                case .text(let literal): text += literal
                case .topic: text += topic
                case .stream: text += stream ?? "unknown"
                case .device: text += Self.levelText(device ?? String(own.last ?? ""))
                case .level(let number):
                    guard number <= own.count else { return nil }
                    text += own[number - 1]
                }
            }
            result.append(text)
        }
        let joined = result.joined(separator: "/")
        return joined.utf8.count <= Int(UInt16.max) ? joined : nil
    }

    /// A text as one level of a topic.
    private static func levelText(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(256) {
            let isAllowed = scalar.value >= 32 && scalar.value != 127 && !"/+#".unicodeScalars.contains(scalar)
            scalars.append(isAllowed ? scalar : "_")
        }
        return scalars.isEmpty ? "_" : String(scalars)
    }

    // MARK: Loops

    private enum Token: Equatable {
        case text(String)
        case anyLevel
        case anyLevels
    }

    /// A filter among `filters` that could take a topic made for a message that another of them has taken.
    ///
    /// Such a note would come in as a message, be refused, and be answered by a note: without end.
    package func loop(among filters: [String]) -> String? {
        for origin in filters {
            let ours = tokens(for: origin)
            for filter in filters where Self.overlap(ours[...], Self.tokens(of: filter)[...]) { return filter }
        }
        return nil
    }

    private func tokens(for filter: String) -> [Token] {
        levels.flatMap { parts -> [Token] in
            if parts == [.topic] { return Self.tokens(of: filter) }
            let texts = parts.map { part -> String? in if case .text(let text) = part { text } else { nil } }
            return [texts.contains(nil) ? .anyLevel : .text(texts.compactMap { $0 }.joined())]
        }
    }

    private static func tokens(of filter: String) -> [Token] {
        var levels = filter.split(separator: "/", omittingEmptySubsequences: false)
        if levels.first == "$share" { levels.removeFirst(min(2, levels.count)) }
        return levels.map { $0 == "+" ? .anyLevel : $0 == "#" ? .anyLevels : .text(String($0)) }
    }

    private static func overlap(_ one: ArraySlice<Token>, _ two: ArraySlice<Token>) -> Bool {
        guard let first = one.first else { return two.allSatisfy { $0 == .anyLevels } }
        guard let second = two.first else { return one.allSatisfy { $0 == .anyLevels } }
        if first == .anyLevels { return overlap(one.dropFirst(), two) || overlap(one, two.dropFirst()) }
        if second == .anyLevels { return overlap(one, two.dropFirst()) || overlap(one.dropFirst(), two) }
        let areEqual = first == second || first == .anyLevel || second == .anyLevel
        return areEqual && overlap(one.dropFirst(), two.dropFirst())
    }
}

/// Why a text is no template of a feedback topic.
package struct FeedbackTopicError: Error, Equatable {
    package let problem: String
}
