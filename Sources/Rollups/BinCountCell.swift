import Telemetry

/// The form in which a cell of the type `ColumnType.counts` holds the bins of a histogram or sketch.
///
///     12 bytes an entry: bin Int32, count Int64, little endian; ascending by bin, no bin twice, no count 0
extension BinCount {
    private static let byteCount = 12

    /// Reads a cell.
    package static func entries(cell: RawSpan) -> [BinCount] {
        (0..<cell.byteCount / byteCount).map { index in
            let start = index * byteCount
            // Safe: the range above leaves twelve bytes.
            let bin = unsafe cell.unsafeLoadUnaligned(fromByteOffset: start, as: Int32.self)
            // Safe: as above.
            let count = unsafe cell.unsafeLoadUnaligned(fromByteOffset: start + 4, as: Int64.self)
            return BinCount(bin: Int32(littleEndian: bin), count: Int64(littleEndian: count))
        }
    }

    /// Reads a cell.
    package static func entries(cell: [UInt8]) -> [BinCount] {
        // Safe: UInt8 has no padding.
        unsafe entries(cell: cell.span.bytes)
    }

    /// Writes a cell.
    package static func cell(_ entries: [BinCount]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.count * byteCount)
        for entry in entries {
            for shift in stride(from: Int32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: entry.bin >> shift))
            }
            for shift in stride(from: Int64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: entry.count >> shift))
            }
        }
        return bytes
    }
}
