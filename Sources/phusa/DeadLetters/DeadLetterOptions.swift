import ArgumentParser
import Pipeline
import Streams
import Telemetry

/// Which dead letters a command is about.
struct DeadLetterOptions: ParsableArguments {
    /// Stands for topics that no stream takes.
    static let noStream = "none"

    @Option(help: ArgumentHelp("Only those of this stream; none for topics without one.", valueName: "name"))
    var stream: String?

    @Option(help: ArgumentHelp("Only those that are refused for this reason now, such as range.", valueName: "code"))
    var reason: String?

    @Option(
        help: ArgumentHelp(
            "Only those of this device: a level of the topic, or a string in the payload.", valueName: "name"))
    var device: String?

    @Option(help: ArgumentHelp("Only those whose topic this filter takes; + and # as in MQTT.", valueName: "filter"))
    var topic: String?

    @Option(
        help: ArgumentHelp("Only those that came then or later: a time, or 24h for the last day.", valueName: "time"),
        transform: Arguments.moment)
    var since: EventTime?

    @Option(
        help: ArgumentHelp("Only those that came before: a time, or how long ago.", valueName: "time"),
        transform: Arguments.moment)
    var until: EventTime?

    @Option(help: ArgumentHelp("Only those that came through this lane.", valueName: "name"))
    var lane: String?

    @Option(help: ArgumentHelp("Only this message of its lane.", valueName: "number"))
    var offset: UInt64?

    @Option(help: ArgumentHelp("Only this reading of a message, from 0.", valueName: "number"))
    var reading: Int32?

    func validate() throws {
        if let topic {
            do throws(TopicFilterError) {
                _ = try TopicFilter(topic)
            } catch {
                throw ValidationError("--topic \(topic) \(error.problem). \(error.fix).")
            }
        }
        if let reason, RefusalReason(rawValue: reason) == nil {
            let known = RefusalReason.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("There is no reason \(reason); there are \(known).")
        }
    }

    /// Whether anything narrows the choice.
    var isEverything: Bool {
        [stream, reason, device, topic, lane].allSatisfy { $0 == nil } && since == nil && until == nil
            && offset == nil && reading == nil
    }

    var filter: DeadLetterFilter {
        var filter = DeadLetterFilter()
        filter.isWithoutStream = stream == Self.noStream
        filter.stream = filter.isWithoutStream ? nil : stream
        filter.reason = reason
        filter.device = device
        // A filter that is none was refused by `validate`.
        if let topic = topic.flatMap({ try? TopicFilter($0) }) {
            filter.topic = { topic.matches($0.utf8Bytes) }
        }
        filter.since = since
        filter.until = until
        filter.lane = lane
        filter.offset = offset.map(JournalOffset.init)
        filter.readingIndex = reading
        return filter
    }
}

extension Arguments {
    /// A time as `time` takes it, or how long ago: `24h`.
    static func moment(_ text: String) throws -> EventTime {
        if text.first?.isNumber == true, text.last?.isLetter == true, text.last != "Z" {
            return EventTime(
                microsecondsSinceEpoch: EventTime.now.microsecondsSinceEpoch - (try duration(text).microseconds))
        }
        return try time(text)
    }
}

/// Opens the dead letters of a data folder for the commands that read them.
enum DeadLetters {
    static func box(_ data: String) throws(CommandFailure) -> DeadLetterBox {
        guard InputFile.exists("\(data)/tables") else {
            throw .usage(
                "There are no tables in \(data): no folder \(data)/tables. Give --data the data folder of phusa run.")
        }
        do throws(TableError) {
            return try DeadLetterBox(dataDirectory: data)
        } catch {
            throw .failure("\(error)")
        }
    }

    /// All that the filter means, or the first of them; and how many there are.
    static func read(
        _ filter: DeadLetterFilter, data: String, limit: Int, _ body: (DeadLetter) throws(CommandFailure) -> Void
    ) throws(CommandFailure) -> Int {
        var count = 0
        let box = try box(data)
        do throws(DeadLetterBoxError<CommandFailure>) {
            try box.forEach(filter) { letter throws(CommandFailure) in
                count += 1
                if count <= limit { try body(letter) }
            }
        } catch {
            switch error {
            case .table(let error): throw .failure("\(error)")
            case .body(let failure): throw failure
            }
        }
        return count
    }
}
