package import DeltaLake
package import DurableFiles

/// Deletes files that were removed from a table so long ago that no reader can be at work on them any more.
///
/// Only what the log says was removed is deleted: a file that the log does not name stays, since it may be what somebody
/// is about to commit, or all that is left of a lost log.
package struct Vacuum {
    /// Files that may be deleted, relative to the table's folder.
    package let paths: [String]
    package let byteCount: Int64

    /// Looks for what was removed before `milliseconds` since 1970.
    package init(_ snapshot: DeltaSnapshot, removedBefore milliseconds: Int64) {
        var files: [RemoveFile] = []
        for file in snapshot.tombstones {
            guard let time = file.deletionMilliseconds, time < milliseconds, snapshot.file(file.path) == nil,
                Self.liesBelow(file.path)
            else { continue }
            files.append(file)
        }
        files.sort { $0.path < $1.path }
        paths = files.map(\.path)
        byteCount = files.reduce(0) { $0 + ($1.byteCount ?? 0) }
    }

    /// Whether a path of the log lies in the table's own folder.
    private static func liesBelow(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return !parts.contains("..") && !parts.contains("") && !parts[0].contains(":") && parts[0] != "_delta_log"
    }

    /// Those that are still there.
    package func present(in directory: String, store: any FileStore) throws(FileError) -> [String] {
        var present: [String] = []
        for path in paths where try store.exists("\(directory)/\(path)") { present.append(path) }
        return present
    }

    /// Deletes them; returns how many there were.
    package func run(in directory: String, store: any FileStore) throws(FileError) -> Int {
        var count = 0
        for path in paths {
            do throws(FileError) {
                try store.remove("\(directory)/\(path)")
                count += 1
            } catch  where error.isMissing {
                continue
            }
        }
        return count
    }
}
