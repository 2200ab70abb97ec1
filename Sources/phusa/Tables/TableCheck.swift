import DeltaLake
import DurableFiles
import Glibc

/// One table read back and held against its log.
struct TableCheck {
    struct Finding: Equatable {
        /// Relative to the table's folder.
        let path: String
        let sentence: String
    }

    /// A writer needs far less from a finished file to its commit; a file older than this was left behind.
    private static let commitSeconds = 300

    let name: String
    /// Nil when the log cannot be read.
    let version: Int64?
    let fileCount: Int
    private(set) var rowCount = 0
    private(set) var byteCount = 0
    private(set) var findings: [Finding] = []
    /// What is no finding, but good to know.
    private(set) var notes: [String] = []

    private let path: String

    init(_ name: String, folder: TableFolder, progress: ProgressStyle) throws(CommandFailure) {
        self.name = name
        path = folder.folder(of: name)
        // Listed before the log is read: what is committed in between is then known to the log.
        let present = try Self.dataFiles(below: path)
        let snapshot: DeltaSnapshot
        do throws(DeltaError) {
            snapshot = try DeltaTable(opening: LocalLogStore(tablePath: path)).snapshot
        } catch {
            version = nil
            fileCount = present.count
            let sentence =
                error == .notATable
                ? "the log is gone, and \(Format.counted(present.count, "file")) of the table lie here: restore it"
                : "the log cannot be read: \(error)"
            findings = [Finding(path: "_delta_log", sentence: sentence)]
            return
        }
        version = snapshot.version
        fileCount = snapshot.files.count
        var bar = ProgressBar("verify \(name)", total: fileCount, noun: "files", style: progress)
        for (number, file) in snapshot.files.sorted(by: { $0.path < $1.path }).enumerated() {
            check(file, of: snapshot)
            bar.update(number + 1, extra: findings.isEmpty ? "" : Format.counted(findings.count, "finding"))
        }
        bar.finish(fileCount)
        checkStrays(present, snapshot)
    }

    private mutating func check(_ file: AddFile, of snapshot: DeltaSnapshot) {
        var check = SegmentCheck(file, snapshot: snapshot)
        do throws(FileError) {
            let bytes = try SystemFileStore().read("\(path)/\(file.path)")
            byteCount += bytes.count
            check.run(bytes)
        } catch {
            check.fail(error.isMissing ? "the log has this file, but it is not there" : "it cannot be read: \(error)")
        }
        rowCount += check.rowCount
        findings += check.sentences.map { Finding(path: file.path, sentence: $0) }
    }

    private mutating func checkStrays(_ present: [String], _ snapshot: DeltaSnapshot) {
        var waitingCount = 0
        let removedCount = present.count { snapshot.file($0) == nil && snapshot.tombstone($0) != nil }
        if removedCount > 0 {
            let files = Format.counted(removedCount, "file")
            notes.append("\(files) of older versions, removed from the table: phusa table vacuum deletes them in time.")
        }
        for stray in present where snapshot.file(stray) == nil && snapshot.tombstone(stray) == nil {
            if Self.age(of: "\(path)/\(stray)").map({ $0 < Self.commitSeconds }) ?? true {
                waitingCount += 1
            } else {
                findings.append(
                    Finding(
                        path: stray, sentence: "the file is in no version of the log: left by a crash, to be removed"))
            }
        }
        if waitingCount > 0 {
            notes.append("\(Format.counted(waitingCount, "file")) written in the last minutes, not committed yet.")
        }
    }

    /// The files below `folder` apart from the log, as paths relative to it.
    private static func dataFiles(below folder: String) throws(CommandFailure) -> [String] {
        var files: [String] = []
        var folders = [""]
        do throws(FileError) {
            while let prefix = folders.popLast() {
                for entry in try SystemFileStore().entries(of: prefix.isEmpty ? folder : "\(folder)/\(prefix)") {
                    let path = prefix.isEmpty ? entry.name : "\(prefix)/\(entry.name)"
                    if entry.isDirectory {
                        if path != "_delta_log" { folders.append(path) }
                    } else {
                        files.append(path)
                    }
                }
            }
        } catch {
            throw .failure("\(error).")
        }
        return files.sorted()
    }

    /// Seconds since the file was changed; nil when it is gone by now.
    private static func age(of path: String) -> Int? {
        var status = stat()
        // Safe: the path is passed as a C string and not kept, and `stat` fills in the status.
        guard unsafe stat(path, &status) == 0 else { return nil }
        return time(nil) - status.st_mtim.tv_sec
    }
}
