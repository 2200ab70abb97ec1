import Streams
import Telemetry

/// The identities that were seen lately, to mark a reading that comes a second time.
struct SeenReadings {
    /// Two generations of so many identities are kept: about 100 MiB at the most.
    private static let generationCapacity = 1_000_000

    private var young: Set<Fingerprint> = []
    private var old: Set<Fingerprint> = []

    /// Notes an identity; true when it was seen before.
    mutating func insert(_ identity: Fingerprint) -> Bool {
        if old.contains(identity) || !young.insert(identity).inserted { return true }
        if young.count >= Self.generationCapacity {
            old = young
            young = []
        }
        return false
    }

    /// The identity of a row in its stream.
    static func identity(of row: Int, in batch: borrowing ColumnBatch, stream: Int, plan: StreamPlan) -> Fingerprint {
        var identity = plan.identity.fingerprint(ofRow: row, in: batch)
        identity.combine(UInt64(stream))
        return identity
    }
}
