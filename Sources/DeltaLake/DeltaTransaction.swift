/// What a writer wants to change in a table, all at once or not at all.
public struct DeltaTransaction: Sendable {
    /// The files that come in.
    public var added: [AddFile]
    /// The files that go out; they must be active.
    public var removed: [RemoveFile]
    /// How far the writing application is with this; makes the commit idempotent.
    public var applicationTransaction: ApplicationTransaction?
    /// New schema or properties; ``DeltaSchema/widened(by:)`` and ``DeltaSchema/fitted(to:)`` make such a schema.
    public var metadata: TableMetadata?
    /// What the log calls this, such as `WRITE` or `OPTIMIZE`.
    public var operation: String
    /// How the operation was called, for people.
    public var operationParameters: [String: String]
    /// What came of it, for people; numbers as text.
    public var operationMetrics: [String: String]
    /// Now, in milliseconds since 1970-01-01T00:00:00Z.
    public var timestampMilliseconds: Int64

    /// A transaction that adds files.
    public init(
        adding added: [AddFile] = [], removing removed: [RemoveFile] = [],
        applicationTransaction: ApplicationTransaction? = nil, metadata: TableMetadata? = nil,
        operation: String = "WRITE", operationParameters: [String: String] = ["mode": "Append"],
        operationMetrics: [String: String] = [:], timestampMilliseconds: Int64
    ) {
        self.added = added
        self.removed = removed
        self.applicationTransaction = applicationTransaction
        self.metadata = metadata
        self.operation = operation
        self.operationParameters = operationParameters
        self.operationMetrics = operationMetrics
        self.timestampMilliseconds = timestampMilliseconds
    }

    /// Whether it only adds files, so that it is right whatever other writers add or remove.
    public var isBlindAppend: Bool { removed.isEmpty && metadata == nil }

    /// The lines of the commit.
    func actions(engine: String) -> [DeltaAction] {
        var actions: [DeltaAction] = [
            .commitInfo(
                CommitInfo(
                    timestampMilliseconds: timestampMilliseconds, operation: operation,
                    operationParameters: operationParameters, operationMetrics: operationMetrics, engineInfo: engine,
                    isBlindAppend: isBlindAppend))
        ]
        if let metadata { actions.append(.metadata(metadata)) }
        if let applicationTransaction { actions.append(.applicationTransaction(applicationTransaction)) }
        actions += removed.map { .remove($0) }
        actions += added.map { .add($0) }
        return actions
    }

    /// Checks the transaction against the table as it is now.
    ///
    /// - Throws: ``DeltaError/invalidTransaction(_:)``, or an unsupported protocol.
    func validate(on snapshot: DeltaSnapshot, keepsFiles: Bool) throws(DeltaError) {
        try snapshot.tableProtocol.requireWritable()
        if let metadata, let problem = metadata.problem(following: snapshot.metadata) {
            throw .invalidTransaction(problem)
        }
        let table = metadata ?? snapshot.metadata
        if let column = table.schema.columns.first(where: { $0.metadata["delta.invariants"] != nil }), !added.isEmpty {
            throw .invalidTransaction("column \(column.name) has an invariant, which this library cannot check")
        }
        var paths: Set<String> = []
        for file in added {
            guard paths.insert(file.path).inserted else { throw .invalidTransaction("\(file.path) is added twice") }
            guard file.byteCount >= 0, !file.path.isEmpty else {
                throw .invalidTransaction("an added file has no path or a negative size")
            }
            guard file.partitionValues.map(\.column).sorted() == table.partitionColumns.sorted() else {
                let columns = table.partitionColumns.joined(separator: ", ")
                throw .invalidTransaction("\(file.path) needs a value for each of the partition columns (\(columns))")
            }
        }
        for file in removed {
            guard paths.insert(file.path).inserted else {
                throw .invalidTransaction("\(file.path) has two actions in the transaction")
            }
            if table.isAppendOnly, file.isDataChange {
                throw .invalidTransaction("the table is append-only, so \(file.path) cannot be removed")
            }
        }
        guard keepsFiles else {
            guard removed.isEmpty else {
                throw .invalidTransaction("a table that was opened without its files cannot remove any")
            }
            return
        }
        for file in added where snapshot.file(file.path) != nil {
            throw .invalidTransaction("\(file.path) is in the table already")
        }
        for file in removed where snapshot.file(file.path) == nil {
            throw .invalidTransaction("\(file.path) is not in the table")
        }
    }

    /// Checks whether the transaction still holds after commits that nobody can read any more.
    ///
    /// - Throws: as for one commit; files that were removed are found by validation.
    func requireNoConflict(from known: DeltaSnapshot, to snapshot: DeltaSnapshot) throws(DeltaError) {
        guard snapshot.version != known.version else { return }
        if let ours = applicationTransaction, let theirs = snapshot.transactions[ours.appId],
            theirs.version >= ours.version
        {
            throw .alreadyCommitted(appId: ours.appId, version: theirs.version, tableVersion: snapshot.version)
        }
        guard snapshot.metadata == known.metadata, snapshot.tableProtocol == known.tableProtocol else {
            throw .metadataChanged(tableVersion: snapshot.version)
        }
    }

    /// Checks whether the transaction still holds after another writer's commit.
    ///
    /// - Throws: ``DeltaError/alreadyCommitted(appId:version:tableVersion:)``,
    ///   ``DeltaError/metadataChanged(tableVersion:)`` or ``DeltaError/fileRemoved(path:tableVersion:)``.
    func requireNoConflict(with commit: Commit) throws(DeltaError) {
        for (_, action) in commit.actions {
            if case .applicationTransaction(let theirs) = action, let ours = applicationTransaction,
                theirs.appId == ours.appId, theirs.version >= ours.version
            {
                throw .alreadyCommitted(appId: theirs.appId, version: theirs.version, tableVersion: commit.version)
            }
        }
        guard commit.metadata == nil, commit.tableProtocol == nil else {
            throw .metadataChanged(tableVersion: commit.version)
        }
        guard !removed.isEmpty else { return }
        let paths = Set(removed.map(\.path))
        for (_, action) in commit.actions {
            if case .remove(let theirs) = action, paths.contains(theirs.path) {
                throw .fileRemoved(path: theirs.path, tableVersion: commit.version)
            }
        }
    }
}
