import ArgumentParser
import Glibc
import JSONDocument
import Payloads
import Streams
import Telemetry

/// `phusa decode`: what a payload becomes.
struct Decode: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what a payload becomes: the readings as they would be stored, or why they are refused.",
        discussion: """
            For developers of devices. With a stream, the readings that it would store; without one, the records that \
            the format gives. Each file is one payload; of .ndjson and .jsonl files, and with --lines, each line is one. \
            Readings come as JSON lines on standard output, refusals on standard error with the place in the payload. \
            Files belong together: a Sparkplug birth explains the data behind it. Exit code 0: all accepted; 1: \
            something was refused.

            --format is the format of the payloads here, not of the output: that is JSON, and --refusals json adds the \
            refusals to it.

            EXAMPLES
              phusa decode --stream coverage reading.json
              echo '{"ts":"2026-11-21T08:00:00Z","device":"x","rsrp":42}' | phusa decode --stream coverage -
              phusa decode --topic telemetry/hcm/coverage/hcm-cov-00412 --arrival 2026-11-21T08:01:00Z reading.json
              phusa decode --format senml-cbor pack.cbor
              phusa decode --format sparkplug --topic spBv1.0/hcm/NBIRTH/e1 birth.bin
              phusa decode --format chirpstack --map map.yaml --stream noise uplink.json
            """)

    @Argument(help: ArgumentHelp("Files with payloads; - is standard input.", valueName: "file"))
    var files: [String]

    @Option(help: ArgumentHelp("The stream whose definition applies.", valueName: "name"))
    var stream: String?

    @Option(
        help: ArgumentHelp(
            "The topic under which the payload would come; without --stream and --format it also says the stream.",
            valueName: "topic"))
    var topic: String?

    @Option(
        help: ArgumentHelp(
            "The format of the payloads, instead of what the stream's source says: \(PayloadFormat.names).",
            valueName: "format"),
        transform: { try Decode.format($0) })
    var format: PayloadFormat?

    @Option(
        help: ArgumentHelp(
            "With --format: a YAML file with map, rest and events, as a source has them.", valueName: "file"))
    var map: String?

    @Option(help: ArgumentHelp("Which of the stream's sources, from 1 (default: the topic's, else 1).", valueName: "N"))
    var source: Int?

    @Flag(help: "With --format senml or senml-cbor: the resolved records of RFC 8428.")
    var resolved = false

    @OptionGroup var definitions: SchemaOptions

    @Option(
        help: ArgumentHelp("When the payload came, for the check of the clock (default: now).", valueName: "time"),
        transform: Arguments.time)
    var arrival: EventTime?

    @Option(help: ArgumentHelp("The version of the schema that the message tells.", valueName: "version"))
    var schemaVersion: String?

    @Flag(help: "Each line is a payload.")
    var lines = false

    @Flag(help: "Prints columns without a value too, as null.")
    var nulls = false

    @Option(help: "How refusals are printed: table, for people, or json, as lines on standard output.")
    var refusals = OutputFormat.table

    static func format(_ name: String) throws -> PayloadFormat {
        guard let format = PayloadFormat(rawValue: name) else {
            throw ValidationError("the formats of payloads are \(PayloadFormat.names); --refusals is for the output")
        }
        return format
    }

    func validate() throws {
        if stream == nil, topic == nil, format == nil {
            throw ValidationError("Give --stream or --topic, or --format for the records without a stream.")
        }
        if map != nil, format == nil { throw ValidationError("--map needs --format.") }
        if source != nil, format != nil { throw ValidationError("--source takes the source's own format.") }
        if resolved, stream != nil || (format != .senml && format != .senmlCBOR) {
            throw ValidationError("--resolved is for --format senml or senml-cbor, without --stream.")
        }
    }

    func run() throws {
        let rules = try rules
        var output = Output()
        var refusedCount = 0
        if let format, stream == nil {
            var reader = RecordReader(format, rules, senMLForm: resolved ? .resolved : .readings)
            try forEachPayload { payload, name throws(CommandFailure) in
                let outcomes = reader.read(payload, topic: topic ?? "", arrival: arrival ?? .now)
                refusedCount += try show(outcomes, reader.notes, payload, name, isText: Self.isText(payload), &output)
            }
        } else {
            let catalog = try definitions.catalog()
            let route = try route(in: catalog)
            var plan = catalog.streams[route.stream]
            if let format { plan = plan.reading(format, rules) }
            var decoder = PayloadDecoder(
                plan, source: route.source, withNulls: nulls, areas: try definitions.areas(for: plan))
            try forEachPayload { payload, name throws(CommandFailure) in
                let outcomes = decoder.decode(
                    payload, topic: topic ?? "", toldVersion: schemaVersion, arrival: arrival ?? .now)
                refusedCount += try show(outcomes, decoder.notes, payload, name, isText: Self.isText(payload), &output)
            }
        }
        try output.flush()
        if refusedCount > 0 { throw ExitCode(1) }
    }

    private var rules: SourceRules {
        get throws(CommandFailure) {
            guard let map, let format else { return SourceRules() }
            do throws(DefinitionError) {
                return try SourceRules(file: map, format)
            } catch {
                throw .usage("\(error)")
            }
        }
    }

    /// Calls `body` with every payload and what to call it.
    private func forEachPayload(_ body: ([UInt8], String) throws(CommandFailure) -> Void) throws(CommandFailure) {
        for file in files {
            let name = file == "-" ? "standard input" : file
            if lines || [".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz"].contains(where: file.hasSuffix) {
                var reader = LineReader(try InputFile(path: file))
                var line: [UInt8] = []
                while try reader.next(into: &line) {
                    if !line.isEmpty { try body(line, "\(name), line \(reader.line)") }
                }
            } else {
                try body(try InputFile.bytes(of: file), name)
            }
        }
    }

    private func route(in catalog: StreamCatalog) throws(CommandFailure) -> TopicRoute {
        var matcher = catalog.makeTopicMatcher()
        let found = topic.flatMap { matcher.route(of: $0.utf8Bytes) }
        guard let stream else {
            guard let found else {
                let filters = catalog.topicFilters.map(\.text).joined(separator: ", ")
                throw .usage(
                    "No stream takes messages of the topic \(topic ?? ""); the streams' filters are \(filters).")
            }
            return TopicRoute(
                stream: found.stream, source: try sourceIndex(found.source, in: catalog.streams[found.stream]))
        }
        let index = try catalog.index(of: stream)
        let own = found.flatMap { $0.stream == index ? $0.source : nil }
        return TopicRoute(stream: index, source: try sourceIndex(own ?? 0, in: catalog.streams[index]))
    }

    private func sourceIndex(_ found: Int, in plan: StreamPlan) throws(CommandFailure) -> Int {
        // With a format, the plan has one source, of that format.
        if format != nil { return 0 }
        guard let source else { return found }
        guard plan.sources.indices.contains(source - 1) else {
            throw .usage("The stream \(plan.name) has \(Format.counted(plan.sources.count, "source")).")
        }
        return source - 1
    }

    /// Whether a place in the payload can be shown as line and column.
    private static func isText(_ payload: [UInt8]) -> Bool {
        // Safe: UInt8 has no padding.
        unsafe PayloadExpander.compression(of: payload.span.bytes) == nil
            && !payload.contains { $0 < 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
    }

    /// Prints what became of a payload; returns how many readings were refused.
    private func show(
        _ outcomes: [PayloadDecoder.Outcome], _ notes: [PayloadNote], _ payload: [UInt8], _ source: String,
        isText: Bool, _ output: inout Output
    ) throws(CommandFailure) -> Int {
        var refusedCount = 0
        for outcome in outcomes {
            switch outcome {
            case .reading(let json): try output.write(line: json)
            case .refused(let refusal):
                refusedCount += 1
                let text = RefusalText(
                    refusal, payload: payload, findsPlace: isText && refusedCount <= RefusalText.mostPlaces)
                if refusals == .json {
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
        guard !notes.isEmpty else { return refusedCount }
        try output.flush()
        for each in notes { note("\(source): \(each.sentence)") }
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
}

extension PayloadNote {
    /// What was learned, for people.
    var sentence: String {
        switch self {
        case .birth(let edge): "\(edge) was born"
        case .death(let edge): "\(edge) is gone"
        case .sequenceGap(let edge, let expected, let found):
            "messages of \(edge) are missing: number \(found) came where \(expected) was next"
        case .rebirthWanted(let topic): "the birth certificate is missing, to be asked for at \(topic)"
        }
    }
}
