/// Which codes became which when units were merged, from a table that the user supplies.
///
/// A comma-separated file with the columns `old_code` and `new_code`, a line for each pair; further columns are left
/// alone. An old unit with several new codes was split.
package struct FormerCodes: Sendable {
    private let successors: [String: [String]]

    package static let none = FormerCodes(successors: [:])

    private init(successors: [String: [String]]) {
        self.successors = successors
    }

    package init(reading bytes: RawSpan, file: String) throws(AreaError) {
        try self.init(try CSVTable(bytes, file: file), file: file)
    }

    init(_ table: CSVTable, file: String) throws(AreaError) {
        let old = try table.index(of: "old_code", file: file)
        let new = try table.index(of: "new_code", file: file)
        var successors: [String: Set<String>] = [:]
        for row in table.rows {
            guard !row.fields[new].isEmpty else {
                throw AreaError(
                    file: file, place: "line \(row.line)", message: "there is no new code",
                    fix: "Say what \(row.fields[old]) became")
            }
            // A new unit without an old one: nothing carries a code that could be mapped.
            if row.fields[old].isEmpty { continue }
            successors[row.fields[old], default: []].insert(row.fields[new])
        }
        self.successors = successors.mapValues { $0.sorted() }
    }

    /// The codes of the units that parts of the old one belong to now, in order; none when the code is unknown.
    package func successors(of code: String) -> [String] { successors[code] ?? [] }

    package var count: Int { successors.count }

    /// Both tables together: of a code that stands in both, the successors of both.
    package func merged(with other: FormerCodes) -> FormerCodes {
        FormerCodes(successors: successors.merging(other.successors) { Set($0 + $1).sorted() })
    }
}
