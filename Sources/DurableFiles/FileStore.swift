/// What this program does with the disk.
///
/// Nothing else touches it, so tests can replace it by one that fails, tears and forgets.
/// Paths are plain strings. Calls block. All of them may be used from any thread.
package protocol FileStore: Sendable {
    /// Makes the directory and its parents durable; it may already be there.
    func createDirectory(_ path: String) throws(FileError)

    /// What lies in the directory, sorted by the bytes of the name; temporary files included.
    func entries(of directory: String) throws(FileError) -> [DirectoryEntry]

    func exists(_ path: String) throws(FileError) -> Bool

    func byteCount(of path: String) throws(FileError) -> Int

    /// Reads a whole file.
    func read(_ path: String) throws(FileError) -> [UInt8]

    /// Puts a file with these bytes in place of whatever had the name, whole and durable or not at all.
    ///
    /// When this throws, the old file or the new one may be there, but never a part of one.
    func createAtomically(_ path: String, _ bytes: RawSpan) throws(FileError)

    /// Puts several files, each with its folder, in place: all are whole and durable when this returns.
    ///
    /// When this throws, any of them may be there whole; none is there in part.
    func createAll(_ files: [NewFile]) throws(FileError)

    /// Creates a file with these bytes, whole and durable, unless the name is taken; then it returns false.
    ///
    /// Of several that try at the same time, exactly one gets true. When this throws, the file may be there or not.
    func putIfAbsent(_ path: String, _ bytes: RawSpan) throws(FileError) -> Bool

    /// Gives a file a new name in the same file system and replaces what had it. Durable after `synchronizeDirectory`.
    func rename(_ path: String, to newPath: String) throws(FileError)

    /// Removes a file or an empty directory. Durable after `synchronizeDirectory`.
    func remove(_ path: String) throws(FileError)

    /// Makes the names in a directory durable.
    func synchronizeDirectory(_ path: String) throws(FileError)

    /// How many bytes this process may still write to the file system of `path`.
    func freeByteCount(_ path: String) throws(FileError) -> Int

    func openForReading(_ path: String) throws(FileError) -> any ReadableFile

    /// Opens a file for writing in place; with `create` it may be missing. Its name is durable after
    /// `synchronizeDirectory`.
    func openForWriting(_ path: String, create: Bool) throws(FileError) -> any WritableFile

    /// Takes the lock that the file at `path` stands for, and creates the file when needed.
    ///
    /// - Throws: an error with `isLocked` when another owner, in any process, holds it.
    func lockExclusively(_ path: String) throws(FileError) -> FileLock
}

/// A file to be created, and what shall be in it.
package struct NewFile: Sendable {
    package let path: String
    package let bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    /// The folder in which the file lies.
    package var folder: String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }
}

extension FileStore {
    package func createAll(_ files: [NewFile]) throws(FileError) {
        for file in files {
            do throws(FileError) {
                try createAtomically(file.path, file.bytes)
            } catch  where error.isMissing {
                try createDirectory(file.folder)
                try createAtomically(file.path, file.bytes)
            }
        }
    }

    /// The names in the directory, sorted by their bytes, temporary files left out.
    package func list(_ directory: String) throws(FileError) -> [String] {
        try entries(of: directory).map(\.name).filter { !TemporaryName.isTemporary($0) }
    }

    /// The same for bytes in an array.
    package func createAtomically(_ path: String, _ bytes: [UInt8]) throws(FileError) {
        // Safe: UInt8 has no padding, and the array outlives the call.
        try unsafe createAtomically(path, bytes.span.bytes)
    }

    /// The same for bytes in an array.
    package func putIfAbsent(_ path: String, _ bytes: [UInt8]) throws(FileError) -> Bool {
        // Safe: as above.
        try unsafe putIfAbsent(path, bytes.span.bytes)
    }
}

/// A name in a directory.
package struct DirectoryEntry: Hashable, Sendable {
    package let name: String
    package let isDirectory: Bool

    package init(name: String, isDirectory: Bool) {
        self.name = name
        self.isDirectory = isDirectory
    }
}

/// An open file that is read at any place, by one thread at a time.
///
/// It closes when its last owner lets go.
package protocol ReadableFile: AnyObject, Sendable {
    /// Fills `buffer` from `byteOffset` on, and returns how many bytes there were: fewer only at the file's end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at byteOffset: Int) throws(FileError) -> Int

    var byteCount: Int { get throws(FileError) }
}

/// An open file that is written at any place, by one thread at a time.
///
/// It closes when its last owner lets go.
package protocol WritableFile: AnyObject, Sendable {
    /// Reserves the first `byteCount` bytes and makes the file at least as long; what was not written reads as zeros.
    ///
    /// Where the file system cannot do it, nothing happens: the file then grows as it is written.
    func preallocate(_ byteCount: Int) throws(FileError)

    /// Writes all of `bytes`. After an error any part of them may have been written.
    func write(_ bytes: RawSpan, at byteOffset: Int) throws(FileError)

    /// Makes everything written so far durable (`fdatasync`).
    ///
    /// After an error nothing written since the last success can be trusted to reach the disk, not even by trying
    /// again: the kernel may have dropped it. Write it again, from what is known to be good.
    func synchronize() throws(FileError)

    func truncate(to byteCount: Int) throws(FileError)
}

extension ReadableFile {
    /// Up to `count` bytes from `byteOffset` on, for small pieces; fewer only at the file's end.
    package func read(_ count: Int, at byteOffset: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        // Safe: the buffer is used during the call only.
        let readCount = try unsafe raw.withUnsafeMutableBytes { (buffer) throws(FileError) in
            try unsafe read(into: buffer, at: byteOffset)
        }
        bytes.removeLast(count - readCount)
        return bytes
    }
}

extension WritableFile {
    /// The same for bytes in an array.
    package func write(_ bytes: [UInt8], at byteOffset: Int) throws(FileError) {
        // Safe: UInt8 has no padding, and the array outlives the call.
        try unsafe write(bytes.span.bytes, at: byteOffset)
    }
}
