import DurableFiles
import JSONDocument
import Payloads
import Telemetry

/// The `map` of a source as it is written.
struct MappingDefinition {
    let mapping: RecordMapping
    /// The members that it writes, with their places.
    let targets: [Located<String>]

    private static let keys = [
        "from", "value", "topic", "values", "multiply", "divide", "add", "round", "unit", "ratio", "zone", "epoch",
        "part",
    ]

    /// Reads a mapping from members of the reading to where they come from; nil when something of it is wrong.
    ///
    /// - Parameters:
    ///   - node: the value of `map`.
    ///   - rest: what becomes of the members that no entry names.
    ///   - topicLevelCount: how many levels every topic of the source has; nil when that is not known.
    ///   - errors: gets what is wrong.
    init?(
        _ node: DefinitionNode, rest: RecordMapping.Rest, topicLevelCount: Int?, errors: inout [DefinitionError]
    ) {
        let errorCount = errors.count
        var entries: [RecordMapping.Entry] = []
        var targets: [Located<String>] = []
        let members =
            DefinitionError.collect(into: &errors) { () throws(DefinitionError) in try node.members() } ?? []
        for (key, value) in members {
            let entry = DefinitionError.collect(into: &errors) { () throws(DefinitionError) in
                let target = try key.memberName()
                targets.append(target)
                return try Self.entry(target.value, value, topicLevelCount)
            }
            if let entry { entries.append(entry) }
        }
        guard errors.count == errorCount else { return nil }
        do throws(RecordMappingError) {
            mapping = try RecordMapping(entries, rest: rest)
        } catch {
            errors.append(node.error(error.message, fix: error.fix))
            return nil
        }
        self.targets = targets
    }

    private static func entry(
        _ target: String, _ node: DefinitionNode, _ topicLevelCount: Int?
    ) throws(DefinitionError) -> RecordMapping.Entry {
        guard node.kind == .mapping else { return RecordMapping.Entry(target, from: try place(node)) }
        let members = try node.members(known: keys)
        let origins = ["from", "value", "topic"].compactMap { members[$0] }
        guard origins.count == 1, let origin = origins.first else {
            throw node.error(
                "the entry of /\(target) must say where the value comes from, once",
                fix: "Write one of `from: object.rsrp`, `value: 1` or `topic: 2`")
        }
        if members["value"] != nil {
            guard members.count == 1 else {
                throw node.error(
                    "a `value` stands as it is, and nothing is converted", fix: "Remove the keys beside `value`")
            }
            return RecordMapping.Entry(target, from: .constant(try constant(origin)))
        }
        if members["topic"] != nil {
            // 32: topics of MQTT have seldom more than ten levels.
            let level = try origin.integer(in: 1...32)
            if let topicLevelCount, level > topicLevelCount {
                throw origin.error(
                    "the topics of this source have \(topicLevelCount) levels",
                    fix: "Choose a level from 1 to \(topicLevelCount)")
            }
            return RecordMapping.Entry(target, from: .topic(level: level), try conversion(node, members))
        }
        let place = try place(origin)
        if case .arrival = place, members.count > 1 {
            throw node.error("the time of arrival needs no rules", fix: "Remove the keys beside `from: arrival`")
        }
        return RecordMapping.Entry(target, from: place, try conversion(node, members))
    }

    /// A path, a list of paths, or the word `arrival`.
    private static func place(_ node: DefinitionNode) throws(DefinitionError) -> RecordMapping.Origin {
        guard node.kind == .list else {
            let text = try node.string()
            return text == "arrival" ? .arrival : .document([try path(node)])
        }
        var paths: [SourcePath] = []
        for element in try node.elements() { paths.append(try path(element)) }
        guard !paths.isEmpty else {
            throw node.error("the list of places is empty", fix: "Name at least one, such as object.rsrp")
        }
        return .document(paths)
    }

    private static func path(_ node: DefinitionNode) throws(DefinitionError) -> SourcePath {
        let text = try node.string()
        do throws(RecordMappingError) {
            return try SourcePath(text)
        } catch {
            throw node.error(error.message, fix: error.fix)
        }
    }

    /// A scalar as YAML 1.2 understands it: `on` and `no` are texts, and what stands in quotation marks always is.
    private static func constant(_ node: DefinitionNode) throws(DefinitionError) -> RecordConstant {
        guard node.kind == .scalar else {
            throw node.error("`\(node.path)` must be one value", fix: "Write a text, a number, true, false or null")
        }
        if node.isQuoted { return .text(node.text) }
        if node.isNull { return .null }
        if node.text == "true" || node.text == "false" { return .bool(node.text == "true") }
        let number = RecordConstant.number(node.text)
        return DecimalText.isNumber(node.text) ? number : .text(node.text)
    }

    /// The same as a JSON value.
    static func constantTree(_ node: DefinitionNode) throws(DefinitionError) -> JSONTree {
        switch try constant(node) {
        case .text(let text): return .string(text)
        case .bool(let value): return .bool(value)
        case .null: return .null
        case .number(let text):
            do throws(JSONParseError) {
                return try JSONTree(parsing: text)
            } catch {
                throw node.error("`\(text)` is no number that JSON has", fix: "Write it as JSON does, such as 0.5")
            }
        }
    }

    private static func conversion(
        _ node: DefinitionNode, _ members: [String: DefinitionNode]
    ) throws(DefinitionError) -> RecordConversion {
        var values: [(key: String, value: RecordConstant)] = []
        for (key, value) in try members["values"]?.members() ?? [] { values.append((key.text, try constant(value))) }
        let unit = try members["unit"].map(unit)
        let ratio = try members["ratio"].map { (node) throws(DefinitionError) in
            try word(node, RecordConversion.Ratio.allCases.map(\.rawValue))
        }
        let digits = try members["round"].map { (node) throws(DefinitionError) in try node.integer(in: 0...12) }
        let time = try timeRule(members)
        do throws(RecordMappingError) {
            return try RecordConversion(
                values: values, unit: unit, ratio: ratio.flatMap { RecordConversion.Ratio(rawValue: $0) },
                multiply: members["multiply"]?.text, divide: members["divide"]?.text, add: members["add"]?.text,
                decimalPlaces: digits, time: time)
        } catch {
            throw node.error(error.message, fix: error.fix)
        }
    }

    private static func unit(_ node: DefinitionNode) throws(DefinitionError) -> (from: String, to: String) {
        let members = try node.members(known: ["from", "to"])
        guard let from = members["from"] else { throw node.missing("from", example: "unit: { from: degF, to: Cel }") }
        guard let target = members["to"] else { throw node.missing("to", example: "unit: { from: degF, to: Cel }") }
        return (try from.string(), try target.string())
    }

    private static func timeRule(_ members: [String: DefinitionNode]) throws(DefinitionError) -> TimeRule? {
        guard members["zone"] != nil || members["epoch"] != nil || members["part"] != nil else { return nil }
        let zone = try members["zone"].map { (zone) throws(DefinitionError) in try zone.timeZone() }
        let epoch = try members["epoch"].map { (node) throws(DefinitionError) in
            try word(node, TimeRule.Epoch.allCases.map(\.rawValue))
        }
        let part = try members["part"].map { (node) throws(DefinitionError) in
            try word(node, TimeRule.Part.allCases.map(\.rawValue))
        }
        return TimeRule(
            zone: zone, epoch: epoch.flatMap { TimeRule.Epoch(rawValue: $0) },
            part: part.flatMap { TimeRule.Part(rawValue: $0) })
    }

    private static func word(_ node: DefinitionNode, _ words: [String]) throws(DefinitionError) -> String {
        guard words.contains(node.text) else {
            throw node.error(
                "`\(node.path)` is `\(node.text)`", fix: "Write one of \(words.joined(separator: ", "))")
        }
        return node.text
    }
}

/// Numbers as JSON writes them.
private enum DecimalText {
    static func isNumber(_ text: String) -> Bool {
        guard let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else {
            return false
        }
        do throws(JSONParseError) {
            return switch try JSONTree(parsing: text) {
            case .integer, .unsigned, .double: true
            default: false
            }
        } catch {
            return false
        }
    }
}
