package import DurableFiles
package import Payloads

/// What a source says besides its topic and its format, for commands that read it from a file of its own.
package struct SourceRules: Sendable {
    /// How records are made of the payloads; nil for those that the format gives by itself.
    package let mapping: RecordMapping?
    /// The kinds of events that are readings.
    package let events: EventSelection

    /// The rules of a source that has none of these keys.
    package init() {
        mapping = nil
        events = .uplinks
    }

    /// Reads a file that holds `map` and, if wanted, `rest` and `events`, as a source of stream.yaml does.
    package init(
        file: String, _ format: PayloadFormat, from store: any FileStore = SystemFileStore()
    ) throws(DefinitionError) {
        try self.init(
            parsing: String(decoding: try DefinitionFiles(store: store).read(file), as: UTF8.self), file: file, format)
    }

    /// Reads the text of such a file.
    package init(parsing text: String, file: String, _ format: PayloadFormat) throws(DefinitionError) {
        let root = try DefinitionNode(parsing: text, file: file)
        let members = try root.members(known: ["map", "rest", "events"])
        events =
            try members["events"].map { (node) throws(DefinitionError) in try Self.events(node, format) } ?? .uplinks
        guard let map = members["map"] else {
            guard members["events"] != nil, members["rest"] == nil else {
                throw root.missing("map", example: "map: { /rsrp: object.rsrp }")
            }
            mapping = nil
            return
        }
        let rest = try members["rest"].map { (node) throws(DefinitionError) in try Self.rest(node, true) }
        var errors: [DefinitionError] = []
        guard let definition = MappingDefinition(map, rest: rest ?? .keep, topicLevelCount: nil, errors: &errors) else {
            throw errors.first ?? map.error("the mapping cannot be used", fix: "Correct it")
        }
        mapping = definition.mapping
    }

    static func rest(_ node: DefinitionNode, _ hasMap: Bool) throws(DefinitionError) -> RecordMapping.Rest {
        guard let rest = RecordMapping.Rest(rawValue: try node.string()) else {
            throw node.error(
                "`rest` is `\(node.text)`",
                fix: "Write `keep`, to take over the members that `map` does not name, or `drop`")
        }
        guard hasMap else {
            throw node.error(
                "`rest` says what happens beside `map`, and there is none", fix: "Add `map` or remove `rest`")
        }
        return rest
    }

    static func events(_ node: DefinitionNode, _ format: PayloadFormat) throws(DefinitionError) -> EventSelection {
        let known = format.eventNames
        guard !known.isEmpty else {
            let formats = PayloadFormat.allCases.filter { !$0.eventNames.isEmpty }.map(\.rawValue)
            throw node.error(
                "payloads of the format \(format.rawValue) are no events",
                fix: "Remove `events`; it is for \(formats.joined(separator: " and "))")
        }
        var names: [String] = []
        for element in try node.elements() {
            let name = try element.string()
            guard known.contains(name) else {
                throw element.error(
                    "\(format.rawValue) has no event `\(name)`", fix: "Known are \(known.joined(separator: ", "))")
            }
            guard !names.contains(name) else {
                throw element.error("the event `\(name)` is named twice", fix: "Remove one")
            }
            names.append(name)
        }
        guard !names.isEmpty else {
            throw node.error("no event is named, so nothing would be taken", fix: "Name some, such as `[up]`")
        }
        return EventSelection(names)
    }

    /// What `events` selects; a topic of other events would bring nothing but refusals.
    static func events(
        _ node: DefinitionNode?, _ format: PayloadFormat, _ topic: Located<TopicFilter>, of source: DefinitionNode
    ) throws(DefinitionError) -> EventSelection {
        let events = try node.map { (node) throws(DefinitionError) in try Self.events(node, format) } ?? .uplinks
        if let told = format.event(ofTopicFilter: topic.value.text), !events.names.contains(told) {
            throw (node ?? source).error(
                "the topic brings only events `\(told)`, and the source takes \(events.names.joined(separator: ", "))",
                fix: "Write `events: [\(told)]` or another topic")
        }
        return events
    }
}
