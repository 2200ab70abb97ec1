import ArgumentParser
import DurableFiles
import Payloads
import Streams
import Telemetry

/// `phusa schema new`: a stream to begin with, from payloads that a fleet sends.
struct SchemaNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Writes the beginnings of a stream from sample payloads: definition, schema and examples.",
        discussion: """
            Recognises the payloads' format, and from all samples together types, ranges, and which members could be \
            time and identity. Limits are yours to set: what was seen stands in the schema as a comment. What it writes \
            passes phusa check; edit it, and check again.

            EXAMPLES
              phusa schema new river level-*.json
              phusa schema new noise --format chirpstack --topic application/7/device/+/event/up recorded.ndjson.gz
            """)

    @Argument(help: ArgumentHelp("The name of the stream, which is also that of its table.", valueName: "name"))
    var name: String

    @Argument(
        help: ArgumentHelp(
            "Files with payloads; each file is one, of .ndjson and .jsonl files each line; - is standard input.",
            valueName: "sample"))
    var samples: [String]

    @OptionGroup var definitions: SchemaOptions

    @Option(
        help: ArgumentHelp(
            "The format of the payloads, if it is not to be guessed: \(PayloadFormat.names).", valueName: "format"),
        transform: { try Decode.format($0) })
    var format: PayloadFormat?

    @Option(help: ArgumentHelp("The topic filter of the fleet (default: telemetry/+/NAME/+).", valueName: "filter"))
    var topic: String?

    @Option(help: ArgumentHelp("The zone of times that do not say theirs.", valueName: "zone"))
    var zone = "Asia/Ho_Chi_Minh"

    @Flag(help: "Each line is a payload.")
    var lines = false

    func run() throws {
        if let fault = StreamName.fault(in: name) {
            throw CommandFailure.usage("The stream cannot be made: \(fault.message). \(fault.fix).")
        }
        let folder = "\(definitions.schemas)/streams/\(name)"
        guard !InputFile.exists(folder) else {
            throw CommandFailure.usage("\(folder) is there already; choose another name, or edit what is there.")
        }
        let filter = topic ?? "telemetry/+/\(name)/+"
        do throws(TopicFilterError) {
            _ = try TopicFilter(filter)
        } catch {
            throw CommandFailure.usage("--topic \(filter) \(error.problem). \(error.fix).")
        }
        let payloads = try payloads()
        let format = try format ?? Self.recognised(payloads)
        var survey = SampleSurvey(format: format, topic: Self.topic(matching: filter))
        for payload in payloads { survey.read(payload) }
        guard survey.recordCount > 0 else {
            throw CommandFailure.usage(
                "None of the samples gives a record as \(format.rawValue)"
                    + "\(survey.firstRefusal.map { ": \($0.sentence)" } ?? "").")
        }
        let scaffold = StreamScaffold(name: name, topicFilter: filter, survey: survey, zone: zone)
        let files = try scaffold.files(payloads)
        do throws(FileError) {
            for file in files {
                let path = "\(folder)/\(file.path)"
                let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
                    separator: "/")
                try SystemFileStore().createDirectory(parent)
                try SystemFileStore().createAtomically(path, file.bytes)
            }
        } catch {
            throw CommandFailure.failure("\(error).")
        }
        for line in scaffold.summary(folder: folder, files: files.map(\.path)) { print(line) }
    }

    /// A topic that the filter takes.
    private static func topic(matching filter: String) -> String {
        filter.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0 == "+" || $0 == "#" ? "sample" : String($0) }.joined(separator: "/")
    }

    /// 10,000: types and ranges do not change any more.
    private static let mostPayloads = 10_000

    private func payloads() throws -> [[UInt8]] {
        var payloads: [[UInt8]] = []
        for sample in samples {
            guard lines || [".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz"].contains(where: sample.hasSuffix) else {
                payloads.append(try InputFile.bytes(of: sample))
                continue
            }
            var reader = LineReader(try InputFile(path: sample))
            var line: [UInt8] = []
            while payloads.count < Self.mostPayloads, try reader.next(into: &line) {
                if !line.isEmpty { payloads.append(line) }
            }
        }
        return payloads
    }

    private static func recognised(_ payloads: [[UInt8]]) throws -> PayloadFormat {
        guard let format = FormatGuess.format(of: payloads) else {
            throw CommandFailure.usage(
                "The samples are of no format that can be recognised; say which with --format: \(PayloadFormat.names).")
        }
        return format
    }
}
