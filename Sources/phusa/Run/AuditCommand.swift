import ArgumentParser
import JSONDocument
import Pipeline
import Telemetry

/// `phusa audit`: counts everything again and holds it against the ledger.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Proves that nothing is missing: counts tables and dead letters again and compares with the ledger.",
        discussion: """
            For every lane, stream and minute: received = stored + duplicate + refused, as many rows in the tables as \
            stored, as many dead letters as refused; and for every lane, no message number without its count. Works \
            beside a running `phusa run`. Exit code 0: balanced; 1: not, with a line for every place that differs.

            Example: phusa audit --data /var/lib/phusa
            """)

    @Option(name: .long, help: ArgumentHelp("The data folder of phusa run.", valueName: "folder"))
    var data = "var"

    @Option(name: .long, help: "table or json.")
    var format = OutputFormat.table

    func run() throws {
        guard InputFile.exists("\(data)/tables") else {
            throw CommandFailure.usage(
                "There are no tables in \(data): no folder \(data)/tables. Give --data the data folder of phusa run.")
        }
        let report: AuditReport
        do throws(TableError) {
            report = try Audit.run(dataDirectory: data)
        } catch {
            throw CommandFailure.failure("\(error)")
        }
        switch format {
        case .json: print(Self.json(report))
        case .table: Self.printTable(report)
        }
        if !report.isBalanced { throw ExitCode(1) }
    }

    private static func printTable(_ report: AuditReport) {
        var table = TextTable([
            .init("stream"), .init("received", .right), .init("stored", .right), .init("duplicate", .right),
            .init("refused", .right), .init("segments", .right), .init("bytes/reading", .right),
            .init("refused because"),
        ])
        for stream in report.streams {
            let reasons = stream.refusedByReason.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { "\($0.key) \(Format.count(Int($0.value)))" }
            let perReading = stream.rowCount > 0 ? Double(stream.byteCount) / Double(stream.rowCount) : 0
            table.add([
                TextTable.Cell(stream.name ?? "(no stream)"),
                TextTable.Cell(Format.count(Int(stream.counts.received))),
                TextTable.Cell(Format.count(Int(stream.counts.stored))),
                TextTable.Cell(Format.count(Int(stream.counts.duplicate))),
                TextTable.Cell(Format.count(Int(stream.counts.refused))),
                TextTable.Cell(Format.count(stream.segmentCount)),
                TextTable.Cell(stream.rowCount > 0 ? Format.decimal(perReading, digits: 1) : ""),
                TextTable.Cell(reasons.joined(separator: ", ")),
            ])
        }
        for line in table.linesForStandardOutput { print(line) }
        let replayed = report.streams.reduce(into: AuditReport.Sums()) { $0.add($1.replayed) }
        if replayed.messages > 0 {
            print(
                "Of what was refused, folded again: \(Format.count(Int(replayed.received))) readings, "
                    + "\(Format.count(Int(replayed.stored))) of them stored, "
                    + "\(Format.count(Int(replayed.duplicate))) there already, "
                    + "\(Format.count(Int(replayed.refused))) refused again; "
                    + "given up: \(Format.counted(Int(report.droppedDeadLetters), "dead letter"))")
        }
        for lane in report.lanes {
            print(
                "\(lane.name): \(Format.count(Int(lane.messages))) messages committed, "
                    + "\(Format.count(Int(lane.waitingMessages))) in the journal not yet")
        }
        guard report.isBalanced else {
            for finding in report.findings { print("! \(finding)") }
            return print("NOT BALANCED: \(Format.counted(report.findings.count, "difference"))")
        }
        print("Balanced: received = stored + duplicate + refused, in every lane, stream and minute.")
    }

    private static func json(_ report: AuditReport) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("balanced")
        writer.bool(report.isBalanced)
        writer.name("streams")
        writer.beginArray()
        for stream in report.streams {
            writer.beginObject()
            writer.name("stream")
            if let name = stream.name { writer.string(name) } else { writer.null() }
            write(stream.counts, to: &writer)
            writer.name("replayed")
            writer.beginObject()
            write(stream.replayed, to: &writer)
            writer.endObject()
            for (name, number) in [
                ("rows", stream.rowCount), ("segments", Int64(stream.segmentCount)), ("bytes", stream.byteCount),
            ] {
                writer.name(name)
                writer.integer(number)
            }
            writer.name("refused_by_reason")
            writer.beginObject()
            for (reason, count) in stream.refusedByReason.sorted(by: { $0.key < $1.key }) {
                writer.name(reason)
                writer.integer(count)
            }
            writer.endObject()
            writer.endObject()
        }
        writer.endArray()
        writer.name("lanes")
        writer.beginArray()
        for lane in report.lanes {
            writer.beginObject()
            writer.name("lane")
            writer.string(lane.name)
            for (name, number) in [
                ("committed_through", Int64(lane.committedThrough.number)), ("messages", lane.messages),
                ("waiting_messages", lane.waitingMessages),
            ] {
                writer.name(name)
                writer.integer(number)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.name("dropped_dead_letters")
        writer.integer(report.droppedDeadLetters)
        writer.name("findings")
        writer.beginArray()
        for finding in report.findings { writer.string(finding) }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The sums as members of the object that was begun.
    private static func write(_ sums: AuditReport.Sums, to writer: inout JSONWriter) {
        for (name, number) in [
            ("messages", sums.messages), ("received", sums.received), ("stored", sums.stored),
            ("duplicate", sums.duplicate), ("refused", sums.refused),
        ] {
            writer.name(name)
            writer.integer(number)
        }
    }
}
