/// One line of a commit.
///
/// Kinds of action that this library does not know are passed over when reading, as the protocol demands.
public enum DeltaAction: Hashable, Sendable {
    /// Who did what.
    case commitInfo(CommitInfo)
    /// What readers and writers must be able to do.
    case tableProtocol(TableProtocol)
    /// Schema and properties.
    case metadata(TableMetadata)
    /// A file comes in.
    case add(AddFile)
    /// A file goes out.
    case remove(RemoveFile)
    /// How far an application is.
    case applicationTransaction(ApplicationTransaction)
}

/// How far an application has come with what it writes into the table: the `txn` action.
///
/// It makes writing idempotent: it is committed together with the data, and a version that is in the table already is
/// not committed again.
public struct ApplicationTransaction: Hashable, Sendable {
    /// The application (one writer of one source).
    public let appId: String
    /// How far it is, in its own count.
    public let version: Int64
    /// When this was written, in milliseconds since 1970-01-01T00:00:00Z.
    public let lastUpdatedMilliseconds: Int64?

    /// A mark of progress.
    public init(appId: String, version: Int64, lastUpdatedMilliseconds: Int64? = nil) {
        self.appId = appId
        self.version = version
        self.lastUpdatedMilliseconds = lastUpdatedMilliseconds
    }
}

/// Who made a commit, and what it did, for people: the `commitInfo` action.
public struct CommitInfo: Hashable, Sendable {
    /// When, in milliseconds since 1970-01-01T00:00:00Z.
    public let timestampMilliseconds: Int64?
    /// What kind of operation, such as `WRITE`.
    public let operation: String?
    /// How the operation was called.
    public let operationParameters: [String: String]
    /// What came of it, as numbers in text.
    public let operationMetrics: [String: String]
    /// The program and its version.
    public let engineInfo: String?
    /// Whether the commit only added files, without having looked at the table's contents.
    public let isBlindAppend: Bool?

    /// Facts about a commit.
    public init(
        timestampMilliseconds: Int64?, operation: String?, operationParameters: [String: String] = [:],
        operationMetrics: [String: String] = [:], engineInfo: String?, isBlindAppend: Bool?
    ) {
        self.timestampMilliseconds = timestampMilliseconds
        self.operation = operation
        self.operationParameters = operationParameters
        self.operationMetrics = operationMetrics
        self.engineInfo = engineInfo
        self.isBlindAppend = isBlindAppend
    }
}
