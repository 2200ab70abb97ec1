package import Telemetry

/// What an audit counted, and where it does not agree with the ledger.
package struct AuditReport: Sendable {
    /// Sums over rows of the ledger, in which `received = stored + duplicate + refused` holds as in each of them.
    package struct Sums: Sendable, Equatable {
        package var messages: Int64 = 0
        package var received: Int64 = 0
        package var stored: Int64 = 0
        package var duplicate: Int64 = 0
        package var refused: Int64 = 0

        /// All zero.
        package init() {}

        /// Adds those of another stream.
        package mutating func add(_ other: Sums) {
            messages += other.messages
            received += other.received
            stored += other.stored
            duplicate += other.duplicate
            refused += other.refused
        }

        mutating func add(_ counts: LedgerCounts.Counts) {
            messages += counts.messages
            received += counts.received
            stored += counts.stored
            duplicate += counts.duplicate
            refused += counts.refused
        }
    }

    /// The sums of one stream; the name is nil for topics that no stream takes.
    package struct Stream: Sendable {
        package let name: String?
        /// What came from brokers.
        package var counts = Sums()
        /// What lane replay folded again: readings that stand in `counts` as refused already.
        package var replayed = Sums()
        /// Counted in the dead letters.
        package var refusedByReason: [String: Int64] = [:]
        /// Counted in the table, rows that the ledger does not cover yet among them.
        package var rowCount: Int64 = 0
        package var segmentCount = 0
        package var byteCount: Int64 = 0

        init(name: String?) {
            self.name = name
        }
    }

    package struct Lane: Sendable {
        package let name: String
        package let committedThrough: JournalOffset
        package let messages: Int64
        /// In the journal and not yet committed.
        package let waitingMessages: Int64
    }

    package var streams: [Stream] = []
    package var lanes: [Lane] = []
    /// Marks of dead letters that were given up.
    package var droppedDeadLetters: Int64 = 0
    /// One sentence for each place where the counts differ; empty when all is well.
    package var findings: [String] = []

    package var isBalanced: Bool { findings.isEmpty }
}
