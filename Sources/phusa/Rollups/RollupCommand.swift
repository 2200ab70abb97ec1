import ArgumentParser
import Conditions
import Pipeline
import Rollups
import Streams
import Telemetry

/// `phusa rollup`: figures by area, operator, time and whatever else a rollup has as a key.
struct RollupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollup",
        abstract: "Answers questions about rollups: figures by their keys and by time.",
        discussion: """
            NAME is a rollup, or a stream that has a rollup of its own name. Without it, the rollups are listed with \
            their keys, windows and measures. Partials are read from the tables, so what a running phusa run has not \
            committed yet (15 s by default) is not in the answer.

            FIGURES
              rsrp                       all that the rollup keeps of the measure rsrp
              rsrp.mean, rsrp.p95, rsrp.p99.9, covered_4g.share, devices.distinct

            TIMES are those at which windows begin: 2026-11-21 (a day of the rollup's zone), 2026-11-21T08:00:00Z, now,
            or a time span before now such as 24h or 30d.

            CONDITIONS are those of SQL's WHERE on the keys and on the parts of partials (rsrp_count, rsrp_min, …):
              --where "operator IN ('45204', '45202') AND technology = '5G'"

            EXAMPLES
              phusa rollup
              phusa rollup coverage --by area,operator --from 24h --measure rsrp.p50,covered_4g.share
              phusa rollup coverage --by area --where "area = '00004'" --window 1h --from 7d --measure covered_4g.share
              phusa rollup broadband --by area --format csv --output broadband.csv
            """)

    /// How an answer is written.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case table, json, csv, parquet
    }

    @Argument(help: "The rollup.")
    var name: String?

    @OptionGroup var options: TableOptions

    @Option(help: ArgumentHelp("Folder with areas and streams.", valueName: "folder"))
    var schemas = "Schemas"

    @Option(help: ArgumentHelp("Keys that the answer has; the others are merged.", valueName: "a,b,…"))
    var by: String?

    @Option(name: .customLong("where"), help: ArgumentHelp("Which partials count.", valueName: "condition"))
    var condition: String?

    @Option(help: ArgumentHelp("From this time on.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Before this time.", valueName: "time"))
    var to: String?

    @Option(help: ArgumentHelp("A row for each window of this length, such as 15m, 1h or 1d.", valueName: "length"))
    var window: String?

    @Option(help: ArgumentHelp("Figures or whole measures.", valueName: "a,b.mean,…"))
    var measure: String?

    @Option(help: "table, json, csv or parquet.")
    var format = Format.table

    @Option(name: .shortAndLong, help: ArgumentHelp("File to write to instead of standard output.", valueName: "file"))
    var output = "-"

    @Flag(help: "In a table, a line for each window instead of a curve for each row.")
    var lines = false

    func run() throws {
        let rollups: RollupCatalog
        do throws(DefinitionError) {
            rollups = try RollupCatalog(StreamCatalog.load("\(schemas)/streams"))
        } catch {
            throw CommandFailure.usage("\(error)")
        }
        guard let name else { return try list(rollups) }
        guard let entry = rollups.rollup(named: name) else {
            let known = rollups.entries.map(\.plan.name).joined(separator: ", ")
            throw CommandFailure.usage(
                known.isEmpty
                    ? "No stream in \(schemas)/streams defines a rollup: add `rollups:` to a stream.yaml."
                    : "There is no rollup \(name); there are \(known).")
        }
        let question = try RollupArguments(plan: entry.plan).question(
            by: by, condition: condition, from: from, to: to, window: window, measures: measure)
        let reader = RollupReader(rollups, dataDirectory: options.data, node: "")
        let result: RollupResult
        do throws(RollupReadError) {
            result = try reader.answer(question, of: entry.plan.name)
        } catch {
            throw CommandFailure.failure("\(error).")
        }
        try write(result.answer, entry.plan)
        if format == .table { note(summary(result)) }
    }

    private func write(_ answer: RollupAnswer, _ plan: RollupPlan) throws {
        var output = try Output(path: output)
        switch format {
        case .json:
            try output.write(answer.json)
            try output.write("\n")
        case .csv: try output.write(answer.csv)
        case .parquet: try output.write(answer.parquet())
        case .table:
            let table = RollupTable(answer, plan: plan, hasCurves: window != nil && !lines).table
            for line in table.linesForStandardOutput { try output.write(line: line) }
        }
        try output.flush()
    }

    private func summary(_ result: RollupResult) -> String {
        let rows = phusa.Format.counted(result.answer.rows.count, "row")
        return
            "\(rows) of \(phusa.Format.counted(result.partialCount, "partial")), table version \(result.tableVersion)."
    }

    private func list(_ rollups: RollupCatalog) throws {
        var table = TextTable([
            .init("rollup"), .init("keys"), .init("windows"), .init("measures"),
        ])
        for entry in rollups.entries {
            let plan = entry.plan
            table.add([
                .init(plan.name, tint: .accent), .init(plan.keyNames.joined(separator: ", ")),
                .init(plan.windows.map(\.description).joined(separator: ", ")),
                .init(plan.measures.map(\.name).joined(separator: ", ")),
            ])
        }
        var output = try Output(path: output)
        for line in table.linesForStandardOutput { try output.write(line: line) }
        try output.flush()
    }
}
