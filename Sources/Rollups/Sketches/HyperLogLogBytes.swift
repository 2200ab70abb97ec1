/// Why bytes of a table are no `HyperLogLog`.
package enum SketchError: Error, Equatable {
    /// Written by a newer version, or not by this program at all.
    case unknownForm
    /// There are too few or too many bytes, or some that cannot be.
    case damaged
}

extension HyperLogLog {
    private static let form: UInt8 = 1
    private static let entries: UInt8 = 0
    private static let registers: UInt8 = 1

    /// The sketch as a table holds it; equal sketches have equal bytes.
    ///
    ///     offset 0  UInt8   1, the form of what follows
    ///     offset 1  UInt8   precision p
    ///     offset 2  UInt8   0: entries, 1: registers
    ///     offset 3  entries: UInt32 each, little endian, ascending: 25 bits of hash, 6 bits of rank behind them
    ///               registers: 2^p bytes, the rank in each
    package var bytes: [UInt8] {
        let (ranks, entries) = content
        guard ranks.isEmpty else { return [Self.form, UInt8(precision), Self.registers] + ranks }
        var bytes = [Self.form, UInt8(precision), Self.entries]
        for entry in entries {
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: entry.bits >> shift))
            }
        }
        return bytes
    }

    package init(bytes: [UInt8]) throws(SketchError) {
        guard bytes.count >= 3 else { throw .damaged }
        guard bytes[0] == Self.form, Self.precisions.contains(Int(bytes[1])) else { throw .unknownForm }
        let precision = Int(bytes[1])
        switch bytes[2] {
        case Self.entries:
            self.init(precision: precision, entries: try Self.readEntries(bytes[3...]))
            guard content.entries.count <= entryLimit else { throw .damaged }
        case Self.registers:
            let ranks = Array(bytes[3...])
            guard ranks.count == 1 << precision, ranks.allSatisfy({ $0 <= 65 - precision }) else { throw .damaged }
            self.init(precision: precision, ranks: ranks)
        default: throw .unknownForm
        }
    }

    private static func readEntries(_ bytes: ArraySlice<UInt8>) throws(SketchError) -> SparseRegisters {
        guard bytes.count % 4 == 0 else { throw .damaged }
        var entries = SparseRegisters()
        var previous: SparseRegisters.Entry?
        for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: 4) {
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
            guard let entry = SparseRegisters.Entry(bits: bits), previous.map({ $0.index < entry.index }) ?? true
            else { throw .damaged }
            entries.insert(entry)
            previous = entry
        }
        return entries
    }
}
