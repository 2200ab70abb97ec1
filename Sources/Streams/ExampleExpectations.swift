package import DurableFiles
package import JSONDocument
import JSONSchema
package import Telemetry

/// What `examples/expect.yaml` of a stream says: when the examples arrive, and what becomes of them.
package struct ExampleExpectations: Sendable {
    /// A reading that is refused.
    package struct Invalid: Sendable {
        package let file: String
        package let reason: String
        package let pointer: String
        package let line: Int
    }

    /// A reading that is stored with null in these members.
    package struct Sentinels: Sendable {
        package let file: String
        package let members: [String]
        package let line: Int
    }

    /// A payload as a fleet sends it, and what becomes of it.
    package struct Payload: Sendable {
        package let file: String
        package let topic: String
        package let storedCount: Int
        /// The reasons of those that are refused, in their order.
        package let refused: [String]
        /// Members of the first reading that is stored.
        package let values: [(member: String, value: JSONTree)]
        package let line: Int
    }

    package let file: String
    package private(set) var arrival: EventTime?
    package private(set) var invalid: [Invalid] = []
    package private(set) var sentinels: [Sentinels] = []
    package private(set) var payloads: [Payload] = []

    /// Reads `expect.yaml` in a folder of examples; without the file nothing is expected.
    package static func read(
        _ directory: String, from store: any FileStore = SystemFileStore(), errors: inout [DefinitionError]
    ) -> ExampleExpectations {
        let files = DefinitionFiles(store: store)
        let file = "\(directory)/expect.yaml"
        var expectations = ExampleExpectations(file: file)
        let members = DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
            guard try files.exists(file) else { return [String: DefinitionNode]() }
            let root = try DefinitionNode(
                parsing: String(decoding: try files.read(file), as: UTF8.self), file: file)
            return try root.members(known: ["arrival", "invalid", "sentinels", "payloads"])
        }
        guard let members else { return expectations }
        expectations.arrival = members["arrival"].flatMap { node in
            DefinitionError.collect(into: &errors) { () throws(DefinitionError) in try time(node) }
        }
        func entries<Entry>(
            _ key: String, _ entry: (DefinitionNode, DefinitionNode) throws(DefinitionError) -> Entry
        ) -> [Entry] {
            guard let node = members[key] else { return [] }
            let found = DefinitionError.collect(into: &errors) { () throws(DefinitionError) in try node.members() }
            return (found ?? []).compactMap { key, value in
                DefinitionError.collect(into: &errors) { () throws(DefinitionError) in try entry(key, value) }
            }
        }
        expectations.invalid = entries("invalid", invalid)
        expectations.sentinels = entries("sentinels") { (key, value) throws(DefinitionError) in
            var names: [String] = []
            for element in try value.elements() { names.append(try element.memberName().value) }
            return Sentinels(file: key.text, members: names, line: key.located(()).line)
        }
        expectations.payloads = entries("payloads", payload)
        return expectations
    }

    private init(file: String) {
        self.file = file
    }

    private static func time(_ node: DefinitionNode) throws(DefinitionError) -> EventTime {
        guard let time = RFC3339.microseconds(node.text.utf8Bytes) else {
            throw node.error(
                "`arrival` is no time", fix: "Write a time as RFC 3339 does, such as 2026-11-21T08:01:00Z")
        }
        return EventTime(microsecondsSinceEpoch: time)
    }

    private static func invalid(
        _ key: DefinitionNode, _ value: DefinitionNode
    ) throws(DefinitionError) -> Invalid {
        let members = try value.members(known: ["reason", "pointer"])
        guard let reason = members["reason"] else { throw value.missing("reason", example: "reason: range") }
        return Invalid(
            file: key.text, reason: try reasonCode(reason), pointer: members["pointer"]?.text ?? "",
            line: key.located(()).line)
    }

    private static func reasonCode(_ node: DefinitionNode) throws(DefinitionError) -> String {
        guard RefusalReason(rawValue: node.text) != nil else {
            throw node.error(
                "`\(node.text)` is no reason",
                fix: "Known are \(RefusalReason.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return node.text
    }

    private static func payload(
        _ key: DefinitionNode, _ value: DefinitionNode
    ) throws(DefinitionError) -> Payload {
        let members = try value.members(known: ["topic", "stored", "refused", "values"])
        guard let topic = members["topic"] else {
            throw value.missing("topic", example: "topic: application/1/device/24e124128b0c0001/event/up")
        }
        var refused: [String] = []
        for reason in try members["refused"]?.elements() ?? [] { refused.append(try reasonCode(reason)) }
        var values: [(String, JSONTree)] = []
        for (key, value) in try members["values"]?.members() ?? [] {
            values.append((try key.memberName().value, try MappingDefinition.constantTree(value)))
        }
        return Payload(
            file: key.text, topic: try topic.string(),
            storedCount: try members["stored"]?.integer(in: 0...100_000) ?? (refused.isEmpty ? 1 : 0), refused: refused,
            values: values, line: key.located(()).line)
    }
}
