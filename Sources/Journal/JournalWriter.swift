package import DurableFiles
package import Telemetry

/// Appends messages to the journal of one lane and says when they are durable.
///
/// One thread uses it. Numbers are given once and never again, whatever crashes. The layout on disk stands in
/// `FileFormat.md`.
package struct JournalWriter: ~Copyable {
    /// The sizes of a journal and of its files.
    package struct Configuration: Sendable {
        /// How large a file is from the start.
        package let fileByteCount: Int
        /// How much the journal may take on disk, spare files included.
        package let byteLimit: Int
        /// How much must stay free on the disk, for the tables.
        package let diskReserve: Int
        /// How many files that were cut away are kept for their blocks.
        package let spareFileCount: Int

        /// Fits the values together.
        ///
        /// Files of 64 MiB are large enough that making one does not count, and small enough that the cut follows the
        /// fold. At most half the limit counts, so that one file can be cut while the other fills.
        package init(
            fileByteCount: Int = 64 << 20, byteLimit: Int = 8 << 30, diskReserve: Int = 1 << 30,
            spareFileCount: Int = 2
        ) {
            self.fileByteCount = max(4096, min(fileByteCount, byteLimit / 2))
            self.byteLimit = byteLimit
            self.diskReserve = diskReserve
            self.spareFileCount = spareFileCount
        }
    }

    /// Every message up to this one survives a crash.
    package private(set) var durableThrough: JournalOffset
    /// How many bytes of an unfinished write the opening cut off; none of it had been confirmed.
    package let cutByteCountAtOpening: Int

    private let configuration: Configuration
    private let directory: JournalDirectory
    private let lock: FileLock
    private var active: ActiveJournalFile
    /// All files but the active one, ascending.
    private var fullFiles: [JournalFile]
    private var spares: [String]
    private var records = RecordBuffer()
    private var failure: FileError?
    /// The last message of which the tables are known to have everything.
    private var committedThrough: JournalOffset

    /// Opens the journal in `directory` and makes it when there is none; cuts off what a crash has left unfinished.
    ///
    /// `committedThrough` is the last message that the tables hold for certain. No message gets a number up to it, even
    /// if the journal was lost.
    ///
    /// - Throws: `.locked`, `.damaged` or `.file`.
    package init(
        _ store: any FileStore, directory path: String, configuration: Configuration = Configuration(),
        committedThrough: JournalOffset = .beforeFirst
    ) throws(JournalOpenError) {
        let directory = JournalDirectory(store, path)
        let lock = try directory.takeLock()
        let repaired = try RepairedJournal(
            directory, configuration: configuration, committedThrough: committedThrough)
        self.configuration = configuration
        self.directory = directory
        self.lock = lock
        active = repaired.active
        fullFiles = repaired.fullFiles
        spares = repaired.spares
        self.committedThrough = committedThrough
        durableThrough = JournalOffset(repaired.active.nextOffset.number - 1)
        cutByteCountAtOpening = repaired.cutByteCount
    }

    /// The number of the next message.
    package var nextOffset: JournalOffset { active.nextOffset }

    /// What the journal takes on disk, spare files included.
    package var byteCount: Int {
        fullFiles.reduce(active.byteCount + spares.count * configuration.fileByteCount) { $0 + $1.byteCount }
    }

    /// The oldest message that can still be read, or the next one when there is none.
    package var firstOffset: JournalOffset { fullFiles.first?.firstOffset ?? active.firstOffset }

    // MARK: Appending

    /// Numbers the messages of `batch` from `nextOffset` on and writes them; they are durable after `synchronize`.
    ///
    /// - Returns: the numbers, also to be read from the batch.
    /// - Throws: `.full` before anything is written, or `.failed`.
    @discardableResult
    package mutating func append(_ batch: inout MessageBatch) throws(JournalWriteError) -> Range<JournalOffset> {
        if let failure { throw .failed(failure) }
        batch.firstOffset = nextOffset
        guard !batch.isEmpty else { return nextOffset..<nextOffset }
        let byteCount = RecordBuffer.byteCount(of: batch)
        if let shortage = try shortage(forBytes: byteCount) { throw .full(shortage) }
        if !fitsActiveFile(byteCount) { try startFile(forBytes: byteCount) }
        records.encode(batch, byteCount: byteCount, durableThrough: durableThrough, salt: active.salt)
        do throws(FileError) {
            try active.file.write(records.bytes, at: active.byteOffset)
        } catch {
            throw fail(error)
        }
        active.byteOffset += byteCount
        active.nextOffset = batch.firstOffset.advanced(by: batch.count)
        return batch.firstOffset..<nextOffset
    }

    /// Makes every appended message durable.
    package mutating func synchronize() throws(JournalWriteError) {
        if let failure { throw .failed(failure) }
        let last = JournalOffset(nextOffset.number - 1)
        guard last > durableThrough else { return }
        do throws(FileError) {
            try active.file.synchronize()
        } catch {
            throw fail(error)
        }
        durableThrough = last
    }

    /// Why the batch described would not fit now; nil when it would.
    ///
    /// A lane that has left its broker asks this before it comes back; `byteCount` is that of topics and payloads.
    package mutating func shortage(messageCount: Int, byteCount: Int) throws(JournalWriteError) -> JournalShortage? {
        if let failure { throw .failed(failure) }
        let recordByteCount = byteCount + messageCount * (Record.headerByteCount + 7)
        return try shortage(forBytes: recordByteCount)
    }

    // MARK: Cutting

    /// Removes the files all of whose messages are numbered `offset` or lower, except the newest file.
    ///
    /// An error leaves the journal whole; the next call goes on.
    package mutating func cut(behind offset: JournalOffset) throws(FileError) {
        committedThrough = max(committedThrough, offset)
        while let oldest = fullFiles.first {
            let next = fullFiles.count > 1 ? fullFiles[1].firstOffset : active.firstOffset
            guard next.number - 1 <= offset.number else { return }
            let path = directory.file(oldest.firstOffset)
            let isSpare =
                spares.count < configuration.spareFileCount && oldest.byteCount == configuration.fileByteCount
            if isSpare {
                let spare = directory.spareFile(oldest.firstOffset)
                try directory.store.rename(path, to: spare)
                spares.append(spare)
            } else {
                try directory.store.remove(path)
            }
            fullFiles.removeFirst()
            // One at a time: a crash must not bring back an older file and not a newer one.
            try directory.store.synchronizeDirectory(directory.path)
        }
    }

    // MARK: Pieces

    private func fitsActiveFile(_ byteCount: Int) -> Bool {
        active.byteOffset + byteCount <= active.byteCount
    }

    private mutating func shortage(forBytes byteCount: Int) throws(JournalWriteError) -> JournalShortage? {
        var newByteCount = 0
        if !fitsActiveFile(byteCount) {
            let fileByteCount = byteCountOfFile(forBytes: byteCount)
            newByteCount = spares.isEmpty || fileByteCount > configuration.fileByteCount ? fileByteCount : 0
            // What nobody needs any more must not stand in the way: the newest file is never cut, whatever its size.
            let isAllCommitted = committedThrough.next >= nextOffset
            let neededByteCount = isAllCommitted ? 0 : self.byteCount
            if newByteCount > 0, neededByteCount + newByteCount > configuration.byteLimit {
                return .limit(byteCount: configuration.byteLimit)
            }
        }
        do throws(FileError) {
            let freeByteCount = try directory.store.freeByteCount(directory.path)
            return freeByteCount - newByteCount < configuration.diskReserve
                ? .diskReserve(freeByteCount: freeByteCount) : nil
        } catch {
            throw fail(error)
        }
    }

    /// A batch lies in one file, however large it is.
    private func byteCountOfFile(forBytes byteCount: Int) -> Int {
        max(configuration.fileByteCount, JournalFileHeader.byteCount + byteCount)
    }

    private mutating func startFile(forBytes byteCount: Int) throws(JournalWriteError) {
        // First, so that only the newest file can end in an unfinished write.
        try synchronize()
        let fileByteCount = byteCountOfFile(forBytes: byteCount)
        guard nextOffset > active.firstOffset else { return try growActiveFile(to: fileByteCount) }
        let spare = fileByteCount == configuration.fileByteCount ? spares.last : nil
        do throws(FileError) {
            let made = try directory.makeFile(firstOffset: nextOffset, byteCount: fileByteCount, from: spare)
            if spare != nil { spares.removeLast() }
            fullFiles.append(JournalFile(firstOffset: active.firstOffset, byteCount: active.byteCount))
            active = made
        } catch {
            // Nothing of the batch is written, and what was before is durable.
            guard error.isDiskFull, error.operation != .synchronize else { throw fail(error) }
            throw .full(.diskReserve(freeByteCount: 0))
        }
    }

    /// For a batch larger than a file, when the newest file is still empty: its name is the one that is needed.
    private mutating func growActiveFile(to byteCount: Int) throws(JournalWriteError) {
        do throws(FileError) {
            try active.file.preallocate(byteCount)
        } catch {
            guard error.isDiskFull else { throw fail(error) }
            throw .full(.diskReserve(freeByteCount: 0))
        }
        active.byteCount = byteCount
    }

    private mutating func fail(_ error: FileError) -> JournalWriteError {
        failure = error
        return .failed(error)
    }
}
