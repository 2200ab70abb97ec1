import ArgumentParser
import Geography
import JSONDocument
import Pipeline
import Rollups
import Streams
import Telemetry

/// `phusa coverage`: wards and dead zones.
struct CoverageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coverage",
        abstract: "How far wards are covered, and where nobody has service.",
        discussion: """
            Three shares stand side by side and mean different things: samples is the share of samples above the \
            threshold (QCVN 81), area that of the measured ground, and unknown the share of the ward that was not \
            measured enough to tell. One voice per device, tile and day: a parked phone does not outvote the rest.

            The threshold is the condition of the share in stream.yaml. A tile is known with --samples from --devices, \
            and covered where --share of the votes say so.

            EXAMPLES
              phusa coverage --city 79
              phusa coverage --measure covered_5g --operator 45204 --from 30d --format csv
              phusa coverage --dead-zones --format geojson > dead-zones.geojson
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case table, json, csv, geojson
    }

    @Argument(help: "A rollup with tiles.")
    var rollup = "coverage"

    @OptionGroup var options: TableOptions

    @Option(help: ArgumentHelp("Folder with areas and streams.", valueName: "folder"))
    var schemas = "Schemas"

    @Option(help: ArgumentHelp("The share that says what covered means.", valueName: "name"))
    var measure = "covered_4g"

    @Option(name: .customLong("operator"), help: "Only this operator; without it, any.")
    var network: String?

    @Option(help: ArgumentHelp("Only wards of this city, such as 01 or 79.", valueName: "code"))
    var city: String?

    @Option(help: ArgumentHelp("From this time on.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Before this time.", valueName: "time"))
    var to: String?

    @Option(help: ArgumentHelp("Votes that make a tile covered.", valueName: "share"), transform: Arguments.share)
    var share = CoverageRule().share

    @Option(help: ArgumentHelp("Samples without which a tile is unknown.", valueName: "N"))
    var samples = CoverageRule().minimumSampleCount

    @Option(help: ArgumentHelp("Devices without which a tile is unknown.", valueName: "N"))
    var devices = CoverageRule().minimumDeviceCount

    @Flag(help: "Tiles where every operator is known to fail, instead of wards.")
    var deadZones = false

    @Option(help: "table, json, csv or, for dead zones, geojson.")
    var format = Format.table

    func validate() throws {
        if format == .geojson, !deadZones {
            throw ValidationError("geojson is for --dead-zones; wards have no outlines here")
        }
    }

    func run() throws {
        let (rollups, areas) = try definitions()
        guard let entry = rollups.rollup(named: "\(rollup)_tiles") ?? rollups.rollup(named: rollup) else {
            throw CommandFailure.usage("There is no rollup \(rollup).")
        }
        let arguments = RollupArguments(plan: entry.plan)
        var rule = CoverageRule()
        (rule.share, rule.minimumSampleCount, rule.minimumDeviceCount) = (share, samples, devices)
        let report: CoverageReport
        do {
            report = try CoverageReport(
                of: entry, measure: measure, network: network,
                from: try from.map { try arguments.time($0, option: "--from") },
                to: try to.map { try arguments.time($0, option: "--to") }, rule: rule, areas: areas,
                reader: RollupReader(rollups, dataDirectory: options.data, node: ""))
        } catch let error as CoverageError {
            throw CommandFailure.usage("\(error).")
        } catch let error as RollupReadError {
            throw CommandFailure.failure("\(error).")
        }
        let text = CoverageText(report, city: city)
        if let city, text.wards.isEmpty {
            throw CommandFailure.usage("--city \(city): there is no ward of a city \(city).")
        }
        var output = Output()
        try output.write(deadZones ? text.deadZones(format) : text.wards(format))
        try output.flush()
    }

    private func definitions() throws -> (RollupCatalog, AreaReference) {
        do {
            return (
                try RollupCatalog(StreamCatalog.load("\(schemas)/streams")),
                try AreaReference.load(folder: "\(schemas)/areas")
            )
        } catch {
            throw CommandFailure.usage("\(error)")
        }
    }
}
