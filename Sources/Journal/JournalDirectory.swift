package import DurableFiles
package import Telemetry

/// What a journal holds, for people and for decisions at the start.
package struct JournalFacts: Equatable, Sendable {
    /// The oldest message that can be read; behind `lastOffset` when there is none.
    package let firstOffset: JournalOffset
    /// The newest message; one before `firstOffset` when there is none.
    package let lastOffset: JournalOffset
    package let fileCount: Int
    /// On disk, spare files included.
    package let byteCount: Int
}

/// The files of one lane's journal.
package struct JournalDirectory: Sendable {
    let store: any FileStore
    let path: String

    package init(_ store: any FileStore, _ path: String) {
        self.store = store
        self.path = path
    }

    /// What the journal holds now; nil when there is none.
    ///
    /// A writer may be at work. Reads the newest file.
    package func facts() throws(JournalReadError) -> JournalFacts? {
        var error: FileError
        // A file can be cut away between the look at the directory and the look at the file.
        var attemptCount = 0
        repeat {
            do throws(FileError) { return try currentFacts() } catch let failure { error = failure }
            attemptCount += 1
        } while error.isMissing && attemptCount < 5
        throw .file(error)
    }

    private func currentFacts() throws(FileError) -> JournalFacts? {
        guard try store.exists(path) else { return nil }
        let names = try names()
        guard let first = names.firstOffsets.first, let last = names.firstOffsets.last else { return nil }
        var byteCount = 0
        for file in names.firstOffsets.map(file) + names.spares {
            byteCount += try store.byteCount(of: file)
        }
        let tail = try JournalTail(of: file(last), in: store)
        return JournalFacts(
            firstOffset: first, lastOffset: JournalOffset((tail?.nextOffset ?? last).number - 1),
            fileCount: names.firstOffsets.count, byteCount: byteCount)
    }

    struct Names {
        /// The number of the first message of every file, ascending.
        var firstOffsets: [JournalOffset] = []
        /// Paths.
        var spares: [String] = []
    }

    func names() throws(FileError) -> Names {
        var names = Names()
        for name in try store.list(path) {
            if let offset = Self.firstOffset(ofFileNamed: name) {
                names.firstOffsets.append(offset)
            } else if name.hasSuffix(Self.spareSuffix) {
                names.spares.append("\(path)/\(name)")
            }
        }
        return names
    }

    func file(_ firstOffset: JournalOffset) -> String { "\(path)/\(Self.digits(firstOffset))\(Self.suffix)" }

    func spareFile(_ firstOffset: JournalOffset) -> String { "\(path)/\(Self.digits(firstOffset))\(Self.spareSuffix)" }

    var lockFile: String { "\(path)/lock" }

    func takeLock() throws(JournalOpenError) -> FileLock {
        do throws(FileError) {
            try store.createDirectory(path)
            return try store.lockExclusively(lockFile)
        } catch {
            throw error.isLocked ? .locked(directory: path) : .file(error)
        }
    }

    /// Makes a file for messages from `firstOffset` on, out of a spare one when there is one.
    ///
    /// It gets its name only when its header is durable, so every file of that name has one.
    func makeFile(
        firstOffset: JournalOffset, byteCount: Int, from spare: String?
    ) throws(FileError) -> ActiveJournalFile {
        let path = spare ?? spareFile(firstOffset)
        do throws(FileError) {
            let file = try store.openForWriting(path, create: true)
            try file.preallocate(byteCount)
            let header = JournalFileHeader(firstOffset: firstOffset, salt: .random(in: .min ... .max))
            try file.write(header.bytes, at: 0)
            try file.synchronize()
            try store.rename(path, to: self.file(firstOffset))
            try store.synchronizeDirectory(self.path)
            return ActiveJournalFile(
                file: file, firstOffset: firstOffset, salt: header.salt, byteCount: byteCount, nextOffset: firstOffset)
        } catch {
            // What cannot be removed either is found, and removed or used, when the journal is opened again.
            if spare == nil { try? store.remove(path) }
            throw error
        }
    }

    private static let suffix = ".journal"
    private static let spareSuffix = ".spare"
    /// UInt64 has up to 20 digits; with leading zeros the names sort like the numbers.
    private static let digitCount = 20

    private static func digits(_ offset: JournalOffset) -> String {
        let digits = String(offset.number)
        return String(repeating: "0", count: digitCount - digits.utf8.count) + digits
    }

    private static func firstOffset(ofFileNamed name: String) -> JournalOffset? {
        guard name.utf8.count == digitCount + suffix.utf8.count, name.hasSuffix(suffix) else { return nil }
        return UInt64(name.prefix(digitCount)).map(JournalOffset.init)
    }
}

/// One file of a journal, by its name, and what it takes on disk.
struct JournalFile {
    let firstOffset: JournalOffset
    let byteCount: Int
}
