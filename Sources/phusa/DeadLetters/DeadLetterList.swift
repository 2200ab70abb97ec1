import ArgumentParser
import Pipeline
import Telemetry

/// `phusa dead-letters ls`: one line for each.
struct DeadLetterList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "Lists what was refused and is still open, oldest first.",
        discussion: "With --format json, one object a line.")

    @OptionGroup var choice: DeadLetterOptions

    @OptionGroup var options: TableOptions

    @Flag(help: "Those that were replayed or dropped, too.")
    var all = false

    @Option(help: ArgumentHelp("At most so many; 0 for all.", valueName: "N"))
    var limit = 50

    @Option(help: "table or json.")
    var format = OutputFormat.table

    func validate() throws {
        if limit < 0 { throw ValidationError("--limit is a number from 0 on.") }
    }

    /// A topic may have 65,535 bytes, and one would make every line so long; --format json and `show` have it whole.
    private static let longestTopic = 60

    /// Without its middle: a topic begins with its kind and ends with its device.
    static func shortened(_ topic: String) -> String {
        let text = Terminal.printable(topic.unicodeScalars)
        guard text.count > longestTopic else { return text }
        return "\(text.prefix(longestTopic / 2 - 1))…\(text.suffix(longestTopic / 2))"
    }

    func run() throws {
        var filter = choice.filter
        filter.includesDone = all
        var output = Output()
        var table = TextTable([
            .init("time"), .init("message"), .init("stream"), .init("reason"), .init("at"), .init("topic"),
            .init("bytes", .right), .init("state"), .init("sentence"),
        ])
        let limit = limit == 0 ? Int.max : limit
        let count = try DeadLetters.read(filter, data: options.data, limit: limit) { letter throws(CommandFailure) in
            if format == .json { return try output.write(line: letter.json(withPayload: false)) }
            let refusal = letter.currentRefusal
            table.add([
                .init(letter.arrival.description, tint: .faint), .init(letter.place), .init(letter.stream ?? "(none)"),
                .init(letter.currentReason, tint: .bad), .init(Self.shortened(refusal.pointer)),
                .init(Self.shortened(letter.topic)), .init(letter.payload.count),
                .init(letter.state, tint: letter.isOpen ? .warning : .good),
                .init(Terminal.printable(refusal.sentence.unicodeScalars)),
            ])
        }
        try output.flush()
        guard format == .table else { return }
        if !table.isEmpty { for line in table.linesForStandardOutput { print(line) } }
        let noun = all ? "dead letter" : "open dead letter"
        note(
            count == 0
                ? "No \(noun)s."
                : "\(Format.counted(count, noun))\(count > limit ? ", the first \(Format.count(limit)) shown" : "").")
    }
}
