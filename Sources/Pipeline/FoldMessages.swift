import Journal
import Streams
import Telemetry

extension Fold {
    /// Folds messages up to `durable`, as many as one block holds or a cycle still takes.
    ///
    /// - Returns: false when there are none.
    mutating func foldBlock(through durable: JournalOffset) throws(FoldError) -> Bool {
        if nextMessage == messages.count {
            nextMessage = 0
            do throws(JournalReadError) {
                guard try journal.read(into: &messages, through: durable) > 0 else { return false }
            } catch {
                throw .journal(error)
            }
            if messages.firstOffset != foldedThrough.next {
                throw .table(
                    .journalBehindTables(
                        lane: identity.name,
                        problem: "the journal goes on with message \(messages.firstOffset), and the tables end with "
                            + "\(foldedThrough): restore the missing files"))
            }
        }
        if firstFoldMilliseconds == nil { firstFoldMilliseconds = monotonicMilliseconds() }
        while nextMessage < messages.count, readingCount < configuration.cadence.readingCount {
            fold(messageAt: nextMessage)
            nextMessage += 1
        }
        return true
    }

    private mutating func fold(messageAt index: Int) {
        let arrival = messages.entry(at: index).arrival
        let offset = messages.offset(at: index)
        let stream = Self.stream(ofMessageAt: index, in: messages, matcher: &matcher)
        var outcome = MessageOutcome()
        if let stream {
            Self.decode(messages, index, stream: stream, judge: judges[stream], decoder: &decoder, outcome: &outcome)
        } else {
            let topic = String(decoding: messages.topic(at: index))
            let refusal = Refusal(.unknownTopic, sentence: "no stream takes the topic \(topic)")
            outcome.received = 1
            outcome.refusals.append((reading: nil, refusal: refusal))
        }
        if !outcome.refusals.isEmpty, deadLetters.lacks(offset) {
            for (reading, refusal) in outcome.refusals {
                keep(refusal, messageAt: index, stream: stream, reading: outcome.received > 1 ? reading : nil)
            }
        }
        ledgerCounts.count(
            stream: stream, arrival: arrival, offset: offset, stored: outcome.stored, duplicate: outcome.duplicate,
            refused: Int64(outcome.refusals.count), received: outcome.received)
        readingCount += Int(outcome.received)
        foldedThrough = offset
    }

    private static func stream(
        ofMessageAt index: Int, in messages: borrowing MessageBatch, matcher: inout TopicMatcher
    ) -> Int? {
        matcher.stream(of: messages.topic(at: index))
    }

    private static func decode(
        _ messages: borrowing MessageBatch, _ index: Int, stream: Int, judge: ReadingJudge,
        decoder: inout RecordDecoder, outcome: inout MessageOutcome
    ) {
        let arrival = messages.entry(at: index).arrival
        let offset = messages.offset(at: index)
        decoder.decode(
            payload: messages.payload(at: index), stream: stream, arrival: arrival, into: &judge.table.batch
        ) { verdict, batch in
            judge.take(verdict, in: &batch, arrival: arrival, offset: offset, outcome: &outcome)
        }
    }

    /// Puts a refused message or reading into the dead letters.
    private mutating func keep(_ refusal: Refusal, messageAt index: Int, stream: Int?, reading: Int32?) {
        let entry = messages.entry(at: index)
        let table = deadLetters
        table.batch.beginRow()
        if let stream {
            table.batch.setString(catalog.streams[stream].name, column: DeadLetterColumn.stream)
            table.batch.setWord(
                Int64(catalog.streams[stream].schemaVersion), column: DeadLetterColumn.schemaVersion)
        }
        table.batch.setBytes(messages.topic(at: index), column: DeadLetterColumn.topic)
        table.batch.setString(refusal.reason.rawValue, column: DeadLetterColumn.reason)
        if !refusal.pointer.isEmpty { table.batch.setString(refusal.pointer, column: DeadLetterColumn.pointer) }
        if let place = refusal.byteOffset { table.batch.setWord(Int64(place), column: DeadLetterColumn.byteOffset) }
        table.batch.setString(refusal.sentence, column: DeadLetterColumn.sentence)
        table.batch.setBytes(messages.payload(at: index), column: DeadLetterColumn.payload)
        if let reading { table.batch.setWord(Int64(reading), column: DeadLetterColumn.readingIndex) }
        table.batch.setWord(Int64(entry.flags.qualityOfService), column: DeadLetterColumn.qualityOfService)
        table.batch.setWord(entry.flags.contains(.retained) ? 1 : 0, column: DeadLetterColumn.retained)
        table.batch.setWord(entry.arrival.microsecondsSinceEpoch, column: DeadLetterColumn.ingestTime)
        table.batch.setString(identity.name, column: DeadLetterColumn.lane)
        table.batch.setWord(Int64(messages.offset(at: index).number), column: DeadLetterColumn.journalOffset)
        table.batch.commitRow()
    }
}

/// What became of the readings of one message: `received = stored + duplicate + refusals.count`.
struct MessageOutcome {
    var received: Int64 = 0
    var stored: Int64 = 0
    var duplicate: Int64 = 0
    var refusals: [(reading: Int32?, refusal: Refusal)] = []
}

/// Decides for the readings of one stream, in one lane, whether they are stored.
final class ReadingJudge {
    let table: PipelineTable
    private let duplicates: DuplicateRegister
    private let identityColumns: [Int]
    private let ingestTimeColumn: Int
    private let laneColumn: Int
    private let journalOffsetColumn: Int
    private let lane: Fold.Identity

    init(_ plan: StreamPlan, table: PipelineTable, duplicates: DuplicateRegister, lane: Fold.Identity) {
        self.table = table
        self.duplicates = duplicates
        self.lane = lane
        identityColumns = plan.identityColumns
        ingestTimeColumn = plan.ingestTimeColumn
        laneColumn = plan.laneColumn
        journalOffsetColumn = plan.journalOffsetColumn
    }

    /// Completes and commits the pending row, unless the reading is refused, a duplicate, or in the table already.
    func take(
        _ verdict: DecodeVerdict, in batch: inout ColumnBatch, arrival: EventTime, offset: JournalOffset,
        outcome: inout MessageOutcome
    ) {
        let index = outcome.received
        outcome.received += 1
        if case .refused(let refusal) = verdict {
            outcome.refusals.append((reading: Int32(clamping: index), refusal: refusal))
            return
        }
        var identity = Fingerprint.start
        for column in identityColumns { batch.combine(column: column, row: batch.count, into: &identity) }
        guard table.lacks(offset) else {
            // Read again after a crash: it was stored from this message, or was a duplicate and still is one.
            let origin = DuplicateRegister.Origin(lane: lane.index, offset: offset)
            if duplicates.wasStored(identity, origin: origin) { outcome.stored += 1 } else { outcome.duplicate += 1 }
            return
        }
        guard duplicates.isFirst(identity, arrival: arrival) else {
            outcome.duplicate += 1
            return
        }
        outcome.stored += 1
        batch.setWord(arrival.microsecondsSinceEpoch, column: ingestTimeColumn)
        batch.setString(lane.name, column: laneColumn)
        batch.setWord(Int64(offset.number), column: journalOffsetColumn)
        batch.commitRow()
    }
}
