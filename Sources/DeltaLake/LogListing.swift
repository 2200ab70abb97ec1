/// What lies in a log, sorted out.
struct LogListing {
    /// The versions that have a commit file, ascending.
    let commits: [Int64]
    /// The versions that have a checkpoint of one file, ascending.
    let checkpoints: [Int64]
    /// The newest checkpoint of another kind.
    let otherCheckpoint: (version: Int64, name: String)?

    init(_ names: [String]) {
        var commits: [Int64] = []
        var checkpoints: [Int64] = []
        var other: (version: Int64, name: String)?
        for name in names {
            switch LogFileName(name) {
            case .commit(let version): commits.append(version)
            case .checkpoint(let version): checkpoints.append(version)
            case .otherCheckpoint(let version):
                if version > other?.version ?? -1 { other = (version, name) }
            case .other: continue
            }
        }
        self.commits = commits.sorted()
        self.checkpoints = checkpoints.sorted()
        otherCheckpoint = other
    }

    var isEmpty: Bool { commits.isEmpty && checkpoints.isEmpty && otherCheckpoint == nil }

    /// The newest version of which anything tells.
    var lastVersion: Int64? {
        [commits.last, checkpoints.last, otherCheckpoint?.version].compactMap { $0 }.max()
    }

    /// The commits from `first` to the last version, which must all be there.
    ///
    /// - Throws: ``DeltaError/missingVersion(_:)``, or ``DeltaError/checkpointUnsupported(file:)`` when a checkpoint of
    ///   another kind stands for what is missing.
    func commits(from first: Int64) throws(DeltaError) -> Range<Int64> {
        var next = first
        for version in commits where version >= first {
            guard version == next else { break }
            next += 1
        }
        guard let lastVersion, next <= lastVersion else { return first..<next }
        if let otherCheckpoint, otherCheckpoint.version >= next {
            throw .checkpointUnsupported(file: otherCheckpoint.name)
        }
        throw .missingVersion(next)
    }
}
