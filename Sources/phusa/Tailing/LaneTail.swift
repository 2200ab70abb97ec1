import DurableFiles
import Journal
import Streams
import Telemetry

/// Follows the journal of one lane, and only reads.
struct LaneTail: ~Copyable {
    /// Enough for thousands of usual messages; the batch is made larger when a message needs it.
    private static let batchByteCount = 4 << 20

    private let lane: String
    private let catalog: StreamCatalog
    private var reader: JournalReader
    private var batch = MessageBatch(byteCapacity: batchByteCount, messageCapacity: 4096)
    private var position = 0
    private var matcher: TopicMatcher
    private var decoder: RecordDecoder
    private var columns: [ColumnBox]
    private var seen = SeenReadings()

    /// Keeps a batch where only copyable things can be.
    private final class ColumnBox {
        var batch: ColumnBatch

        init(_ plan: StreamPlan) {
            // Rows are looked at and left, so one after another has the place of the first.
            batch = ColumnBatch(plan.columns, rowLimit: 1)
        }
    }

    init(_ lane: String, directory: String, from offset: JournalOffset, catalog: StreamCatalog) {
        self.lane = lane
        self.catalog = catalog
        reader = JournalReader(SystemFileStore(), directory: directory, from: offset)
        matcher = catalog.makeTopicMatcher()
        decoder = RecordDecoder(catalog.streams)
        columns = catalog.streams.map { ColumnBox($0) }
    }

    /// The next message; nil when there is none for now.
    mutating func next() throws(CommandFailure) -> TailedMessage? {
        if position == batch.count {
            position = 0
            do throws(JournalReadError) {
                guard try reader.read(into: &batch, through: nil) > 0 else {
                    batch.removeAll()
                    return nil
                }
            } catch {
                throw .failure("The journal of \(lane) cannot be read: \(error).")
            }
        }
        defer { position += 1 }
        return Self.judge(position, of: batch, lane: lane, catalog, &matcher, &decoder, columns, &seen)
    }

    /// Apart, because what is borrowed from the batch would otherwise hold all of `self`.
    private static func judge(
        _ index: Int, of batch: borrowing MessageBatch, lane: String, _ catalog: StreamCatalog,
        _ matcher: inout TopicMatcher, _ decoder: inout RecordDecoder, _ columns: [ColumnBox],
        _ seen: inout SeenReadings
    ) -> TailedMessage {
        let arrival = batch.entry(at: index).arrival
        let topic = String(decoding: batch.topic(at: index))
        let payload = batch.payload(at: index)
        var verdicts: [TailedMessage.Verdict] = []
        let route = matcher.route(of: batch.topic(at: index))
        if let route {
            let plan = catalog.streams[route.stream]
            let box = columns[route.stream]
            box.batch.removeAll()
            decoder.decode(
                PayloadInput(
                    payload: payload, topic: batch.topic(at: index), toldVersion: batch.toldVersion(at: index),
                    arrival: arrival),
                route: route, into: &box.batch
            ) { verdict, columns in
                switch verdict {
                case .refused(let refusal): verdicts.append(.refused(refusal))
                case .reading:
                    let identity = SeenReadings.identity(
                        of: columns.count, in: columns, stream: route.stream, plan: plan)
                    verdicts.append(seen.insert(identity) ? .duplicate : .accepted)
                }
            }
        } else {
            verdicts = [.refused(Refusal(.unknownTopic, sentence: "no stream takes messages of the topic \(topic)"))]
        }
        // Safe: the bytes are copied at once.
        let bytes = unsafe payload.withUnsafeBytes { unsafe Array($0) }
        return TailedMessage(
            lane: lane, offset: batch.offset(at: index), arrival: arrival, topic: topic,
            stream: route.map { catalog.streams[$0.stream].name }, payload: bytes, verdicts: verdicts)
    }
}
