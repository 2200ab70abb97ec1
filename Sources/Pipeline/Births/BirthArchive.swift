import DeltaLake
import DurableFiles
import Parquet
import Streams
import Telemetry

/// The certificates that hold at an offset of a lane, so that a decoder goes on as if it had never stopped.
///
/// A birth of an edge node replaces the one before and ends its devices; a death ends what was born.
struct BirthArchive {
    /// A row of `sparkplug_births`.
    struct Certificate {
        /// `group/edge node` or `group/edge node/device`.
        let edge: String
        /// Nil for one of a later version of this program, which counts as an end.
        let event: BirthEvent?
        let topic: [UInt8]
        let payload: [UInt8]
        let arrival: Int64
        let offset: JournalOffset
    }

    /// The births that hold, of no order that matters.
    private(set) var births: [Certificate] = []

    /// Reads the table: of one lane through `offset`, or without a lane everything that any has seen.
    init(
        _ store: any FileStore, configuration: PipelineConfiguration, lane: String?, through offset: JournalOffset
    ) throws(TableError) {
        var certificates: [Certificate] = []
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
        for file in files {
            let segment = try SegmentReader(store, "\(directory)/\(file.path)", table: name)
            certificates += try Self.read(segment, lane: lane, through: offset)
        }
        certificates.sort { ($0.arrival, $0.offset) < ($1.arrival, $1.offset) }
        births = Self.holding(lane == nil ? certificates : certificates.sorted { $0.offset < $1.offset })
    }

    private static func read(
        _ segment: SegmentReader, lane: String?, through last: JournalOffset
    ) throws(TableError) -> [Certificate] {
        let edges = try segment.column("edge")
        let events = try segment.column("event")
        let topics = try segment.column("topic")
        let payloads = try segment.column("payload")
        let arrivals = try segment.column("ingest_time").words
        let lanes = try segment.column("lane")
        let offsets = try segment.column("journal_offset").words
        var certificates: [Certificate] = []
        for row in offsets.indices {
            let offset = JournalOffset(UInt64(clamping: offsets[row]))
            if let lane { guard lanes.text(at: row) == lane, offset <= last else { continue } }
            certificates.append(
                Certificate(
                    edge: edges.text(at: row) ?? "", event: events.text(at: row).flatMap(BirthEvent.init),
                    topic: topics.byteString(at: row).map { Array($0) } ?? [],
                    payload: payloads.byteString(at: row).map { Array($0) } ?? [], arrival: arrivals[row],
                    offset: offset))
        }
        return certificates
    }

    /// Those that are neither replaced nor ended by a later one.
    static func holding(_ certificates: [Certificate]) -> [Certificate] {
        var births: [String: Certificate] = [:]
        var devices: [String: Set<String>] = [:]
        for certificate in certificates {
            let levels = certificate.edge.split(separator: "/", omittingEmptySubsequences: false)
            let node = levels.prefix(2).joined(separator: "/")
            if levels.count < 3 {
                for device in devices.removeValue(forKey: node) ?? [] { births[device] = nil }
            } else {
                devices[node, default: []].insert(certificate.edge)
            }
            births[certificate.edge] = certificate.event == .birth ? certificate : nil
        }
        return births.values.sorted { $0.offset < $1.offset }
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
