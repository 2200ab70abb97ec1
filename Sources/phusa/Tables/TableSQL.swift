import ArgumentParser
import DeltaLake
import Glibc

/// `phusa table sql`: the tables as views.
struct TableSQL: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Prints SQL that makes a view of every table for DuckDB, or runs a query with the duckdb command.",
        discussion: """
            The views name the files that are active now; later commits need the command again.

            EXAMPLES
              phusa table sql > views.sql && duckdb -init views.sql
              phusa table sql -c 'SELECT technology, count(*), avg(rsrp) FROM coverage GROUP BY 1'
            """)

    @Argument(help: "The tables (default: all).")
    var tables: [String] = []

    @OptionGroup var options: TableOptions

    @Option(name: [.customShort("c"), .long], help: ArgumentHelp("Runs this query.", valueName: "query"))
    var command: String?

    @Option(help: "With -c: table or json.")
    var format = OutputFormat.table

    func run() throws {
        let folder = try TableFolder(data: options.data)
        var statements: [String] = []
        for name in try folder.names(tables) {
            let path = Self.absolute(folder.folder(of: name))
            statements.append(Self.view(name, folder: path, try folder.open(name).snapshot))
        }
        guard let command else { return print(statements.joined(separator: "\n")) }
        let script = statements.joined(separator: "\n") + "\n" + command + (command.hasSuffix(";") ? "\n" : ";\n")
        try Program.run(["duckdb", format == .json ? "-json" : "-box"], input: script)
    }

    /// A view of the active files; of a table without any, a view without rows.
    static func view(_ name: String, folder: String, _ snapshot: DeltaSnapshot) -> String {
        let head = "CREATE OR REPLACE VIEW \(identifier(name)) AS SELECT"
        guard !snapshot.files.isEmpty else {
            let columns = snapshot.schema.columns.map { "NULL::\($0.type.duckDB) AS \(identifier($0.name))" }
            return "\(head) \(columns.joined(separator: ", ")) WHERE false;"
        }
        let files = snapshot.files.map { "  \(literal("\(folder)/\($0.path)"))" }.sorted()
        return """
            \(head) * FROM read_parquet([
            \(files.joined(separator: ",\n"))
            ], hive_partitioning = true, union_by_name = true);
            """
    }

    static func identifier(_ name: String) -> String {
        "\"\(name.replacing("\"", with: "\"\""))\""
    }

    static func literal(_ text: String) -> String {
        "'\(text.replacing("'", with: "''"))'"
    }

    private static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        // Safe: getcwd allocates the text, which is copied and freed here.
        guard let folder = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(folder) }
        return unsafe "\(String(cString: folder))/\(path)"
    }
}

extension DeltaType {
    /// The type's name in DuckDB.
    fileprivate var duckDB: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .byte: "TINYINT"
        case .short: "SMALLINT"
        case .integer: "INTEGER"
        case .long: "BIGINT"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .decimal(let precision, let scale): "DECIMAL(\(precision), \(scale))"
        case .timestamp: "TIMESTAMPTZ"
        case .date: "DATE"
        case .binary: "BLOB"
        case .map(let key, let value, _): "MAP(\(key.duckDB), \(value.duckDB))"
        case .array(let element, _): "\(element.duckDB)[]"
        default: "VARCHAR"
        }
    }
}
