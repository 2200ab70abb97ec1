import DeltaLake
import DurableFiles
import Parquet
import Streams
import Telemetry

/// The certificates that hold at an offset of a lane, so that a decoder goes on as if it had never stopped.
///
/// The table keeps every certificate that ever came. So first their keys are read, of which the latest of each edge node
/// and device stay, and then the payloads of those that hold, page by page.
struct BirthArchive {
    /// A birth that holds.
    struct Certificate {
        var topic: [UInt8] = []
        var payload: [UInt8] = []
        let offset: JournalOffset
    }

    /// The births that hold, of no order that matters.
    private(set) var births: [Certificate] = []

    /// Reads the table: of one lane through `offset`, or without a lane everything that any has seen.
    init(
        _ store: any FileStore, configuration: PipelineConfiguration, lane: String?, through offset: JournalOffset
    ) throws(TableError) {
        let name = TableLayout.sparkplugBirths.name
        let directory = "\(configuration.tablesDirectory)/\(name)"
        let files: [AddFile]
        do throws(DeltaError) {
            files = Array(
                try DeltaTable(opening: LocalLogStore(tablePath: directory, files: store)).snapshot.files)
        } catch .notATable {
            return
        } catch {
            throw .log(error, table: name)
        }
        var latest = LatestCertificates()
        for (index, file) in files.enumerated() {
            let segment = try SegmentReader(store, "\(directory)/\(file.path)", table: name)
            try Self.readKeys(of: segment, file: index, lane: lane, through: offset, into: &latest)
        }
        for (index, keys) in Dictionary(grouping: latest.holding, by: \.file) {
            let segment = try SegmentReader(store, "\(directory)/\(files[index].path)", table: name)
            births += try Self.certificates(of: keys, in: segment)
        }
        births.sort { $0.offset < $1.offset }
    }

    private static func readKeys(
        of segment: SegmentReader, file: Int, lane: String?, through last: JournalOffset,
        into latest: inout LatestCertificates
    ) throws(TableError) {
        let edges = try segment.column("edge")
        let events = try segment.column("event")
        let arrivals = try segment.column("ingest_time").words
        let lanes = try segment.column("lane")
        let offsets = try segment.column("journal_offset").words
        for row in offsets.indices {
            let offset = JournalOffset(UInt64(clamping: offsets[row]))
            if let lane { guard lanes.text(at: row) == lane, offset <= last else { continue } }
            latest.insert(
                CertificateKey(
                    edge: edges.text(at: row) ?? "", event: events.text(at: row).flatMap(BirthEvent.init),
                    // A lane counts its messages; over lanes the clock has to do.
                    arrival: lane == nil ? arrivals[row] : 0, offset: offset, file: file, row: row))
        }
    }

    /// The certificates of a segment that the keys mean.
    private static func certificates(
        of keys: [CertificateKey], in segment: SegmentReader
    ) throws(TableError) -> [Certificate] {
        var certificates: [Int: Certificate] = [:]
        for key in keys { certificates[key.row] = Certificate(offset: key.offset) }
        func read(
            _ column: String, into member: WritableKeyPath<Certificate, [UInt8]>
        ) throws(TableError) {
            try segment.forEachPage(of: column) { firstRow, cells in
                for row in 0..<cells.rowCount where certificates[firstRow + row] != nil {
                    certificates[firstRow + row]?[keyPath: member] = cells.byteString(at: row).map { Array($0) } ?? []
                }
            }
        }
        try read("topic", into: \.topic)
        try read("payload", into: \.payload)
        return Array(certificates.values)
    }

    /// Tells a decoder what holds.
    func restore(into decoder: inout RecordDecoder, matcher: inout TopicMatcher) {
        for birth in births {
            // Safe: UInt8 has no padding.
            guard let route = unsafe matcher.route(of: birth.topic.span.bytes) else { continue }
            // The reader promises to look at no byte behind the payload.
            unsafe decoder.restore(topic: birth.topic.span.bytes, payload: birth.payload.span.bytes, route: route)
        }
    }
}

extension ColumnBatch {
    /// Adds a certificate.
    mutating func appendBirth(
        _ event: BirthEvent, edge: String, topic: RawSpan, payload: RawSpan, arrival: EventTime, lane: String,
        offset: JournalOffset
    ) {
        beginRow()
        setString(edge, column: BirthColumn.edge)
        setString(event.rawValue, column: BirthColumn.event)
        setBytes(topic, column: BirthColumn.topic)
        setBytes(payload, column: BirthColumn.payload)
        setWord(arrival.microsecondsSinceEpoch, column: BirthColumn.ingestTime)
        setString(lane, column: BirthColumn.lane)
        setWord(Int64(offset.number), column: BirthColumn.journalOffset)
        commitRow()
    }
}
