import ArgumentParser
import DurableFiles
import Glibc
import JSONDocument
import JSONSchema

/// Where the documents are that a schema refers to.
struct SchemaDocumentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Folder with documents that schemas may refer to, by their $id or by their path.", valueName: "folder"))
    var remotes: [String] = []

    @Option(
        help: ArgumentHelp(
            "What stands at an address: a file, or for an address that ends in / a folder.", valueName: "uri=path"))
    var map: [String] = []

    @Option(
        help: ArgumentHelp("Draft of schemas without $schema: 2020-12, 2019-09 or 7.", valueName: "draft"),
        transform: { try SchemaDocumentOptions.draft($0) })
    var draft: SchemaDraft?

    static func draft(_ name: String) throws -> SchemaDraft {
        guard let draft = SchemaDraft(name: name) else { throw ValidationError("a draft is 2020-12, 2019-09 or 7") }
        return draft
    }

    /// The documents that the options name.
    func documents() throws(CommandFailure) -> SchemaDocuments {
        var documents = SchemaDocuments()
        for folder in remotes { try documents.add(folder: folder, at: SchemaDocuments.address(of: folder) + "/") }
        for mapping in map {
            guard let mark = mapping.lastIndex(of: "="), mark > mapping.startIndex else {
                throw .usage("--map \(mapping) has no =; write --map https://example.com/a.json=a.json")
            }
            let (uri, path) = (String(mapping[..<mark]), String(mapping[mapping.index(after: mark)...]))
            if uri.hasSuffix("/") {
                try documents.add(folder: path, at: uri)
            } else {
                try documents.add(file: path, at: uri)
            }
        }
        return documents
    }
}

/// JSON documents by their addresses, with the files from which they come.
struct SchemaDocuments {
    private(set) var trees: [String: JSONTree] = [:]
    private var paths: [String: String] = [:]

    /// Adds every `.json` file below a folder.
    mutating func add(folder: String, at uri: String) throws(CommandFailure) {
        for file in try Self.files(below: folder) { try add(file: "\(folder)/\(file)", at: uri + Self.escaped(file)) }
    }

    mutating func add(file: String, at uri: String) throws(CommandFailure) {
        trees[uri] = try Self.tree(file)
        paths[uri] = file
    }

    /// Compiles the schema in a file.
    func compile(
        _ path: String, draft: SchemaDraft?, assertsFormat: Bool
    ) throws(CommandFailure) -> CompiledSchema {
        let tree = try Self.tree(path)
        do throws(SchemaError) {
            return try CompiledSchema(
                tree, at: path == "-" ? "" : Self.address(of: path), others: trees, draft: draft ?? .draft202012,
                assertsFormat: assertsFormat)
        } catch {
            let file = error.document.isEmpty ? path : paths[error.document] ?? error.document
            // Only for the line: without it the pointer says where.
            let place = (try? InputFile.bytes(of: file)).flatMap { bytes in
                // Safe: UInt8 has no padding.
                unsafe JSONLocator(bytes.span.bytes).place(of: error.pointer)
            }
            let line = place.map { ":\($0.line):\($0.column)" } ?? ""
            let pointer = error.pointer.tokens.isEmpty ? "" : " at \(error.pointer)"
            throw .usage("\(file)\(line): the schema cannot be used\(pointer): \(error.sentence).")
        }
    }

    /// The address of a file or folder, against which relative references are resolved.
    static func address(of path: String) -> String {
        // Safe: realpath returns a C string that is copied and freed, or null where there is nothing.
        let absolute = unsafe realpath(path, nil).map { pointer in
            defer { unsafe free(pointer) }
            return unsafe String(cString: pointer)
        }
        return "file://" + escaped(absolute ?? path)
    }

    /// The `.json` files below a folder, relative to it, in order.
    static func files(below folder: String, except excluded: String? = nil) throws(CommandFailure) -> [String] {
        var files: [String] = []
        var pending = [""]
        do throws(FileError) {
            while let prefix = pending.popLast() {
                for entry in try SystemFileStore().entries(of: prefix.isEmpty ? folder : "\(folder)/\(prefix)") {
                    let path = prefix.isEmpty ? entry.name : "\(prefix)/\(entry.name)"
                    if entry.isDirectory {
                        if entry.name != excluded { pending.append(path) }
                    } else if path.hasSuffix(".json") {
                        files.append(path)
                    }
                }
            }
        } catch {
            throw .usage("\(error).")
        }
        return files.sorted()
    }

    static func tree(_ path: String) throws(CommandFailure) -> JSONTree {
        let bytes = try InputFile.bytes(of: path)
        do throws(JSONParseError) {
            return try JSONTree(parsing: bytes)
        } catch {
            throw .usage("\(path):\(error.line):\(error.column): \(error.complaint).")
        }
    }

    /// A path as part of a URI.
    private static func escaped(_ path: String) -> String {
        var text = ""
        for scalar in path.unicodeScalars {
            switch scalar {
            case " ", "%", "#", "?":
                text += "%" + String(scalar.value, radix: 16, uppercase: true)
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
