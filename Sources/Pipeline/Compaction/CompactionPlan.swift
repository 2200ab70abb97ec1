package import DeltaLake

/// Which segments of a table are to be written together.
package struct CompactionPlan: Sendable {
    /// Segments of one partition that become one.
    package struct Job: Sendable {
        /// The folder of the partition, relative to the table's.
        package let folder: String
        package let files: [AddFile]
        package let rowCount: Int
        package let byteCount: Int64
    }

    /// From the oldest partition to the newest.
    package private(set) var jobs: [Job] = []
    /// Whether there are partitions of several segments that are not quiet yet.
    package private(set) var hasWaiting = false

    /// A segment takes part while it is at most so many times as large as all smaller ones together; so a late row does not
    /// make a whole partition be written again, and each row is written a few times at most.
    private static let growth = 4
    /// So many segments are worth it in any case.
    private static let manyFiles = 8

    private struct Candidate {
        let file: AddFile
        let rowCount: Int
    }

    /// Plans for the time `milliseconds` since 1970.
    ///
    /// - Throws: `DeltaError` when the statistics of a segment cannot be read.
    package init(
        _ snapshot: DeltaSnapshot, settings: CompactionSettings, atMilliseconds milliseconds: Int64
    ) throws(DeltaError) {
        var partitions: [String: [AddFile]] = [:]
        for file in snapshot.files where Self.isOurs(file) {
            partitions[Self.folder(of: file), default: []].append(file)
        }
        // Bytes of payloads come to a multiple in memory.
        let isHeavy = snapshot.schema.columns.contains { $0.type == .binary }
        let byteLimit = max(1, isHeavy ? settings.targetByteCount / 8 : settings.targetByteCount)
        for (folder, files) in partitions.sorted(by: { $0.key < $1.key }) where files.count > 1 {
            guard Self.end(of: files[0]) <= milliseconds - settings.quietMilliseconds else {
                hasWaiting = true
                continue
            }
            var candidates: [Candidate] = []
            for file in files where file.byteCount <= byteLimit / 2 {
                // Only the number of rows is asked for.
                guard let count = try file.statistics(schema: DeltaSchema([]))?.recordCount else { continue }
                let rowCount = Int(clamping: count)
                if rowCount <= settings.targetRowCount / 2 {
                    candidates.append(Candidate(file: file, rowCount: rowCount))
                }
            }
            candidates.sort { ($0.rowCount, $0.file.path) < ($1.rowCount, $1.file.path) }
            group(candidates, in: folder, byteLimit: byteLimit, rowLimit: settings.targetRowCount)
        }
    }

    /// Takes candidates from the smallest on, as many as fit into one segment each time.
    private mutating func group(_ candidates: [Candidate], in folder: String, byteLimit: Int64, rowLimit: Int) {
        var job: [Candidate] = []
        var (rowCount, byteCount) = (0, Int64(0))
        for candidate in candidates {
            if rowCount + candidate.rowCount > rowLimit || byteCount + candidate.file.byteCount > byteLimit {
                finish(job, in: folder)
                job = []
                (rowCount, byteCount) = (0, 0)
            }
            job.append(candidate)
            rowCount += candidate.rowCount
            byteCount += candidate.file.byteCount
        }
        finish(job, in: folder)
    }

    private mutating func finish(_ candidates: [Candidate], in folder: String) {
        var job = candidates
        while let largest = job.last, job.count < Self.manyFiles,
            largest.rowCount > Self.growth * job.dropLast().reduce(0, { $0 + $1.rowCount })
        {
            job.removeLast()
        }
        guard job.count > 1 else { return }
        jobs.append(
            Job(
                folder: folder, files: job.map(\.file), rowCount: job.reduce(0) { $0 + $1.rowCount },
                byteCount: job.reduce(0) { $0 + $1.file.byteCount }))
    }

    /// The folder of a file's partition, as the writer of segments names it.
    private static func folder(of file: AddFile) -> String {
        file.path.lastIndex(of: "/").map { String(file.path[..<$0]) } ?? ""
    }

    /// A file below the table's folder, in that of its partition values.
    private static func isOurs(_ file: AddFile) -> Bool {
        let folder = folder(of: file)
        return !folder.isEmpty && folder == PartitionValue.folder(file.partitionValues)
    }

    /// When the partition's hour or day ends, in milliseconds since 1970.
    private static func end(of file: AddFile) -> Int64 {
        func value(_ column: String, _ type: DeltaType) -> DeltaValue? {
            file.partitionValues.first { $0.column == column }?.value(as: type)
        }
        guard case .date(let days)? = value("date", .date) else { return file.modificationMilliseconds }
        guard case .integer(let hour)? = value("hour", .integer) else { return (Int64(days) + 1) * 86_400_000 }
        return Int64(days) * 86_400_000 + (Int64(hour) + 1) * 3_600_000
    }
}
