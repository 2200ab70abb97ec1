import ArgumentParser
import DeltaLake
import JSONDocument

/// `phusa table ls`: all tables in numbers.
struct TableList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "Lists the tables: version, files, rows, bytes and the span of their partitions.")

    @OptionGroup var options: TableOptions

    @Option(help: "table or json.")
    var format = OutputFormat.table

    func run() throws {
        let folder = try TableFolder(data: options.data)
        var facts: [TableFacts] = []
        for name in try folder.names() { facts.append(try TableFacts(name, folder.open(name).snapshot)) }
        switch format {
        case .json: print(Self.json(facts))
        case .table:
            if facts.isEmpty { note("There is no table yet in \(options.data).") }
            for line in Self.table(facts).linesForStandardOutput { print(line) }
        }
    }

    private static func table(_ facts: [TableFacts]) -> TextTable {
        var table = TextTable([
            .init("table"), .init("version", .right), .init("files", .right), .init("rows", .right),
            .init("bytes", .right), .init("bytes/row", .right), .init("partitions", .right), .init("first"),
            .init("last"),
        ])
        for entry in facts {
            table.add([
                .init(entry.name, tint: .accent), .init(Int(entry.version)), .init(entry.fileCount),
                .init(entry.rowCount.map(Format.count) ?? "?"), .init(Format.bytes(entry.byteCount)),
                .init(entry.bytesPerRow), .init(entry.partitions.count),
                .init(entry.partitions.first.map { hour($0.path) } ?? ""),
                .init(entry.partitions.last.map { hour($0.path) } ?? ""),
            ])
        }
        table.setFooter([
            "all", "", .init(facts.reduce(0) { $0 + $1.fileCount }),
            .init(facts.reduce(0) { $0 + ($1.rowCount ?? 0) }),
            .init(Format.bytes(facts.reduce(0) { $0 + $1.byteCount })), "",
            .init(facts.reduce(0) { $0 + $1.partitions.count }),
        ])
        return table
    }

    /// `2026-11-21 08h` for `date=2026-11-21/hour=08`.
    static func hour(_ partition: String) -> String {
        let values = partition.split(separator: "/").map { $0.split(separator: "=", maxSplits: 1).last ?? "" }
        return values.count == 2 && partition.contains("hour=") ? "\(values[0]) \(values[1])h" : partition
    }

    private static func json(_ facts: [TableFacts]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for table in facts { table.write(to: &writer) }
        writer.endArray()
        return writer.text
    }
}

extension TableFacts {
    /// The facts as an object.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("table")
        writer.string(name)
        writeNumbers(to: &writer)
        writer.name("partitions")
        writer.integer(partitions.count)
        writer.name("first_partition")
        if let first = partitions.first { writer.string(first.path) } else { writer.null() }
        writer.name("last_partition")
        if let last = partitions.last { writer.string(last.path) } else { writer.null() }
        writer.endObject()
    }

    func writeNumbers(to writer: inout JSONWriter) {
        writer.name("version")
        writer.integer(version)
        writer.name("files")
        writer.integer(fileCount)
        writer.name("rows")
        if let rowCount { writer.integer(rowCount) } else { writer.null() }
        writer.name("bytes")
        writer.integer(byteCount)
    }
}
