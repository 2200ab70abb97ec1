/// A Delta table: its log, and what this process knows of it.
///
/// A value for one thread at a time; any number of them, in any number of processes and of any make, may work on the
/// same table. It reads no clock and no data file.
public struct DeltaTable: Sendable {
    /// How a table is opened and written.
    public struct Options: Sendable {
        /// The program and its version, as the log's `engineInfo` names them.
        public var engine: String
        /// Whether snapshots know the active files.
        ///
        /// A writer that only appends saves their memory without.
        public var keepsFiles: Bool
        /// How often a commit tries a next version when others are faster.
        public var maximumAttemptCount: Int

        /// Options; the limit of attempts is far above what contention of a few writers needs.
        public init(engine: String = "phusa", keepsFiles: Bool = true, maximumAttemptCount: Int = 100) {
            self.engine = engine
            self.keepsFiles = keepsFiles
            self.maximumAttemptCount = maximumAttemptCount
        }
    }

    let store: any LogStore
    let options: Options
    /// The newest checkpoint that was read or written here; nil when there is none.
    public internal(set) var checkpointVersion: Int64?
    /// The table at the latest version that was read or written here.
    public internal(set) var snapshot: DeltaSnapshot

    /// Opens a table at its latest version.
    ///
    /// - Throws: ``DeltaError/notATable`` when there is none, or what is wrong with it.
    public init(opening store: any LogStore, options: Options = Options()) throws(DeltaError) {
        guard let loaded = try LogLoader(store, keepsFiles: options.keepsFiles).load() else { throw .notATable }
        self.store = store
        self.options = options
        snapshot = loaded.snapshot
        checkpointVersion = loaded.checkpointVersion
    }

    /// Opens the table, or makes it when there is none.
    ///
    /// Of several that make it at the same time one succeeds, and the others open what it made.
    /// - Throws: ``DeltaError/tableDiffers(_:)`` when there is one with other columns or partitions.
    public init(
        creating metadata: TableMetadata, in store: any LogStore, options: Options = Options(),
        timestampMilliseconds: Int64
    ) throws(DeltaError) {
        if let problem = metadata.problem() { throw .invalidTransaction(problem) }
        self.store = store
        self.options = options
        let loader = LogLoader(store, keepsFiles: options.keepsFiles)
        if let existing = try loader.load() {
            snapshot = existing.snapshot
            checkpointVersion = existing.checkpointVersion
        } else {
            let columns = JSONText.array(of: metadata.partitionColumns)
            let info = CommitInfo(
                timestampMilliseconds: timestampMilliseconds, operation: "CREATE TABLE",
                operationParameters: ["partitionBy": columns], engineInfo: options.engine, isBlindAppend: true)
            let actions: [DeltaAction] = [.commitInfo(info), .tableProtocol(TableProtocol()), .metadata(metadata)]
            if try Self.put(ActionEncoder.encode(actions), as: 0, in: store) {
                checkpointVersion = nil
                let lines = actions.enumerated().map { (line: $0.offset + 1, action: $0.element) }
                let first = try Commit(version: 0, actions: lines)
                snapshot = try DeltaSnapshot(replaying: first, keepsFiles: options.keepsFiles)
                return
            }
            guard let existing = try loader.load() else { throw .missingVersion(0) }
            snapshot = existing.snapshot
            checkpointVersion = existing.checkpointVersion
        }
        let differences = metadata.differences(from: snapshot.metadata)
        guard differences.isEmpty else { throw .tableDiffers(differences) }
    }

    /// Reads what has been committed since, by anyone.
    ///
    /// - Throws: the ``DeltaError`` of the first commit that cannot be read; those before it have been taken in.
    @discardableResult
    public mutating func update() throws(DeltaError) -> DeltaSnapshot {
        let next = snapshot.version + 1
        let loader = LogLoader(store, keepsFiles: options.keepsFiles)
        let listing = try loader.list(from: next)
        if let last = listing.lastVersion, last >= next, listing.commits.first != next {
            try reload()
            return snapshot
        }
        do throws(DeltaError) {
            try loader.replay(try listing.commits(from: next), on: &snapshot)
        } catch .missingVersion {
            // Cleaned up since it was listed.
            try reload()
        }
        return snapshot
    }

    /// Reads the table anew: its next commits were cleaned up while nobody looked.
    private mutating func reload() throws(DeltaError) {
        guard let loaded = try LogLoader(store, keepsFiles: options.keepsFiles).load() else { throw .notATable }
        guard loaded.snapshot.version >= snapshot.version else { throw .missingVersion(loaded.snapshot.version + 1) }
        snapshot = loaded.snapshot
        checkpointVersion = loaded.checkpointVersion
    }

    /// Whether the commit of `version` is there.
    ///
    /// When the log was cleaned up through a version since this table was last updated, the names behind it are free again,
    /// and a commit there would be one that nobody reads. Clean-ups begin with the oldest commit: while the one before is
    /// there, the next name is free only if it was never taken.
    private func hasCommit(_ version: Int64) throws(DeltaError) -> Bool {
        do {
            return try store.exists(LogFileName.commit(version))
        } catch {
            throw .storage(error)
        }
    }

    /// Whether a transaction is in this snapshot; nil when it cannot be told.
    private func contains(_ transaction: DeltaTransaction) -> Bool? {
        if let ours = transaction.applicationTransaction {
            return snapshot.transactions[ours.appId].map { $0.version >= ours.version } ?? false
        }
        guard options.keepsFiles, let file = transaction.added.first else { return nil }
        return snapshot.file(file.path) != nil
    }

    /// Commits a transaction and returns the version that it became.
    ///
    /// When another writer was faster, its commits are read and, if they do not conflict, the next version is tried.
    /// The snapshot is then of the new version.
    /// - Throws: ``DeltaError/alreadyCommitted(appId:version:tableVersion:)`` when nothing is left to do; else why the
    ///   table is unchanged, or ``DeltaError/storage(_:)`` when that is not known: commit the same transaction again.
    public mutating func commit(_ transaction: DeltaTransaction) throws(DeltaError) -> Int64 {
        if let ours = transaction.applicationTransaction, let known = snapshot.transactions[ours.appId],
            known.version >= ours.version
        {
            throw .alreadyCommitted(appId: known.appId, version: known.version, tableVersion: snapshot.version)
        }
        var hadPrevious = try hasCommit(snapshot.version)
        if !hadPrevious {
            let known = snapshot
            try update()
            try transaction.requireNoConflict(from: known, to: snapshot)
            hadPrevious = try hasCommit(snapshot.version)
        }
        try transaction.validate(on: snapshot, keepsFiles: options.keepsFiles)
        let actions = transaction.actions(engine: options.engine)
        let bytes = ActionEncoder.encode(actions)
        var decoder = ActionDecoder()
        for _ in 0..<options.maximumAttemptCount {
            let version = snapshot.version + 1
            if try Self.put(bytes, as: version, in: store) {
                // Other writers also remove the commit of a checkpoint itself, so it may have been gone before.
                if hadPrevious, try !hasCommit(version - 1) {
                    guard try settle(transaction) else { continue }
                    return version
                }
                let lines = actions.enumerated().map { (line: $0.offset + 1, action: $0.element) }
                try snapshot.replay(try Commit(version: version, actions: lines))
                return version
            }
            hadPrevious = true
            while let theirs = try Self.read(snapshot.version + 1, in: store, &decoder) {
                try snapshot.replay(theirs)
                try transaction.requireNoConflict(with: theirs)
            }
            try transaction.validate(on: snapshot, keepsFiles: options.keepsFiles)
        }
        throw .tooManyConflicts(attemptCount: options.maximumAttemptCount)
    }

    /// Finds out whether a commit counts during which the log was cleaned up through its version; when not, its file lies
    /// before a checkpoint that does not have it, where nobody reads it.
    private mutating func settle(_ transaction: DeltaTransaction) throws(DeltaError) -> Bool {
        let known = snapshot
        try reload()
        if let isContained = contains(transaction) {
            if isContained { return true }
            try transaction.requireNoConflict(from: known, to: snapshot)
            try transaction.validate(on: snapshot, keepsFiles: options.keepsFiles)
            return false
        }
        throw .storage(
            LogStoreError("the log was cleaned up during a commit, of which it cannot be told whether it counts"))
    }

    // MARK: The log

    private static func read(
        _ version: Int64, in store: any LogStore, _ decoder: inout ActionDecoder
    ) throws(DeltaError) -> Commit? {
        try LogLoader(store, keepsFiles: true).read(version, &decoder)
    }

    private static func put(_ bytes: [UInt8], as version: Int64, in store: any LogStore) throws(DeltaError) -> Bool {
        do {
            return try store.putIfAbsent(LogFileName.commit(version), bytes)
        } catch {
            throw .storage(error)
        }
    }

    /// The actions of one version, as far as this library knows them; nil when the log has no commit of that version.
    public func actions(ofVersion version: Int64) throws(DeltaError) -> [DeltaAction]? {
        var decoder = ActionDecoder()
        return try Self.read(version, in: store, &decoder)?.actions.map(\.action)
    }
}

extension JSONText {
    /// A list of strings as JSON text.
    static func array(of strings: [String]) -> String {
        var text = JSONText()
        text.array { text in
            for string in strings { text.string(string) }
        }
        return text.string
    }
}
