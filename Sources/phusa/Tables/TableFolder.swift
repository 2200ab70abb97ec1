import DeltaLake
import DurableFiles
import Glibc
import Pipeline

/// The tables in the data folder of a pipeline.
struct TableFolder {
    private let path: String
    private let store = SystemFileStore()

    /// - Throws: a sentence when there are no tables in `data`.
    init(data: String) throws(CommandFailure) {
        path = "\(data)/tables"
        guard InputFile.exists(path) else {
            throw .usage("There are no tables in \(data): no folder \(path). Give --data the data folder of phusa run.")
        }
    }

    /// The names of the tables, sorted.
    func names() throws(CommandFailure) -> [String] {
        do throws(FileError) {
            var names: [String] = []
            for entry in try store.entries(of: path) where entry.isDirectory {
                if try store.exists("\(path)/\(entry.name)/_delta_log") { names.append(entry.name) }
            }
            return names
        } catch {
            throw .failure("\(error).")
        }
    }

    /// The names of all folders that are tables or were: those whose log is gone and whose files are left, too.
    func namesWithRemains() throws(CommandFailure) -> [String] {
        do throws(FileError) {
            var names: [String] = []
            for entry in try store.entries(of: path) where entry.isDirectory {
                if try !store.entries(of: "\(path)/\(entry.name)").isEmpty { names.append(entry.name) }
            }
            return names
        } catch {
            throw .failure("\(error).")
        }
    }

    /// `asked`, or all tables when none is asked for.
    func names(_ asked: [String], withRemains: Bool = false) throws(CommandFailure) -> [String] {
        let known = try withRemains ? namesWithRemains() : names()
        for name in asked where !known.contains(name) {
            let list = known.isEmpty ? "there is none yet" : "there are \(known.joined(separator: ", "))"
            throw .usage("There is no table \(name) in \(path); \(list).")
        }
        return asked.isEmpty ? known : asked
    }

    /// A pass of `phusa run` over a table takes seconds.
    private static let mostLockAttempts = 150
    private static let lockAttemptMicroseconds: UInt32 = 200_000

    /// Keeps other compactors and vacuums away, those of a running `phusa run` included; waits when one is at work.
    func lockForCompaction() throws(CommandFailure) -> CompactionLock {
        var attemptCount = 0
        while true {
            do throws(FileError) {
                return try CompactionLock(dataDirectory: "\(path)/..")
            } catch {
                attemptCount += 1
                guard error.isLocked, attemptCount < Self.mostLockAttempts else { throw .failure("\(error).") }
                if attemptCount == 1 { note("Another process is compacting: waiting for it …") }
                usleep(Self.lockAttemptMicroseconds)
            }
        }
    }

    /// The name of the node to which the data belongs.
    func node() throws(TableError) -> String {
        let file = "\(path)/../node"
        do throws(FileError) {
            // Tables without a pipeline beside them, such as a copy, belong to none.
            return try store.exists(file) ? String(decoding: try store.read(file), as: UTF8.self) : "phusa"
        } catch {
            throw .file(error, table: "*")
        }
    }

    func folder(of name: String) -> String { "\(path)/\(name)" }

    /// The table as it is now.
    func open(_ name: String) throws(CommandFailure) -> DeltaTable {
        do throws(DeltaError) {
            return try DeltaTable(opening: LocalLogStore(tablePath: folder(of: name)))
        } catch {
            throw .failure("The table \(name) cannot be read: \(error).")
        }
    }
}

/// A table in numbers.
struct TableFacts {
    let name: String
    let version: Int64
    let fileCount: Int
    /// Nil when the log does not say it of every file.
    let rowCount: Int?
    let byteCount: Int
    let partitions: [PartitionFacts]

    struct PartitionFacts {
        let path: String
        var fileCount = 0
        var rowCount = 0
        var byteCount = 0
    }

    init(_ name: String, _ snapshot: DeltaSnapshot) throws(CommandFailure) {
        self.name = name
        version = snapshot.version
        fileCount = snapshot.files.count
        byteCount = Int(snapshot.byteCount)
        var partitions: [String: PartitionFacts] = [:]
        var total: Int? = 0
        for file in snapshot.files {
            let rows = try Self.rowCount(of: file, in: snapshot, table: name)
            if let rows { total = total.map { $0 + rows } } else { total = nil }
            let path = Self.partition(of: file)
            var facts = partitions[path] ?? PartitionFacts(path: path)
            facts.fileCount += 1
            facts.rowCount += rows ?? 0
            facts.byteCount += Int(file.byteCount)
            partitions[path] = facts
        }
        rowCount = total
        self.partitions = partitions.values.sorted { $0.path < $1.path }
    }

    /// `date=2026-11-21/hour=8`; empty for a table without partitions.
    static func partition(of file: AddFile) -> String {
        file.partitionValues.map { value in
            // One digit sorts behind two otherwise.
            let text = value.text ?? "null"
            return "\(value.column)=\(value.column == "hour" && text.utf8.count == 1 ? "0\(text)" : text)"
        }.joined(separator: "/")
    }

    private static func rowCount(
        of file: AddFile, in snapshot: DeltaSnapshot, table: String
    ) throws(CommandFailure) -> Int? {
        do throws(DeltaError) {
            return try file.statistics(schema: snapshot.schema).map { Int($0.recordCount) }
        } catch {
            throw .failure("The table \(table) cannot be read: \(error).")
        }
    }

    var bytesPerRow: String {
        guard let rowCount, rowCount > 0 else { return "" }
        return Format.decimal(Double(byteCount) / Double(rowCount), digits: 1)
    }
}
