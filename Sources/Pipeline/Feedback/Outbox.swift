import Synchronization
import Telemetry

/// A refusal that a sender is to be told of.
struct RefusalNote: Sendable {
    let stream: String?
    /// The member of a reading that names the device, where the stream has one.
    let deviceMember: String?
    let schemaVersion: String?
    let topic: String
    let arrival: EventTime
    let refusal: Refusal
    let readingIndex: Int32?
    /// Only where the device is looked for in it.
    let payload: [UInt8]
}

/// What folds want to say to fleets, on its way to the thread that sends it.
///
/// Bounded: when it is full, what comes is dropped and counted. So nobody ever waits for a broker.
final class Outbox: Sendable {
    /// One thing to say.
    enum Item: Sendable {
        case refusal(RefusalNote)
        /// Asks a Sparkplug edge node for its birth certificates.
        case rebirth(commandTopic: String)

        /// What it takes in memory, about.
        var byteCount: Int {
            switch self {
            case .refusal(let note):
                note.payload.count + note.topic.utf8.count + note.refusal.sentence.utf8.count
                    + note.refusal.pointer.utf8.count + 200
            case .rebirth(let topic): topic.utf8.count + 50
            }
        }
    }

    private struct State {
        var items: [Item] = []
        var byteCount = 0
        var droppedCount = 0
    }

    /// 4096 notes of up to 2 MiB: some seconds of a fleet that sends nothing but nonsense.
    static let itemLimit = 4096
    static let byteLimit = 2 << 20

    private let state = Mutex(State())

    /// Takes an item, or drops and counts it.
    func offer(_ item: Item) {
        let byteCount = item.byteCount
        state.withLock { state in
            guard state.items.count < Self.itemLimit, state.byteCount + byteCount <= Self.byteLimit else {
                state.droppedCount += 1
                return
            }
            state.items.append(item)
            state.byteCount += byteCount
        }
    }

    /// Counts notes that were not even offered.
    func countAsDropped(_ count: Int) {
        state.withLock { $0.droppedCount += count }
    }

    /// Everything that waits, and how many were dropped since the last time.
    func takeAll() -> (items: [Item], droppedCount: Int) {
        state.withLock { state in
            defer { state = State() }
            return (state.items, state.droppedCount)
        }
    }
}
