import DurableFiles
import Telemetry
import Yams

/// A value of a YAML file with its place, read with the errors that a person can act on.
struct DefinitionNode {
    let file: String
    /// The keys that lead here, for messages; empty at the top.
    let path: String
    private let node: Node

    /// Parses a YAML file.
    init(parsing text: String, file: String) throws(DefinitionError) {
        self.file = file
        path = ""
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw DefinitionError(
                    file: file, line: 1, message: "the file is empty", fix: "Write the definition of a stream into it")
            }
            self.node = node
        } catch let error as DefinitionError {
            throw error
        } catch {
            throw Self.syntaxError(error, file: file)
        }
    }

    private init(file: String, path: String, node: Node) {
        self.file = file
        self.path = path
        self.node = node
    }

    /// An error at this place.
    func error(_ message: String, fix: String) -> DefinitionError {
        DefinitionError(
            file: file, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0, message: message, fix: fix)
    }

    private var title: String { path.isEmpty ? "the file" : "`\(path)`" }

    // MARK: Mappings

    /// The members of a mapping.
    ///
    /// - Throws: when this is no mapping, or has a key that is not in `known`.
    func members(known: [String]) throws(DefinitionError) -> [String: DefinitionNode] {
        var result: [String: DefinitionNode] = [:]
        for (key, value) in try members() {
            guard known.contains(key.text) else { throw unknown(key, known: known) }
            result[key.text] = value
        }
        return result
    }

    /// The same, but unknown keys are only noted, so that the others can be looked at too.
    func members(
        known: [String], errors: inout [DefinitionError]
    ) throws(DefinitionError) -> [String: DefinitionNode] {
        var result: [String: DefinitionNode] = [:]
        for (key, value) in try members() {
            if known.contains(key.text) {
                result[key.text] = value
            } else {
                errors.append(unknown(key, known: known))
            }
        }
        return result
    }

    private func unknown(_ key: DefinitionNode, known: [String]) -> DefinitionError {
        key.error(
            "`\(key.text)` is not a key that \(title) can have", fix: "Known are \(known.joined(separator: ", "))")
    }

    /// The members of a mapping in the order of the file.
    func members() throws(DefinitionError) -> [(key: DefinitionNode, value: DefinitionNode)] {
        guard case .mapping(let mapping) = node else {
            throw error("\(title) must be a mapping", fix: "Write it as `key: value` lines")
        }
        var result: [(DefinitionNode, DefinitionNode)] = []
        for (key, value) in mapping {
            let keyNode = DefinitionNode(file: file, path: path, node: key)
            guard case .scalar = key else {
                throw keyNode.error("a key of \(title) is not plain text", fix: "Write `key: value`")
            }
            let name = keyNode.text
            result.append(
                (keyNode, DefinitionNode(file: file, path: path.isEmpty ? name : "\(path).\(name)", node: value)))
        }
        return result
    }

    /// The error for a member that must be there.
    func missing(_ key: String, example: String) -> DefinitionError {
        error("`\(path.isEmpty ? key : "\(path).\(key)")` is missing", fix: "Add a line such as `\(example)`")
    }

    // MARK: Values

    /// The text of a scalar, empty for others.
    var text: String {
        guard case .scalar(let scalar) = node else { return "" }
        return scalar.string
    }

    /// What the value is, for readers that take several kinds.
    enum Kind {
        case scalar
        case list
        case mapping
    }

    var kind: Kind {
        switch node {
        case .sequence: .list
        case .mapping: .mapping
        default: .scalar
        }
    }

    /// Whether a scalar stands in quotation marks, and so is text whatever it looks like.
    var isQuoted: Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.style == .singleQuoted || scalar.style == .doubleQuoted
    }

    /// Whether the value is left out or `null`.
    var isNull: Bool { !isQuoted && node.null != nil }

    func elements() throws(DefinitionError) -> [DefinitionNode] {
        guard case .sequence(let sequence) = node else {
            throw error("\(title) must be a list", fix: "Write it as `[a, b]` or as lines that begin with `- `")
        }
        return sequence.map { DefinitionNode(file: file, path: path, node: $0) }
    }

    /// A text that is not empty.
    func string() throws(DefinitionError) -> String {
        guard case .scalar(let scalar) = node, node.null == nil, !scalar.string.isEmpty else {
            throw error("\(title) must be a text", fix: "Write a value behind the colon")
        }
        return scalar.string
    }

    func integer(in range: ClosedRange<Int>) throws(DefinitionError) -> Int {
        guard let value = node.int, range.contains(value) else {
            throw error(
                "\(title) must be a whole number from \(range.lowerBound) to \(range.upperBound)",
                fix: "Change the number")
        }
        return value
    }

    /// A number; the exact integer too when it is one.
    func number() throws(DefinitionError) -> (double: Double, integer: Int64?) {
        if let integer = node.int { return (Double(integer), Int64(integer)) }
        guard let double = node.float, double.isFinite else {
            throw error("\(title) must be a number", fix: "Write a number, without quotation marks")
        }
        return (double, nil)
    }

    /// A duration such as `90s`, `5m`, `1h` or `30d`, in microseconds.
    func duration() throws(DefinitionError) -> Int64 {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let written = text
        guard let unit = written.last.flatMap({ units[$0] }),
            written.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let count = Int64(written.dropLast())
        else {
            throw error(
                "\(title) is not a duration", fix: "Write a whole number with s, m, h or d, such as 15s, 5m, 1h or 30d")
        }
        let (seconds, overflow) = count.multipliedReportingOverflow(by: unit)
        // 100 years: longer ones are typing errors.
        guard !overflow, seconds <= 36_525 * 86_400 else {
            throw error("\(title) is longer than 100 years", fix: "Write a shorter duration")
        }
        return seconds * 1_000_000
    }

    /// The name of a member of the reading, from a pointer such as `/rsrp`.
    func memberName() throws(DefinitionError) -> Located<String> {
        let pointer = text
        guard pointer.utf8.first == UInt8(ascii: "/"), pointer.utf8.count > 1,
            !pointer.dropFirst().contains("/"), !pointer.contains("~")
        else {
            throw error(
                "\(title) must point to a member of the reading", fix: "Write a slash and the name, such as /rsrp")
        }
        return located(String(pointer.dropFirst()))
    }

    /// The time zone with this name.
    func timeZone() throws(DefinitionError) -> CivilTimeZone { try timeZone(named: try string()) }

    /// A time zone that is meant here without being written.
    func timeZone(named name: String) throws(DefinitionError) -> CivilTimeZone {
        let fix = "Write a name of the IANA database, such as Asia/Ho_Chi_Minh, and install the package tzdata"
        guard CivilTimeZone.isName(name) else { throw error("`\(name)` is no name of a time zone", fix: fix) }
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try SystemFileStore().read("\(CivilTimeZone.folder)/\(name)")
        } catch let problem {
            throw error("the time zone `\(name)` is not known here: \(problem)", fix: fix)
        }
        do throws(TimeZoneError) {
            return try CivilTimeZone(name: name, file: bytes)
        } catch let problem {
            throw error("the file of the time zone `\(name)` cannot be read: \(problem)", fix: fix)
        }
    }

    func located<Value>(_ value: Value) -> Located<Value> {
        Located(value: value, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0)
    }

    // MARK: Syntax

    private static func syntaxError(_ error: any Error, file: String) -> DefinitionError {
        let fix = "Correct the YAML there; indentation, a missing space behind a colon and tabs are the usual causes"
        guard let error = error as? YamlError else {
            return DefinitionError(file: file, message: "the file is not YAML", fix: fix)
        }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return DefinitionError(
                file: file, line: mark.line, column: mark.column, message: "the file is not YAML: \(problem)", fix: fix)
        case .duplicatedKeysInMapping(let duplicates, let context):
            return DefinitionError(
                file: file, line: context.mark.line, column: context.mark.column,
                message: "the key `\(duplicates.joined(separator: "`, `"))` stands twice in the same mapping",
                fix: "Keep one of them")
        case .reader(let problem, _, _, _):
            return DefinitionError(file: file, message: "the file is not YAML: \(problem)", fix: fix)
        default:
            return DefinitionError(file: file, message: "the file is not YAML", fix: fix)
        }
    }
}

/// A value with its place in the file, both from 1.
package struct Located<Value: Sendable>: Sendable {
    package let value: Value
    package let line: Int
    package let column: Int

    /// Another value at the same place.
    package func with<Other>(_ value: Other) -> Located<Other> {
        Located<Other>(value: value, line: line, column: column)
    }
}
