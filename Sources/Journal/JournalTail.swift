import DurableFiles
import Telemetry

/// Where the records of the newest file end, and what lies behind them.
struct JournalTail {
    let header: JournalFileHeader
    /// The number of the next message.
    private(set) var nextOffset: JournalOffset
    /// Where the next record goes.
    private(set) var byteOffset = JournalFileHeader.byteCount
    /// The last message of which a later record says that it was durable.
    private(set) var confirmedThrough: JournalOffset
    /// Where the first record behind `confirmedThrough` lies.
    private(set) var unconfirmedByteOffset = JournalFileHeader.byteCount
    /// How many bytes behind the records are what is left of unfinished writes.
    private(set) var unfinishedByteCount = 0
    /// Whether something behind the records says that they went on: then the file is damaged.
    private(set) var isDamaged = false

    /// Walks the whole file; nil when its header is bad.
    init?(of path: String, in store: any FileStore) throws(FileError) {
        let file = try store.openForReading(path)
        guard let header = JournalFileHeader(try file.read(JournalFileHeader.byteCount, at: 0)) else { return nil }
        self.header = header
        nextOffset = header.firstOffset
        confirmedThrough = JournalOffset(header.firstOffset.number - 1)
        var window = FileWindow(file)
        try window.move(to: byteOffset)
        try walkRecords(&window)
        try searchRemains(&window)
    }

    private mutating func walkRecords(_ window: inout FileWindow) throws(FileError) {
        while true {
            let attempt = Record.attempt(
                window.bytes, at: byteOffset - window.start, expecting: nextOffset, salt: header.salt)
            switch attempt {
            case .whole(let record):
                if let durableThrough = record.durableThrough, durableThrough > confirmedThrough {
                    confirmedThrough = durableThrough
                    unconfirmedByteOffset = byteOffset
                }
                byteOffset += record.byteCount
                nextOffset = nextOffset.next
            case .needs(let byteCount):
                if window.isAtEnd {
                    unfinishedByteCount = max(0, window.end - byteOffset)
                    return
                }
                try window.move(to: byteOffset, byteCount: byteCount)
            case .broken(let byteCount):
                unfinishedByteCount = byteCount
                return
            case .none:
                return
            }
        }
    }

    /// Looks behind the end for records of this use of the file, at every place where one could start.
    private mutating func searchRemains(_ window: inout FileWindow) throws(FileError) {
        var position = byteOffset
        try window.move(to: position)
        while true {
            position += 8
            if position - window.start + Record.headerByteCount > window.bytes.byteCount {
                if window.isAtEnd { return }
                try window.move(to: position)
            }
            // Safe: a whole header lies in the window.
            let number = unsafe window.bytes.unsafeLoadUnaligned(
                fromByteOffset: position - window.start + 8, as: UInt64.self)
            // Far more messages than a file can hold.
            guard number > nextOffset.number, number - nextOffset.number < 1 << 32 else { continue }
            var attempt = Record.attempt(
                window.bytes, at: position - window.start, expecting: nil, salt: header.salt)
            if case .needs(let byteCount) = attempt, !window.isAtEnd {
                try window.move(to: position, byteCount: byteCount)
                attempt = Record.attempt(window.bytes, at: 0, expecting: nil, salt: header.salt)
            }
            guard case .whole(let record) = attempt else { continue }
            unfinishedByteCount = position + record.byteCount - byteOffset
            if let durableThrough = record.durableThrough, durableThrough >= nextOffset { isDamaged = true }
            position += record.byteCount - 8
        }
    }
}
