/// Reads a table from its log: from the newest checkpoint that can be read, and the commits behind it.
struct LogLoader {
    /// A table as it was read.
    struct Loaded {
        var snapshot: DeltaSnapshot
        let checkpointVersion: Int64?
    }

    private let store: any LogStore
    private let keepsFiles: Bool

    init(_ store: any LogStore, keepsFiles: Bool) {
        self.store = store
        self.keepsFiles = keepsFiles
    }

    /// The latest snapshot; nil when there is no log.
    ///
    /// A checkpoint that is missing or broken does no harm while an older one or all commits are there. What is missing may
    /// have been cleaned up since the log was listed, so it is listed anew.
    func load() throws(DeltaError) -> Loaded? {
        for _ in 0..<2 {
            do throws(DeltaError) {
                return try loadOnce()
            } catch .missingVersion, .checkpointUnreadable {
                continue
            }
        }
        return try loadOnce()
    }

    private func loadOnce() throws(DeltaError) -> Loaded? {
        let pointer = try read(LogFileName.lastCheckpoint).map { CheckpointPointer.version(in: $0) }
        var failure: DeltaError?
        if let version = pointer ?? nil {
            let listing = try list(from: version)
            if let loaded = try fromCheckpoint(listing, &failure) { return loaded }
        }
        let listing = try list(from: 0)
        guard !listing.isEmpty else {
            guard pointer != nil else { return nil }
            throw .checkpointUnreadable(
                file: LogFileName.lastCheckpoint,
                problem: "it names a checkpoint, and neither that nor any commit is there")
        }
        if let loaded = try fromCheckpoint(listing, &failure) { return loaded }
        return try fromFirstCommit(listing, failure)
    }

    /// The newest checkpoint that can be read, with what was committed since; nil when there is none.
    private func fromCheckpoint(_ listing: LogListing, _ failure: inout DeltaError?) throws(DeltaError) -> Loaded? {
        for version in listing.checkpoints.reversed() {
            do throws(DeltaError) {
                var snapshot = try checkpoint(version)
                try replay(try listing.commits(from: version + 1), on: &snapshot)
                if snapshot.commitInfo == nil { snapshot.commitInfo = try commitInfo(version) }
                return Loaded(snapshot: snapshot, checkpointVersion: version)
            } catch .checkpointUnreadable(let file, let problem) {
                failure = failure ?? .checkpointUnreadable(file: file, problem: problem)
            } catch .missingVersion(let missing) {
                // A newer checkpoint stands for what is missing here.
                throw failure ?? .missingVersion(missing)
            }
        }
        return nil
    }

    private func fromFirstCommit(_ listing: LogListing, _ failure: DeltaError?) throws(DeltaError) -> Loaded {
        let versions: Range<Int64>
        do throws(DeltaError) {
            versions = try listing.commits(from: 0)
        } catch .missingVersion(let missing) {
            throw failure ?? .missingVersion(missing)
        }
        var decoder = ActionDecoder()
        guard let first = try read(0, &decoder) else { throw .missingVersion(0) }
        var snapshot = try DeltaSnapshot(replaying: first, keepsFiles: keepsFiles)
        try replay(versions.dropFirst(), on: &snapshot)
        return Loaded(snapshot: snapshot, checkpointVersion: nil)
    }

    /// The snapshot that a checkpoint holds.
    ///
    /// - Throws: ``DeltaError/checkpointUnreadable(file:problem:)`` when it is not there, or not what it should be.
    func checkpoint(_ version: Int64) throws(DeltaError) -> DeltaSnapshot {
        let name = LogFileName.checkpoint(version)
        guard let bytes = try read(name) else { throw .checkpointUnreadable(file: name, problem: "it is gone") }
        let actions = try CheckpointDecoder.decode(bytes, of: name, readsFiles: keepsFiles)
        do throws(DeltaError) {
            return try DeltaSnapshot(
                replaying: try Commit(version: version, actions: actions, name: name), keepsFiles: keepsFiles)
        } catch .damaged(_, let row, let problem) {
            throw .checkpointUnreadable(file: name, problem: row > 0 ? "row \(row): \(problem)" : problem)
        }
    }

    /// Takes in commits, all of which must be there.
    func replay(_ versions: Range<Int64>, on snapshot: inout DeltaSnapshot) throws(DeltaError) {
        var decoder = ActionDecoder()
        for version in versions {
            guard let commit = try read(version, &decoder) else { throw .missingVersion(version) }
            try snapshot.replay(commit)
        }
    }

    /// What a commit says about itself, when it is still there.
    func commitInfo(_ version: Int64) throws(DeltaError) -> CommitInfo? {
        var decoder = ActionDecoder()
        for action in try read(version, &decoder)?.actions ?? [] {
            if case .commitInfo(let info) = action.action { return info }
        }
        return nil
    }

    // MARK: Files

    func list(from version: Int64) throws(DeltaError) -> LogListing {
        do {
            return LogListing(try store.list(from: version))
        } catch {
            throw .storage(error)
        }
    }

    /// The commit of a version; nil when it is not there.
    func read(_ version: Int64, _ decoder: inout ActionDecoder) throws(DeltaError) -> Commit? {
        let name = LogFileName.commit(version)
        guard let bytes = try read(name) else { return nil }
        return try Commit(version: version, actions: try decoder.decode(bytes, of: name))
    }

    private func read(_ name: String) throws(DeltaError) -> [UInt8]? {
        do {
            return try store.read(name)
        } catch {
            throw .storage(error)
        }
    }
}
