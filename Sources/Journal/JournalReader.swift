package import DurableFiles
package import Telemetry

/// Reads the messages of a journal in order, also while a writer of this or another process appends to it.
///
/// It reads large blocks straight into the batch and marks the records in them; nothing is copied.
package struct JournalReader: ~Copyable {
    /// A read at the journal's end starts small: most of the file behind it holds nothing yet.
    private static let smallestBlockByteCount = 1 << 16

    /// The number of the first message that the next `read` delivers.
    package private(set) var nextOffset: JournalOffset

    private let directory: JournalDirectory
    private var position: Position?
    private var blockByteCount = smallestBlockByteCount
    /// A message that was missing when it should not be, and may just have been on its way.
    private var suspect: JournalOffset?

    /// A place between two records of an open file.
    private struct Position {
        let file: any ReadableFile
        let header: JournalFileHeader
        var byteOffset = JournalFileHeader.byteCount
        /// The number that the record at `byteOffset` must have.
        var offset: JournalOffset
    }

    /// Why reading a block stopped.
    private enum Stop {
        /// The batch is full, or the caller wants no more.
        case enough
        /// The block ends in a record of so many bytes.
        case blockEnd(recordByteCount: Int)
        /// There is no record.
        case noRecord
    }

    /// Reads from message `offset` on.
    ///
    /// Nothing is opened yet, and there may be no journal yet.
    package init(_ store: any FileStore, directory path: String, from offset: JournalOffset) {
        directory = JournalDirectory(store, path)
        nextOffset = max(offset, JournalOffset.beforeFirst.next)
    }

    /// Replaces what is in `batch` by the next messages.
    ///
    /// - Parameters:
    ///   - batch: its messages lie in it as in the file. It is replaced by a larger one for a record that does not fit,
    ///     such as one from before a limit was lowered.
    ///   - last: deliver nothing behind this message, and take it for damage when one up to it is missing: the
    ///     writer's `durableThrough`. Nil when nobody says: then the first place without a record is the end for now.
    /// - Returns: how many messages; 0 when there are no more for now.
    /// - Throws: `.cutAway`, `.damaged` or `.file`; nothing was delivered then.
    package mutating func read(
        into batch: inout MessageBatch, through last: JournalOffset?
    ) throws(JournalReadError) -> Int {
        while true {
            batch.removeAll()
            if let last, last < nextOffset { return 0 }
            if position == nil { position = try openFile() }
            guard position != nil else {
                guard last == nil else {
                    throw .damaged(JournalDamage(file: directory.path, byteOffset: 0, offset: nextOffset))
                }
                return 0
            }
            let start = position?.byteOffset
            let stop = try readBlock(into: &batch, through: last)
            if !batch.isEmpty { return batch.count }
            // A block of messages in front of those that are wanted.
            if case .blockEnd = stop, position?.byteOffset != start { continue }
            switch stop {
            case .enough: continue
            case .blockEnd(let recordByteCount):
                if blockByteCount <= batch.byteCapacity { continue }
                if try isRecord(ofByteCount: recordByteCount, largerThan: batch.byteCapacity) {
                    batch = MessageBatch(byteCapacity: recordByteCount, messageCapacity: batch.messageCapacity)
                    continue
                }
            case .noRecord: break
            }
            guard try goOn(mustGoOn: last != nil) else { return 0 }
        }
    }

    private mutating func readBlock(
        into batch: inout MessageBatch, through last: JournalOffset?
    ) throws(JournalReadError) -> Stop {
        guard var place = position else { return .noRecord }
        let byteCount = min(blockByteCount, batch.byteCapacity)
        let start = place.byteOffset
        do throws(FileError) {
            let file = place.file
            try unsafe batch.fill { (buffer) throws(FileError) in
                // Safe: the buffer has the batch's capacity, and is used during the call only.
                try unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<byteCount]), at: start)
            }
        } catch {
            throw .file(error)
        }
        let isWholeBlock = batch.byteCount == byteCount
        let salt = place.header.salt
        let limit = last ?? JournalOffset(.max)
        var stop = Stop.enough
        var cursor = 0
        records: while batch.count < batch.messageCapacity, place.offset <= limit {
            switch Record.attempt(batch.storage, at: cursor, expecting: place.offset, salt: salt) {
            case .whole(let record):
                if place.offset >= nextOffset {
                    if batch.isEmpty { batch.firstOffset = place.offset }
                    batch.appendEntry(record.entry(at: cursor))
                }
                cursor += record.byteCount
                place.offset = place.offset.next
            case .needs(let recordByteCount) where isWholeBlock:
                stop = .blockEnd(recordByteCount: recordByteCount)
                break records
            case .needs, .broken, .none:
                stop = .noRecord
                break records
            }
        }
        place.byteOffset += cursor
        nextOffset = max(nextOffset, place.offset)
        position = place
        adaptBlock(to: stop, consumedByteCount: cursor)
        return stop
    }

    /// Grows while blocks are used up, and falls back to what was used when they are not.
    private mutating func adaptBlock(to stop: Stop, consumedByteCount: Int) {
        switch stop {
        case .blockEnd(let recordByteCount):
            // 1 GiB: above every batch, and doubling must end.
            blockByteCount = min(max(blockByteCount * 2, recordByteCount), 1 << 30)
        case .enough, .noRecord:
            blockByteCount = max(Self.smallestBlockByteCount, consumedByteCount + consumedByteCount / 8)
        }
    }

    /// Whether there really is a record of that many bytes, more than a batch holds: then only a larger one takes it.
    private func isRecord(ofByteCount byteCount: Int, largerThan capacity: Int) throws(JournalReadError) -> Bool {
        guard let position, byteCount > capacity else { return false }
        do throws(FileError) {
            guard position.byteOffset + byteCount <= (try position.file.byteCount) else { return false }
            var window = FileWindow(position.file)
            try window.move(to: position.byteOffset, byteCount: byteCount)
            let attempt = Record.attempt(
                window.bytes, at: 0, expecting: position.offset, salt: position.header.salt)
            guard case .whole = attempt else { return false }
            return true
        } catch {
            throw .file(error)
        }
    }

    /// Decides what it means that there is no record: the next file, the end for now (false), or damage.
    private mutating func goOn(mustGoOn: Bool) throws(JournalReadError) -> Bool {
        guard let place = position else { return false }
        let firstOffsets: [JournalOffset]
        do throws(FileError) {
            if place.offset != place.header.firstOffset, try directory.store.exists(directory.file(place.offset)) {
                position = try open(place.offset)
                return true
            }
            firstOffsets = try directory.names().firstOffsets
        } catch {
            throw .file(error)
        }
        guard firstOffsets.contains(place.header.firstOffset) else {
            // Cut away while it was read, and perhaps in use for something else.
            position = nil
            return true
        }
        let hasLaterFile = firstOffsets.last != place.header.firstOffset
        guard mustGoOn || hasLaterFile else { return false }
        // The writer may have gone on between the read and the look at the directory: look once more.
        guard suspect == place.offset else {
            suspect = place.offset
            return true
        }
        throw .damaged(
            JournalDamage(
                file: directory.file(place.header.firstOffset), byteOffset: place.byteOffset, offset: place.offset))
    }

    /// Opens the file that holds `nextOffset`; nil when there is no journal yet.
    private func openFile() throws(JournalReadError) -> Position? {
        var unusable: JournalOffset?
        while true {
            let firstOffsets = try currentFiles()
            guard let first = firstOffsets.first else { return nil }
            guard let start = firstOffsets.last(where: { $0 <= nextOffset }) else {
                throw .cutAway(firstAvailable: first)
            }
            do throws(FileError) {
                if let position = try open(start) { return position }
            } catch {
                throw .file(error)
            }
            // It can have been cut away since it was listed; but not when it is listed again.
            guard unusable != start else {
                throw .damaged(JournalDamage(file: directory.file(start), byteOffset: 0, offset: start))
            }
            unusable = start
        }
    }

    private func currentFiles() throws(JournalReadError) -> [JournalOffset] {
        do throws(FileError) {
            guard try directory.store.exists(directory.path) else { return [] }
            return try directory.names().firstOffsets
        } catch {
            throw .file(error)
        }
    }

    /// Opens the file that starts with message `firstOffset`; nil when it is gone or has no good header.
    private func open(_ firstOffset: JournalOffset) throws(FileError) -> Position? {
        do throws(FileError) {
            let file = try directory.store.openForReading(directory.file(firstOffset))
            let header = JournalFileHeader(try file.read(JournalFileHeader.byteCount, at: 0))
            guard let header, header.firstOffset == firstOffset else { return nil }
            return Position(file: file, header: header, offset: firstOffset)
        } catch  where error.isMissing {
            return nil
        }
    }
}
