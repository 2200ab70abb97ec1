import Journal
import Payloads
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
        if var replay = replay.take() {
            defer { self.replay = replay }
            do throws(TableError) { try foldReplays(&replay) } catch { throw .table(error) }
            return true
        }
        while nextMessage < messages.count, readingCount < configuration.cadence.readingCount { foldRun() }
        for judge in judges { judge.judge(counts: &ledgerCounts) }
        return true
    }

    /// Folds the next messages, as many as belong to one stream.
    private mutating func foldRun() {
        let first = nextMessage
        if let route = Self.route(ofMessageAt: first, in: messages, matcher: &matcher) {
            let judge = judges[route.stream]
            var run = MessageRun(route: route, roomForReadings: configuration.cadence.readingCount - readingCount)
            swap(&run.candidates, &judge.candidates)
            swap(&run.refusals, &refusals)
            nextMessage = run.fold(
                messages, from: first, judge: judge, batch: &judge.table.batch, matcher: &matcher, decoder: &decoder,
                counts: &ledgerCounts)
            readingCount += run.readingCount
            swap(&run.candidates, &judge.candidates)
            swap(&run.refusals, &refusals)
            if !run.notes.isEmpty { take(run.notes) }
        } else {
            let topic = String(decoding: messages.topic(at: first))
            let refusal = Refusal(.unknownTopic, sentence: "no stream takes the topic \(topic)")
            refusals.append(RefusedMessage(message: first, reading: nil, refusal: refusal, version: nil))
            ledgerCounts.count(
                stream: nil, arrival: messages.entry(at: first).arrival, offset: messages.offset(at: first), stored: 0,
                duplicate: 0, refused: 1, received: 1)
            readingCount += 1
            nextMessage = first + 1
        }
        if !refusals.isEmpty { keepRefusals() }
        foldedThrough = messages.offset(at: nextMessage - 1)
    }

    static func route(
        ofMessageAt index: Int, in messages: borrowing MessageBatch, matcher: inout TopicMatcher
    ) -> TopicRoute? {
        matcher.route(of: messages.topic(at: index))
    }

    /// Reports what payloads told besides their readings, keeps certificates and asks for those that are missing.
    private mutating func take(_ notes: [NotedMessage]) {
        for noted in notes {
            let offset = messages.offset(at: noted.message)
            switch noted.note {
            case .birth(edge: let edge): keep(.birth, of: edge, in: noted)
            case .death(edge: let edge): keep(.death, of: edge, in: noted)
            case .rebirthWanted(commandTopic: let topic):
                feedback?.askForRebirth(commandTopic: topic, offset: offset)
            case .sequenceGap: break
            }
            report(
                .payloadNote(
                    lane: identity.name, stream: catalog.streams[noted.route.stream].name,
                    offset: offset, noted.note))
        }
    }

    /// Keeps a certificate, unless it is kept already.
    private func keep(_ event: BirthEvent, of edge: String, in noted: NotedMessage) {
        let offset = messages.offset(at: noted.message)
        guard let births, births.lacks(offset) else { return }
        births.batch.appendBirth(
            event, edge: edge, topic: messages.topic(at: noted.message), payload: messages.payload(at: noted.message),
            arrival: messages.entry(at: noted.message).arrival, lane: identity.name, offset: offset)
    }

    /// Moves refusals into the dead letters, unless those of the message are there already.
    private mutating func keepRefusals() {
        var kept: KeptMessage?
        for refused in refusals where deadLetters.lacks(messages.offset(at: refused.message)) {
            // A message can hold very many refused readings: its bytes are looked at once.
            if kept?.index != refused.message {
                kept = KeptMessage(
                    index: refused.message,
                    stream: Self.route(ofMessageAt: refused.message, in: messages, matcher: &matcher)?.stream,
                    topic: deadLetters.batch.intern(
                        messages.topic(at: refused.message), column: DeadLetterColumn.topic),
                    payload: deadLetters.batch.intern(
                        messages.payload(at: refused.message), column: DeadLetterColumn.payload))
            }
            if let kept {
                keep(refused, of: kept)
                if feedback != nil { tell(refused, of: kept) }
            }
        }
        refusals.removeAll(keepingCapacity: true)
    }

    /// Tells the sender, where that is wanted.
    private mutating func tell(_ refused: RefusedMessage, of kept: KeptMessage) {
        let plan = kept.stream.map { catalog.streams[$0] }
        feedback?.tell(
            refused.refusal, reading: refused.reading, messageAt: refused.message, of: messages,
            stream: plan.map { plan in
                (
                    name: plan.name, deviceMember: plan.identity.columns.first.map { plan.columns[$0].name },
                    schemaVersion: "\(refused.version ?? plan.newestVersion.version)"
                )
            })
    }

    /// Puts a refused message or reading into the dead letters.
    private mutating func keep(_ refused: RefusedMessage, of message: KeptMessage) {
        let refusal = refused.refusal
        let entry = messages.entry(at: message.index)
        let table = deadLetters
        table.batch.beginRow()
        if let stream = message.stream {
            table.batch.setString(catalog.streams[stream].name, column: DeadLetterColumn.stream)
        }
        if let version = refused.version { table.batch.setString("\(version)", column: DeadLetterColumn.schemaVersion) }
        table.batch.setWord(message.topic, column: DeadLetterColumn.topic)
        table.batch.setString(refusal.reason.rawValue, column: DeadLetterColumn.reason)
        if !refusal.pointer.isEmpty { table.batch.setString(refusal.pointer, column: DeadLetterColumn.pointer) }
        if let place = refusal.byteOffset { table.batch.setWord(Int64(place), column: DeadLetterColumn.byteOffset) }
        table.batch.setString(refusal.sentence, column: DeadLetterColumn.sentence)
        table.batch.setWord(message.payload, column: DeadLetterColumn.payload)
        if let reading = refused.reading { table.batch.setWord(Int64(reading), column: DeadLetterColumn.readingIndex) }
        table.batch.setWord(Int64(entry.flags.qualityOfService), column: DeadLetterColumn.qualityOfService)
        table.batch.setWord(entry.flags.contains(.retained) ? 1 : 0, column: DeadLetterColumn.retained)
        if let told = messages.toldVersion(at: message.index) {
            table.batch.setString(told, column: DeadLetterColumn.toldVersion)
        }
        table.batch.setWord(entry.arrival.microsecondsSinceEpoch, column: DeadLetterColumn.ingestTime)
        table.batch.setString(identity.name, column: DeadLetterColumn.lane)
        table.batch.setWord(Int64(messages.offset(at: message.index).number), column: DeadLetterColumn.journalOffset)
        table.batch.commitRow()
    }
}

/// A message some of whose readings were refused, with the ids of its bytes in the dead letters' dictionaries.
private struct KeptMessage {
    let index: Int
    let stream: Int?
    let topic: Int64
    let payload: Int64
}
