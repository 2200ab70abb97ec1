/// A data file that belongs to the table from some version on: the `add` action.
public struct AddFile: Hashable, Sendable {
    /// The file's path relative to the table's folder (not percent-encoded), or an absolute URI.
    public let path: String
    /// A value for every partition column.
    public let partitionValues: [PartitionValue]
    /// The file's size.
    public let byteCount: Int64
    /// When the file was written, in milliseconds since 1970-01-01T00:00:00Z.
    public let modificationMilliseconds: Int64
    /// Whether the rows are new to the table; false when they only moved here from removed files.
    public let isDataChange: Bool
    /// The statistics as they stand in the log, JSON; see ``statistics(schema:)``.
    public let statisticsText: String?
    /// What else is known of the file.
    public let tags: [String: String]

    /// A file with statistics.
    public init(
        path: String, partitionValues: [PartitionValue] = [], byteCount: Int64, modificationMilliseconds: Int64,
        isDataChange: Bool = true, statistics: FileStatistics?, tags: [String: String] = [:]
    ) {
        self.init(
            path: path, partitionValues: partitionValues, byteCount: byteCount,
            modificationMilliseconds: modificationMilliseconds, isDataChange: isDataChange,
            statisticsText: statistics?.text, tags: tags)
    }

    init(
        path: String, partitionValues: [PartitionValue], byteCount: Int64, modificationMilliseconds: Int64,
        isDataChange: Bool, statisticsText: String?, tags: [String: String]
    ) {
        self.path = path
        self.partitionValues = partitionValues
        self.byteCount = byteCount
        self.modificationMilliseconds = modificationMilliseconds
        self.isDataChange = isDataChange
        self.statisticsText = statisticsText
        self.tags = tags
    }

    /// The value of a partition column as text; nil for null and for columns that are none.
    public func partitionText(_ column: String) -> String? {
        partitionValues.first { $0.column == column }?.text
    }

    /// The statistics, parsed; nil when there are none.
    ///
    /// Bounds that were written with less precision than the values have are rounded outwards.
    /// - Throws: ``DeltaError/damaged(file:line:problem:)`` naming the data file when the text is not what it should be.
    public func statistics(schema: DeltaSchema) throws(DeltaError) -> FileStatistics? {
        guard let statisticsText else { return nil }
        do {
            return try StatisticsReader.read(statisticsText, schema: schema)
        } catch {
            throw .damaged(file: path, line: 0, problem: error.sentence)
        }
    }

    /// The action that takes this file out of the table again.
    public func removed(atMilliseconds milliseconds: Int64, isDataChange: Bool) -> RemoveFile {
        RemoveFile(
            path: path, deletionMilliseconds: milliseconds, isDataChange: isDataChange,
            partitionValues: partitionValues, byteCount: byteCount)
    }
}

/// A data file that no longer belongs to the table: the `remove` action.
public struct RemoveFile: Hashable, Sendable {
    /// The file's path, as in ``AddFile/path``.
    public let path: String
    /// When it was removed, in milliseconds since 1970-01-01T00:00:00Z.
    public let deletionMilliseconds: Int64?
    /// Whether its rows are gone; false when they only moved to added files.
    public let isDataChange: Bool
    /// The file's partition values, where known.
    public let partitionValues: [PartitionValue]?
    /// The file's size, where known.
    public let byteCount: Int64?

    /// A removal; see also ``AddFile/removed(atMilliseconds:isDataChange:)``.
    public init(
        path: String, deletionMilliseconds: Int64?, isDataChange: Bool, partitionValues: [PartitionValue]? = nil,
        byteCount: Int64? = nil
    ) {
        self.path = path
        self.deletionMilliseconds = deletionMilliseconds
        self.isDataChange = isDataChange
        self.partitionValues = partitionValues
        self.byteCount = byteCount
    }
}
