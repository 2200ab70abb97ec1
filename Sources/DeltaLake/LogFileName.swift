/// What the name of a file in the log folder says: protocol, sections "Delta Log Entries" and "Checkpoints".
enum LogFileName: Equatable {
    /// `00000000000000000007.json`
    case commit(version: Int64)
    /// `00000000000000000007.checkpoint.parquet`
    case checkpoint(version: Int64)
    /// A checkpoint in parts, or with a UUID in its name.
    case otherCheckpoint(version: Int64)
    /// Anything else: checksums, compacted logs, temporary files. None of them is needed to read a table.
    case other

    static let lastCheckpoint = "_last_checkpoint"

    init(_ name: String) {
        self = .other
        guard let version = Self.version(of: name) else { return }
        let rest = name.utf8.dropFirst(20)
        if rest.elementsEqual(".json".utf8) {
            self = .commit(version: version)
        } else if rest.elementsEqual(".checkpoint.parquet".utf8) {
            self = .checkpoint(version: version)
        } else if rest.starts(with: ".checkpoint.".utf8) {
            self = .otherCheckpoint(version: version)
        }
    }

    /// The name of the commit file of a version.
    static func commit(_ version: Int64) -> String { "\(digits(version)).json" }

    /// The name of the checkpoint of a version.
    static func checkpoint(_ version: Int64) -> String { "\(digits(version)).checkpoint.parquet" }

    private static func digits(_ version: Int64) -> String {
        let digits = String(version)
        return String(repeating: "0", count: max(0, 20 - digits.utf8.count)) + digits
    }

    /// The version with which the name of a log file begins: 20 digits and a point.
    static func version(of name: String) -> Int64? {
        let digits = name.utf8.prefix(20)
        guard digits.count == 20, name.utf8.dropFirst(20).first == UInt8(ascii: "."),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int64(String(decoding: digits, as: UTF8.self))
    }
}
