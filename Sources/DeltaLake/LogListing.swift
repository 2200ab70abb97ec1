/// The commits of a log that a reader has to read, in order and without a gap.
struct LogListing {
    /// The versions from `firstVersion` to `lastVersion`; empty when there are none.
    let versions: Range<Int64>

    /// Sorts out what a store lists from `firstVersion` on.
    ///
    /// Checkpoints are only a shortcut while all commits are there. Where commits are missing and a checkpoint stands
    /// for them, the table cannot be read yet; where none does, the log is damaged.
    /// - Throws: ``DeltaError/missingVersion(_:)`` or ``DeltaError/checkpointUnsupported(file:)``.
    init(_ names: [String], from firstVersion: Int64) throws(DeltaError) {
        var commits: [Int64] = []
        var checkpoint: (version: Int64, name: String)?
        for name in names {
            switch LogFileName(name) {
            case .commit(let version) where version >= firstVersion: commits.append(version)
            case .checkpoint(let version) where version >= firstVersion:
                if version > checkpoint?.version ?? -1 { checkpoint = (version, name) }
            default: continue
            }
        }
        commits.sort()
        var next = firstVersion
        for version in commits {
            guard version == next else {
                if let checkpoint, checkpoint.version >= next { throw .checkpointUnsupported(file: checkpoint.name) }
                throw .missingVersion(next)
            }
            next += 1
        }
        if let checkpoint, checkpoint.version >= next { throw .checkpointUnsupported(file: checkpoint.name) }
        versions = firstVersion..<next
    }
}
