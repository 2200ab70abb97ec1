import Streams
import Telemetry

/// What the fold of lane replay has beside that of other lanes.
struct ReplayState {
    let marks: PipelineTable
    let registers: [DuplicateRegister]
    var stored: StoredIdentities
    /// Up to which message the tables were complete when `stored` last forgot what waited.
    var committedThrough: JournalOffset
}

extension Fold {
    /// Folds messages of lane replay from `nextMessage` on, as many as a cycle takes.
    ///
    /// - Throws: when a table cannot be read; the message at hand has left no trace, and the call can be made again.
    mutating func foldReplays(_ replay: inout ReplayState) throws(TableError) {
        if replay.committedThrough != ledgerOffset {
            replay.committedThrough = ledgerOffset
            replay.stored.didCommit()
        }
        try replay.stored.update()
        while nextMessage < messages.count, readingCount < configuration.cadence.readingCount {
            let offset = messages.offset(at: nextMessage)
            let trace = ReplayTrace(arrival: messages.entry(at: nextMessage).arrival, offset: offset)
            if let request = ReplayRequest(messages.attributes(at: nextMessage)) {
                let route = Self.route(ofMessageAt: nextMessage, in: messages, matcher: &matcher)
                if request.isDropped {
                    drop(request, route, trace, replay)
                } else if let route {
                    try fold(request, route, trace, &replay)
                } else {
                    let topic = String(decoding: messages.topic(at: nextMessage))
                    let refusal = Refusal(.unknownTopic, sentence: "no stream takes the topic \(topic)")
                    let outcomes = request.letters.map { ReplayOutcome(letter: $0, refused: 1, refusal: refusal) }
                    keep(outcomes, route, trace, replay)
                }
            } else {
                // Nobody but this program writes the journal; what it has not written holds nothing to fold.
                keep([], nil, trace, replay)
            }
            foldedThrough = offset
            nextMessage += 1
        }
    }

    private mutating func drop(
        _ request: ReplayRequest, _ route: TopicRoute?, _ trace: ReplayTrace, _ replay: ReplayState
    ) {
        let letters = request.letters
        if replay.marks.lacks(trace.offset) {
            let stream = route.map { catalog.streams[$0.stream].name }
            for letter in letters {
                replay.marks.batch.appendDropMark(
                    of: letter, stream: stream, because: messages.payload(at: nextMessage), trace: trace)
            }
        }
        ledgerCounts.count(
            stream: route?.stream, arrival: trace.arrival, offset: trace.offset, stored: 0, duplicate: 0, refused: 0,
            received: 0)
        readingCount += letters.count
    }

    /// Decodes a message as if it came when it did, and stores of the readings that are meant those that no table has.
    private mutating func fold(
        _ request: ReplayRequest, _ route: TopicRoute, _ trace: ReplayTrace, _ replay: inout ReplayState
    ) throws(TableError) {
        let table = judges[route.stream].table
        let plan = catalog.streams[route.stream]
        let firstRow = table.batch.count
        var outcomes = request.letters.map { ReplayOutcome(letter: $0) }
        let lane = table.batch.intern(identity.name.utf8Bytes, column: plan.laneColumn)
        // For each good reading, row by row, which of the outcomes it belongs to.
        let places = Self.decode(
            request, at: nextMessage, of: messages, route, with: &decoder, plan: plan,
            trace: trace, lane: lane, into: table, outcomes: &outcomes)
        let candidates = self.candidates(firstRow..<table.batch.count, of: route.stream, trace)
        var isDuplicate: [Bool] = []
        do throws(TableError) {
            for candidate in candidates {
                guard candidate.reading.row >= 0 else {
                    // The table has what was stored of this very message, and the register knows.
                    isDuplicate.append(false)
                    continue
                }
                isDuplicate.append(
                    try replay.stored.holds(
                        candidate.reading.identity, time: candidate.time, stream: route.stream))
            }
        } catch {
            table.batch.removeRows(from: firstRow)
            throw error
        }
        var found: [Int] = []
        replay.registers[route.stream].judge(
            candidates.map(\.reading), lane: identity.index, duplicates: &found)
        for index in found { isDuplicate[index] = true }
        var rows: [UInt32] = []
        for (index, place) in places.enumerated() {
            if isDuplicate[index] {
                outcomes[place].duplicate += 1
                if candidates[index].reading.row >= 0 { rows.append(UInt32(firstRow + index)) }
            } else {
                outcomes[place].stored += 1
                replay.stored.note(candidates[index].reading.identity, stream: route.stream)
            }
        }
        if table.lacks(trace.offset) {
            table.batch.removeRows(rows.span)
        } else {
            table.batch.removeRows(from: firstRow)
        }
        // What payloads tell besides is of another day.
        _ = decoder.takeNotes()
        keep(outcomes, route, trace, replay)
    }

    /// Decodes the message at `index` into committed rows; for each the place of its outcome.
    ///
    /// Apart, because the payload would otherwise hold all of `self`.
    private static func decode(
        _ request: ReplayRequest, at index: Int, of messages: borrowing MessageBatch, _ route: TopicRoute,
        with decoder: inout RecordDecoder, plan: StreamPlan, trace: ReplayTrace, lane: Int64,
        into table: PipelineTable, outcomes: inout [ReplayOutcome]
    ) -> [Int] {
        var meant: [Int: Int]?
        if let indices = request.readings?.indices {
            meant = Dictionary(uniqueKeysWithValues: indices.enumerated().map { ($1, $0) })
        }
        // What nobody had looked at counts for the reading at which a limit ended the message.
        let last = request.isOpenEnded ? request.readings?.indices.last : nil
        func place(ofReading index: Int) -> Int? {
            guard let meant else { return 0 }
            return meant[index] ?? last.flatMap { index > $0 ? meant[$0] : nil }
        }
        var places: [Int] = []
        var count = 0
        decoder.decode(
            PayloadInput(
                payload: messages.payload(at: index), topic: messages.topic(at: index),
                toldVersion: messages.toldVersion(at: index), arrival: request.origin.arrival),
            route: route, into: &table.batch
        ) { verdict, batch in
            defer { count += 1 }
            guard let place = place(ofReading: count) else { return }
            switch verdict {
            case .reading:
                batch.setWord(trace.arrival.microsecondsSinceEpoch, column: plan.ingestTimeColumn)
                batch.setWord(lane, column: plan.laneColumn)
                batch.setWord(Int64(trace.offset.number), column: plan.journalOffsetColumn)
                batch.commitRow()
                places.append(place)
            case .refused(let refusal):
                outcomes[place].refused += 1
                if outcomes[place].refusal == nil { outcomes[place].refusal = refusal }
            }
        }
        for (index, place) in meant ?? [:] where index >= count {
            // Taken apart another way than when it was refused.
            outcomes[place].refused += 1
            outcomes[place].refusal = Refusal(
                .notAReading, sentence: "the message has \(count) readings now, and this was number \(index)")
        }
        return places
    }

    private func candidates(
        _ rows: Range<Int>, of stream: Int, _ trace: ReplayTrace
    ) -> [(reading: DuplicateRegister.Candidate, time: EventTime)] {
        let plan = catalog.streams[stream]
        let table = judges[stream].table
        return rows.map { row in
            let reading = DuplicateRegister.Candidate(
                identity: plan.identity.fingerprint(ofRow: row, in: table.batch), arrival: trace.arrival,
                offset: trace.offset, row: table.lacks(trace.offset) ? row : -1)
            let time = table.batch.word(row: row, column: plan.timeColumn) ?? 0
            return (reading, EventTime(microsecondsSinceEpoch: time))
        }
    }

    /// Counts what became of a message, and marks its dead letters.
    private mutating func keep(
        _ outcomes: [ReplayOutcome], _ route: TopicRoute?, _ trace: ReplayTrace, _ replay: ReplayState
    ) {
        let stream = route.map { catalog.streams[$0.stream].name }
        var (stored, duplicate, refused): (Int64, Int64, Int64) = (0, 0, 0)
        for outcome in outcomes {
            stored += outcome.stored
            duplicate += outcome.duplicate
            refused += outcome.refused
            if replay.marks.lacks(trace.offset) {
                replay.marks.batch.appendMark(outcome, stream: stream, trace: trace)
            }
        }
        let received = stored + duplicate + refused
        ledgerCounts.count(
            stream: route?.stream, arrival: trace.arrival, offset: trace.offset, stored: stored, duplicate: duplicate,
            refused: refused, received: received)
        readingCount += Int(received)
    }
}
