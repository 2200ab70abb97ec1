import ArgumentParser
import JSONDocument
import JSONSchema

/// `phusa schema diff`: what a new version of a schema means for those who have the old one.
struct SchemaDiff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compares two versions of a schema, field by field.",
        discussion: """
            full: both accept the same. backward: the new schema accepts whatever the old one accepted. forward: the \
            old one accepts whatever the new one accepts. breaking: neither is known to hold; what cannot be decided is \
            called so. Formats count, as in the pipeline, and another unit is breaking. Exit code 0: not breaking; 1: \
            breaking.

            EXAMPLES
              phusa schema diff Schemas/streams/coverage/v1.schema.json v2.schema.json
              phusa schema diff --format json old.json new.json
            """)

    @Argument(help: ArgumentHelp("The schema as it is.", valueName: "old"))
    var old: String

    @Argument(help: ArgumentHelp("The schema that is to take its place.", valueName: "new"))
    var new: String

    @OptionGroup var options: SchemaDocumentOptions

    @Option(help: "How the differences are printed: table or json.")
    var format = OutputFormat.table

    func run() throws {
        let documents = try options.documents()
        let comparison = SchemaComparison(
            from: try documents.compile(old, draft: options.draft, assertsFormat: true),
            to: try documents.compile(new, draft: options.draft, assertsFormat: true), meanings: ["unit"])
        var output = Output()
        if format == .json {
            try output.write(line: Self.json(comparison))
        } else {
            for line in Self.lines(comparison) { try output.write(line: line) }
        }
        try output.flush()
        if comparison.compatibility == .breaking { throw ExitCode(1) }
    }

    private static func lines(_ comparison: SchemaComparison) -> [String] {
        var lines: [String] = []
        if !comparison.differences.isEmpty {
            var table = TextTable([.init("FIELD"), .init("CHANGE"), .init("WHAT IT IS")])
            for difference in comparison.differences {
                let field = difference.field.tokens.isEmpty ? "(record)" : difference.field.description
                table.add([
                    TextTable.Cell(field),
                    TextTable.Cell(
                        difference.compatibility.rawValue, tint: difference.compatibility == .breaking ? .bad : .good),
                    TextTable.Cell(difference.sentence),
                ])
            }
            lines += table.linesForStandardOutput + [""]
        }
        return lines + [comparison.sentence]
    }

    private static func json(_ comparison: SchemaComparison) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("compatibility")
        writer.string(comparison.compatibility.rawValue)
        writer.name("sentence")
        writer.string(comparison.sentence)
        writer.name("differences")
        writer.beginArray()
        for difference in comparison.differences {
            writer.beginObject()
            writer.name("field")
            writer.string(difference.field.description)
            writer.name("compatibility")
            writer.string(difference.compatibility.rawValue)
            writer.name("decided")
            writer.bool(difference.isDecided)
            writer.name("keywords")
            writer.beginArray()
            for keyword in difference.keywords { writer.string(keyword) }
            writer.endArray()
            writer.name("sentence")
            writer.string(difference.sentence)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.text
    }
}
