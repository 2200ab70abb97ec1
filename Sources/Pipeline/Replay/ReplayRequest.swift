import Telemetry

/// Which message of which lane a dead letter came from, and when that had arrived.
struct MessageOrigin: Hashable, Sendable {
    let lane: String
    let offset: JournalOffset
    let arrival: EventTime

    private static let headerByteCount = 16

    init(lane: String, offset: JournalOffset, arrival: EventTime) {
        self.lane = lane
        self.offset = offset
        self.arrival = arrival
    }

    /// Reads what `bytes` has written; nil when it is too short.
    init?(_ bytes: RawSpan) {
        guard bytes.byteCount >= Self.headerByteCount else { return nil }
        // Safe: just checked; every bit pattern is an integer.
        offset = unsafe JournalOffset(
            bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self).littleEndian)
        arrival = unsafe EventTime(
            microsecondsSinceEpoch: bytes.unsafeLoadUnaligned(fromByteOffset: 8, as: Int64.self).littleEndian)
        lane = String(decoding: bytes.extracting(droppingFirst: Self.headerByteCount))
    }

    /// As it stands in the attributes of a message.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: offset.number)
        bytes.append(littleEndian: UInt64(bitPattern: arrival.microsecondsSinceEpoch))
        return bytes + Array(lane.utf8)
    }
}

/// Some readings of a message, by their places in it.
struct ReadingSelection: Equatable, Sendable {
    /// 1000 readings, so that the marks of one message are few rows; more go into further messages.
    static let maximumCount = 1000
    /// How far apart the first and the last may be: their bits take 4 KiB.
    private static let maximumSpan = 32_768

    /// Ascending, at least one.
    let indices: [Int]

    /// Splits ascending places into selections.
    static func split(_ indices: [Int]) -> [ReadingSelection] {
        var selections: [ReadingSelection] = []
        var current: [Int] = []
        for index in indices {
            if let first = current.first, index - first >= maximumSpan || current.count == maximumCount {
                selections.append(ReadingSelection(indices: current))
                current = []
            }
            current.append(index)
        }
        if !current.isEmpty { selections.append(ReadingSelection(indices: current)) }
        return selections
    }

    private init(indices: [Int]) {
        self.indices = indices
    }

    /// Reads what `bytes` has written.
    init(_ bytes: RawSpan) {
        var indices: [Int] = []
        if bytes.byteCount > 4 {
            // Safe: just checked; every bit pattern is an integer.
            let first = unsafe Int(bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self).littleEndian)
            for bit in 0..<(bytes.byteCount - 4) * 8 {
                // Safe: inside the span; every bit pattern is a byte.
                let byte = unsafe bytes.unsafeLoad(fromByteOffset: 4 + bit / 8, as: UInt8.self)
                if byte >> UInt8(bit % 8) & 1 == 1 { indices.append(first + bit) }
            }
        }
        self.indices = indices
    }

    /// As it stands in the attributes of a message.
    var bytes: [UInt8] {
        let first = indices.first ?? 0
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt32(first))
        bytes += [UInt8](repeating: 0, count: ((indices.last ?? first) - first) / 8 + 1)
        for index in indices { bytes[4 + (index - first) / 8] |= 1 << UInt8((index - first) % 8) }
        return bytes
    }
}

/// What a message of lane replay asks for.
struct ReplayRequest {
    let origin: MessageOrigin
    /// The readings that are meant; nil for the whole message.
    let readings: ReadingSelection?
    /// Whether the last of them stands for all behind it as well.
    let isOpenEnded: Bool
    /// Whether they are given up; else they are folded again.
    let isDropped: Bool

    /// Reads it from a message's attributes; nil when they say nothing of the kind.
    init?(_ attributes: RawSpan) {
        guard let place = MessageAttributes.value(.origin, in: attributes),
            let origin = MessageOrigin(attributes.extracting(place))
        else { return nil }
        self.origin = origin
        readings = MessageAttributes.value(.readings, in: attributes)
            .map { ReadingSelection(attributes.extracting($0)) }
        isOpenEnded = MessageAttributes.value(.readingsBehind, in: attributes) != nil
        isDropped = MessageAttributes.value(.isDropped, in: attributes) != nil
    }

    /// The dead letters that it is about.
    var letters: [DeadLetterKey] {
        let indices: [Int32?] = readings?.indices.map { Int32(clamping: $0) } ?? [nil]
        return indices.map { DeadLetterKey(lane: origin.lane, offset: origin.offset, readingIndex: $0) }
    }
}

extension [UInt8] {
    fileprivate mutating func append(littleEndian number: some FixedWidthInteger) {
        for shift in stride(from: 0, to: type(of: number).bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
