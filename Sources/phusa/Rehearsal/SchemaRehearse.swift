import ArgumentParser
import Glibc
import Pipeline
import Streams
import Telemetry

/// `phusa schema rehearse`: what a schema would do that is not active yet.
struct SchemaRehearse: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rehearse",
        abstract: "Runs a schema that is not active over what came: who would break, which dead letters would pass.",
        discussion: """
            The readings in the stream's table are turned back into records; messages in the journal that are not \
            committed yet and open dead letters are decoded from their bytes, with the stream's own mapping. Each is \
            judged by the new schema alone, as if it were the only version; only dead letters that told a version that \
            the stream does not have must have told the new one. Nothing is changed, also beside a running phusa run. Values that the table does not keep (sentinels, digits beyond the precision) are not seen.

            Exit code 0: nothing would break; 1: something would.

            EXAMPLES
              phusa schema rehearse Schemas/streams/coverage/v2.schema.json --stream coverage
              phusa schema rehearse draft.schema.json --stream noise --since 7d --by /operator
              phusa schema rehearse v2.schema.json --stream parking --by topic:2 --format json
            """)

    @Argument(help: ArgumentHelp("The schema.", valueName: "file"))
    var schema: String

    @Option(help: ArgumentHelp("The stream that it is for.", valueName: "name"))
    var stream: String

    @Option(
        help: ArgumentHelp("What came then or later: a time, or how long ago.", valueName: "time"),
        transform: Arguments.moment)
    var since: EventTime = EventTime(microsecondsSinceEpoch: EventTime.now.microsecondsSinceEpoch - 86_400_000_000)

    @Option(
        help: ArgumentHelp(
            "Who: device (its name without the number at the end), topic:N (a level of the topic, from 1) or a member "
                + "such as /vendor.", valueName: "what"),
        transform: Grouping.parse)
    var by = Grouping.device

    @Option(help: ArgumentHelp("The data folder of phusa run.", valueName: "folder"))
    var data = "var"

    @OptionGroup var definitions: SchemaOptions

    @Option(help: "table or json.")
    var format = OutputFormat.table

    func run() throws {
        guard InputFile.exists("\(data)/tables") else {
            throw CommandFailure.usage(
                "There are no tables in \(data): no folder \(data)/tables. Give --data the data folder of phusa run.")
        }
        let catalog = try definitions.catalog()
        let active = catalog.streams[try catalog.index(of: stream)]
        let new: StreamPlan
        do throws(DefinitionError) {
            new = try StreamPlan.rehearsal(of: stream, in: "\(definitions.schemas)/streams", schema: schema)
        } catch {
            throw CommandFailure.usage("\(error)")
        }
        var rehearsal = Rehearsal(grouping: by)
        try StoredRecords(active, new: new, data: data, since: since).judge(into: &rehearsal)
        try WaitingMessages(active, new: new, data: data, since: since).judge(into: &rehearsal)
        try RefusedMessages(active, new: new, data: data, since: since).judge(into: &rehearsal)
        switch format {
        case .json: print(rehearsal.json)
        case .table: rehearsal.printForPeople(schema: schema)
        }
        if rehearsal.brokenCount > 0 { throw ExitCode(1) }
    }
}
