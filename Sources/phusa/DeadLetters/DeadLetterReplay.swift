import ArgumentParser
import Glibc
import JSONDocument
import Pipeline
import Streams
import Telemetry

/// What `replay` and `drop` need to know of the pipeline.
struct PipelineOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The configuration file of phusa run.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("A setting; may be given several times.", valueName: "key=value"))
    var set: [String] = []

    @Option(help: ArgumentHelp("The data folder: the setting data.", valueName: "folder"))
    var data: String?

    @Option(help: ArgumentHelp("Stream definitions: the setting schemas.", valueName: "folder"))
    var schemas: String?

    /// The configuration with the node that the data folder belongs to.
    func configuration() throws(CommandFailure) -> RunConfiguration {
        let named = [("data", data), ("schemas", schemas)]
        var configuration = try RunConfiguration.load(
            file: config, environment: Setting.environment(),
            sets: set + named.compactMap { name, value in value.map { "\(name)=\($0)" } })
        let node = "\(configuration.data)/node"
        guard InputFile.exists(node) else {
            throw .usage(
                "\(configuration.data) is not the data folder of phusa run: there is no file \(node). Give --data.")
        }
        configuration.node = String(decoding: try InputFile.bytes(of: node), as: UTF8.self)
        return configuration
    }
}

/// `phusa dead-letters replay`: through the pipeline once more.
struct DeadLetterReplay: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Sends open dead letters through the pipeline again, each once.",
        discussion: """
            They go into the journal of lane replay. A running phusa run folds them within seconds, with the stream \
            definitions that it was started with: restart it after a change. Where none runs, this command folds them \
            itself. A reading that the stream's table has already counts as a duplicate; the clock is judged by when the \
            message had arrived. Killed at any moment, nothing is stored twice and nothing forgotten: the same command \
            goes on.

            Exit code 0: all are stored now or were there already; 1: some were refused again, and stay open, or waited \
            to be dropped; 2: arguments or definitions are wrong, and nothing was done.
            """)

    @OptionGroup var choice: DeadLetterOptions

    @OptionGroup var options: PipelineOptions

    @Flag(help: "All that are open, where nothing else says which.")
    var everything = false

    @Option(help: ArgumentHelp("At most so many, oldest first.", valueName: "N"), transform: Arguments.count)
    var limit: Int?

    @Flag(help: "Says how many are meant, and does nothing.")
    var dryRun = false

    @Option(
        help: ArgumentHelp("How long to wait for a running phusa run.", valueName: "time"),
        transform: { try Arguments.duration($0) })
    var wait = Duration.seconds(60)

    @Option(help: "table or json.")
    var format = OutputFormat.table

    func validate() throws {
        if choice.isEverything, !everything, limit == nil {
            throw ValidationError("Say which ones, for instance with --stream or --reason; or --everything.")
        }
    }

    func run() throws {
        let configuration = try options.configuration()
        let submission = try ReplaySubmission(configuration)
        try submission.check(choice)
        if dryRun {
            let count = try DeadLetters.read(choice.filter, data: configuration.data, limit: 0) { _ in }
            return print("\(Format.counted(min(count, limit ?? .max), "dead letter")) would be replayed.")
        }
        let receipt = try submission.submit(.replay, choice.filter, limit: limit ?? .max, wait: wait)
        try submission.waitUntilFolded(receipt, wait: wait)
        let result = try submission.result(of: receipt)
        switch format {
        case .json: print(result.json)
        case .table: result.printForPeople()
        }
        if result.refused > 0 || result.waitingDropped > 0 { throw ExitCode(1) }
    }
}

/// `phusa dead-letters drop`: nobody needs them any more.
struct DeadLetterDrop: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Gives open dead letters up: they are listed no more, and stay in the table with the reason given.",
        discussion: """
            What waits for a replay already is replayed and not dropped.

            Exit code 0: all are dropped; 1: some waited for a replay; 2: arguments or definitions are wrong, and nothing \
            was done.
            """)

    @OptionGroup var choice: DeadLetterOptions

    @OptionGroup var options: PipelineOptions

    @Option(help: ArgumentHelp("Why nobody needs them: kept with the mark.", valueName: "text"))
    var because: String

    @Flag(help: "All that are open, where nothing else says which.")
    var everything = false

    @Flag(help: "Says how many are meant, and does nothing.")
    var dryRun = false

    @Option(
        help: ArgumentHelp("How long to wait for a running phusa run.", valueName: "time"),
        transform: { try Arguments.duration($0) })
    var wait = Duration.seconds(60)

    @Option(help: "table or json.")
    var format = OutputFormat.table

    func validate() throws {
        if choice.isEverything, !everything {
            throw ValidationError("Say which ones, for instance with --stream or --reason; or --everything.")
        }
        if because.allSatisfy(\.isWhitespace) { throw ValidationError("--because needs a reason in words.") }
    }

    func run() throws {
        let configuration = try options.configuration()
        let submission = try ReplaySubmission(configuration)
        try submission.check(choice)
        if dryRun {
            let count = try DeadLetters.read(choice.filter, data: configuration.data, limit: 0) { _ in }
            return print("\(Format.counted(count, "dead letter")) would be dropped.")
        }
        let receipt = try submission.submit(.drop(because: because), choice.filter, limit: .max, wait: wait)
        try submission.waitUntilFolded(receipt, wait: wait)
        let result = try submission.result(of: receipt)
        let (dropped, replayed) = (result.letters + result.waitingDropped, result.waiting - result.waitingDropped)
        switch format {
        case .json: print("{\"dropped\":\(dropped),\"waiting\":\(replayed)}")
        case .table:
            print("\(Format.counted(dropped, "dead letter")) dropped.")
            if replayed > 0 {
                print("\(Format.counted(replayed, "dead letter")) waited for a replay, and were not dropped.")
            }
        }
        if replayed > 0 { throw ExitCode(1) }
    }
}
