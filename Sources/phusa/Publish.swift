import ArgumentParser
import Glibc
import Telemetry

/// `phusa publish`: recorded data on its way to a broker.
struct Publish: ParsableCommand {
    enum Pacing: String, CaseIterable, ExpressibleByArgument {
        case fast
        case recorded
    }

    static let configuration = CommandConfiguration(
        abstract: "Publishes recorded files: CSV with a mapping, JSON lines as they are.",
        discussion: """
            A CSV file has a header; comma, semicolon or tab is found by itself, .gz files are unpacked, and - is \
            standard input. Each --map takes a column into a member of the JSON message; without any, every column \
            goes in under its own name. Empty fields are left out.

            EXAMPLES
              A recorded drive test, as if it were driven now, sixty times as fast:
                phusa publish drive.csv.gz --topic 'telemetry/cork/coverage/{device}' \\
                  --map device=trace:string --map ts=Timestamp:time --map rsrp=RSRP:int --map technology=NetworkMode \\
                  --translate 'technology:LTE=4G,HSPA+=3G' --null - --time-format '%Y.%m.%d_%H.%M.%S' \\
                  --time-zone +00:00 --shift-to-now --pace recorded --speed 60
              The same from a mapping file, and first a look at what would be sent:
                phusa publish samples/brisbane.csv.gz --mapping samples/brisbane.yaml --limit 3 --output -
              What phusa simulate has written into a file:
                phusa publish readings.ndjson
            """)

    @Argument(help: ArgumentHelp("CSV or JSON lines, also packed with gzip; - is standard input.", valueName: "file"))
    var files: [String]

    @Option(
        help: ArgumentHelp("The topic, with {field} for a member of the message.", valueName: "topic"),
        transform: { try TopicTemplate($0) })
    var topic: TopicTemplate?

    @Option(
        help: ArgumentHelp(
            "A member of the message and the column it comes from. Repeatable.",
            discussion: """
                Types: number, number*1.6 (another unit), int, string, bool, time. Without a type, numbers are \
                numbers, what fits --time-format is a time, and the rest is text. # is the number of the row.
                """, valueName: "field=column[:type]"))
    var map: [String] = []

    @Option(
        help: ArgumentHelp("A member that is the same in every message. Repeatable.", valueName: "field=text[:type]"))
    var set: [String] = []

    @Option(
        help: ArgumentHelp("Other texts for texts of a field. Repeatable.", valueName: "field:from=to,…"))
    var translate: [String] = []

    @Option(
        name: .customLong("where"), help: ArgumentHelp("Only rows with this text, * for any.", valueName: "column=text")
    )
    var filter: [String] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A text that stands for no value (default: - NA N/A NaN null None). Repeatable.", valueName: "text"))
    var null: [String] = []

    @Option(help: ArgumentHelp("How times are written, as in strftime (default: ISO 8601).", valueName: "format"))
    var timeFormat: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Offset of times that have none, such as +10:00 or Z.", valueName: "offset"))
    var timeZone: String?

    @Option(help: ArgumentHelp("A file with topic and mapping; options win over it.", valueName: "file"))
    var mapping: String?

    @Option(help: ArgumentHelp("Separator of the fields (default: found by itself).", valueName: "character"))
    var delimiter: String?

    @Flag(help: "Makes all times later, so that the latest reading is of now.")
    var shiftToNow = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Makes all times later by this, such as 52d or -1h.", valueName: "span"),
        transform: { try Arguments.duration($0, mayBeNegative: true) })
    var shift: Duration?

    @Option(help: ArgumentHelp("The member with the time of the reading.", valueName: "field"))
    var timeField = "ts"

    @Option(
        help: ArgumentHelp("Messages a second, such as 5000/s (default: as fast as possible).", valueName: "N/s"),
        transform: Arguments.rate)
    var rate: Double?

    @Option(help: "fast, or recorded: with the gaps of the recording.")
    var pace = Pacing.fast

    @Option(help: ArgumentHelp("With --pace recorded: how many times as fast.", valueName: "factor"))
    var speed = 1.0

    @Option(help: ArgumentHelp("At most so many messages.", valueName: "N"), transform: Arguments.count)
    var limit: Int?

    @Flag(help: "Stops at the first row that cannot be sent, instead of leaving it out.")
    var strict = false

    @OptionGroup(title: "Broker")
    var broker: BrokerOptions

    @Option(help: ArgumentHelp("Writes lines of topic and payload there, and sends nothing.", valueName: "file"))
    var output: String?

    @Flag(help: "With --output: the payloads alone.")
    var payloadsOnly = false

    @Option(help: "How progress is shown.")
    var progress = ProgressStyle.auto

    @Option(help: "How the summary is printed.")
    var format = OutputFormat.table

    func validate() throws {
        if shiftToNow, shift != nil { throw ValidationError("Give either --shift-to-now or --shift, not both.") }
        if shiftToNow, files.contains("-") {
            throw ValidationError(
                "--shift-to-now reads the file twice, which standard input does not allow; use --shift.")
        }
        if rate != nil, pace == .recorded { throw ValidationError("Give either --rate or --pace recorded, not both.") }
        guard speed > 0, speed.isFinite else { throw ValidationError("--speed is a number above 0, such as 60.") }
        if payloadsOnly, output == nil { throw ValidationError("--payloads-only belongs to --output.") }
    }

    func run() throws {
        var settings = PublicationSettings()
        settings.mapping = try completeMapping()
        settings.timeField = timeField
        settings.rule = rate.map { .rate($0) } ?? (pace == .recorded ? .recorded(speed: speed) : .asFastAsPossible)
        settings.limit = limit
        settings.isStrict = strict
        settings.progress = progress
        let survey = try Survey.of(files, settings: settings, needsTimes: shiftToNow)
        settings.total = survey.rows.map { min($0, limit ?? $0) }
        settings.shift = try shift ?? shiftToNow(survey)
        Interruption.watch()
        var publication = Publication(settings, to: try makeSink())
        for file in files where !publication.isDone {
            if try FileKind.of(file) == .lines {
                try publication.publishLines(file)
            } else {
                try publication.publishTable(file)
            }
        }
        try publication.finish()
        let counts = publication.counts
        if output != "-" { PublicationSummary(counts: counts, shift: settings.shift).print(format) }
        if counts.published == 0, counts.bad > 0 {
            throw CommandFailure.failure("None of \(Format.counted(counts.rows, "row")) could be published.")
        }
    }

    private func makeSink() throws(CommandFailure) -> MessageSink {
        if let output { return try MessageSink(path: output, form: payloadsOnly ? .payload : .topicAndPayload) }
        return try MessageSink(broker, command: "publish")
    }

    /// The mapping file's mapping with that of the options over it.
    private func completeMapping() throws(CommandFailure) -> RecordMapping {
        var mapping =
            try self.mapping.map { path throws(CommandFailure) in try MappingFile.read(path: path) } ?? RecordMapping()
        if let topic { mapping.topic = topic }
        if let delimiter { mapping.delimiter = try Delimiter.parse(delimiter) }
        if let timeFormat { mapping.timeFormat = timeFormat }
        if let timeZone { mapping.timeZone = timeZone }
        if !null.isEmpty { mapping.nulls = Set(null) }
        for text in map { try mapping.map(text) }
        for text in set { try mapping.set(text) }
        for text in translate { try mapping.translate(text) }
        for text in filter { try mapping.filter(text) }
        return mapping
    }

    private func shiftToNow(_ survey: Survey) throws(CommandFailure) -> Duration {
        guard shiftToNow else { return .zero }
        guard let latest = survey.latest else {
            throw .usage(
                "--shift-to-now found no time: no row has a member \(timeField) of type time; map it, for example "
                    + "--map \(timeField)=COLUMN:time, or name another with --time-field.")
        }
        // Whole seconds, so that times keep the digits that they were recorded with.
        return .seconds((EventTime.now.microsecondsSinceEpoch - latest.microsecondsSinceEpoch) / 1_000_000)
    }
}
