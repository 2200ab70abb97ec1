import Telemetry

/// What the 32 bytes in front of a message say; the layout stands in `FileFormat.md`.
struct Record {
    static let headerByteCount = 32
    /// MQTT payloads have up to 256 MiB: twice that is never a record.
    static let maximumByteCount = 1 << 29
    /// The largest distance that can be said; it stands for "unknown".
    static let unknownDistance = UInt16.max

    let offset: JournalOffset
    let arrival: EventTime
    let flags: MessageFlags
    let topicByteCount: Int
    let attributesByteCount: Int
    let payloadByteCount: Int
    let distance: UInt16

    /// With header and padding.
    var byteCount: Int {
        Self.byteCount(topic: topicByteCount, attributes: attributesByteCount, payload: payloadByteCount)
    }

    /// The last message that was durable when this one was written; nil when the record does not say.
    var durableThrough: JournalOffset? {
        distance == Self.unknownDistance ? nil : JournalOffset(offset.number - UInt64(distance))
    }

    static func byteCount(topic: Int, attributes: Int = 0, payload: Int) -> Int {
        (headerByteCount + topic + attributes + payload + 7) & ~7
    }

    /// What lies at a place of a file.
    enum Attempt {
        case whole(Record)
        /// It looks like a record, and its end lies behind the bytes at hand: it has so many.
        case needs(byteCount: Int)
        /// The number agrees and the checksum does not: damaged, or not written to the end.
        case broken(byteCount: Int)
        case none
    }

    /// Reads the record at `start` and checks it, by the salt from the header of its file.
    ///
    /// It must have the number `offset`; nil stands for any, in a search.
    @inline(always)
    static func attempt(_ bytes: RawSpan, at start: Int, expecting offset: JournalOffset?, salt: UInt32) -> Attempt {
        guard start + headerByteCount <= bytes.byteCount else { return .needs(byteCount: headerByteCount) }
        // Safe: just checked; every bit pattern is an integer, and the machine is little endian (see crc32c.c).
        let checksum = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt32.self)
        let length = unsafe Int(bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start + 4, as: UInt32.self))
        let number = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start + 8, as: UInt64.self)
        let arrival = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start + 16, as: Int64.self)
        let sizes = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start + 24, as: UInt64.self)
        if let offset, number != offset.number { return .none }
        let topicByteCount = Int(UInt16(truncatingIfNeeded: sizes >> 16))
        let attributesByteCount = Int(UInt16(truncatingIfNeeded: sizes >> 32))
        let payloadByteCount = length + 8 - headerByteCount - topicByteCount - attributesByteCount
        guard payloadByteCount >= 0, length <= maximumByteCount else { return .none }
        let record = Record(
            offset: JournalOffset(number), arrival: EventTime(microsecondsSinceEpoch: arrival),
            flags: MessageFlags(rawValue: UInt8(truncatingIfNeeded: sizes)), topicByteCount: topicByteCount,
            attributesByteCount: attributesByteCount, payloadByteCount: payloadByteCount,
            distance: UInt16(truncatingIfNeeded: sizes >> 48))
        guard record.distance == unknownDistance || UInt64(record.distance) <= number else { return .none }
        let byteCount = record.byteCount
        guard start + byteCount <= bytes.byteCount else { return .needs(byteCount: byteCount) }
        let computed = CRC32C.extend(salt, by: bytes.extracting(start + 4..<start + byteCount))
        return computed == checksum ? .whole(record) : .broken(byteCount: byteCount)
    }

    /// Where the message lies, for a batch that holds the record from `start` on.
    @inline(always)
    func entry(at start: Int) -> MessageBatch.Entry {
        let topicStart = start + Self.headerByteCount
        return MessageBatch.Entry(
            arrival: arrival, topicStart: topicStart, topicByteCount: topicByteCount,
            payloadStart: topicStart + topicByteCount + attributesByteCount, payloadByteCount: payloadByteCount,
            flags: flags)
    }
}
