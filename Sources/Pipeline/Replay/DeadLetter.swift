import Payloads
package import Telemetry

/// A refused message or reading, as it stands in `dead_letters`, with the last that was done with it.
package struct DeadLetter: Sendable {
    package let key: DeadLetterKey
    /// Nil when no stream took the topic.
    package let stream: String?
    package let topic: String
    /// When the message came from the broker.
    package let arrival: EventTime
    package let reason: String
    package let pointer: String?
    /// Where in the payload reading stopped, from 0.
    package let byteOffset: Int64?
    package let sentence: String
    /// Of the schema that refused it.
    package let schemaVersion: String?
    /// The schema version that the sender named.
    package let toldVersion: String?
    package let flags: MessageFlags
    /// The payload of the whole message, as it came.
    package let payload: [UInt8]
    /// Nil when nothing was done with it.
    package let lastMark: Mark?

    /// What was done with a dead letter, and how that ended.
    package struct Mark: Sendable {
        package let mark: DeadLetterMark
        package let time: EventTime
        /// The number of the message in lane replay.
        package let offset: JournalOffset
        package let stored: Int64
        package let duplicate: Int64
        package let refused: Int64
        package let reason: String?
        package let pointer: String?
        package let sentence: String?
    }

    /// Whether something may still be done with it.
    package var isOpen: Bool { lastMark.map { !$0.mark.isFinal } ?? true }

    /// Whether the message held further readings that nobody has looked at: a limit ended it with this one.
    var standsForAllBehind: Bool {
        let limits: [RefusalReason] = [.tooLarge, .expandedTooLarge]
        return key.readingIndex != nil && limits.map(\.rawValue).contains(reason)
            && sentence.hasSuffix(Refusal.endOfReading)
    }

    /// Why it is refused now: by the last replay, else from the beginning.
    package var currentReason: String { lastMark?.reason ?? reason }
}

/// Which dead letters are meant; what is not said does not matter.
package struct DeadLetterFilter: Sendable {
    package var stream: String?
    /// Those of topics that no stream takes.
    package var isWithoutStream = false
    package var reason: String?
    package var device: String?
    /// A topic, or a filter with wildcards.
    package var topic: (@Sendable (String) -> Bool)?
    /// The message came at this time or later.
    package var since: EventTime?
    /// The message came before this time.
    package var until: EventTime?
    package var lane: String?
    package var offset: JournalOffset?
    package var readingIndex: Int32?
    /// Those that are done with, too.
    package var includesDone = false

    package init() {}

    func matches(_ letter: DeadLetter) -> Bool {
        if !includesDone, !letter.isOpen { return false }
        if let stream, letter.stream != stream { return false }
        if isWithoutStream, letter.stream != nil { return false }
        if let reason, letter.currentReason != reason { return false }
        if let since, letter.arrival < since { return false }
        if let until, letter.arrival >= until { return false }
        if let lane, letter.key.lane != lane { return false }
        if let offset, letter.key.offset != offset { return false }
        if let readingIndex, letter.key.readingIndex != readingIndex { return false }
        if let topic, !topic(letter.topic) { return false }
        if let device, !Self.isOf(device, letter) { return false }
        return true
    }

    /// Whether a folder of the table, `date=…/hour=…`, can hold messages of the time that is meant.
    func mayBe(inHour hour: Int64) -> Bool {
        if let since, hour < since.hoursSinceEpoch { return false }
        if let until, EventTime(microsecondsSinceEpoch: hour * 3_600_000_000) >= until { return false }
        return true
    }

    /// Whether a device has sent a message, as far as that can be seen in one that could not be read: its name is a
    /// level of the topic, a string in a JSON text, or stands somewhere in another payload.
    private static func isOf(_ device: String, _ letter: DeadLetter) -> Bool {
        if letter.topic.split(separator: "/", omittingEmptySubsequences: false).contains(where: { $0 == device }) {
            return true
        }
        let start = letter.payload.first { !" \n\r\t".utf8.contains($0) }
        let isJSON = start == UInt8(ascii: "{") || start == UInt8(ascii: "[")
        return letter.payload.holds(Array((isJSON ? "\"\(device)\"" : device).utf8))
    }
}

extension [UInt8] {
    /// Whether `part` stands somewhere in it.
    func holds(_ part: [UInt8]) -> Bool {
        guard let first = part.first, part.count <= count else { return part.isEmpty }
        for start in 0...(count - part.count) where self[start] == first {
            if self[start..<start + part.count].elementsEqual(part) { return true }
        }
        return false
    }
}
