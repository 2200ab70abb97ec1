import ArgumentParser
import Glibc
import Logging
import MQTTSource
import Pipeline
import Streams

/// `phusa run`: the pipeline itself, until it is told to stop.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes messages from the broker and keeps their readings in tables, until it is stopped.",
        discussion: """
            A message is acknowledged to the broker when it is in the journal on disk. Readings are committed to Delta \
            tables below the data folder: tables/<stream>, tables/dead_letters and tables/ledger. SIGTERM or Ctrl-C \
            ends it: what the journal holds is committed first.

            Example: phusa run --config /etc/phusa/phusa.yaml --set broker.host=mqtt.example.vn

            Every setting can stand in the file, in the environment (PHUSA_BROKER_HOST for broker.host) and in --set, \
            which overrides both. `phusa run --settings` lists them with their defaults.
            """)

    @Option(name: .long, help: ArgumentHelp("YAML file with settings.", valueName: "file"))
    var config: String?

    @Option(name: .long, help: ArgumentHelp("A setting; may be given several times.", valueName: "key=value"))
    var set: [String] = []

    @Option(name: .long, help: ArgumentHelp("Folder for journal and tables: the setting data.", valueName: "folder"))
    var data: String?

    @Option(name: .long, help: ArgumentHelp("Stream definitions: the setting schemas.", valueName: "folder"))
    var schemas: String?

    @Option(name: .long, help: ArgumentHelp("The setting broker.host.", valueName: "host"))
    var brokerHost: String?

    @Option(name: .long, help: ArgumentHelp("The setting broker.port.", valueName: "port"))
    var brokerPort: String?

    @Flag(name: .long, help: "List all settings with their defaults and their environment variables, and end.")
    var settings = false

    func run() throws {
        guard !settings else { return Self.printSettings() }
        let named = [
            ("data", data), ("schemas", schemas), ("broker.host", brokerHost), ("broker.port", brokerPort),
        ]
        let configuration = try RunConfiguration.load(
            file: config, environment: Setting.environment(),
            sets: set + named.compactMap { name, value in value.map { "\(name)=\($0)" } })
        if let mistake = configuration.contradiction { throw CommandFailure.usage(mistake) }
        let catalog: StreamCatalog
        let rollups: RollupCatalog
        do throws(DefinitionError) {
            catalog = try StreamCatalog.load("\(configuration.schemas)/streams")
            rollups = try RollupCatalog(catalog)
        } catch {
            throw CommandFailure.usage("\(error)")
        }
        if catalog.hasSparkplugSources, configuration.lanes > 1 || configuration.broker.sharedGroup != nil {
            throw CommandFailure.usage(
                "Streams with Sparkplug sources need every message of an edge node, in order: set lanes to 1 and no "
                    + "broker.shared_group, or run a phusa of its own, with another node and data folder, for them")
        }
        try Self.runPipeline(configuration, catalog, rollups)
    }

    private static func runPipeline(
        _ configuration: RunConfiguration, _ catalog: StreamCatalog, _ rollups: RollupCatalog
    ) throws {
        let log = EventLog()
        let signals = StopSignals()
        var areas = AreaReference.none
        if catalog.streams.contains(where: { $0.place.derived != nil }) {
            let start = ContinuousClock.now
            areas = try configuration.loadAreas()
            log.areas(areas, in: configuration.areasFolder, took: ContinuousClock.now - start)
        }
        let filters = configuration.subscribe.isEmpty ? catalog.subscriptions : configuration.subscribe
        let lanes = (0..<configuration.lanes).map { index in
            Pipeline.LaneConfiguration(
                name: "lane\(index)",
                connection: configuration.connection(lane: "lane\(index)", filters: filters))
        }
        let pipeline: Pipeline
        do throws(PipelineStartError) {
            var settings = configuration.pipeline
            settings.areas = areas
            settings.rollups = rollups
            settings.feedback = configuration.feedback(hasSparkplug: catalog.hasSparkplugSources)
            pipeline = try Pipeline(settings, catalog: catalog, lanes: lanes) { log.write($0) }
        } catch {
            throw error.isConfiguration ? CommandFailure.usage("\(error)") : CommandFailure.failure("\(error)")
        }
        log.ready(configuration, streams: catalog.streams.map(\.name), filters: filters)
        while signals.wait(milliseconds: 200) == nil, pipeline.failureSentences.isEmpty {}
        log.stopping()
        pipeline.stop()
        guard let failure = pipeline.failureSentences.first else { return log.stopped() }
        throw CommandFailure.failure(failure)
    }

    private static func printSettings() {
        for setting in Setting.all {
            print("\(setting.key)  (\(setting.variable), default: \(setting.standard))\n    \(setting.help)")
        }
    }
}
