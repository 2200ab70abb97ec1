import ArgumentParser
import DeltaLake
import JSONDocument
import Telemetry

/// `phusa table show`: one table in detail.
struct TableShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows a table: its columns with units, partitions, transactions and last commits.")

    @Argument(help: "The table.")
    var table: String

    @OptionGroup var options: TableOptions

    @Option(help: "At most so many partitions and commits, the latest.")
    var limit = 10

    @Option(help: "table or json.")
    var format = OutputFormat.table

    func run() throws {
        let folder = try TableFolder(data: options.data)
        let name = try folder.names([table])[0]
        let delta = try folder.open(name)
        let commits = try lastCommits(of: delta)
        let facts = try TableFacts(name, delta.snapshot)
        switch format {
        case .json: print(Self.json(facts, delta.snapshot, commits))
        case .table: printTables(facts, delta.snapshot, commits, path: folder.folder(of: name))
        }
    }

    private struct Commit {
        let version: Int64
        var time: EventTime?
        var operation = ""
        var addedCount = 0
        var removedCount = 0
        var rowCount = 0
        var byteCount = 0
    }

    private func lastCommits(of delta: DeltaTable) throws(CommandFailure) -> [Commit] {
        let last = delta.snapshot.version
        var commits: [Commit] = []
        do throws(DeltaError) {
            for version in stride(from: last, through: max(0, last - Int64(max(1, limit)) + 1), by: -1) {
                // Commits before a checkpoint may be gone.
                guard let actions = try delta.actions(ofVersion: version) else { break }
                var commit = Commit(version: version)
                for action in actions {
                    switch action {
                    case .commitInfo(let info):
                        commit.time = info.timestampMilliseconds.map {
                            EventTime(microsecondsSinceEpoch: $0 * 1000)
                        }
                        commit.operation = info.operation ?? ""
                    case .add(let file):
                        commit.addedCount += 1
                        commit.byteCount += Int(file.byteCount)
                        commit.rowCount += Int(try file.statistics(schema: delta.snapshot.schema)?.recordCount ?? 0)
                    case .remove: commit.removedCount += 1
                    default: continue
                    }
                }
                commits.append(commit)
            }
        } catch {
            throw .failure("The log of \(table) cannot be read: \(error).")
        }
        return commits
    }

    // MARK: For people

    private func printTables(_ facts: TableFacts, _ snapshot: DeltaSnapshot, _ commits: [Commit], path: String) {
        let perRow = facts.bytesPerRow.isEmpty ? "" : " (\(facts.bytesPerRow) a row)"
        print("\(facts.name)  \(path)")
        if let description = snapshot.metadata.description { print(description) }
        print(
            "version \(snapshot.version), \(Format.counted(facts.fileCount, "file")), "
                + "\(facts.rowCount.map { Format.counted($0, "row") } ?? "rows unknown"), "
                + "\(Format.bytes(facts.byteCount))\(perRow)")
        printSection("Columns", Self.columns(of: snapshot))
        printSection("Partitions", partitions(of: facts))
        if !snapshot.transactions.isEmpty { printSection("Transactions", Self.transactions(of: snapshot)) }
        printSection("Last commits", Self.table(of: commits))
    }

    private func printSection(_ title: String, _ table: TextTable) {
        print("\n\(title)")
        for line in table.linesForStandardOutput { print(line) }
    }

    private static func columns(of snapshot: DeltaSnapshot) -> TextTable {
        var table = TextTable([.init("column"), .init("type"), .init("null"), .init("what")])
        for column in snapshot.schema.columns {
            let isPartition = snapshot.partitionColumns.contains(column.name)
            let what = [isPartition ? "partition" : "", column.comment ?? ""].filter { !$0.isEmpty }
            table.add([
                .init(column.name, tint: .accent), .init("\(column.type)"), .init(column.isNullable ? "null" : ""),
                .init(what.joined(separator: ": ")),
            ])
        }
        return table
    }

    private func partitions(of facts: TableFacts) -> TextTable {
        var table = TextTable([
            .init("partition"), .init("files", .right), .init("rows", .right), .init("bytes", .right),
        ])
        let hidden = facts.partitions.count - limit
        if hidden > 0 { table.add([.init("… \(Format.count(hidden)) earlier", tint: .faint)]) }
        for partition in facts.partitions.suffix(limit) {
            table.add([
                .init(partition.path), .init(partition.fileCount), .init(partition.rowCount),
                .init(Format.bytes(partition.byteCount)),
            ])
        }
        return table
    }

    private static func transactions(of snapshot: DeltaSnapshot) -> TextTable {
        var table = TextTable([.init("writer"), .init("through", .right)])
        for transaction in snapshot.transactions.values.sorted(by: { $0.appId < $1.appId }) {
            table.add([.init(transaction.appId), .init(Int(transaction.version))])
        }
        return table
    }

    private static func table(of commits: [Commit]) -> TextTable {
        var table = TextTable([
            .init("version", .right), .init("time"), .init("operation"), .init("added", .right),
            .init("removed", .right), .init("rows", .right), .init("bytes", .right),
        ])
        for commit in commits {
            table.add([
                .init(Int(commit.version)), .init(commit.time?.description ?? ""), .init(commit.operation),
                .init(commit.addedCount), .init(commit.removedCount), .init(commit.rowCount),
                .init(Format.bytes(commit.byteCount)),
            ])
        }
        return table
    }

    // MARK: For programs

    private static func json(_ facts: TableFacts, _ snapshot: DeltaSnapshot, _ commits: [Commit]) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("table")
        writer.string(facts.name)
        facts.writeNumbers(to: &writer)
        writer.name("columns")
        writer.beginArray()
        for column in snapshot.schema.columns {
            writer.beginObject()
            writer.member("name", column.name)
            writer.member("type", "\(column.type)")
            writer.name("nullable")
            writer.bool(column.isNullable)
            writer.name("partition")
            writer.bool(snapshot.partitionColumns.contains(column.name))
            writer.member("comment", column.comment)
            writer.endObject()
        }
        writer.endArray()
        writer.name("partitions")
        writer.beginArray()
        for partition in facts.partitions {
            writer.beginObject()
            writer.member("partition", partition.path)
            writer.member("files", partition.fileCount)
            writer.member("rows", partition.rowCount)
            writer.member("bytes", partition.byteCount)
            writer.endObject()
        }
        writer.endArray()
        writer.name("transactions")
        writer.beginObject()
        for transaction in snapshot.transactions.values.sorted(by: { $0.appId < $1.appId }) {
            writer.member(transaction.appId, Int(transaction.version))
        }
        writer.endObject()
        writer.name("commits")
        writer.beginArray()
        for commit in commits { write(commit, to: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.text
    }

    private static func write(_ commit: Commit, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("version", Int(commit.version))
        writer.member("time", commit.time?.description)
        writer.member("operation", commit.operation)
        writer.member("added", commit.addedCount)
        writer.member("removed", commit.removedCount)
        writer.member("rows", commit.rowCount)
        writer.member("bytes", commit.byteCount)
        writer.endObject()
    }
}

extension JSONWriter {
    /// A member with a text; null without one.
    mutating func member(_ name: String, _ text: String?) {
        self.name(name)
        if let text { string(text) } else { null() }
    }

    /// A member with a whole number; null without one.
    mutating func member(_ name: String, _ number: Int?) {
        self.name(name)
        if let number { integer(number) } else { null() }
    }
}
