import DurableFiles
import Journal
import Telemetry

/// A message as the tests compare it.
struct SampleMessage: Equatable {
    var topic: String
    var payload: String
    var arrival: Int64 = 0
    var flags = MessageFlags(qualityOfService: 1, isRetained: false)

    static func numbered(_ number: UInt64, payloadByteCount: Int = 20) -> SampleMessage {
        let text = "message \(number) "
        let filler = String(repeating: "x", count: max(0, payloadByteCount - text.utf8.count))
        return SampleMessage(topic: "lane/\(number % 7)", payload: text + filler, arrival: Int64(number) * 1000)
    }
}

extension MessageBatch {
    init(_ messages: [SampleMessage]) {
        let byteCount = messages.reduce(1) { $0 + $1.topic.utf8.count + $1.payload.utf8.count }
        self.init(byteCapacity: byteCount, messageCapacity: max(1, messages.count))
        for message in messages {
            append(
                topic: message.topic.utf8Bytes, payload: message.payload.utf8Bytes,
                arrival: EventTime(microsecondsSinceEpoch: message.arrival), flags: message.flags)
        }
    }

    func message(at index: Int) -> SampleMessage {
        SampleMessage(
            topic: String(decoding: topic(at: index)), payload: String(decoding: payload(at: index)),
            arrival: entry(at: index).arrival.microsecondsSinceEpoch, flags: entry(at: index).flags)
    }
}

extension JournalWriter {
    mutating func append(_ messages: [SampleMessage]) throws(JournalWriteError) {
        var batch = MessageBatch(messages)
        try append(&batch)
    }

    mutating func append(count: Int, payloadByteCount: Int = 20) throws(JournalWriteError) {
        let first = nextOffset
        try append((0..<count).map { .numbered(first.advanced(by: $0).number, payloadByteCount: payloadByteCount) })
    }
}

extension JournalReader {
    /// Everything there is, with its numbers.
    mutating func readAll(
        through last: JournalOffset? = nil, byteCapacity: Int = 1 << 16, messageCapacity: Int = 100
    ) throws(JournalReadError) -> [UInt64: SampleMessage] {
        var batch = MessageBatch(byteCapacity: byteCapacity, messageCapacity: messageCapacity)
        var messages: [UInt64: SampleMessage] = [:]
        while try read(into: &batch, through: last) > 0 {
            for index in 0..<batch.count { messages[batch.offset(at: index).number] = batch.message(at: index) }
        }
        return messages
    }
}

/// The messages that `append(count:)` gives these numbers.
func numbered(_ numbers: ClosedRange<UInt64>, payloadByteCount: Int = 20) -> [UInt64: SampleMessage] {
    Dictionary(
        uniqueKeysWithValues: numbers.map { ($0, SampleMessage.numbered($0, payloadByteCount: payloadByteCount)) })
}
