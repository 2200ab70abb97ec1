import CSystem
import Glibc

/// The disk, by way of the operating system.
package struct SystemFileStore: FileStore {
    /// Up to so many files are synced one by one; a sync of the file system also waits for what others write.
    private static let fewFiles = 8

    package init() {}

    package func createDirectory(_ path: String) throws(FileError) {
        do throws(FileError) {
            _ = try systemCall(.createDirectory, path) { unsafe mkdir(path, 0o755) }
        } catch {
            switch error.code {
            case ENOENT where directory(of: path) != path:
                try createDirectory(directory(of: path))
                // Not `mkdir` again: another thread may have made it meanwhile.
                try createDirectory(path)
            case EEXIST where try isDirectory(path): break
            default: throw error
            }
        }
        // Also when it was there: whoever made it may have died before this.
        try synchronizeDirectory(directory(of: path))
    }

    package func entries(of directory: String) throws(FileError) -> [DirectoryEntry] {
        guard let stream = unsafe opendir(directory) else { throw FileError(.list, directory, code: errno) }
        // Safe: the stream was just opened and is closed once, at the end of this function.
        defer { unsafe closedir(stream) }
        var entries: [DirectoryEntry] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                guard errno == 0 else { throw FileError(.list, directory, code: errno) }
                break
            }
            // Safe: the entry is valid until the next `readdir`, and its name ends with a zero byte.
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            let type = unsafe Int(entry.pointee.d_type)
            do throws(FileError) {
                let isFolder = type == Int(DT_UNKNOWN) ? try isDirectory("\(directory)/\(name)") : type == Int(DT_DIR)
                entries.append(DirectoryEntry(name: name, isDirectory: isFolder))
            } catch  where error.isMissing {
                // Removed since it was listed.
            }
        }
        return entries.sorted { Self.precedes($0.name, $1.name) }
    }

    /// Whether one name comes before another by its bytes.
    ///
    /// Logs have a hundred thousand names; byte by byte through the library takes many times as long.
    private static func precedes(_ first: String, _ second: String) -> Bool {
        let order = unsafe first.utf8.withContiguousStorageIfAvailable { first in
            unsafe second.utf8.withContiguousStorageIfAvailable { second in
                let count = min(first.count, second.count)
                guard let left = first.baseAddress, let right = second.baseAddress else {
                    return first.count < second.count
                }
                // Safe: both buffers have at least `count` bytes and live through the closure.
                let order = unsafe memcmp(left, right, count)
                return order != 0 ? order < 0 : first.count < second.count
            }
        }
        return (order ?? nil) ?? first.utf8.lexicographicallyPrecedes(second.utf8)
    }

    package func exists(_ path: String) throws(FileError) -> Bool {
        do throws(FileError) {
            _ = try inspect(path)
            return true
        } catch  where error.isMissing {
            return false
        }
    }

    package func byteCount(of path: String) throws(FileError) -> Int {
        Int(try inspect(path).st_size)
    }

    package func read(_ path: String) throws(FileError) -> [UInt8] {
        let file = try SystemReadableFile(path)
        return try file.read(try file.byteCount, at: 0)
    }

    package func createAtomically(_ path: String, _ bytes: RawSpan) throws(FileError) {
        let temporary = TemporaryName.make(for: path)
        try cleaningUp(temporary) { () throws(FileError) in
            try create(temporary, bytes)
            try rename(temporary, to: path)
        }
        try synchronizeDirectory(directory(of: path))
    }

    /// One by one when they are few; else all are written, the file system is synced once, all are renamed, and it is
    /// synced again: late data can make thousands of small files, for which five syncs each would take minutes.
    package func createAll(_ files: [NewFile]) throws(FileError) {
        guard let first = files.first, files.count > Self.fewFiles else {
            return try createOneByOne(files)
        }
        var names: [(temporary: String, final: String)] = []
        do throws(FileError) {
            try createFolder(first.folder)
            // Opened before anything is written: errors of writing back that somebody else's sync has seen before the
            // descriptor was opened would not be reported to this one.
            let fileSystem = try Descriptor(
                opening: first.folder, flags: O_RDONLY | O_DIRECTORY, operation: .synchronize)
            var folders: Set<String> = [first.folder]
            for file in files {
                if folders.insert(file.folder).inserted { try createFolder(file.folder) }
                let temporary = TemporaryName.make(for: file.path)
                names.append((temporary, file.path))
                try SystemWritableFile(temporary, create: true).write(file.bytes, at: 0)
            }
            try synchronize(fileSystem)
            for name in names { try rename(name.temporary, to: name.final) }
            try synchronize(fileSystem)
        } catch {
            // Those that have their name already stay, whole; of the others nothing shall be left.
            for name in names { _ = unsafe Glibc.remove(name.temporary) }
            throw error
        }
    }

    private func createOneByOne(_ files: [NewFile]) throws(FileError) {
        for file in files {
            if try !exists(file.folder) { try createDirectory(file.folder) }
            try createAtomically(file.path, file.bytes)
        }
    }

    /// Makes a folder and its parents without making their names durable.
    private func createFolder(_ path: String) throws(FileError) {
        do throws(FileError) {
            _ = try systemCall(.createDirectory, path) { unsafe mkdir(path, 0o755) }
        } catch {
            switch error.code {
            case ENOENT where directory(of: path) != path:
                try createFolder(directory(of: path))
                try createFolder(path)
            case EEXIST where try isDirectory(path): break
            default: throw error
            }
        }
    }

    private func synchronize(_ fileSystem: borrowing Descriptor) throws(FileError) {
        let number = fileSystem.number
        _ = try systemCall(.synchronize, fileSystem.path) { phusa_syncfs(number) }
    }

    package func putIfAbsent(_ path: String, _ bytes: RawSpan) throws(FileError) -> Bool {
        let temporary = TemporaryName.make(for: path)
        let isNew = try cleaningUp(temporary) { () throws(FileError) in
            try create(temporary, bytes)
            do throws(FileError) {
                _ = try systemCall(.link, path) { unsafe link(temporary, path) }
            } catch  where error.code == EEXIST {
                try remove(temporary)
                return false
            }
            try remove(temporary)
            return true
        }
        try synchronizeDirectory(directory(of: path))
        return isNew
    }

    package func rename(_ path: String, to newPath: String) throws(FileError) {
        _ = try systemCall(.rename, path) { unsafe Glibc.rename(path, newPath) }
    }

    package func remove(_ path: String) throws(FileError) {
        _ = try systemCall(.remove, path) { unsafe Glibc.remove(path) }
    }

    package func synchronizeDirectory(_ path: String) throws(FileError) {
        let descriptor = try Descriptor(opening: path, flags: O_RDONLY | O_DIRECTORY, operation: .synchronize)
        _ = try systemCall(.synchronize, path) { fsync(descriptor.number) }
    }

    package func freeByteCount(_ path: String) throws(FileError) -> Int {
        var information = statvfs()
        _ = try systemCall(.measureFreeSpace, path) { unsafe statvfs(path, &information) }
        return Int(information.f_bavail) * Int(information.f_frsize)
    }

    package func openForReading(_ path: String) throws(FileError) -> any ReadableFile {
        try SystemReadableFile(path)
    }

    package func openForWriting(_ path: String, create: Bool) throws(FileError) -> any WritableFile {
        try SystemWritableFile(path, create: create)
    }

    package func lockExclusively(_ path: String) throws(FileError) -> FileLock {
        let descriptor = try systemCall(.open, path) { unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644) }
        do throws(FileError) {
            _ = try systemCall(.lock, path) { flock(descriptor, LOCK_EX | LOCK_NB) }
        } catch {
            _ = close(descriptor)
            throw error
        }
        return FileLock { _ = close(descriptor) }
    }

    // MARK: Pieces

    /// Writes a new file and makes its bytes durable, not yet its name.
    private func create(_ path: String, _ bytes: RawSpan) throws(FileError) {
        let descriptor = try Descriptor(opening: path, flags: O_WRONLY | O_CREAT | O_EXCL)
        try descriptor.write(bytes, at: 0)
        try descriptor.synchronize()
    }

    /// Removes the temporary file when `body` fails.
    private func cleaningUp<Result>(
        _ temporary: String, _ body: () throws(FileError) -> Result
    ) throws(FileError) -> Result {
        do throws(FileError) {
            return try body()
        } catch {
            // The first error is the one that counts; a file left behind is recognised by its name.
            _ = unsafe unlink(temporary)
            throw error
        }
    }

    private func inspect(_ path: String) throws(FileError) -> stat {
        var information = stat()
        _ = try systemCall(.inspect, path) { unsafe stat(path, &information) }
        return information
    }

    private func isDirectory(_ path: String) throws(FileError) -> Bool {
        try inspect(path).st_mode & S_IFMT == S_IFDIR
    }
}
