/// What a clean-up of a log has removed.
public struct RemovedLog: Hashable, Sendable {
    /// Commits that a checkpoint stands for.
    public internal(set) var commitCount = 0
    /// Checkpoints that are not needed.
    public internal(set) var checkpointCount = 0
}

extension DeltaTable {
    /// So many of the newest checkpoints stay, since readers may have begun to read one of them.
    private static let newestCheckpointCount = 10
    /// Of the others one stays in so many versions, for readers who go back in time: about one a day with a commit every
    /// 15 seconds.
    private static let checkpointSpacing: Int64 = 5_000

    /// Removes commits older than the retention that a checkpoint stands for, and checkpoints in excess.
    ///
    /// As the protocol's section "Metadata Cleanup" says: the newest checkpoint that is itself old enough stays, with every
    /// commit behind it, so every version since then can be read. That checkpoint is read whole before anything is
    /// removed; it has the progress of all applications, files and metadata. The age of a commit is what it says itself.
    /// Commits are removed from the oldest on, so that a crash leaves no gap.
    /// - Throws: ``DeltaError``; what was not removed is removed the next time.
    @discardableResult
    public func removeOldLog(
        _ upkeep: LogUpkeep = LogUpkeep(), timestampMilliseconds: Int64
    ) throws(DeltaError) -> RemovedLog {
        var removed = RemovedLog()
        let retention = upkeep.respecting(snapshot.metadata).logMilliseconds
        let loader = LogLoader(store, keepsFiles: true)
        let listing = try loader.list(from: 0)
        // Checkpoints of other kinds are others' business, and so is the log then.
        guard listing.otherCheckpoint == nil else { return removed }
        let (limit, overflow) = timestampMilliseconds.subtractingReportingOverflow(retention)
        let oldest = overflow ? nil : try lastCommit(of: listing, before: limit, loader)
        if let oldest, let base = listing.checkpoints.last(where: { $0 <= oldest }),
            listing.commits.first.map({ $0 < base }) ?? false
        {
            _ = try loader.checkpoint(base)
            _ = try listing.commits(from: base + 1)
            for version in listing.commits where version < base {
                try remove(LogFileName.commit(version))
                removed.commitCount += 1
            }
            for version in listing.checkpoints where version < base {
                try remove(LogFileName.checkpoint(version))
                removed.checkpointCount += 1
            }
            removed.checkpointCount += try thin(listing.checkpoints.filter { $0 > base })
        } else {
            removed.checkpointCount += try thin(Array(listing.checkpoints.dropFirst()))
        }
        return removed
    }

    /// The newest commit that is older than `limit`, as are all before it; nil when there is none.
    private func lastCommit(
        of listing: LogListing, before limit: Int64, _ loader: LogLoader
    ) throws(DeltaError) -> Int64? {
        var last: Int64?
        for version in listing.commits {
            // Of another maker's commit without a time the next one decides.
            guard let time = try loader.commitInfo(version)?.timestampMilliseconds else { continue }
            guard time < limit else { break }
            last = version
        }
        return last
    }

    /// Removes checkpoints that only speed up going back in time; all commits behind the oldest one are there.
    private func thin(_ checkpoints: [Int64]) throws(DeltaError) -> Int {
        var count = 0
        var kept: Int64?
        for version in checkpoints.dropLast(Self.newestCheckpointCount) {
            if let kept, version / Self.checkpointSpacing == kept / Self.checkpointSpacing {
                try remove(LogFileName.checkpoint(version))
                count += 1
            } else {
                kept = version
            }
        }
        return count
    }

    private func remove(_ name: String) throws(DeltaError) {
        do {
            try store.remove(name)
        } catch {
            throw .storage(error)
        }
    }
}
