package import DeltaLake
package import DurableFiles
import Parquet
import Telemetry

/// Writes the small segments of a table together, partition by partition.
///
/// Each new segment takes the place of its sources in one commit. Before it the sources are the table, behind it the new
/// segment is, so a crash at any step loses and doubles nothing; at most a segment stays that no commit names, whose
/// footer says from which others it was made, and which is removed once these are known to be in the table. Commits of
/// folds do not conflict with it. Of two compactors one is too late, and takes its segment back.
///
/// A compactor works under a `CompactionLock` of the data folder, so that nobody sweeps what it is about to
/// commit.
package struct Compactor {
    /// What became of one job.
    package struct Outcome: Sendable {
        package let table: String
        package let folder: String
        package let removedCount: Int
        package let rowCount: Int64
        package let oldByteCount: Int64
        package let byteCount: Int64
    }

    package let name: String
    package private(set) var table: DeltaTable
    private let directory: String
    private let store: any FileStore
    private let namePrefix: String
    private let settings: CompactionSettings
    private let now: () -> Int64

    /// Opens the table `name` below `tablesDirectory`; `node` goes into the names of segments.
    package init(
        _ name: String, tablesDirectory: String, node: String, settings: CompactionSettings,
        store: any FileStore = SystemFileStore(), now: @escaping () -> Int64 = millisecondsNow
    ) throws(TableError) {
        self.name = name
        self.store = store
        self.settings = settings
        self.now = now
        directory = "\(tablesDirectory)/\(name)"
        namePrefix = Self.segmentNamePrefix(node: node)
        table = try Self.open(directory, name, store)
    }

    /// What the names of segments made by a node's compactor begin with: no lane is called so.
    static func segmentNamePrefix(node: String) -> String { "part-\(node)-compact-" }

    private static func open(_ directory: String, _ name: String, _ store: any FileStore) throws(TableError)
        -> DeltaTable
    {
        do throws(DeltaError) {
            return try DeltaTable(opening: LocalLogStore(tablePath: directory, files: store))
        } catch {
            throw .log(error, table: name)
        }
    }

    /// What there is to do now.
    package func plan() throws(TableError) -> CompactionPlan {
        do throws(DeltaError) {
            return try CompactionPlan(table.snapshot, settings: settings, atMilliseconds: now())
        } catch {
            throw .log(error, table: name)
        }
    }

    /// Writes the segments of one job together.
    ///
    /// - Returns: nil when there was nothing to do: another compactor was faster, or the table has a column of a type that
    ///   batches do not have.
    /// - Throws: `TableError`; the table is as it was, or has the new segment.
    package mutating func run(
        _ job: CompactionPlan.Job, with rewriter: inout some SegmentRewriter & ~Copyable
    ) throws(TableError) -> Outcome? {
        guard let columns = columns(), job.files.allSatisfy({ table.snapshot.file($0.path) != nil }) else { return nil }
        var segments: [SegmentReader] = []
        for file in job.files { segments.append(try open(file)) }
        let rewritten = try rewriter.rewrite(
            segments, columns: columns, sources: job.files.map(\.path), compressionLevel: settings.compressionLevel)
        segments = []
        let path = "\(job.folder)/\(namePrefix)\(String(UInt64.random(in: .min ... .max), radix: 36)).zstd.parquet"
        do throws(FileError) {
            try store.createAtomically("\(directory)/\(path)", rewritten.bytes)
        } catch {
            // When it is there after all, no commit names it.
            try? store.remove("\(directory)/\(path)")
            throw .file(error, table: name)
        }
        guard try commit(rewritten, as: path, instead: job.files) else { return nil }
        return Outcome(
            table: name, folder: job.folder, removedCount: job.files.count,
            rowCount: rewritten.statistics.recordCount, oldByteCount: job.byteCount,
            byteCount: Int64(rewritten.bytes.count))
    }

    /// The columns that lie in segments; nil when one has a type that batches do not have.
    private func columns() -> [ColumnDefinition]? {
        var columns: [ColumnDefinition] = []
        for column in table.snapshot.schema.columns where !table.snapshot.partitionColumns.contains(column.name) {
            guard let definition = ColumnDefinition(column) else { return nil }
            columns.append(definition)
        }
        return columns
    }

    /// Reads a source, which must be what the log says: a row that is not there now would be lost for good.
    private func open(_ file: AddFile) throws(TableError) -> SegmentReader {
        let segment = try SegmentReader(store, "\(directory)/\(file.path)", table: name)
        let recordCount: Int64?
        do throws(DeltaError) {
            recordCount = try file.statistics(schema: DeltaSchema([]))?.recordCount
        } catch {
            throw .log(error, table: name)
        }
        guard recordCount == Int64(segment.reader.rowCount) else {
            throw segment.damage("it has \(segment.reader.rowCount) rows, and the log says otherwise")
        }
        return segment
    }

    // MARK: Committing

    /// Returns false when another compactor was faster.
    private mutating func commit(
        _ segment: RewrittenSegment, as path: String, instead sources: [AddFile]
    ) throws(TableError) -> Bool {
        let time = now()
        let transaction = DeltaTransaction(
            adding: [
                AddFile(
                    path: path, partitionValues: sources[0].partitionValues, byteCount: Int64(segment.bytes.count),
                    modificationMilliseconds: time, isDataChange: segment.isDataChange,
                    statistics: segment.statistics, tags: segment.tags)
            ],
            removing: sources.map { $0.removed(atMilliseconds: time, isDataChange: segment.isDataChange) },
            operation: "OPTIMIZE", operationParameters: ["predicate": "[]"],
            operationMetrics: ["numRemovedFiles": String(sources.count), "numAddedFiles": "1"],
            timestampMilliseconds: time)
        for _ in 0..<3 {
            do throws(DeltaError) {
                _ = try table.commit(transaction)
                return true
            } catch .metadataChanged {
                // Columns were added: the segment is as old as its sources were, and lacks them as they do.
                continue
            } catch .fileRemoved, .invalidTransaction {
                try takeBack(path)
                return false
            } catch .storage {
                return try settle(path)
            } catch {
                try takeBack(path)
                throw .log(error, table: name)
            }
        }
        try takeBack(path)
        return false
    }

    /// Finds out what became of a commit of which that is not known.
    private mutating func settle(_ path: String) throws(TableError) -> Bool {
        table = try Self.open(directory, name, store)
        if table.snapshot.file(path) != nil { return true }
        try takeBack(path)
        return false
    }

    private func takeBack(_ path: String) throws(TableError) {
        do throws(FileError) {
            try store.remove("\(directory)/\(path)")
        } catch {
            throw .file(error, table: name)
        }
    }

    // MARK: Sweeping

    /// Removes segments that a compactor of this node left without a commit, and whose rows are in the table: those whose
    /// footer names only active segments as their sources.
    ///
    /// Anything else stays: if the log was lost, it is the data itself.
    package func sweep() throws(TableError) -> Int {
        var count = 0
        do throws(FileError) {
            for folder in Set(table.snapshot.files.compactMap { Self.folder(of: $0.path) }).sorted() {
                for entry in try store.entries(of: "\(directory)/\(folder)") where entry.name.hasPrefix(namePrefix) {
                    let path = "\(folder)/\(entry.name)"
                    guard table.snapshot.file(path) == nil, table.snapshot.tombstone(path) == nil,
                        let sources = Self.sources(of: try store.read("\(directory)/\(path)")),
                        sources.allSatisfy({ table.snapshot.file($0) != nil })
                    else { continue }
                    try store.remove("\(directory)/\(path)")
                    count += 1
                }
            }
        } catch {
            throw .file(error, table: name)
        }
        return count
    }

    private static func folder(of path: String) -> String? {
        path.lastIndex(of: "/").map { String(path[..<$0]) }
    }

    /// What a compacted segment was made from; nil for other files.
    private static func sources(of bytes: [UInt8]) -> [String]? {
        // A file that is no segment says nothing, and stays.
        let metadata = (try? ParquetReader(bytes: bytes))?.metadata ?? []
        guard let text = metadata.first(where: { $0.key == SortingRewriter.sourcesKey })?.value else { return nil }
        let sources = text.split(separator: "\n").map { String($0) }
        return sources.isEmpty ? nil : sources
    }
}
