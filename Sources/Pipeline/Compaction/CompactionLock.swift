package import DurableFiles

/// Keeps other compactors, vacuums and sweepers of a data folder away for as long as it lives.
package final class CompactionLock {
    private let lock: FileLock

    /// - Throws: an error with `isLocked` when another is at work.
    package init(dataDirectory: String, store: any FileStore = SystemFileStore()) throws(FileError) {
        lock = try store.lockExclusively("\(dataDirectory)/compaction")
    }
}
