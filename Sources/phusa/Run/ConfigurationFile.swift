import DurableFiles
import Glibc
import Yams

extension RunConfiguration {
    /// Puts the configuration together: the file, then the environment, then what the command line sets.
    ///
    /// - Throws: the first mistake, with the place where it stands and what would be right.
    static func load(
        file: String?, environment: [String: String], sets: [String]
    ) throws(CommandFailure) -> RunConfiguration {
        var configuration = RunConfiguration()
        if let file {
            for entry in try entries(of: file) {
                try configuration.apply(
                    entry.text, to: entry.key, at: "\(file):\(entry.line)", known: Setting.all.map(\.key))
            }
        }
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix("PHUSA_") {
            guard let setting = Setting.all.first(where: { $0.variable == variable }) else { continue }
            try configuration.apply(text, to: setting.key, at: "environment variable \(variable)", known: [])
        }
        for set in sets {
            guard let equals = set.firstIndex(of: "=") else {
                throw .usage("--set \(set): there is no value: write --set key=value")
            }
            try configuration.apply(
                String(set[set.index(after: equals)...]), to: String(set[..<equals]), at: "--set \(set)",
                known: Setting.all.map(\.key))
        }
        return configuration
    }

    private mutating func apply(
        _ text: String, to key: String, at place: String, known: [String]
    ) throws(CommandFailure) {
        guard let setting = Setting.named(key) else {
            let close = known.min { distance($0, key) < distance($1, key) } ?? ""
            throw .usage(
                "\(place): there is no setting `\(key)`: did you mean `\(close)`? `phusa run --settings` lists all")
        }
        if let expectation = setting.apply(&self, text) {
            throw .usage("\(place): `\(key)` is `\(text)`, and should be \(expectation.text)")
        }
    }

    // MARK: The file

    private struct Entry {
        let key: String
        let text: String
        let line: Int
    }

    /// The values of a YAML file by dotted keys, in the order of the file.
    private static func entries(of file: String) throws(CommandFailure) -> [Entry] {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try SystemFileStore().read(file)
        } catch {
            throw .usage("\(error): give the configuration with --config FILE")
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self))
        } catch let error as YamlError {
            throw .usage("\(file)\(place(of: error)): this is not YAML: \(problem(of: error))")
        } catch {
            throw .usage("\(file): this is not YAML: \(error)")
        }
        guard let root else { return [] }
        var entries: [Entry] = []
        try collect(root, prefix: "", file: file, into: &entries)
        return entries
    }

    private static func collect(
        _ node: Node, prefix: String, file: String, into entries: inout [Entry]
    ) throws(CommandFailure) {
        guard case .mapping(let mapping) = node else {
            let line = node.mark?.line ?? 1
            throw .usage("\(file):\(line): `\(prefix)` holds keys, each on a line of its own: key: value")
        }
        for (name, value) in mapping {
            let line = name.mark?.line ?? value.mark?.line ?? 1
            guard let word = name.string else { throw .usage("\(file):\(line): a key must be a word") }
            let key = prefix.isEmpty ? word : "\(prefix).\(word)"
            switch value {
            case .scalar(let scalar) where Setting.named(key) != nil || !Setting.hasKeys(below: key):
                entries.append(Entry(key: key, text: scalar.string, line: line))
            case .sequence(let sequence) where Setting.named(key) != nil:
                let texts = sequence.compactMap { $0.scalar?.string }
                guard texts.count == sequence.count else {
                    throw .usage("\(file):\(line): `\(key)` should be a list of texts")
                }
                entries.append(Entry(key: key, text: texts.joined(separator: ","), line: line))
            case .mapping where Setting.named(key) == nil && !Setting.hasKeys(below: key):
                entries.append(Entry(key: key, text: "", line: line))
            default:
                try collect(value, prefix: key, file: file, into: &entries)
            }
        }
    }

    private static func place(of error: YamlError) -> String {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
            ":\(mark.line)"
        default: ""
        }
    }

    private static func problem(of error: YamlError) -> String {
        switch error {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
        default: "\(error)"
        }
    }
}

extension Setting {
    static func hasKeys(below key: String) -> Bool { all.contains { $0.key.hasPrefix(key + ".") } }
}

/// How many letters differ: Levenshtein's distance.
func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    var row = Array(0...right.count)
    for (i, first) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, second) in right.enumerated() {
            let above = row[j + 1]
            row[j + 1] = min(above + 1, row[j] + 1, diagonal + (first == second ? 0 : 1))
            diagonal = above
        }
    }
    return row[right.count]
}
