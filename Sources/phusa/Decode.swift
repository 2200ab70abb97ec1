import ArgumentParser
import Glibc
import JSONDocument
import Streams
import Telemetry

/// `phusa decode`: what a payload becomes.
struct Decode: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what a payload becomes: the reading as it would be stored, or why it is refused.",
        discussion: """
            For developers of devices. Each file is one payload; of .ndjson and .jsonl files, and with --lines, each \
            line is one. Readings come as JSON lines on standard output, refusals on standard error with the place in \
            the payload. Exit code 0: all accepted; 1: something was refused.

            EXAMPLES
              phusa decode --stream coverage reading.json
              echo '{"ts":"2026-11-21T08:00:00Z","device":"x","rsrp":42}' | phusa decode --stream coverage -
              phusa decode --topic telemetry/hcm/coverage/hcm-cov-00412 --arrival 2026-11-21T08:01:00Z reading.json
            """)

    @Argument(help: ArgumentHelp("Files with payloads; - is standard input.", valueName: "file"))
    var files: [String]

    @Option(help: ArgumentHelp("The stream whose definition applies.", valueName: "name"))
    var stream: String?

    @Option(help: ArgumentHelp("Instead: the topic under which the payload would come.", valueName: "topic"))
    var topic: String?

    @OptionGroup var definitions: SchemaOptions

    @Option(
        help: ArgumentHelp("When the payload came, for the check of the clock (default: now).", valueName: "time"),
        transform: Arguments.time)
    var arrival: EventTime?

    @Flag(help: "Each line is a payload.")
    var lines = false

    @Flag(help: "Prints columns without a value too, as null.")
    var nulls = false

    @Option(help: "How refusals are printed: table, for people, or json, as lines on standard output.")
    var format = OutputFormat.table

    func validate() throws {
        if (stream == nil) == (topic == nil) { throw ValidationError("Give either --stream or --topic.") }
    }

    func run() throws {
        let catalog = try definitions.catalog()
        let route = try route(in: catalog)
        var decoder = PayloadDecoder(catalog.streams[route.stream], source: route.source, withNulls: nulls)
        var output = Output()
        var refusedCount = 0
        for file in files {
            if lines || [".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz"].contains(where: file.hasSuffix) {
                var reader = LineReader(try InputFile(path: file))
                var line: [UInt8] = []
                while try reader.next(into: &line) {
                    if line.isEmpty { continue }
                    let source = "\(Self.name(file)), line \(reader.line)"
                    refusedCount += try show(decoder.decode(line, arrival: arrival ?? .now), line, source, &output)
                }
            } else {
                let payload = try InputFile.bytes(of: file)
                refusedCount += try show(
                    decoder.decode(payload, arrival: arrival ?? .now), payload, Self.name(file), &output)
            }
        }
        try output.flush()
        if refusedCount > 0 { throw ExitCode(1) }
    }

    private func route(in catalog: StreamCatalog) throws(CommandFailure) -> TopicRoute {
        if let stream { return TopicRoute(stream: try catalog.index(of: stream), source: 0) }
        let topic = topic ?? ""
        var matcher = catalog.makeTopicMatcher()
        guard let route = matcher.route(of: topic.utf8Bytes) else {
            let filters = catalog.topicFilters.map(\.text).joined(separator: ", ")
            throw .usage("No stream takes messages of the topic \(topic); the streams' filters are \(filters).")
        }
        return route
    }

    /// Prints what became of a payload; returns how many readings were refused.
    private func show(
        _ outcomes: [PayloadDecoder.Outcome], _ payload: [UInt8], _ source: String, _ output: inout Output
    ) throws(CommandFailure) -> Int {
        var refusedCount = 0
        for outcome in outcomes {
            switch outcome {
            case .reading(let json): try output.write(line: json)
            case .refused(let refusal):
                refusedCount += 1
                let text = RefusalText(
                    refusal, payload: payload, findsPlace: refusedCount <= RefusalText.mostPlaces)
                if format == .json {
                    try output.write(line: Self.json(text, source: source))
                } else {
                    // In the order in which things happened, also where both streams go to one terminal.
                    try output.flush()
                    let lines = text.lines(
                        source: source, width: Terminal.width(STDERR_FILENO) ?? 120,
                        isColoured: Terminal.hasColour(STDERR_FILENO))
                    for line in lines { note(line) }
                }
            }
        }
        return refusedCount
    }

    private static func json(_ refusal: RefusalText, source: String) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("refused")
        writer.beginObject()
        writer.member("source", source)
        refusal.write(to: &writer)
        writer.endObject()
        writer.endObject()
        return writer.text
    }

    private static func name(_ file: String) -> String { file == "-" ? "standard input" : file }
}
