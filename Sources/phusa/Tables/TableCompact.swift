import ArgumentParser
import DurableFiles
import JSONDocument
import Pipeline

/// `phusa table compact`: small segments written together.
struct TableCompact: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Writes the small segments of quiet partitions together.",
        discussion: """
            phusa run does this by itself (tables.compact in its configuration); the command does it now, also beside a \
            running phusa run. The rows stay the same; readers see the old segments or the new one. The old ones stay \
            on disk for readers of older versions until phusa table vacuum.
            """)

    @Argument(help: "The tables (default: all).")
    var tables: [String] = []

    @OptionGroup var options: TableOptions

    @Option(help: ArgumentHelp("Only partitions whose hour or day ended so long ago.", valueName: "time"))
    var olderThan = "1h"

    @Option(help: ArgumentHelp("Segments become at most so large.", valueName: "size"))
    var targetSize = "64MiB"

    @Flag(help: "Only say what would be done.")
    var dryRun = false

    @Option(help: "table or json.")
    var format = OutputFormat.table

    func run() throws {
        var settings = RunConfiguration()
        try settings.set("tables.compact_after", olderThan, option: "--older-than")
        try settings.set("tables.target_size", targetSize, option: "--target-size")
        let folder = try TableFolder(data: options.data)
        let lock = dryRun ? nil : try folder.lockForCompaction()
        defer { withExtendedLifetime(lock) {} }
        var lines: [Line] = []
        for name in try folder.names(tables) {
            do throws(TableError) {
                lines += try compact(name, node: try folder.node(), settings.pipeline.upkeep.compaction)
            } catch {
                throw CommandFailure.failure("\(error).")
            }
        }
        switch format {
        case .json: print(Self.json(lines))
        case .table: printTable(lines)
        }
    }

    /// One partition's segments that became one, or would.
    private struct Line {
        let table: String
        let partition: String
        let fileCount: Int
        let rowCount: Int
        let oldByteCount: Int
        /// Nil in a dry run.
        let byteCount: Int?
    }

    private func compact(
        _ name: String, node: String, _ settings: CompactionSettings
    ) throws(TableError) -> [Line] {
        var compactor = try Compactor(
            name, tablesDirectory: "\(options.data)/tables", node: node, settings: settings)
        let plan = try compactor.plan()
        guard !dryRun else {
            return plan.jobs.map { job in
                Line(
                    table: name, partition: job.folder, fileCount: job.files.count, rowCount: job.rowCount,
                    oldByteCount: Int(job.byteCount), byteCount: nil)
            }
        }
        var rewriter = SortingRewriter(table: name)
        var lines: [Line] = []
        for job in plan.jobs {
            guard let outcome = try compactor.run(job, with: &rewriter) else { continue }
            lines.append(
                Line(
                    table: name, partition: outcome.folder, fileCount: outcome.removedCount,
                    rowCount: Int(outcome.rowCount), oldByteCount: Int(outcome.oldByteCount),
                    byteCount: Int(outcome.byteCount)))
        }
        return lines
    }

    private func printTable(_ lines: [Line]) {
        guard !lines.isEmpty else { return note("There is nothing to compact.") }
        var table = TextTable([
            .init("table"), .init("partition"), .init("files", .right), .init("rows", .right), .init("bytes", .right),
            .init(dryRun ? "" : "became", .right),
        ])
        for line in lines {
            table.add([
                .init(line.table, tint: .accent), .init(line.partition), .init(line.fileCount), .init(line.rowCount),
                .init(Format.bytes(line.oldByteCount)), .init(line.byteCount.map(Format.bytes) ?? ""),
            ])
        }
        for line in table.linesForStandardOutput { print(line) }
    }

    private static func json(_ lines: [Line]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for line in lines {
            writer.beginObject()
            writer.member("table", line.table)
            writer.member("partition", line.partition)
            writer.member("files", line.fileCount)
            writer.member("rows", line.rowCount)
            writer.member("bytes", line.oldByteCount)
            writer.member("became", line.byteCount)
            writer.endObject()
        }
        writer.endArray()
        return writer.text
    }
}

extension RunConfiguration {
    /// Takes in the value of a command's option that means the same as a setting.
    mutating func set(_ key: String, _ text: String, option: String) throws(CommandFailure) {
        guard let problem = Setting.named(key)?.apply(&self, text) else { return }
        throw .usage("\(option) \(text) is not \(problem.text).")
    }
}
