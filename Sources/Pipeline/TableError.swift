package import DeltaLake
package import DurableFiles
package import Parquet

/// Why a table could not be opened, written or read.
///
/// The journal keeps what was not committed.
package enum TableError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The disk did not do what was asked; the same step can succeed later.
    case file(FileError, table: String)
    /// The rows cannot be written as Parquet: a mistake in this program, since batches are checked.
    case segment(ParquetWriteError, table: String)
    /// A segment that the log names cannot be read: restore it from a copy.
    case damagedSegment(path: String, table: String, problem: String)
    /// The Delta log; its description says what to do.
    case log(DeltaError, table: String)
    /// The journal no longer has messages that the tables lack.
    case journalBehindTables(lane: String, problem: String)

    /// Whether trying again later can help without anybody's doing but making room or mending the disk.
    package var isTransient: Bool {
        switch self {
        case .file: true
        case .log(.storage, _), .log(.tooManyConflicts, _): true
        default: false
        }
    }

    package var description: String {
        switch self {
        case .file(let error, let table): "table \(table): \(error)"
        case .segment(let error, let table): "table \(table): \(error)"
        case .damagedSegment(let path, let table, let problem): "table \(table): segment \(path): \(problem)"
        case .log(let error, let table): "table \(table): \(error)"
        case .journalBehindTables(let lane, let problem): "lane \(lane): \(problem)"
        }
    }
}
