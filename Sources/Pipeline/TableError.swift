package import DeltaLake
package import DurableFiles
package import Parquet
package import Rollups

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
    /// A column of the stream has another type than its table: give the member another name where its type changes, or
    /// put the table elsewhere.
    case columnsChanged(table: String, problems: [String])
    /// The rows of a rollup would mean something else than those that are there: give it another name, or put the table
    /// elsewhere.
    case meaningChanged(table: String, String)
    /// The journal no longer has messages that the tables lack.
    case journalBehindTables(lane: String, problem: String)
    /// The readings of one commit have more windows and keys than memory is set aside for.
    case rollup(RollupError, table: String)

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
        case .columnsChanged(let table, let problems):
            "table \(table): the stream's definition no longer fits the table, whose columns keep their types: "
                + "\(problems.joined(separator: "; ")). Give the member another name where its type changes, take the "
                + "change back, or move the table's folder away"
        case .meaningChanged(let table, let differences):
            "table \(table): the rollup is defined otherwise than when the table was made: \(differences). Give the rollup "
                + "another name, take the change back, or move the table's folder away: it is then made anew from the "
                + "readings that are stored"
        case .journalBehindTables(let lane, let problem): "lane \(lane): \(problem)"
        case .rollup(.tooManyGroups(let limit), let table):
            "table \(table): one commit has more than \(limit) groups: take keys with many values out of the rollup"
        }
    }
}
