import ArgumentParser
import Glibc
import Telemetry

extension SimulatedStream: ExpressibleByArgument {}
extension ProgressStyle: ExpressibleByArgument {}

/// `phusa simulate`: a seeded fleet in both cities.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends what a fleet of devices in Ho Chi Minh City and Hanoi would send.",
        discussion: """
            Coverage meters, broadband probes, traffic detectors and air sensors in real wards, with duplicates, late \
            and bad readings in the shares that you state. The same seed and options send the same bytes; give --start \
            as well, since it is the present otherwise.

            EXAMPLES
              A hundred thousand readings to the broker on this machine:
                phusa simulate --readings 100k
              The same into a file, without a broker, and what should arrive:
                phusa simulate --readings 100k --start 2026-11-21T08:00:00Z --output readings.ndjson --truth truth.json
              As the fleet would send, for as long as it is left running:
                phusa simulate --live
            """)

    @Option(help: "The seed: another one, another fleet.")
    var seed: UInt64 = 1

    @Option(help: "How many devices there are in all.", transform: Arguments.deviceCount)
    var devices = 2000

    @Option(
        help: ArgumentHelp("How many readings are sent, copies not counted (default: 100k).", valueName: "N"),
        transform: Arguments.count)
    var readings: Int?

    @Option(
        help: ArgumentHelp(
            "Instead: as many readings as the fleet makes in this time, such as 10m.", valueName: "span"),
        transform: { try Arguments.duration($0) })
    var duration: Duration?

    @Flag(help: "Sends each reading when its time has come, from now on, until --readings, --duration or Ctrl-C.")
    var live = false

    @Option(
        help: ArgumentHelp("Messages a second, such as 5000/s (default: as fast as possible).", valueName: "N/s"),
        transform: Arguments.rate)
    var rate: Double?

    @Option(
        help: ArgumentHelp(
            "Time of the first reading (default: so long ago that the last one is now).", valueName: "time"),
        transform: Arguments.time)
    var start: EventTime?

    @Option(help: "Share of the readings that is sent a second time.", transform: Arguments.share)
    var duplicates = 0.01

    @Option(help: "Share of the readings that comes a minute to two hours late.", transform: Arguments.share)
    var late = 0.02

    @Option(
        help: ArgumentHelp(
            "Share of the readings that is bad.",
            discussion: """
                In equal parts: wrong type, out of range, truncated, clock ahead, clock in 1970, device missing.
                """),
        transform: Arguments.share)
    var bad = 0.005

    @Option(
        parsing: .upToNextOption,
        help: "Streams that are simulated: \(SimulatedStream.allCases.map(\.rawValue).joined(separator: ", ")).")
    var streams: [SimulatedStream] = SimulatedStream.allCases

    @Option(help: ArgumentHelp("Folder with the wards: units.csv and wards.geojson.", valueName: "folder"))
    var areas = "Schemas/areas"

    @Option(help: ArgumentHelp("Writes lines of topic and payload there (- is standard output).", valueName: "file"))
    var output: String?

    @Flag(help: "With --output: the payloads alone.")
    var payloadsOnly = false

    @Flag(help: "Makes the readings and sends them nowhere: shows how fast that is and what would be sent.")
    var dryRun = false

    @Option(
        help: ArgumentHelp("Writes there, as JSON, what was sent: to compare with what arrived.", valueName: "file"))
    var truth: String?

    @OptionGroup(title: "Broker")
    var broker: BrokerOptions

    @Option(help: "How progress is shown.")
    var progress = ProgressStyle.auto

    @Option(help: "How the summary is printed.")
    var format = OutputFormat.table

    func validate() throws {
        if readings != nil, duration != nil { throw ValidationError("Give either --readings or --duration, not both.") }
        if live, rate != nil { throw ValidationError("--live sends at the pace of the fleet; leave out --rate.") }
        if live, start != nil { throw ValidationError("--live begins now; leave out --start.") }
        if dryRun, output != nil { throw ValidationError("Give either --dry-run or --output, not both.") }
        if payloadsOnly, output == nil { throw ValidationError("--payloads-only belongs to --output.") }
    }

    func run() throws {
        let wards = try WardTable.load(folder: areas)
        var settings = SimulationSettings(start: start ?? .now)
        settings.seed = seed
        settings.deviceCount = devices
        settings.streams = SimulatedStream.allCases.filter(streams.contains)
        settings.duplicateShare = duplicates
        settings.lateShare = late
        settings.badShare = bad
        let plan = SimulationPlan(
            settings: settings, readings: readings, duration: duration, isLive: live, rate: rate,
            hasStart: start != nil)
        let simulated = try send(plan, wards: wards)
        if let path = truth {
            var file = try Output(path: path)
            try file.write(simulated.json)
            try file.flush()
        }
        if output != "-" { summarize(simulated) }
    }

    private func send(_ plan: SimulationPlan, wards: [Ward]) throws -> SimulationTruth {
        var fleet = CityFleet(settings: plan.settings, wards: wards)
        var sink = try makeSink()
        var bar = ProgressBar("simulate", total: plan.readings, noun: "readings", style: progress)
        var pace = Pace(live ? .clock : rate.map { .rate($0) } ?? .asFastAsPossible)
        var message = SimulatedMessage()
        var sentCount = 0
        Interruption.watch()
        while plan.continues(after: fleet.readingCount, next: fleet.nextTime), !Interruption.hasCome {
            fleet.next(into: &message)
            let delay = pace.delay(of: sentCount, at: message.time)
            try sink.idle(delay)
            try sink.send(topic: message.topic, payload: message.payload)
            sentCount += 1
            // A look at the clock for every hundredth message is enough for the eye.
            if sentCount % 100 == 0 || delay > .zero {
                for sentence in sink.news() { bar.note(sentence) }
                bar.update(fleet.readingCount)
            }
        }
        while fleet.nextCopy(into: &message) { try sink.send(topic: message.topic, payload: message.payload) }
        try sink.finish()
        bar.finish(fleet.readingCount)
        return fleet.truth
    }

    private func makeSink() throws(CommandFailure) -> MessageSink {
        if dryRun { return MessageSink() }
        if let output { return try MessageSink(path: output, form: payloadsOnly ? .payload : .topicAndPayload) }
        return try MessageSink(broker, command: "simulate")
    }

    /// What was sent, stream by stream, on standard output.
    private func summarize(_ truth: SimulationTruth) {
        guard format == .table else {
            print(truth.json, terminator: "")
            return
        }
        var table = TextTable([
            .init("stream"), .init("messages", .right), .init("readings", .right), .init("duplicates", .right),
            .init("late", .right), .init("bad", .right),
        ])
        func cells(_ name: String, _ counts: SimulationTruth.Counts) -> [TextTable.Cell] {
            [
                .init(name), .init(counts.messages), .init(counts.readings), .init(counts.duplicates),
                .init(counts.late), .init(counts.bad.values.reduce(0, +)),
            ]
        }
        for stream in SimulatedStream.allCases {
            if let counts = truth.streams[stream] { table.add(cells(stream.rawValue, counts)) }
        }
        table.setFooter(cells("all", truth.total))
        for line in table.linesForStandardOutput { print(line) }
    }
}
