/// Where the log of a table is kept.
///
/// Commits rest on ``putIfAbsent(_:_:)`` alone: of many writers that put the same version, exactly one succeeds.
public protocol LogStore: Sendable {
    /// The names of the log's files that begin with a version of at least `version`, in no order.
    ///
    /// An absent log is an empty one. What is listed lasts, as if it had been put by the caller.
    func list(from version: Int64) throws(LogStoreError) -> [String]

    /// The bytes of a file of the log; nil when there is none of this name.
    func read(_ name: String) throws(LogStoreError) -> [UInt8]?

    /// Makes the file `name` with these bytes, whole and lasting, unless one is there: false then.
    func putIfAbsent(_ name: String, _ bytes: [UInt8]) throws(LogStoreError) -> Bool

    /// Whether a file of this name is there.
    func exists(_ name: String) throws(LogStoreError) -> Bool

    /// Makes the file `name` with these bytes, whole and lasting, in place of whatever had the name.
    ///
    /// When this throws, the old file or the new one is there, never a part of one.
    func replace(_ name: String, _ bytes: [UInt8]) throws(LogStoreError)

    /// Removes a file; one that is not there counts as removed.
    func remove(_ name: String) throws(LogStoreError)
}

/// Why a log store could not do what it was asked.
public struct LogStoreError: Error, Equatable, Sendable {
    /// What was tried, on which file, and what the system said.
    public let sentence: String
    /// Whether there was no room: worth trying again later.
    public let isDiskFull: Bool

    /// A failure.
    public init(_ sentence: String, isDiskFull: Bool = false) {
        self.sentence = sentence
        self.isDiskFull = isDiskFull
    }
}

extension LogStoreError: CustomStringConvertible {
    /// The sentence.
    public var description: String { sentence }
}
