package import DurableFiles
import Glibc
import Synchronization

/// A disk in memory that fails when it is told to, and that forgets and tears at `crash` what was not synchronized.
///
/// The same seed and the same calls give the same run. Every operation on the disk is a step; the larger operations
/// (`createAtomically`, `putIfAbsent`) are made of several.
package final class SimulatedFileStore: FileStore {
    private let disk: Mutex<SimulatedDisk>

    package init(seed: UInt64, capacity: Int = .max) {
        disk = Mutex(SimulatedDisk(seed: seed, capacity: capacity))
    }

    // MARK: What tests do to it

    /// How many steps were taken.
    package var stepCount: Int { disk.withLock { $0.stepCount } }

    /// Makes the step that comes after `count` others fail with `code`, a value of `errno`.
    package func fail(afterSteps count: Int, code: Int32) {
        disk.withLock { $0.failures[$0.stepCount + count + 1] = code }
    }

    /// Makes every step on a path that contains `text` fail with `code`, a value of `errno`.
    package func fail(onPathsContaining text: String, code: Int32) {
        disk.withLock { $0.failingPath = (text, code) }
    }

    /// Takes back every failure that has not happened yet.
    package func failNoMore() {
        disk.withLock { disk in
            disk.failures = [:]
            disk.failingPath = nil
        }
    }

    /// Changes how many bytes the disk holds.
    package func setCapacity(_ byteCount: Int) {
        disk.withLock { $0.capacity = byteCount }
    }

    /// Takes the power away: what was not synchronized is lost, torn or kept, as chance has it.
    ///
    /// Open files are of no use afterwards, and locks are free.
    package func crash() {
        disk.withLock { $0.crash() }
    }

    /// Changes a file behind everybody's back, durably: bit rot.
    package func tamper(_ path: String, _ change: (inout [UInt8]) -> Void) {
        disk.withLock { $0.tamper(path, change) }
    }

    // MARK: FileStore

    package func createDirectory(_ path: String) throws(FileError) {
        try step { disk throws(FileError) in try disk.createDirectory(path) }
    }

    package func entries(of directory: String) throws(FileError) -> [DirectoryEntry] {
        try step { disk throws(FileError) in try disk.entries(of: directory) }
    }

    package func exists(_ path: String) throws(FileError) -> Bool {
        try step { disk throws(FileError) in try disk.exists(path) }
    }

    package func byteCount(of path: String) throws(FileError) -> Int {
        try step { disk throws(FileError) in try disk.byteCount(of: path) }
    }

    package func read(_ path: String) throws(FileError) -> [UInt8] {
        let file = try openForReading(path)
        return try file.read(try file.byteCount, at: 0)
    }

    package func createAtomically(_ path: String, _ bytes: RawSpan) throws(FileError) {
        let temporary = try createTemporary(for: path, bytes)
        try rename(temporary, to: path)
        try synchronizeDirectory(directory(of: path))
    }

    package func putIfAbsent(_ path: String, _ bytes: RawSpan) throws(FileError) -> Bool {
        let temporary = try createTemporary(for: path, bytes)
        let isNew = try step { disk throws(FileError) in try disk.link(temporary, path) }
        try remove(temporary)
        try synchronizeDirectory(directory(of: path))
        return isNew
    }

    package func rename(_ path: String, to newPath: String) throws(FileError) {
        try step { disk throws(FileError) in try disk.rename(path, to: newPath) }
    }

    package func remove(_ path: String) throws(FileError) {
        try step { disk throws(FileError) in try disk.remove(path) }
    }

    package func synchronizeDirectory(_ path: String) throws(FileError) {
        try step { disk throws(FileError) in try disk.synchronizeDirectory(path) }
    }

    package func freeByteCount(_ path: String) throws(FileError) -> Int {
        try step { disk throws(FileError) in try disk.freeByteCount(path) }
    }

    package func openForReading(_ path: String) throws(FileError) -> any ReadableFile {
        try open(path, create: false)
    }

    package func openForWriting(_ path: String, create: Bool) throws(FileError) -> any WritableFile {
        try open(path, create: create)
    }

    package func lockExclusively(_ path: String) throws(FileError) -> FileLock {
        let generation = try step { disk throws(FileError) in try disk.lock(path) }
        return FileLock { self.disk.withLock { $0.unlock(path, generation: generation) } }
    }

    // MARK: Pieces

    private func open(_ path: String, create: Bool) throws(FileError) -> SimulatedFile {
        let (node, generation) = try step { disk throws(FileError) in try disk.open(path, create: create) }
        return SimulatedFile(self, path: path, node: node, generation: generation)
    }

    private func createTemporary(for path: String, _ bytes: RawSpan) throws(FileError) -> String {
        let (temporary, file) = try step { disk throws(FileError) in
            let random = disk.random.next()
            let temporary = "\(directory(of: path))/.\(random).tmp"
            let (node, generation) = try disk.open(temporary, create: true)
            return (temporary, SimulatedFile(self, path: temporary, node: node, generation: generation))
        }
        try file.write(bytes, at: 0)
        try file.synchronize()
        return temporary
    }

    fileprivate func step<Result: Sendable>(
        _ body: (inout SimulatedDisk) throws(FileError) -> Result
    ) throws(FileError) -> Result {
        try disk.withLock { disk throws(FileError) in
            disk.beginStep()
            return try body(&disk)
        }
    }
}

/// An open file of a `SimulatedFileStore`.
private final class SimulatedFile: ReadableFile, WritableFile {
    private let store: SimulatedFileStore
    private let path: String
    private let node: Int
    private let generation: Int

    init(_ store: SimulatedFileStore, path: String, node: Int, generation: Int) {
        self.store = store
        self.path = path
        self.node = node
        self.generation = generation
    }

    var byteCount: Int {
        get throws(FileError) {
            try step(.inspect) { disk throws(FileError) in disk.content(of: node).count }
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at byteOffset: Int) throws(FileError) -> Int {
        let count = buffer.count
        let bytes = try step(.read) { disk throws(FileError) in
            Array(disk.content(of: node).dropFirst(byteOffset).prefix(count))
        }
        // Safe: no more bytes than the buffer has.
        unsafe buffer.copyBytes(from: bytes)
        return bytes.count
    }

    func preallocate(_ byteCount: Int) throws(FileError) {
        try step(.preallocate) { disk throws(FileError) in
            try disk.change(node, .grow(byteCount), operation: .preallocate, path: path)
        }
    }

    func write(_ bytes: RawSpan, at byteOffset: Int) throws(FileError) {
        let bytes = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        try step(.write) { disk throws(FileError) in
            try disk.change(node, .write(bytes, at: byteOffset), operation: .write, path: path)
        }
    }

    func synchronize() throws(FileError) {
        try step(.synchronize) { disk throws(FileError) in try disk.synchronize(node, path: path) }
    }

    func truncate(to byteCount: Int) throws(FileError) {
        try step(.truncate) { disk throws(FileError) in
            try disk.change(node, .resize(byteCount), operation: .truncate, path: path)
        }
    }

    private func step<Result: Sendable>(
        _ operation: FileError.Operation, _ body: (inout SimulatedDisk) throws(FileError) -> Result
    ) throws(FileError) -> Result {
        try store.step { disk throws(FileError) in
            // A file that was open when the power went.
            guard disk.generation == generation else { throw FileError(operation, path, code: EIO) }
            if operation == .read || operation == .inspect { try disk.failIfDue(operation, path) }
            return try body(&disk)
        }
    }
}
