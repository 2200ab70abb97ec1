/// What a reader and a writer must be able to do for a table: the `protocol` action.
public struct TableProtocol: Hashable, Sendable {
    /// The lowest version of the protocol with which the table can be read.
    public let minimumReaderVersion: Int
    /// The lowest version of the protocol with which the table can be written.
    public let minimumWriterVersion: Int
    /// What readers must support; only with reader version 3.
    public let readerFeatures: [String]
    /// What writers must support; only with writer version 7.
    public let writerFeatures: [String]

    /// Versions and features as they stand in the log.
    public init(
        minimumReaderVersion: Int = 1, minimumWriterVersion: Int = 2, readerFeatures: [String] = [],
        writerFeatures: [String] = []
    ) {
        self.minimumReaderVersion = minimumReaderVersion
        self.minimumWriterVersion = minimumWriterVersion
        self.readerFeatures = readerFeatures
        self.writerFeatures = writerFeatures
    }

    /// Both are rules that a writer of version 2 keeps as well.
    private static let knownWriterFeatures: Set<String> = ["appendOnly", "invariants"]

    /// - Throws: ``DeltaError/unsupportedProtocol(_:needed:)`` when this library cannot read such a table.
    func requireReadable() throws(DeltaError) {
        if minimumReaderVersion == 3, !readerFeatures.isEmpty {
            throw .unsupportedProtocol(self, needed: "reader features \(readerFeatures.joined(separator: ", "))")
        }
        if minimumReaderVersion > 1, minimumReaderVersion != 3 {
            throw .unsupportedProtocol(self, needed: "a reader of version \(minimumReaderVersion)")
        }
    }

    /// - Throws: ``DeltaError/unsupportedProtocol(_:needed:)`` when this library cannot write such a table.
    func requireWritable() throws(DeltaError) {
        if minimumWriterVersion == 7 {
            let unknown = writerFeatures.filter { !Self.knownWriterFeatures.contains($0) }
            guard unknown.isEmpty else {
                throw .unsupportedProtocol(self, needed: "writer features \(unknown.joined(separator: ", "))")
            }
        } else if minimumWriterVersion > 2 {
            throw .unsupportedProtocol(self, needed: "a writer of version \(minimumWriterVersion)")
        }
    }
}

extension TableProtocol: CustomStringConvertible {
    /// The versions and features.
    public var description: String {
        let features = Set(readerFeatures).union(writerFeatures).sorted()
        return "reader version \(minimumReaderVersion), writer version \(minimumWriterVersion)"
            + (features.isEmpty ? "" : ", features \(features.joined(separator: ", "))")
    }
}
