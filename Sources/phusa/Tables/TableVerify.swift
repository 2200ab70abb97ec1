import ArgumentParser
import JSONDocument

/// `phusa table verify`: everything read back.
struct TableVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Reads everything back and checks it against the log.",
        discussion: """
            Every file is read to its last page: checksums, row counts, null counts, smallest and largest values \
            against the log, columns against the schema, times against the partition; and no file may be missing or \
            lie there unknown. A log that is gone or cannot be read is a finding too. Exit code 0: all sound; 1: not, with a line for each finding.
            """)

    @Argument(help: "The tables (default: all).")
    var tables: [String] = []

    @OptionGroup var options: TableOptions

    @Option(help: "How progress is shown.")
    var progress = ProgressStyle.auto

    @Option(help: "table or json.")
    var format = OutputFormat.table

    func run() throws {
        let folder = try TableFolder(data: options.data)
        var checks: [TableCheck] = []
        for name in try folder.names(tables, withRemains: true) {
            checks.append(try TableCheck(name, folder: folder, progress: progress))
        }
        switch format {
        case .json: print(Self.json(checks))
        case .table: Self.printTable(checks)
        }
        if checks.contains(where: { !$0.findings.isEmpty }) { throw ExitCode(1) }
    }

    private static func printTable(_ checks: [TableCheck]) {
        var table = TextTable([
            .init("table"), .init("version", .right), .init("files", .right), .init("rows", .right),
            .init("bytes", .right), .init("findings", .right),
        ])
        for check in checks {
            table.add([
                .init(check.name, tint: .accent), .init(check.version.map { Format.count(Int($0)) } ?? ""),
                .init(check.fileCount),
                .init(check.rowCount), .init(Format.bytes(check.byteCount)),
                .init(Format.count(check.findings.count), tint: check.findings.isEmpty ? .good : .bad),
            ])
        }
        for line in table.linesForStandardOutput { print(line) }
        for check in checks {
            for finding in check.findings { print("\(check.name)/\(finding.path): \(finding.sentence)") }
            for sentence in check.notes { note("\(check.name): \(sentence)") }
        }
    }

    private static func json(_ checks: [TableCheck]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for check in checks {
            writer.beginObject()
            writer.member("table", check.name)
            writer.member("version", check.version.map { Int($0) })
            writer.member("files", check.fileCount)
            writer.member("rows", check.rowCount)
            writer.member("bytes", check.byteCount)
            writer.name("findings")
            writer.beginArray()
            for finding in check.findings {
                writer.beginObject()
                writer.member("path", finding.path)
                writer.member("finding", finding.sentence)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        return writer.text
    }
}
