import ArgumentParser
import Glibc
import Pipeline
import Telemetry

/// `phusa dead-letters show`: everything about each, payload included.
struct DeadLetterShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows dead letters whole: why they were refused, where in the payload, and what was done with them.",
        discussion: "With --format json, one object a line; a payload that is no text comes in hexadecimal.")

    @OptionGroup var choice: DeadLetterOptions

    @OptionGroup var options: TableOptions

    @Flag(help: "Those that were replayed or dropped, too.")
    var all = false

    @Option(help: ArgumentHelp("At most so many; 0 for all.", valueName: "N"))
    var limit = 5

    @Option(help: "table or json.")
    var format = OutputFormat.table

    /// More of a payload than fits on a few screens is left to --format json.
    private static let longestPayload = 4096

    func validate() throws {
        if limit < 0 { throw ValidationError("--limit is a number from 0 on.") }
    }

    func run() throws {
        var filter = choice.filter
        // Whoever names a message wants to see it, whatever has become of it.
        filter.includesDone = all || choice.offset != nil
        var output = Output()
        let limit = limit == 0 ? Int.max : limit
        let count = try DeadLetters.read(filter, data: options.data, limit: limit) { letter throws(CommandFailure) in
            if format == .json { return try output.write(line: letter.json(withPayload: true)) }
            for line in Self.lines(letter) { try output.write(line: line) }
        }
        try output.flush()
        if count == 0 { throw CommandFailure.failure("There is no such dead letter in \(options.data).") }
        if count > limit { note("\(Format.count(limit)) of \(Format.count(count)) shown; --limit 0 shows all.") }
    }

    private static func lines(_ letter: DeadLetter) -> [String] {
        let isColoured = Terminal.hasColour(STDOUT_FILENO)
        let text = RefusalText(letter.currentRefusal, payload: letter.payload)
        var lines = text.lines(
            source: letter.place, width: Terminal.width(STDOUT_FILENO) ?? 120, isColoured: isColoured)
        lines.append("  \(letter.arrival)  \(Terminal.printable(letter.topic.unicodeScalars))")
        var facts = ["stream \(letter.stream ?? "none")"]
        if let version = letter.schemaVersion { facts.append("schema \(version)") }
        if let version = letter.toldVersion { facts.append("sender says schema \(version)") }
        facts.append("QoS \(letter.flags.qualityOfService)")
        lines.append("  \(facts.joined(separator: ", "))")
        if let mark = letter.lastMark {
            var line = "  \(mark.mark.rawValue) at \(mark.time)"
            switch mark.mark {
            case .dropped: line += ": \(mark.sentence ?? "")"
            case .replayed, .refusedAgain:
                line += ": \(mark.stored) stored, \(mark.duplicate) there already, \(mark.refused) refused again"
            }
            lines.append(line)
        }
        lines.append("  \(Format.counted(letter.payload.count, "byte")):")
        let shown = letter.payload.prefix(longestPayload)
        let payload =
            String(validating: shown, as: UTF8.self).map { Terminal.printable($0.unicodeScalars) }
            ?? Hexadecimal.text(shown)
        lines.append("  \(payload)\(shown.count < letter.payload.count ? "…" : "")")
        lines.append("")
        return lines
    }
}
