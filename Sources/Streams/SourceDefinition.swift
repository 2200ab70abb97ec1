package import Payloads
import Telemetry

/// Where readings come from, and how they are made from what comes.
struct SourceDefinition {
    let topic: Located<TopicFilter>
    let format: PayloadFormat
    let mapping: RecordMapping?
    /// The kinds of events that are readings.
    let events: EventSelection
    /// The members that the mapping writes, with their places, and whether others come through.
    let targets: [Located<String>]
    let keepsRest: Bool

    /// Reads one element of `sources`; nil when something of it is wrong.
    init?(_ node: DefinitionNode, errors: inout [DefinitionError]) {
        let known = ["topic", "format", "map", "rest", "events"]
        guard
            let members = DefinitionError.collect(
                into: &errors, { () throws(DefinitionError) in try node.members(known: known) })
        else { return nil }
        let topic = DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
            guard let topic = members["topic"] else {
                throw node.missing("topic", example: "topic: telemetry/+/coverage/+")
            }
            return try Self.topic(topic)
        }
        let format = DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
            guard let format = members["format"] else { throw node.missing("format", example: "format: json") }
            return try Self.format(format)
        }
        let rest = DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
            try members["rest"].map { (node) throws(DefinitionError) in
                try SourceRules.rest(node, members["map"] != nil)
            }
        }
        let events = DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
            guard let format, let topic else { return EventSelection.uplinks }
            return try SourceRules.events(members["events"], format, topic, of: node)
        }
        guard let map = members["map"] else {
            guard let topic, let format, let events, rest != nil else { return nil }
            (self.topic, self.format, self.events) = (topic, format, events)
            (mapping, targets, keepsRest) = (nil, [], true)
            return
        }
        guard
            let definition = MappingDefinition(
                map, rest: rest.flatMap { $0 } ?? .keep, topicLevelCount: topic?.value.fixedLevelCount, errors: &errors),
            let topic, let format, let events, rest != nil
        else { return nil }
        (self.topic, self.format, self.events) = (topic, format, events)
        mapping = definition.mapping
        targets = definition.targets
        keepsRest = rest != .drop
    }

    private static func topic(_ node: DefinitionNode) throws(DefinitionError) -> Located<TopicFilter> {
        let text = try node.string()
        do throws(TopicFilterError) {
            return node.located(try TopicFilter(text))
        } catch {
            throw node.error("the topic filter `\(text)` \(error.problem)", fix: error.fix)
        }
    }

    private static func format(_ node: DefinitionNode) throws(DefinitionError) -> PayloadFormat {
        guard let format = PayloadFormat(rawValue: try node.string()) else {
            throw node.error(
                "the payload format `\(node.text)` is not supported", fix: "Supported: \(PayloadFormat.names)")
        }
        return format
    }
}

extension PayloadFormat {
    /// All formats, for people.
    package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
