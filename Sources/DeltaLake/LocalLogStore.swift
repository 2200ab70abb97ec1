package import DurableFiles

/// The log of a table in a folder of this machine.
///
/// A commit is durable (file and name synced) when ``putIfAbsent(_:_:)`` returns, and visible whole or not at all.
public struct LocalLogStore: LogStore {
    private let files: any FileStore
    /// The log's folder, `_delta_log` in that of the table.
    public let folder: String

    /// The log of the table whose folder is `tablePath`; neither needs to exist yet.
    public init(tablePath: String) {
        self.init(tablePath: tablePath, files: SystemFileStore())
    }

    package init(tablePath: String, files: any FileStore) {
        self.files = files
        folder = tablePath.hasSuffix("/") ? "\(tablePath)_delta_log" : "\(tablePath)/_delta_log"
    }

    /// Lists the folder, and makes durable what it lists.
    ///
    /// A process can die between making a commit and syncing its name. Whoever finds that commit and acts on it (and
    /// removes what it was made from) must not lose it to a power cut.
    public func list(from version: Int64) throws(LogStoreError) -> [String] {
        do {
            try files.synchronizeDirectory(folder)
            return try files.list(folder).filter { LogFileName.version(of: $0).map { $0 >= version } ?? false }
        } catch {
            if error.isMissing { return [] }
            throw LogStoreError(error)
        }
    }

    /// Reads a file.
    public func read(_ name: String) throws(LogStoreError) -> [UInt8]? {
        do {
            return try files.read("\(folder)/\(name)")
        } catch {
            if error.isMissing { return nil }
            throw LogStoreError(error)
        }
    }

    /// Links a synced file to the name, and makes the folder when it is missing.
    public func putIfAbsent(_ name: String, _ bytes: [UInt8]) throws(LogStoreError) -> Bool {
        do {
            return try put(name, bytes)
        } catch {
            throw LogStoreError(error)
        }
    }

    /// Looks for the file.
    public func exists(_ name: String) throws(LogStoreError) -> Bool {
        do {
            return try files.exists("\(folder)/\(name)")
        } catch {
            throw LogStoreError(error)
        }
    }

    /// Renames a synced file to the name.
    public func replace(_ name: String, _ bytes: [UInt8]) throws(LogStoreError) {
        do {
            try files.createAtomically("\(folder)/\(name)", bytes)
        } catch {
            throw LogStoreError(error)
        }
    }

    /// Removes a file; its name may come back after a power cut.
    public func remove(_ name: String) throws(LogStoreError) {
        do {
            try files.remove("\(folder)/\(name)")
        } catch  where error.isMissing {
            return
        } catch {
            throw LogStoreError(error)
        }
    }

    private func put(_ name: String, _ bytes: [UInt8]) throws(FileError) -> Bool {
        do throws(FileError) {
            return try files.putIfAbsent("\(folder)/\(name)", bytes)
        } catch  where error.isMissing {
            try files.createDirectory(folder)
            return try files.putIfAbsent("\(folder)/\(name)", bytes)
        }
    }
}

extension LogStoreError {
    init(_ error: FileError) {
        self.init(error.description, isDiskFull: error.isDiskFull)
    }
}
