import ArgumentParser
import JSONDocument
import Streams

/// `phusa check`: whether everything in the definition folder fits together.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks all stream definitions, schemas, examples and mappings, without a broker.",
        discussion: """
            Says everything that is wrong in one run, with file and line: definitions and mappings, schemas against \
            their meta-schema, versions of a schema that break with another one of the same major number, and examples \
            that do not become what their expect.yaml says, and files of areas. Exit code 0: no mistakes; 2: mistakes.

            EXAMPLES
              phusa check
              phusa check --schemas /etc/phusa/Schemas
              phusa check --format json | jq -r .file
            """)

    @OptionGroup var definitions: SchemaOptions

    @Option(help: "How mistakes are printed: table, for people, or json, as one line each.")
    var format = OutputFormat.table

    func run() throws {
        guard InputFile.exists("\(definitions.schemas)/streams") else { throw definitions.missing() }
        let check = DefinitionCheck(
            streamsFolder: "\(definitions.schemas)/streams", areasFolder: "\(definitions.schemas)/areas")
        var output = Output()
        for mistake in check.mistakes {
            try output.write(line: format == .json ? Self.json(mistake) : "\(mistake)")
        }
        try output.flush()
        note(check.summary)
        if !check.mistakes.isEmpty { throw ExitCode(CommandFailure.Kind.usage.rawValue) }
    }

    private static func json(_ mistake: DefinitionError) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("file", mistake.file)
        writer.member("line", mistake.line == 0 ? nil : mistake.line)
        writer.member("column", mistake.column == 0 ? nil : mistake.column)
        writer.member("message", mistake.message)
        writer.member("fix", mistake.fix)
        writer.endObject()
        return writer.text
    }
}
