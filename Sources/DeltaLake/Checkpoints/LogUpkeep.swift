import Parquet

/// How the log of a table is kept short: a checkpoint now and then, and no commits older than anyone asks for.
///
/// The names in quotes are the table properties of the protocol's other writers. A property of a table is stronger than
/// what the caller prefers.
public struct LogUpkeep: Hashable, Sendable {
    /// After how many commits the next checkpoint is due: `delta.checkpointInterval`.
    ///
    /// 100 and not 10, as in Spark: a checkpoint costs as much as the table has files, and to read a hundred commits
    /// takes a few milliseconds.
    public var checkpointInterval: Int64
    /// How long commits stay that a checkpoint stands for: `delta.logRetentionDuration`.
    public var logMilliseconds: Int64
    /// How long removed files stay known, and so must stay on disk: `delta.deletedFileRetentionDuration`.
    public var deletedFileMilliseconds: Int64

    static let dayMilliseconds: Int64 = 86_400_000

    /// What the caller prefers; the standards are 100 commits, 30 days and 7 days.
    public init(
        checkpointInterval: Int64 = 100, logMilliseconds: Int64 = 30 * 86_400_000,
        deletedFileMilliseconds: Int64 = 7 * 86_400_000
    ) {
        self.checkpointInterval = checkpointInterval
        self.logMilliseconds = logMilliseconds
        self.deletedFileMilliseconds = deletedFileMilliseconds
    }

    /// The same with what the table's own properties ask for.
    public func respecting(_ metadata: TableMetadata) -> LogUpkeep {
        var upkeep = self
        let properties = metadata.configuration
        if let interval = properties["delta.checkpointInterval"].flatMap({ Int64($0) }), interval > 0 {
            upkeep.checkpointInterval = interval
        }
        if let duration = properties["delta.logRetentionDuration"].flatMap(Self.milliseconds) {
            upkeep.logMilliseconds = duration
        }
        if let duration = properties["delta.deletedFileRetentionDuration"].flatMap(Self.milliseconds) {
            upkeep.deletedFileMilliseconds = duration
        }
        if properties["delta.enableExpiredLogCleanup"]?.lowercased() == "false" { upkeep.logMilliseconds = .max }
        return upkeep
    }

    /// The length of `interval 30 days`, as properties give it; nil for units of no fixed length.
    static func milliseconds(_ text: String) -> Int64? {
        var words = text.lowercased().split(separator: " ")
        if words.first == "interval" { words.removeFirst() }
        let units: [String: Int64] = [
            "millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000, "day": dayMilliseconds,
            "week": 7 * dayMilliseconds,
        ]
        guard !words.isEmpty, words.count % 2 == 0 else { return nil }
        var sum: Int64 = 0
        for index in stride(from: 0, to: words.count, by: 2) {
            var unit = words[index + 1]
            if unit.last == "s" { unit.removeLast() }
            guard let count = Int64(words[index]), count >= 0, let length = units[String(unit)] else { return nil }
            let (part, overflow) = count.multipliedReportingOverflow(by: length)
            guard !overflow, sum <= .max - part else { return nil }
            sum += part
        }
        return sum
    }
}

extension DeltaTable {
    /// How many commits lie behind the newest checkpoint, that of the table's creation included.
    public var commitCountSinceCheckpoint: Int64 { snapshot.version - (checkpointVersion ?? -1) }

    /// Writes a checkpoint of the snapshot, from which others and this library open the table from then on.
    ///
    /// A crash at any step leaves a log that can be read as before. Does nothing when the version has one.
    /// - Throws: ``DeltaError/invalidTransaction(_:)`` when the table was opened without its files;
    ///   ``DeltaError/storage(_:)`` when the checkpoint may not be there: nothing is lost then.
    public mutating func writeCheckpoint(
        _ upkeep: LogUpkeep = LogUpkeep(), timestampMilliseconds: Int64
    ) throws(DeltaError) {
        guard options.keepsFiles else {
            throw .invalidTransaction("a table that was opened without its files cannot write a checkpoint")
        }
        guard checkpointVersion != snapshot.version else { return }
        let retention = upkeep.respecting(snapshot.metadata).deletedFileMilliseconds
        let encoded: CheckpointEncoder.Encoded
        do throws(ParquetWriteError) {
            // Twice as long as files must stay, so that whoever deletes them learns of all of them.
            let kept = retention.multipliedReportingOverflow(by: 2)
            encoded = try CheckpointEncoder.encode(
                snapshot, tombstonesFrom: kept.overflow ? .min : timestampMilliseconds - kept.partialValue)
        } catch {
            throw .invalidTransaction("the checkpoint cannot be written: \(error)")
        }
        do {
            try store.replace(LogFileName.checkpoint(snapshot.version), encoded.bytes)
            let known = try store.read(LogFileName.lastCheckpoint).flatMap(CheckpointPointer.version)
            if known ?? -1 < snapshot.version {
                try store.replace(LogFileName.lastCheckpoint, encoded.pointer.text)
            }
        } catch {
            throw .storage(error)
        }
        checkpointVersion = snapshot.version
    }
}
