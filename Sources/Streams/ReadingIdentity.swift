package import Telemetry

/// What tells a reading apart from others of its stream: the values of these columns, null included.
package struct ReadingIdentity: Sendable {
    package let columns: [Int]

    package init(columns: [Int]) {
        self.columns = columns
    }

    /// The fingerprint of the reading in a row; the pending row is row `count` of the batch.
    @inline(__always)
    package func fingerprint(ofRow row: Int, in batch: borrowing ColumnBatch) -> Fingerprint {
        var fingerprint = Fingerprint.start
        for column in columns { batch.combine(column: column, row: row, into: &fingerprint) }
        return fingerprint
    }

    /// The same identity in a batch that has only its columns, in their order.
    package var alone: ReadingIdentity { ReadingIdentity(columns: Array(columns.indices)) }
}
