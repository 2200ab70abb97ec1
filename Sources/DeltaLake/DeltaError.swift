/// Why a table could not be opened, read or written.
public enum DeltaError: Error, Equatable, Sendable {
    /// The store failed. When this came from a commit, the commit may or may not have happened: commit the same
    /// transaction again, and its application transaction shows which.
    case storage(LogStoreError)
    /// There is no log where a table was expected.
    case notATable
    /// A file of the log is not what the protocol demands; nothing was changed. `line` counts from 1, 0 is the file.
    case damaged(file: String, line: Int, problem: String)
    /// The log has later commits, but not this one.
    case missingVersion(Int64)
    /// The commits before the checkpoint are gone, and it is in parts or of another kind that cannot be read.
    case checkpointUnsupported(file: String)
    /// Nothing else stands for commits that are gone, and the checkpoint is missing, damaged, or written in a way that
    /// cannot be read.
    case checkpointUnreadable(file: String, problem: String)
    /// The table needs a newer reader or writer, or features that this library does not have.
    case unsupportedProtocol(TableProtocol, needed: String)
    /// A table is there already and is another one; the sentences say in what.
    case tableDiffers([String])
    /// The table has this application transaction already (or a later one): nothing was written, nothing is missing.
    case alreadyCommitted(appId: String, version: Int64, tableVersion: Int64)
    /// Another writer changed schema, properties or protocol since this table was last updated.
    case metadataChanged(tableVersion: Int64)
    /// Another writer removed a file that the transaction was to remove.
    case fileRemoved(path: String, tableVersion: Int64)
    /// Another writer was faster at every attempt.
    case tooManyConflicts(attemptCount: Int)
    /// The transaction cannot become a commit of this table, whatever others do.
    case invalidTransaction(String)
}

extension DeltaError: CustomStringConvertible {
    /// One sentence for people.
    public var description: String {
        switch self {
        case .storage(let error): "\(error)"
        case .notATable: "there is no Delta table here: no _delta_log with commits"
        case .damaged(let file, 0, let problem): "\(file): \(problem)"
        case .damaged(let file, let line, let problem): "\(file):\(line): \(problem)"
        case .missingVersion(let version): "the log has later commits, but \(LogFileName.commit(version)) is missing"
        case .checkpointUnsupported(let file):
            "the commits before checkpoint \(file) are gone, and this library reads only checkpoints of one file"
        case .checkpointUnreadable(let file, let problem): "checkpoint \(file): \(problem)"
        case .unsupportedProtocol(let tableProtocol, let needed):
            "the table needs \(needed), which this library does not have (\(tableProtocol))"
        case .tableDiffers(let sentences): "there is another table already: \(sentences.joined(separator: "; "))"
        case .alreadyCommitted(let appId, let version, let tableVersion):
            "application transaction \(version) of \(appId) is in the table already (version \(tableVersion))"
        case .metadataChanged(let version):
            "another writer changed the table's schema, properties or protocol in version \(version)"
        case .fileRemoved(let path, let version): "another writer removed \(path) in version \(version)"
        case .tooManyConflicts(let count): "other writers were faster at each of \(count) attempts to commit"
        case .invalidTransaction(let problem): problem
        }
    }
}
