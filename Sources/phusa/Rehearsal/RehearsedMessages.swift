import DeltaLake
import DurableFiles
import JSONDocument
import Journal
import Pipeline
import Streams
import Telemetry

/// Decodes the messages of one stream by two plans.
struct MessageJudge: ~Copyable {
    /// What a plan makes of a message, reading by reading.
    typealias Outcomes = [PayloadDecoder.Outcome]

    private let active: StreamPlan
    private let new: StreamPlan
    private var oldDecoders: [Int: DecoderBox] = [:]
    private var newDecoders: [Int: DecoderBox] = [:]
    private var strictDecoders: [Int: DecoderBox] = [:]

    private final class DecoderBox {
        var decoder: PayloadDecoder

        init(_ plan: StreamPlan, source: Int) {
            decoder = PayloadDecoder(plan, source: source, withNulls: false)
        }
    }

    init(_ active: StreamPlan, new: StreamPlan) {
        self.active = active
        self.new = new
    }

    /// The source that takes a topic; nil when it belongs to another stream.
    func source(of topic: String) -> Int? {
        new.sources.firstIndex { $0.topicFilter.matches(topic.utf8Bytes) }
    }

    mutating func byActive(
        _ payload: [UInt8], topic: String, toldVersion: String?, source: Int, arrival: EventTime
    ) -> Outcomes {
        let box = oldDecoders[source] ?? DecoderBox(active, source: source)
        oldDecoders[source] = box
        return box.decoder.decode(payload, topic: topic, toldVersion: toldVersion, arrival: arrival)
    }

    /// Told versions do not count here.
    mutating func byNew(_ payload: [UInt8], topic: String, source: Int, arrival: EventTime) -> Outcomes {
        let box = newDecoders[source] ?? DecoderBox(new, source: source)
        newDecoders[source] = box
        return box.decoder.decode(payload, topic: topic, arrival: arrival)
    }

    /// By the new schema, as long as the message tells its version or none.
    mutating func byNewIfTold(
        _ payload: [UInt8], topic: String, toldVersion: String?, source: Int, arrival: EventTime
    ) -> Outcomes {
        let box = strictDecoders[source] ?? DecoderBox(new.honouringToldVersions(of: active), source: source)
        strictDecoders[source] = box
        return box.decoder.decode(payload, topic: topic, toldVersion: toldVersion, arrival: arrival)
    }
}

extension PayloadDecoder.Outcome {
    var refusal: Refusal? {
        if case .refused(let refusal) = self { refusal } else { nil }
    }

    /// The member of a reading as text, for its group; nil for what was refused.
    func text(of member: String?) -> String? {
        guard let member, case .reading(let json) = self else { return nil }
        do throws(JSONParseError) {
            guard case .object(let members) = try JSONTree(parsing: Array(json.utf8)) else { return nil }
            switch members.first(where: { $0.name == member })?.value {
            case .string(let text): return text
            case .integer(let number): return String(number)
            case .bool(let value): return String(value)
            default: return nil
            }
        } catch {
            return nil
        }
    }
}

/// Messages in the journal that are in no table yet.
struct WaitingMessages {
    private let active: StreamPlan
    private let new: StreamPlan
    private let data: String
    private let since: EventTime

    init(_ active: StreamPlan, new: StreamPlan, data: String, since: EventTime) {
        self.active = active
        self.new = new
        self.data = data
        self.since = since
    }

    func judge(into rehearsal: inout Rehearsal) throws(CommandFailure) {
        let store = SystemFileStore()
        let lanes: [String]
        do throws(FileError) {
            guard try store.exists("\(data)/journal") else { return }
            lanes = try store.entries(of: "\(data)/journal").filter(\.isDirectory).map(\.name)
        } catch {
            throw .failure("\(error).")
        }
        let committed = try committedThrough()
        var judge = MessageJudge(active, new: new)
        for lane in lanes where lane != ReplayDesk.laneName {
            var reader = JournalReader(
                store, directory: "\(data)/journal/\(lane)", from: (committed[lane] ?? .beforeFirst).next)
            var batch = MessageBatch(byteCapacity: 4 << 20, messageCapacity: 4096)
            do throws(JournalReadError) {
                while try reader.read(into: &batch, through: nil) > 0 {
                    for index in 0..<batch.count {
                        Self.judge(index, of: batch, since, with: &judge, into: &rehearsal, active)
                    }
                }
            } catch .cutAway {
                // Committed since the ledger was looked at: those messages are in the table by now.
                continue
            } catch {
                throw .failure("The journal of \(lane) cannot be read: \(error).")
            }
        }
    }

    private static func judge(
        _ index: Int, of batch: borrowing MessageBatch, _ since: EventTime, with judge: inout MessageJudge,
        into rehearsal: inout Rehearsal, _ active: StreamPlan
    ) {
        let arrival = batch.entry(at: index).arrival
        let topic = String(decoding: batch.topic(at: index))
        guard arrival >= since, let source = judge.source(of: topic) else { return }
        // Safe: the bytes are copied at once.
        let payload = unsafe batch.payload(at: index).withUnsafeBytes { unsafe Array($0) }
        let old = judge.byActive(
            payload, topic: topic, toldVersion: batch.toldVersion(at: index), source: source, arrival: arrival)
        let new = judge.byNew(payload, topic: topic, source: source, arrival: arrival)
        let member = rehearsal.grouping.member(device: active.deviceMember)
        for (position, outcome) in old.enumerated() where outcome.refusal == nil {
            let refusal =
                position < new.count
                ? new[position].refusal
                : Refusal(.notAReading, sentence: "the message has \(new.count) readings by the new schema")
            rehearsal.judge(
                .waiting, group: rehearsal.grouping.group(value: outcome.text(of: member), topic: topic),
                refusal: refusal, example: String(decoding: payload, as: UTF8.self))
        }
    }

    /// How far each lane is in the ledger.
    private func committedThrough() throws(CommandFailure) -> [String: JournalOffset] {
        do throws(DeltaError) {
            let log = LocalLogStore(tablePath: "\(data)/tables/ledger")
            let transactions = try DeltaTable(opening: log).snapshot.transactions
            var offsets: [String: JournalOffset] = [:]
            for (id, transaction) in transactions {
                let lane = id.split(separator: "/").last.map(String.init) ?? id
                offsets[lane] = max(
                    offsets[lane] ?? .beforeFirst, JournalOffset(UInt64(max(0, transaction.version))))
            }
            return offsets
        } catch .notATable {
            return [:]
        } catch {
            throw .failure("The ledger cannot be read: \(error).")
        }
    }
}

/// Open dead letters of the stream.
struct RefusedMessages {
    private let active: StreamPlan
    private let new: StreamPlan
    private let data: String
    private let since: EventTime

    init(_ active: StreamPlan, new: StreamPlan, data: String, since: EventTime) {
        self.active = active
        self.new = new
        self.data = data
        self.since = since
    }

    func judge(into rehearsal: inout Rehearsal) throws(CommandFailure) {
        var judge = MessageJudge(active, new: new)
        var filter = DeadLetterFilter()
        filter.since = since
        let member = rehearsal.grouping.member(device: active.deviceMember)
        // The readings of one message come one behind the other.
        var last: (key: DeadLetterKey, isOfUnknownVersion: Bool, outcomes: MessageJudge.Outcomes)?
        _ = try DeadLetters.read(filter, data: data, limit: .max) { letter throws(CommandFailure) in
            guard let source = judge.source(of: letter.topic) else { return }
            let message = DeadLetterKey(lane: letter.key.lane, offset: letter.key.offset, readingIndex: nil)
            // A version that the stream does not have stays unknown, unless it is the new one.
            let isOfUnknownVersion = letter.currentReason == RefusalReason.unknownVersion.rawValue
            if last?.key != message || last?.isOfUnknownVersion != isOfUnknownVersion {
                let outcomes =
                    isOfUnknownVersion
                    ? judge.byNewIfTold(
                        letter.payload, topic: letter.topic, toldVersion: letter.toldVersion, source: source,
                        arrival: letter.arrival)
                    : judge.byNew(letter.payload, topic: letter.topic, source: source, arrival: letter.arrival)
                last = (message, isOfUnknownVersion, outcomes)
            }
            let outcomes = last?.outcomes ?? []
            let own: MessageJudge.Outcomes
            if let index = letter.key.readingIndex {
                own = outcomes.indices.contains(Int(index)) ? [outcomes[Int(index)]] : []
            } else {
                own = outcomes
            }
            let refusal =
                own.isEmpty ? Refusal(.notAReading, sentence: "") : own.compactMap(\.refusal).first
            rehearsal.judgeRefused(
                .deadLetters,
                group: rehearsal.grouping.group(value: own.first?.text(of: member), topic: letter.topic),
                old: letter.currentRefusal, refusal: refusal,
                example: String(decoding: letter.payload, as: UTF8.self))
        }
    }
}
