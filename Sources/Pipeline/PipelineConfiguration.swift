package import Journal

/// When the fold commits: whatever comes first.
package struct CommitCadence: Sendable {
    /// How long the oldest uncommitted message waits.
    package var intervalMilliseconds: Int64 = 15_000
    /// Readings in all streams together.
    package var readingCount = 262_144
    /// Columns in memory, all streams together.
    package var byteCount = 64 << 20

    package init() {}
}

/// What a pipeline needs to know besides its streams and its broker.
package struct PipelineConfiguration: Sendable {
    /// The folder that holds `journal` and `tables`.
    package var dataDirectory: String
    /// The name of this process among those that write the same tables; with the lane it is the `appId` of commits.
    package var node: String
    package var cadence = CommitCadence()
    /// Larger payloads are kept as dead letters, not taken apart.
    package var maximumPayloadByteCount = 256 << 10
    /// zstd's level for segments; 3 is zstd's default.
    package var compressionLevel: Int32 = 3

    /// The areas that readings are assigned to.
    package var areas = AreaReference.none
    /// The rollups of the streams.
    package var rollups = RollupCatalog.none

    /// What is sent back to fleets; nil for nothing.
    package var feedback: FeedbackConfiguration?

    /// Checkpoints, compaction and what is kept how long.
    package var upkeep = UpkeepConfiguration()

    /// The sizes of each lane's journal.
    package var journal = JournalWriter.Configuration()

    package init(dataDirectory: String, node: String) {
        self.dataDirectory = dataDirectory
        self.node = node
    }

    package var tablesDirectory: String { "\(dataDirectory)/tables" }

    package func journalDirectory(lane: String) -> String { "\(dataDirectory)/journal/\(lane)" }
}
