import JSONDocument
import Geography
import JSONSchema
import Pipeline
import Streams

/// Everything that is wrong in a folder of stream definitions.
struct DefinitionCheck {
    private(set) var mistakes: [DefinitionError] = []
    private var streamCount = 0
    private var schemaCount = 0
    private var exampleCount = 0
    private var mappingCount = 0
    private var areaCount = 0
    private var rollupCount = 0

    /// What is checked of a reading's unit too: the same number means something else with another one.
    private static let meanings = ["unit"]

    init(streamsFolder: String, areasFolder: String) {
        let folder = DefinitionFolder.read(streamsFolder)
        mistakes = folder.errors
        for stream in folder.streams { check(stream) }
        let rollups = RollupCatalog(StreamCatalog(streams: folder.streams.compactMap(\.plan)), errors: &mistakes)
        rollupCount = rollups.entries.count
        // What the meta-schema and the compiler find at one place of a schema is one mistake.
        var seen: Set<String> = []
        mistakes = mistakes.filter { mistake in
            let place = "\(mistake.file):\(mistake.line):\(mistake.column)"
            let isSchema = SchemaVersion(fileName: String(mistake.file.split(separator: "/").last ?? "")) != nil
            return seen.insert(isSchema ? place : mistake.description).inserted
        }
        checkAreas(areasFolder)
        mistakes.sort { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
    }

    /// What was checked and what came of it.
    var summary: String {
        let parts = [
            Format.counted(streamCount, "stream"), Format.counted(schemaCount, "schema"),
            Format.counted(mappingCount, "mapping"), Format.counted(rollupCount, "rollup"),
            Format.counted(exampleCount, "example"), Format.counted(areaCount, "area"),
        ]
        let verdict = mistakes.isEmpty ? "no mistakes" : Format.counted(mistakes.count, "mistake")
        return "Checked \(parts.joined(separator: ", ")): \(verdict)."
    }

    private mutating func checkAreas(_ folder: String) {
        var errors: [AreaError] = []
        areaCount = AreaReference.read(folder: folder, errors: &errors).atlas?.areas.count ?? 0
        for error in errors {
            let line = error.place.hasPrefix("line ") ? Int(error.place.dropFirst(5)) : nil
            let place = line == nil && !error.place.isEmpty ? "\(error.place): " : ""
            mistakes.append(
                DefinitionError(
                    file: error.file, line: line ?? 0, message: place + error.message, fix: error.fix))
        }
    }

    private mutating func check(_ stream: DefinitionFolder.Stream) {
        streamCount += 1
        schemaCount += stream.schemas.count
        mappingCount += stream.plan?.sources.count { $0.mapping != nil } ?? 0
        var newer: [(file: SchemaFile, schema: CompiledSchema)] = []
        for file in stream.schemas {
            guard let schema = compiled(file) else { continue }
            // All of them, since what each step changes may be harmless and all steps together not.
            for other in newer where other.file.version.major == file.version.major {
                compare(file, schema, other.file, other.schema)
            }
            newer.append((file, schema))
        }
        guard let plan = stream.plan else { return }
        let examples = ExampleCheck(plan, folder: "\(stream.directory)/examples")
        exampleCount += examples.count
        mistakes += examples.mistakes
    }

    /// The schema, if it is one by its meta-schema and can be used.
    private mutating func compiled(_ file: SchemaFile) -> CompiledSchema? {
        do throws(DefinitionError) {
            let tree = try file.tree()
            if let mistake = Self.metaschemaViolation(of: tree, file) { throw mistake }
            return try file.compiled()
        } catch {
            mistakes.append(error)
            return nil
        }
    }

    /// The rule of the meta-schema that a schema breaks.
    private static func metaschemaViolation(of tree: JSONTree, _ file: SchemaFile) -> DefinitionError? {
        guard case .string(let uri)? = tree["$schema"] ?? .string(SchemaDraft.draft202012.uri) else { return nil }
        let reference = JSONTree.object([.init(name: "$ref", value: .string(uri))])
        do {
            var validator = SchemaValidator(try CompiledSchema(reference))
            var parser = JSONParser()
            let document = try parser.parse(tree.text)
            guard let violation = validator.violation(in: document) else { return nil }
            return file.error(
                at: violation.instance, "the schema is none by its meta-schema: \(violation.sentence)",
                fix: "Correct it there; JSON Schema 2020-12 says what is allowed")
        } catch {
            // A dialect that is not built in: compiling the schema says so, with its place.
            return nil
        }
    }

    /// Versions of one major number live side by side, and a fleet need not know which one counts.
    private mutating func compare(
        _ oldFile: SchemaFile, _ old: CompiledSchema, _ newFile: SchemaFile, _ new: CompiledSchema
    ) {
        let comparison = SchemaComparison(from: old, to: new, meanings: Self.meanings)
        guard comparison.compatibility == .breaking else { return }
        // Each change may be harmless in one direction, and only both together break.
        let breaking = comparison.differences.filter { $0.compatibility == .breaking }
        for difference in breaking.isEmpty ? comparison.differences : breaking {
            let place = difference.field.tokens.flatMap { ["properties", $0] }
            mistakes.append(
                newFile.error(
                    at: JSONPointer(place),
                    "version \(newFile.version) breaks with \(oldFile.name) under the same major number: "
                        + "\(difference.field.tokens.isEmpty ? "" : "\(difference.field): ")\(difference.sentence)",
                    fix: "Take the change back, or name the file "
                        + SchemaVersion(major: newFile.version.major + 1).fileName))
        }
    }
}
