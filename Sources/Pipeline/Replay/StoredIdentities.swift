import DeltaLake
import DurableFiles
import Parquet
import Streams
import Telemetry

/// The readings that the streams' tables hold, by their identities: what a replayed reading is looked for in.
///
/// The window of duplicates does not reach back to when a dead letter came. So the segments of the reading's own hour
/// are read, each once.
struct StoredIdentities {
    private struct Table {
        var table: DeltaTable
        /// The paths of the segments of an hour, by the hour's folder.
        var paths: [String: [String]]
    }

    /// 4 Mi identities: 128 MiB at the most.
    ///
    /// A replay over many hours reads some segments again.
    private static let maximumCount = 4 << 20

    private let catalog: StreamCatalog
    private let configuration: PipelineConfiguration
    private let store: any FileStore
    private var tables: [Int: Table] = [:]
    private var segments: [String: Set<Fingerprint>] = [:]
    private var count = 0
    /// What was stored and is not committed yet.
    private var waiting: [Set<Fingerprint>]

    init(_ catalog: StreamCatalog, configuration: PipelineConfiguration, store: any FileStore) {
        self.catalog = catalog
        self.configuration = configuration
        self.store = store
        waiting = Array(repeating: [], count: catalog.streams.count)
    }

    /// Takes in what was committed since, by any lane.
    mutating func update() throws(TableError) {
        for (stream, known) in tables {
            var table = known.table
            do throws(DeltaError) {
                try table.update()
            } catch {
                throw .log(error, table: catalog.streams[stream].name)
            }
            guard table.snapshot.version != known.table.snapshot.version else { continue }
            tables[stream] = Table(table: table, paths: Self.pathsByHour(table.snapshot))
        }
    }

    /// Takes note of a reading that waits for the commit.
    mutating func note(_ identity: Fingerprint, stream: Int) {
        waiting[stream].insert(identity)
    }

    /// Forgets those that waited: they are committed.
    mutating func didCommit() {
        for stream in waiting.indices { waiting[stream].removeAll() }
    }

    /// Whether the stream's table holds a reading of this identity and time.
    mutating func holds(_ identity: Fingerprint, time: EventTime, stream: Int) throws(TableError) -> Bool {
        if waiting[stream].contains(identity) { return true }
        let paths = try table(of: stream).paths[Self.folder(of: time)] ?? []
        for path in paths where try identities(in: path, stream: stream).contains(identity) { return true }
        return false
    }

    private mutating func table(of stream: Int) throws(TableError) -> Table {
        if let known = tables[stream] { return known }
        let name = catalog.streams[stream].name
        do throws(DeltaError) {
            let log = LocalLogStore(tablePath: "\(configuration.tablesDirectory)/\(name)", files: store)
            let table = try DeltaTable(opening: log)
            let opened = Table(table: table, paths: Self.pathsByHour(table.snapshot))
            tables[stream] = opened
            return opened
        } catch {
            throw .log(error, table: name)
        }
    }

    private mutating func identities(in path: String, stream: Int) throws(TableError) -> Set<Fingerprint> {
        let plan = catalog.streams[stream]
        let file = "\(configuration.tablesDirectory)/\(plan.name)/\(path)"
        if let known = segments[file] { return known }
        let segment = try SegmentReader(store, file, table: plan.name)
        let read = Set(try segment.identities(of: plan))
        if count + read.count > Self.maximumCount {
            segments.removeAll()
            count = 0
        }
        count += read.count
        segments[file] = read
        return read
    }

    private static func pathsByHour(_ snapshot: DeltaSnapshot) -> [String: [String]] {
        Dictionary(
            grouping: snapshot.files.map(\.path),
            by: { path in path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" })
    }

    /// The folder of an hour, as `SegmentWriter` names it.
    private static func folder(of time: EventTime) -> String {
        let civil = CivilTime(time)
        return "date=\(civil.date)/hour=\(civil.hour)"
    }
}

extension SegmentReader {
    /// What tells each reading of a segment apart, row by row.
    func identities(of plan: StreamPlan) throws(TableError) -> [Fingerprint] {
        var columns: [ParquetColumnData?] = []
        for column in plan.identity.columns { columns.append(try columnIfPresent(plan.columns[column].name)) }
        let alone = plan.identity.alone
        var row = ColumnBatch(plan.identity.columns.map { plan.columns[$0] }, rowLimit: 1)
        var identities: [Fingerprint] = []
        identities.reserveCapacity(reader.rowCount)
        for index in 0..<reader.rowCount {
            row.removeAll()
            row.beginRow()
            for (column, data) in columns.enumerated() { data?.copyCell(index, into: &row, column: column) }
            identities.append(alone.fingerprint(ofRow: 0, in: row))
        }
        return identities
    }
}
