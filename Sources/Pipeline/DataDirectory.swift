import DurableFiles
import Glibc

/// The folder of one node: who it belongs to, and which lanes have left a journal in it.
struct DataDirectory: ~Copyable, Sendable {
    private let lock: FileLock
    private let path: String
    private let store: any FileStore

    /// Makes the folder when it is missing, and keeps other processes out of it until this value ends.
    ///
    /// The name of the node is part of every commit: under another name the same messages would be folded twice. So it
    /// is written down by whoever is first, and must be the same from then on.
    init(_ configuration: PipelineConfiguration, store: any FileStore) throws(PipelineStartError) {
        let path = configuration.dataDirectory
        let lock = try Self.lock(path, store: store)
        let owner: String
        do throws(FileError) {
            _ = try store.putIfAbsent("\(path)/node", Array(configuration.node.utf8))
            owner = String(decoding: try store.read("\(path)/node"), as: UTF8.self)
        } catch {
            throw .file(error)
        }
        guard owner == configuration.node else {
            throw .otherNode(directory: path, owner: owner, node: configuration.node)
        }
        self.lock = lock
        self.path = path
        self.store = store
    }

    /// The same, and waits for a while when another process has it: replaying dead letters takes it for seconds.
    static func whenFree(
        _ configuration: PipelineConfiguration, store: any FileStore, report: (PipelineEvent) -> Void
    ) throws(PipelineStartError) -> DataDirectory {
        var attemptCount = 0
        while true {
            do throws(PipelineStartError) {
                return try DataDirectory(configuration, store: store)
            } catch {
                attemptCount += 1
                guard error.isLocked, attemptCount < Self.mostAttempts else { throw error }
                if attemptCount == 1 { report(.waitingForDataDirectory(configuration.dataDirectory)) }
                usleep(Self.attemptMicroseconds)
            }
        }
    }

    /// Ten seconds: a person who has started a second pipeline by mistake shall not wait long for the error.
    private static let mostAttempts = 50
    private static let attemptMicroseconds: UInt32 = 200_000

    /// Keeps other processes out of the folder at `path`, which is made when it is missing, for as long as the lock lives.
    static func lock(_ path: String, store: any FileStore) throws(PipelineStartError) -> FileLock {
        do throws(FileError) {
            try store.createDirectory(path)
            return try store.lockExclusively("\(path)/lock")
        } catch {
            throw .file(error)
        }
    }

    /// The names of all lanes that have a journal here, in use or not.
    func lanesWithJournal() throws(PipelineStartError) -> [String] {
        do throws(FileError) {
            guard try store.exists("\(path)/journal") else { return [] }
            return try store.entries(of: "\(path)/journal").filter(\.isDirectory).map(\.name)
        } catch {
            throw .file(error)
        }
    }
}
