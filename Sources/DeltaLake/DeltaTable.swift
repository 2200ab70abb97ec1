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

    private let store: any LogStore
    private let options: Options
    /// The table at the latest version that was read or written here.
    public private(set) var snapshot: DeltaSnapshot

    /// Opens a table at its latest version.
    ///
    /// - Throws: ``DeltaError/notATable`` when there is none, or what is wrong with it.
    public init(opening store: any LogStore, options: Options = Options()) throws(DeltaError) {
        guard let snapshot = try Self.load(store, keepsFiles: options.keepsFiles) else { throw .notATable }
        self.store = store
        self.options = options
        self.snapshot = snapshot
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
        if let existing = try Self.load(store, keepsFiles: options.keepsFiles) {
            snapshot = existing
        } else {
            let columns = JSONText.array(of: metadata.partitionColumns)
            let info = CommitInfo(
                timestampMilliseconds: timestampMilliseconds, operation: "CREATE TABLE",
                operationParameters: ["partitionBy": columns], engineInfo: options.engine, isBlindAppend: true)
            let actions: [DeltaAction] = [.commitInfo(info), .tableProtocol(TableProtocol()), .metadata(metadata)]
            if try Self.put(ActionEncoder.encode(actions), as: 0, in: store) {
                let lines = actions.enumerated().map { (line: $0.offset + 1, action: $0.element) }
                let first = try Commit(version: 0, actions: lines)
                snapshot = try DeltaSnapshot(replaying: first, keepsFiles: options.keepsFiles)
                return
            }
            guard let existing = try Self.load(store, keepsFiles: options.keepsFiles) else { throw .missingVersion(0) }
            snapshot = existing
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
        let listing = try LogListing(try Self.list(store, from: next), from: next)
        var decoder = ActionDecoder()
        for version in listing.versions {
            guard let commit = try Self.read(version, from: store, &decoder) else { throw .missingVersion(version) }
            try snapshot.replay(commit)
        }
        return snapshot
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
        try transaction.validate(on: snapshot, keepsFiles: options.keepsFiles)
        let actions = transaction.actions(engine: options.engine)
        let bytes = ActionEncoder.encode(actions)
        var decoder = ActionDecoder()
        for _ in 0..<options.maximumAttemptCount {
            let version = snapshot.version + 1
            if try Self.put(bytes, as: version, in: store) {
                let lines = actions.enumerated().map { (line: $0.offset + 1, action: $0.element) }
                try snapshot.replay(try Commit(version: version, actions: lines))
                return version
            }
            while let theirs = try Self.read(snapshot.version + 1, from: store, &decoder) {
                try snapshot.replay(theirs)
                try transaction.requireNoConflict(with: theirs)
            }
            try transaction.validate(on: snapshot, keepsFiles: options.keepsFiles)
        }
        throw .tooManyConflicts(attemptCount: options.maximumAttemptCount)
    }

    /// The actions of one version, as far as this library knows them; nil when the log has no commit of that version.
    public func actions(ofVersion version: Int64) throws(DeltaError) -> [DeltaAction]? {
        var decoder = ActionDecoder()
        return try Self.read(version, from: store, &decoder)?.actions.map(\.action)
    }

    // MARK: The log

    /// The latest snapshot; nil when there is no log.
    private static func load(_ store: any LogStore, keepsFiles: Bool) throws(DeltaError) -> DeltaSnapshot? {
        let versions = try LogListing(try list(store, from: 0), from: 0).versions
        guard !versions.isEmpty else {
            // A pointer without commits and checkpoints is all that is left of a log.
            guard try hasLastCheckpoint(store) else { return nil }
            throw .checkpointUnsupported(file: LogFileName.lastCheckpoint)
        }
        var decoder = ActionDecoder()
        guard let first = try read(0, from: store, &decoder) else { throw .missingVersion(0) }
        var snapshot = try DeltaSnapshot(replaying: first, keepsFiles: keepsFiles)
        for version in versions.dropFirst() {
            guard let commit = try read(version, from: store, &decoder) else { throw .missingVersion(version) }
            try snapshot.replay(commit)
        }
        return snapshot
    }

    private static func hasLastCheckpoint(_ store: any LogStore) throws(DeltaError) -> Bool {
        do {
            return try store.read(LogFileName.lastCheckpoint) != nil
        } catch {
            throw .storage(error)
        }
    }

    private static func list(_ store: any LogStore, from version: Int64) throws(DeltaError) -> [String] {
        do {
            return try store.list(from: version)
        } catch {
            throw .storage(error)
        }
    }

    private static func read(
        _ version: Int64, from store: any LogStore, _ decoder: inout ActionDecoder
    ) throws(DeltaError) -> Commit? {
        let name = LogFileName.commit(version)
        let bytes: [UInt8]?
        do {
            bytes = try store.read(name)
        } catch {
            throw .storage(error)
        }
        guard let bytes else { return nil }
        return try Commit(version: version, actions: try decoder.decode(bytes, of: name))
    }

    private static func put(_ bytes: [UInt8], as version: Int64, in store: any LogStore) throws(DeltaError) -> Bool {
        do {
            return try store.putIfAbsent(LogFileName.commit(version), bytes)
        } catch {
            throw .storage(error)
        }
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
