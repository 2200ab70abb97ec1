import Payloads
import Streams
import Telemetry

/// A refusal of a run, with the message and, where that held several, the reading it is about.
struct RefusedMessage {
    /// The index in the batch of messages.
    let message: Int
    let reading: Int32?
    let refusal: Refusal
    /// Nil where no schema has a say.
    let version: SchemaVersion?
}

/// What the payload of a message told besides its readings.
struct NotedMessage {
    /// The index in the batch of messages.
    let message: Int
    let route: TopicRoute
    let note: PayloadNote
}

/// Consecutive messages of one stream on their way into its batch.
///
/// What does not change from message to message is looked up once for the run.
struct MessageRun {
    /// Where the first message belongs; the others may come from other sources of the stream.
    let route: TopicRoute
    /// A run ends with the message that uses this up.
    let roomForReadings: Int
    private(set) var readingCount = 0
    /// The good readings, for the judge.
    var candidates: [DuplicateRegister.Candidate] = []
    var refusals: [RefusedMessage] = []
    /// What payloads told besides readings, with the messages that told it.
    var notes: [NotedMessage] = []

    init(route: TopicRoute, roomForReadings: Int) {
        self.route = route
        self.roomForReadings = roomForReadings
    }

    /// Folds messages from index `first` on, which is one of the stream's; returns the index behind the last.
    mutating func fold(
        _ messages: borrowing MessageBatch, from first: Int, judge: ReadingJudge, batch: inout ColumnBatch,
        matcher: inout TopicMatcher, decoder: inout RecordDecoder, counts: inout LedgerCounts
    ) -> Int {
        let lane = batch.intern(judge.lane.name.utf8Bytes, column: judge.laneColumn)
        let newestVersion = batch.intern(judge.newestVersion.utf8Bytes, column: judge.versionColumn)
        let identity = judge.identity
        let committedThrough = judge.table.committedThrough
        var refused: [RefusedReading] = []
        var next: TopicRoute? = route
        var index = first
        while let route = next, route.stream == self.route.stream {
            let arrival = messages.entry(at: index).arrival
            let offset = messages.offset(at: index)
            let firstRow = batch.count
            let received = decoder.decode(
                PayloadInput(
                    payload: messages.payload(at: index), topic: messages.topic(at: index),
                    toldVersion: messages.toldVersion(at: index), arrival: arrival),
                route: route,
                trace: RowTrace(arrival: arrival, lane: lane, offset: offset, newestVersion: newestVersion),
                into: &batch, refusals: &refused)
            for row in firstRow..<batch.count {
                candidates.append(
                    DuplicateRegister.Candidate(
                        identity: identity.fingerprint(ofRow: row, in: batch), arrival: arrival, offset: offset,
                        row: offset > committedThrough ? row : -1))
            }
            // Rows that the table has already: they count, and are not stored again.
            if offset <= committedThrough { batch.removeRows(from: firstRow) }
            counts.count(
                stream: route.stream, arrival: arrival, offset: offset, stored: Int64(received - refused.count),
                duplicate: 0, refused: Int64(refused.count), received: Int64(received))
            if !refused.isEmpty { note(&refused, message: index, received: received) }
            if decoder.hasNotes {
                notes += decoder.takeNotes().map { NotedMessage(message: index, route: route, note: $0) }
            }
            readingCount += received
            index += 1
            guard index < messages.count, readingCount < roomForReadings else { break }
            next = matcher.route(of: messages.topic(at: index))
        }
        return index
    }

    private mutating func note(_ refused: inout [RefusedReading], message: Int, received: Int) {
        for reading in refused {
            refusals.append(
                RefusedMessage(
                    message: message, reading: received > 1 ? Int32(clamping: reading.index) : nil,
                    refusal: reading.refusal, version: reading.version))
        }
        refused.removeAll(keepingCapacity: true)
    }
}

/// Decides for the readings of one stream, in one lane, whether they are stored.
final class ReadingJudge {
    let table: PipelineTable
    let identity: ReadingIdentity
    let laneColumn: Int
    let versionColumn: Int
    let newestVersion: String
    let lane: Fold.Identity
    /// Readings whose rows are in the batch and that are still to be judged.
    var candidates: [DuplicateRegister.Candidate] = []

    private let stream: Int
    private let duplicates: DuplicateRegister
    private var found: [Int] = []

    init(
        _ plan: StreamPlan, stream: Int, table: PipelineTable, duplicates: DuplicateRegister, lane: Fold.Identity
    ) {
        self.stream = stream
        self.table = table
        self.duplicates = duplicates
        self.lane = lane
        identity = plan.identity
        laneColumn = plan.laneColumn
        versionColumn = plan.schemaVersionColumn
        newestVersion = "\(plan.newestVersion.version)"
    }

    /// Takes the rows of duplicates out of the batch again, and counts them.
    ///
    /// Many readings at a time, because the place of each in the table of identities is a wait for memory.
    func judge(counts: inout LedgerCounts) {
        guard !candidates.isEmpty else { return }
        duplicates.judge(candidates, lane: lane.index, duplicates: &found)
        if !found.isEmpty {
            var rows: [UInt32] = []
            for index in found {
                counts.countAsDuplicate(stream: stream, arrival: candidates[index].arrival)
                if candidates[index].row >= 0 { rows.append(UInt32(candidates[index].row)) }
            }
            table.batch.removeRows(rows.span)
            found.removeAll(keepingCapacity: true)
        }
        candidates.removeAll(keepingCapacity: true)
    }
}
