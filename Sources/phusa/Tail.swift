import ArgumentParser
import DurableFiles
import Glibc
import Journal
import Pipeline
import Streams
import Telemetry

/// `phusa tail`: follows what arrives.
struct Tail: ParsableCommand {
    enum Beginning: String, CaseIterable, ExpressibleByArgument {
        case start
        case end
    }

    static let configuration = CommandConfiguration(
        abstract: "Follows the journal: what arrives, and what becomes of it.",
        discussion: """
            Reads the journal beside a running phusa run and changes nothing. Each message is decoded as the pipeline \
            does it; a reading that was seen before by this command is shown as a duplicate. On a terminal in columns, \
            otherwise as JSON lines.

            EXAMPLES
              phusa tail
              phusa tail coverage broadband --refused
              phusa tail --from start --no-follow | jq -r 'select(.stream == "coverage") | .payload'
            """)

    @Argument(help: "Only these streams (default: all messages).")
    var streams: [String] = []

    @Option(help: ArgumentHelp("The data folder of phusa run.", valueName: "folder"))
    var data = "var"

    @OptionGroup var definitions: SchemaOptions

    @Option(help: "Begins with the oldest message of the journal, or behind the newest.")
    var from: Beginning?

    @Option(help: ArgumentHelp("Begins with this message of the lane.", valueName: "offset"))
    var sinceOffset: UInt64?

    @Option(help: ArgumentHelp("Only this lane.", valueName: "name"))
    var lane: String?

    @Flag(help: "Only messages of which something was refused.")
    var refused = false

    @Flag(inversion: .prefixedNo, help: "Waits for further messages at the end.")
    var follow = true

    @Option(help: ArgumentHelp("Ends after so many messages.", valueName: "N"), transform: Arguments.count)
    var limit: Int?

    @Option(help: "table or json (default: table on a terminal, json elsewhere).")
    var format: OutputFormat?

    func validate() throws {
        if from != nil, sinceOffset != nil { throw ValidationError("Give either --from or --since-offset, not both.") }
    }

    func run() throws {
        let catalog = try definitions.catalog()
        for stream in streams { _ = try catalog.index(of: stream) }
        guard InputFile.exists(data) else {
            throw CommandFailure.usage("There is no folder \(data); give --data the data folder of phusa run.")
        }
        let format = format ?? (Terminal.isTerminal(STDOUT_FILENO) ? .table : .json)
        var lanes = try openLanes(catalog)
        if lanes.isEmpty, !follow {
            throw CommandFailure.failure(
                "There is no journal in \(data) yet; phusa run begins one with its first message.")
        }
        var output = Output()
        var count = 0
        Interruption.watch()
        while !Interruption.hasCome, count < limit ?? .max {
            var isIdle = true
            for lane in lanes {
                // A lane at a time, but not for ever: each gets its turn.
                for _ in 0..<1000 {
                    guard count < limit ?? .max, let message = try lane.tail.next() else { break }
                    isIdle = false
                    guard isWanted(message) else { continue }
                    count += 1
                    try show(message, format, &output)
                }
            }
            guard isIdle else { continue }
            try output.flush()
            if !follow { break }
            // As often as the eye can tell.
            usleep(100_000)
            if lanes.isEmpty { lanes = try openLanes(catalog) }
        }
        try output.flush()
    }

    /// Holds a lane's tail where only copyable things can be.
    private final class Lane {
        var tail: LaneTail

        init(_ tail: consuming LaneTail) {
            self.tail = tail
        }
    }

    private func openLanes(_ catalog: StreamCatalog) throws(CommandFailure) -> [Lane] {
        let store = SystemFileStore()
        var lanes: [Lane] = []
        var names: [String] = []
        do throws(FileError) {
            guard try store.exists("\(data)/journal") else { return [] }
            names = try store.entries(of: "\(data)/journal").filter(\.isDirectory).map(\.name)
        } catch {
            throw .failure("\(error).")
        }
        if let lane, !names.contains(lane) {
            throw .usage("There is no lane \(lane) in \(data)/journal; there are \(names.joined(separator: ", ")).")
        }
        // What a person replays is not what arrives, but can be asked for.
        for name in names where lane == nil ? name != ReplayDesk.laneName : name == lane {
            let directory = "\(data)/journal/\(name)"
            let offset = try beginning(of: directory, store)
            lanes.append(Lane(LaneTail(name, directory: directory, from: offset, catalog: catalog)))
        }
        return lanes
    }

    private func beginning(of directory: String, _ store: SystemFileStore) throws(CommandFailure) -> JournalOffset {
        let facts: JournalFacts?
        do throws(JournalReadError) {
            facts = try JournalDirectory(store, directory).facts()
        } catch {
            throw .failure("The journal \(directory) cannot be read: \(error).")
        }
        guard let facts else { return JournalOffset.beforeFirst.next }
        if let sinceOffset {
            guard sinceOffset >= facts.firstOffset.number else {
                throw .usage(
                    "Message \(sinceOffset) is no longer in the journal, which begins with \(facts.firstOffset); what was "
                        + "before it lies in the tables.")
            }
            guard sinceOffset <= facts.lastOffset.next.number else {
                throw .usage("Message \(sinceOffset) has not come yet; the newest one is \(facts.lastOffset).")
            }
            return JournalOffset(sinceOffset)
        }
        // Without waiting for more, there is something to see only from the start.
        switch from ?? (follow ? .end : .start) {
        case .start: return facts.firstOffset
        case .end: return facts.lastOffset.next
        }
    }

    private func isWanted(_ message: TailedMessage) -> Bool {
        if refused, message.refusals.isEmpty { return false }
        return streams.isEmpty || message.stream.map(streams.contains) ?? false
    }

    private func show(_ message: TailedMessage, _ format: OutputFormat, _ output: inout Output) throws(CommandFailure) {
        switch format {
        case .json: try output.write(line: message.json)
        case .table:
            let lines = message.lines(
                width: Terminal.width(STDOUT_FILENO) ?? 200, isColoured: Terminal.hasColour(STDOUT_FILENO))
            for line in lines { try output.write(line: line) }
        }
    }
}
