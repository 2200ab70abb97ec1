package import Telemetry

/// What tells a dead letter apart from all others: a message, and where that held several, one of its readings.
package struct DeadLetterKey: Hashable, Sendable {
    package let lane: String
    package let offset: JournalOffset
    /// Nil for the whole message.
    package let readingIndex: Int32?

    package init(lane: String, offset: JournalOffset, readingIndex: Int32?) {
        self.lane = lane
        self.offset = offset
        self.readingIndex = readingIndex
    }
}

/// What was done with a dead letter, as it stands in `dead_letter_marks.mark`.
package enum DeadLetterMark: String, CaseIterable, Sendable {
    /// Folded again, and none of its readings was refused: done with.
    case replayed
    /// Folded again and refused again: still open, and no dead letter of its own.
    case refusedAgain = "refused-again"
    /// Given up by a person: done with.
    case dropped

    /// Whether nothing more is to be done with the dead letter.
    package var isFinal: Bool { self != .refusedAgain }
}

extension TableLayout {
    /// What became of dead letters: rows of `dead_letters` are never changed, this says which of them are done with.
    package static let deadLetterMarks = TableLayout(
        name: "dead_letter_marks",
        description: "What was done with dead letters: replayed, refused again, or dropped",
        columns: [
            ColumnDefinition("letter_lane", .string, isNullable: false, comment: "lane of the dead letter"),
            ColumnDefinition("letter_offset", .int64, isNullable: false, comment: "journal_offset of the dead letter"),
            ColumnDefinition("reading_index", .int32, comment: "reading_index of the dead letter"),
            ColumnDefinition("stream", .string, comment: "the stream that takes its topic now"),
            ColumnDefinition("mark", .string, isNullable: false, comment: "replayed, refused-again or dropped"),
            ColumnDefinition("stored", .int64, isNullable: false, comment: "its readings that were stored by this"),
            ColumnDefinition(
                "duplicate", .int64, isNullable: false, comment: "its readings that the stream's table had already"),
            ColumnDefinition("refused", .int64, isNullable: false, comment: "its readings that were refused again"),
            ColumnDefinition("reason", .string, comment: "the code of the new refusal"),
            ColumnDefinition("pointer", .string, comment: "JSON pointer (RFC 6901) of the new refusal"),
            ColumnDefinition(
                "sentence", .string, comment: "what is wrong, for people; for a dropped one why it was given up"),
        ] + traceColumns, timeColumn: DeadLetterMarkColumn.ingestTime,
        sortColumns: [DeadLetterMarkColumn.letterLane, DeadLetterMarkColumn.letterOffset])
}

/// The places of the columns of `dead_letter_marks`.
enum DeadLetterMarkColumn {
    static let letterLane = 0
    static let letterOffset = 1
    static let readingIndex = 2
    static let stream = 3
    static let mark = 4
    static let stored = 5
    static let duplicate = 6
    static let refused = 7
    static let reason = 8
    static let pointer = 9
    static let sentence = 10
    static let ingestTime = 11
    static let lane = 12
    static let journalOffset = 13
}

/// What became of the readings of one dead letter.
struct ReplayOutcome {
    let letter: DeadLetterKey
    var stored: Int64 = 0
    var duplicate: Int64 = 0
    var refused: Int64 = 0
    /// The first of those that were refused.
    var refusal: Refusal?
}

extension ColumnBatch {
    /// Adds the mark of a dead letter that was folded again.
    mutating func appendMark(_ outcome: ReplayOutcome, stream: String?, trace: ReplayTrace) {
        beginMark(of: outcome.letter, outcome.refused > 0 ? .refusedAgain : .replayed, stream: stream, trace: trace)
        setWord(outcome.stored, column: DeadLetterMarkColumn.stored)
        setWord(outcome.duplicate, column: DeadLetterMarkColumn.duplicate)
        setWord(outcome.refused, column: DeadLetterMarkColumn.refused)
        if let refusal = outcome.refusal {
            setString(refusal.reason.rawValue, column: DeadLetterMarkColumn.reason)
            if !refusal.pointer.isEmpty { setString(refusal.pointer, column: DeadLetterMarkColumn.pointer) }
            setString(refusal.sentence, column: DeadLetterMarkColumn.sentence)
        }
        commitRow()
    }

    /// Adds the mark of a dead letter that was given up, with the reason that was given.
    mutating func appendDropMark(of letter: DeadLetterKey, stream: String?, because: RawSpan, trace: ReplayTrace) {
        beginMark(of: letter, .dropped, stream: stream, trace: trace)
        for column in [DeadLetterMarkColumn.stored, DeadLetterMarkColumn.duplicate, DeadLetterMarkColumn.refused] {
            setWord(0, column: column)
        }
        setBytes(because, column: DeadLetterMarkColumn.sentence)
        commitRow()
    }

    private mutating func beginMark(
        of letter: DeadLetterKey, _ mark: DeadLetterMark, stream: String?, trace: ReplayTrace
    ) {
        beginRow()
        setString(letter.lane, column: DeadLetterMarkColumn.letterLane)
        setWord(Int64(letter.offset.number), column: DeadLetterMarkColumn.letterOffset)
        if let index = letter.readingIndex { setWord(Int64(index), column: DeadLetterMarkColumn.readingIndex) }
        if let stream { setString(stream, column: DeadLetterMarkColumn.stream) }
        setString(mark.rawValue, column: DeadLetterMarkColumn.mark)
        setWord(trace.arrival.microsecondsSinceEpoch, column: DeadLetterMarkColumn.ingestTime)
        setString(ReplayLane.name, column: DeadLetterMarkColumn.lane)
        setWord(Int64(trace.offset.number), column: DeadLetterMarkColumn.journalOffset)
    }
}

/// The message of lane replay that rows come from.
struct ReplayTrace {
    /// When the replay was asked for.
    let arrival: EventTime
    let offset: JournalOffset
}
