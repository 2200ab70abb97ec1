/// A table as it was at one version.
///
/// Copies share their storage. 50,000 files with statistics of 16 columns take about 70 MiB, most of it statistics.
public struct DeltaSnapshot: Sendable {
    /// The version.
    public internal(set) var version: Int64
    /// What readers and writers must be able to do.
    public internal(set) var tableProtocol: TableProtocol
    /// Schema, partition columns and properties.
    public internal(set) var metadata: TableMetadata
    /// How far each application is, by its id.
    public internal(set) var transactions: [String: ApplicationTransaction]
    /// The last commit's own words about itself.
    public internal(set) var commitInfo: CommitInfo?
    /// The total size of the active files.
    public internal(set) var byteCount: Int64
    private var filesByPath: [String: AddFile]
    private var tombstonesByPath: [String: RemoveFile] = [:]
    private let keepsFiles: Bool

    /// The columns.
    public var schema: DeltaSchema { metadata.schema }
    /// The columns by which files are partitioned.
    public var partitionColumns: [String] { metadata.partitionColumns }
    /// The files that make up the table, in no order; empty when the table was opened without files.
    public var files: some Collection<AddFile> & Sendable { filesByPath.values }

    /// The active file with this path (not percent-encoded).
    public func file(_ path: String) -> AddFile? { filesByPath[path] }

    /// The files that were removed and whose removal the log still tells of, in no order: older versions have them.
    public var tombstones: some Collection<RemoveFile> & Sendable { tombstonesByPath.values }

    /// The removal of the file with this path (not percent-encoded), when the log still tells of it.
    public func tombstone(_ path: String) -> RemoveFile? { tombstonesByPath[path] }

    /// The first commit of a table, or a checkpoint.
    init(replaying first: Commit, keepsFiles: Bool) throws(DeltaError) {
        guard let tableProtocol = first.tableProtocol else {
            throw .damaged(file: first.name, line: 0, problem: "the first version of the table has no protocol")
        }
        try tableProtocol.requireReadable()
        guard let metadata = first.metadata else {
            throw .damaged(file: first.name, line: 0, problem: "the first version of the table has no metaData")
        }
        version = first.version
        self.tableProtocol = tableProtocol
        self.metadata = metadata
        transactions = [:]
        byteCount = 0
        filesByPath = [:]
        self.keepsFiles = keepsFiles
        try replay(first)
    }

    /// Makes this the snapshot of the next version: protocol, section "Action Reconciliation".
    mutating func replay(_ commit: Commit) throws(DeltaError) {
        if let tableProtocol = commit.tableProtocol {
            try tableProtocol.requireReadable()
            self.tableProtocol = tableProtocol
        }
        version = commit.version
        commitInfo = nil
        for (_, action) in commit.actions {
            switch action {
            case .commitInfo(let info): commitInfo = info
            case .tableProtocol: continue
            case .metadata(let metadata): self.metadata = metadata
            case .applicationTransaction(let transaction): transactions[transaction.appId] = transaction
            case .add(let file):
                guard keepsFiles else { continue }
                tombstonesByPath[file.path] = nil
                byteCount += file.byteCount - (filesByPath.updateValue(file, forKey: file.path)?.byteCount ?? 0)
            case .remove(let file):
                guard keepsFiles else { continue }
                tombstonesByPath[file.path] = file
                byteCount -= filesByPath.removeValue(forKey: file.path)?.byteCount ?? 0
            }
        }
    }
}
