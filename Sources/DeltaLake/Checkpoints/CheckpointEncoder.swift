import Parquet

/// Writes a snapshot as a classic checkpoint of one file: protocol, section "Checkpoints".
enum CheckpointEncoder {
    /// With 1 KiB of statistics for each file this is 64 MiB before compression.
    private static let rowGroupRowCount = 65_536

    /// A checkpoint and what `_last_checkpoint` says about it.
    struct Encoded {
        let bytes: [UInt8]
        let pointer: CheckpointPointer
    }

    /// Leaves out removals before `milliseconds` since 1970: they have expired.
    static func encode(
        _ snapshot: DeltaSnapshot, tombstonesFrom milliseconds: Int64
    ) throws(ParquetWriteError) -> Encoded {
        var writer = try ParquetWriter(schema: CheckpointSchema.parquet)
        var rows = CheckpointRows()
        rows.append(snapshot.tableProtocol)
        rows.append(snapshot.metadata)
        for transaction in snapshot.transactions.values.sorted(by: { $0.appId < $1.appId }) { rows.append(transaction) }
        for file in snapshot.tombstones where file.deletionMilliseconds ?? 0 >= milliseconds {
            if rows.count == rowGroupRowCount { try rows.write(to: &writer) }
            rows.append(file)
        }
        // Neighbours have much in common, which makes the file smaller.
        for file in snapshot.files.sorted(by: { $0.path < $1.path }) {
            if rows.count == rowGroupRowCount { try rows.write(to: &writer) }
            rows.append(file)
        }
        try rows.write(to: &writer)
        let count = writer.rowCount
        let bytes = try writer.finish()
        return Encoded(
            bytes: bytes,
            pointer: CheckpointPointer(
                version: snapshot.version, actionCount: count, byteCount: bytes.count, fileCount: snapshot.files.count))
    }
}
