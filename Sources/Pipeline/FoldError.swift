import Journal

/// Why a fold stopped.
///
/// The journal keeps what was not committed.
enum FoldError: Error, Equatable, CustomStringConvertible {
    case journal(JournalReadError)
    case table(TableError)

    /// Whether trying again later can help.
    var isTransient: Bool {
        switch self {
        case .journal(.file): true
        case .journal: false
        case .table(let error): error.isTransient
        }
    }

    var description: String {
        switch self {
        case .journal(let error): error.description
        case .table(let error): error.description
        }
    }
}
