import DurableFiles
import Telemetry

/// The newest file of a journal, open for appending.
struct ActiveJournalFile {
    let file: any WritableFile
    let firstOffset: JournalOffset
    let salt: UInt32
    /// How large it may become.
    var byteCount: Int
    /// Where the next record goes.
    var byteOffset = JournalFileHeader.byteCount
    var nextOffset: JournalOffset
}

/// A journal whose end was found, repaired and made durable, so that messages can be appended.
struct RepairedJournal {
    private(set) var active: ActiveJournalFile
    /// All files but the newest, ascending.
    private(set) var fullFiles: [JournalFile]
    private(set) var spares: [String]
    /// How many bytes of unfinished writes were cut off.
    private(set) var cutByteCount: Int

    /// Repairs the journal in `directory`, whose lock the caller holds, and makes it when there is none.
    init(
        _ directory: JournalDirectory, configuration: JournalWriter.Configuration, committedThrough: JournalOffset
    ) throws(JournalOpenError) {
        do throws(FileError) {
            let names = try directory.names()
            spares = try directory.keepUsable(names.spares, configuration: configuration)
            fullFiles = []
            for firstOffset in names.firstOffsets {
                let byteCount = try directory.store.byteCount(of: directory.file(firstOffset))
                fullFiles.append(JournalFile(firstOffset: firstOffset, byteCount: byteCount))
            }
        } catch {
            throw .file(error)
        }
        let newest = fullFiles.popLast()
        let tail: JournalTail? = if let newest { try directory.findTail(of: newest) } else { nil }
        do throws(FileError) {
            if let newest, let tail {
                active = try directory.repair(newest, tail: tail, fileByteCount: configuration.fileByteCount)
                cutByteCount = tail.unfinishedByteCount
                guard active.nextOffset <= committedThrough else { return }
                // An older copy of the journal was put back: everything in it is in the tables already.
                fullFiles.append(newest)
            }
            active = try directory.makeFile(
                firstOffset: committedThrough.next, byteCount: configuration.fileByteCount, from: nil)
            cutByteCount = 0
            while let oldest = fullFiles.first {
                try directory.store.remove(directory.file(oldest.firstOffset))
                try directory.store.synchronizeDirectory(directory.path)
                fullFiles.removeFirst()
            }
        } catch {
            throw .file(error)
        }
    }
}

extension JournalDirectory {
    /// Removes the spare files that do not fit the configuration, such as those that were not finished.
    fileprivate func keepUsable(
        _ spares: [String], configuration: JournalWriter.Configuration
    ) throws(FileError) -> [String] {
        var usable: [String] = []
        for spare in spares {
            if usable.count < configuration.spareFileCount,
                try store.byteCount(of: spare) == configuration.fileByteCount
            {
                usable.append(spare)
            } else {
                try store.remove(spare)
            }
        }
        return usable
    }

    fileprivate func findTail(of newest: JournalFile) throws(JournalOpenError) -> JournalTail {
        let path = file(newest.firstOffset)
        let tail: JournalTail?
        do throws(FileError) { tail = try JournalTail(of: path, in: store) } catch { throw .file(error) }
        guard let tail, tail.header.firstOffset == newest.firstOffset else {
            throw .damaged(JournalDamage(file: path, byteOffset: 0, offset: newest.firstOffset))
        }
        guard !tail.isDamaged else {
            throw .damaged(JournalDamage(file: path, byteOffset: tail.byteOffset, offset: tail.nextOffset))
        }
        return tail
    }

    /// Cuts off unfinished writes, and makes durable what is left.
    fileprivate func repair(
        _ newest: JournalFile, tail: JournalTail, fileByteCount: Int
    ) throws(FileError) -> ActiveJournalFile {
        let path = file(newest.firstOffset)
        let file = try store.openForWriting(path, create: false)
        if tail.unfinishedByteCount > 0 {
            // A later record may be whole: it must not count once the numbers in front of it are given again.
            try file.truncate(to: tail.byteOffset)
            try file.preallocate(newest.byteCount)
        }
        // What was never confirmed may be in the page cache only, after a failed synchronization: write it again.
        var window = FileWindow(try store.openForReading(path))
        var position = tail.unconfirmedByteOffset
        while position < tail.byteOffset {
            try window.move(to: position)
            let part = window.bytes.extracting(first: tail.byteOffset - position)
            guard !part.isEmpty else { break }
            try file.write(part, at: position)
            position += part.byteCount
        }
        try file.synchronize()
        try store.synchronizeDirectory(self.path)
        return ActiveJournalFile(
            file: file, firstOffset: newest.firstOffset, salt: tail.header.salt,
            byteCount: max(newest.byteCount, fileByteCount), byteOffset: tail.byteOffset,
            nextOffset: tail.nextOffset)
    }
}
