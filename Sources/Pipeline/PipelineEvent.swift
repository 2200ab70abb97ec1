package import Journal
package import MQTTSource
package import Payloads
package import Telemetry

/// What happens in a pipeline, for logs and counters; messages are not events.
package enum PipelineEvent: Sendable {
    /// A connection of a lane: connected, subscribed, disconnected and so on.
    case broker(lane: String, MQTTEvent)
    /// Another process is at work on the data folder; it may be gone in a moment.
    case waitingForDataDirectory(String)
    /// The journal was opened; `cutByteCount` bytes of an unfinished write were removed.
    case journalOpened(lane: String, nextOffset: JournalOffset, cutByteCount: Int)
    /// The journal was gone: messages in it that were not committed yet, if there were any, are lost.
    case journalLost(lane: String, from: JournalOffset, before: JournalOffset)
    /// The lane has left the broker, which keeps its messages, until there is room.
    case journalFull(lane: String, JournalShortage)
    /// QoS 0 messages that had been received and found no room; the broker does not send those again.
    case lostAtMostOnce(lane: String, count: Int)
    case journalHasRoom(lane: String)
    /// How many readings the duplicate windows took from the tables at the start.
    case recovered(lane: String, from: JournalOffset, rememberedReadings: Int)
    /// A payload told something besides its readings: a birth, a gap, or that a birth is missing.
    case payloadNote(lane: String, stream: String, offset: JournalOffset, PayloadNote)
    /// The definition of a stream has gained columns, or columns that may be null, and its table has them now.
    case widened(table: String, columns: [String])
    /// A rollup that lacked readings, because it is new or a crash came between two commits, has them now.
    case rollupCaughtUp(table: String, lane: String, readingCount: Int)
    case committed(lane: String, through: JournalOffset, [CommittedRows])
    /// A commit or a read failed and is tried again; nothing is lost meanwhile.
    case retrying(lane: String, problem: String)
    /// Files that a crash left uncommitted were removed.
    case swept(table: String, fileCount: Int)
    /// Segments that no commit names, and whose messages are not read again: left where they are.
    case unnamedSegments(table: String, fileCount: Int)
    /// Small segments of a partition were written together.
    case compacted(Compactor.Outcome)
    /// Segments that were removed from the table long ago were deleted.
    case vacuumed(table: String, fileCount: Int)
    /// The log of a table has a checkpoint of this version, and old commits were cleaned up.
    case checkpointed(table: String, version: Int64, removedCommits: Int)
    /// Looking after a table did not succeed; it is as it was, and the next look tries again.
    case upkeepFailed(table: String, problem: String)
    /// So many notes to fleets were not sent: too many at once, or too many for one topic.
    case feedbackDropped(count: Int)
    /// A thread of the lane has ended for good; the pipeline stops.
    case failed(lane: String, problem: String)
}
