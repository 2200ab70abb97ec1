import ArgumentParser
import JSONDocument
import JSONSchema

/// `phusa schema validate`: whether documents are valid.
struct SchemaValidate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Says of each document whether it is valid, and if not, where and why.",
        discussion: """
            Each file is one document; of .ndjson and .jsonl files, and with --lines, each line is one. Exit code 0: all \
            are valid; 1: at least one is not, or is too large, too deep or too much work to decide, for which "valid" is \
            null with --format json; 2: the schema or the arguments are wrong.

            EXAMPLES
              phusa schema validate coverage.schema.json good.json bad.json
              phusa schema validate --assert-format --format json coverage.schema.json readings.ndjson
              phusa schema validate --remotes schemas/ order.schema.json order.json
            """)

    @Argument(help: ArgumentHelp("The JSON Schema.", valueName: "schema"))
    var schema: String

    @Argument(help: ArgumentHelp("Documents; - is standard input.", valueName: "instance"))
    var instances: [String]

    @OptionGroup var options: SchemaDocumentOptions

    @Flag(help: "A string that is not of its format is an error.")
    var assertFormat = false

    @Flag(help: "Each line is a document.")
    var lines = false

    @Option(help: "How verdicts are printed: table, for people, or json, as one line each.")
    var format = OutputFormat.table

    func run() throws {
        let schema = try options.documents().compile(schema, draft: options.draft, assertsFormat: assertFormat)
        // Nobody validates the whole command line again because of one name.
        for instance in instances where instance != "-" {
            guard InputFile.exists(instance), !InputFile.isFolder(instance) else {
                throw CommandFailure.usage("There is no file \(instance) that can be read; check the name.")
            }
        }
        var validator = SchemaValidator(schema)
        var parser = JSONParser(limits: InstanceFault.limits)
        var output = Output()
        var invalidCount = 0
        for instance in instances {
            let name = instance == "-" ? "standard input" : instance
            if lines || [".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz"].contains(where: instance.hasSuffix) {
                var reader = LineReader(try InputFile(path: instance))
                var line: [UInt8] = []
                while try reader.next(into: &line) {
                    if line.isEmpty { continue }
                    let fault = InstanceFault(in: line, &parser, &validator)
                    if fault != nil { invalidCount += 1 }
                    try show(fault, name, line: reader.line, &output)
                }
            } else {
                let fault = InstanceFault(in: try InputFile.bytes(of: instance), &parser, &validator)
                if fault != nil { invalidCount += 1 }
                try show(fault, name, line: nil, &output)
            }
        }
        try output.flush()
        if invalidCount > 0 { throw ExitCode(1) }
    }

    private func show(
        _ fault: InstanceFault?, _ name: String, line: Int?, _ output: inout Output
    ) throws(CommandFailure) {
        guard format == .table else { return try output.write(line: Self.json(fault, name, line: line)) }
        let source = line.map { "\(name), line \($0)" } ?? name
        guard let fault else { return try output.write(line: "\(source): valid") }
        var place = fault.pointer.isEmpty ? "" : " at \(fault.pointer)"
        if let found = fault.place {
            place += line == nil ? ", line \(found.line), column \(found.column)" : ", column \(found.column)"
        }
        try output.write(line: "\(source): \(fault.isDecided ? "not valid" : "not decided")\(place)")
        try output.write(line: "  \(fault.sentence)")
        if let location = fault.schemaLocation { try output.write(line: "  by \(location)") }
    }

    private static func json(_ fault: InstanceFault?, _ name: String, line: Int?) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("instance")
        writer.string(name)
        if let line {
            writer.name("record")
            writer.integer(line)
        }
        writer.name("valid")
        if let fault, !fault.isDecided { writer.null() } else { writer.bool(fault == nil) }
        if let fault {
            writer.name("pointer")
            writer.string(fault.pointer)
            if let place = fault.place {
                writer.name("line")
                writer.integer(line ?? place.line)
                writer.name("column")
                writer.integer(place.column)
            }
            writer.name("schema_location")
            if let location = fault.schemaLocation { writer.string(location) } else { writer.null() }
            writer.name("kind")
            writer.string(fault.kind)
            writer.name("sentence")
            writer.string(fault.sentence)
        }
        writer.endObject()
        return writer.text
    }
}
