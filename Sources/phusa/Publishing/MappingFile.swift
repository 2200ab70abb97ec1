import Yams

/// Reads a mapping file: YAML with the same that `--map`, `--set` and the others say.
struct MappingFile {
    private let path: String

    /// The mapping in the file at `path`.
    ///
    /// - Throws: a sentence with file, line and what is expected there.
    static func read(path: String) throws(CommandFailure) -> RecordMapping {
        let text = String(decoding: try InputFile.bytes(of: path), as: UTF8.self)
        return try MappingFile(path: path).mapping(from: text)
    }

    static func parse(_ text: String, name: String) throws(CommandFailure) -> RecordMapping {
        try MappingFile(path: name).mapping(from: text)
    }

    private func mapping(from text: String) throws(CommandFailure) -> RecordMapping {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw .usage("\(path) is not YAML: \(Self.firstLine(of: error))")
        }
        guard let root, case .mapping(let members) = root else {
            throw .usage("\(path) should hold a mapping with topic: and map:, and holds something else.")
        }
        var mapping = RecordMapping()
        for (key, value) in members { try read(key, value, into: &mapping) }
        // Last, since it needs the fields, and members may stand in any order.
        for (key, value) in members where key.scalar?.string == "translate" {
            try readTranslations(value, into: &mapping)
        }
        return mapping
    }

    private func read(_ key: Node, _ value: Node, into mapping: inout RecordMapping) throws(CommandFailure) {
        switch key.scalar?.string {
        case "topic": mapping.topic = try located(value) { text throws(CommandFailure) in try TopicTemplate(text) }
        case "delimiter":
            mapping.delimiter = try located(value) { text throws(CommandFailure) in try Delimiter.parse(text) }
        case "time": try readTime(value, into: &mapping)
        case "null": mapping.nulls = Set(try list(value))
        case "where":
            for (column, pattern) in try members(value) {
                mapping.filters.append(.init(column: column, pattern: try text(pattern)))
            }
        case "map":
            for (name, column) in try members(value) {
                mapping.set(FieldMapping(name: name, column: try text(column)))
            }
        case "set":
            for (name, node) in try members(value) {
                var field = FieldMapping(name: name, constant: try text(node))
                // As YAML means it: 300 is a number, "300" is text.
                if field.type == .string, node.scalar?.style == .plain { field.type = .automatic }
                if node.bool != nil, node.scalar?.style == .plain { field.type = .boolean }
                mapping.set(field)
            }
        case "translate": break
        default:
            throw failure(
                key,
                "\(key.scalar?.string ?? "this") is not known here; known are topic, delimiter, time, null, where, map, "
                    + "set and translate.")
        }
    }

    private func readTime(_ value: Node, into mapping: inout RecordMapping) throws(CommandFailure) {
        for (name, node) in try members(value) {
            switch name {
            case "format":
                _ = try located(node) { text throws(CommandFailure) in try TimePattern(text) }
                mapping.timeFormat = try text(node)
            case "zone":
                _ = try located(node) { text throws(CommandFailure) in try UTCOffset.parse(text) }
                mapping.timeZone = try text(node)
            default: throw failure(node, "\(name) is not known under time:; known are format and zone.")
            }
        }
    }

    private func readTranslations(_ value: Node, into mapping: inout RecordMapping) throws(CommandFailure) {
        for (name, pairs) in try members(value) {
            var translations: [String: String] = [:]
            for (from, to) in try members(pairs) { translations[from] = try text(to) }
            guard mapping.fields.contains(where: { $0.name == name }) else {
                throw failure(pairs, "there is no field \(name) under map: to translate.")
            }
            try mapping.translate(name, translations)
        }
    }

    private func members(_ node: Node) throws(CommandFailure) -> [(String, Node)] {
        guard let mapping = node.mapping else { throw failure(node, "names with values are expected here.") }
        var members: [(String, Node)] = []
        for (key, value) in mapping { members.append((try text(key), value)) }
        return members
    }

    private func list(_ node: Node) throws(CommandFailure) -> [String] {
        guard let sequence = node.sequence else { throw failure(node, "a list such as [\"-\", NA] is expected here.") }
        var texts: [String] = []
        for element in sequence { texts.append(try text(element)) }
        return texts
    }

    private func text(_ node: Node) throws(CommandFailure) -> String {
        guard let scalar = node.scalar else { throw failure(node, "a plain value is expected here.") }
        return scalar.string
    }

    /// Adds file and line to what `body` finds wrong.
    private func located<Value>(
        _ node: Node, _ body: (String) throws(CommandFailure) -> Value
    ) throws(CommandFailure) -> Value {
        let text = try text(node)
        do throws(CommandFailure) {
            return try body(text)
        } catch {
            throw failure(node, error.sentence)
        }
    }

    private func failure(_ node: Node, _ sentence: String) -> CommandFailure {
        let line = node.mark.map { ", line \($0.line)" } ?? ""
        return .usage("\(path)\(line): \(sentence)")
    }

    private static func firstLine(of error: any Error) -> String {
        if case YamlError.parser(_, let problem, let mark, _) = error { return "line \(mark.line): \(problem)." }
        if case YamlError.scanner(_, let problem, let mark, _) = error { return "line \(mark.line): \(problem)." }
        return "\(error)"
    }
}

/// The separator of fields as people write it.
enum Delimiter {
    static func parse(_ text: String) throws(CommandFailure) -> UInt8 {
        switch text {
        case "tab", "\\t": return CSVReader.tab
        default:
            guard text.utf8.count == 1, let byte = text.utf8.first, byte != UInt8(ascii: "\""), byte > 31 || byte == 9
            else { throw .usage("The delimiter \(text) is not one character; write , or ; or | or tab.") }
            return byte
        }
    }
}
