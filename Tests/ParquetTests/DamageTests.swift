import Testing

@testable import Parquet

/// Bytes may be anything: the reader answers with an error or with cells, and never stops the process.
struct DamageTests {
    private static func file(seed: UInt64, rowCount: Int) throws -> [UInt8] {
        var random = SeededRandom(seed: seed)
        var configuration = ParquetWriterConfiguration()
        configuration.pageRowCount = 100
        var writer = try ParquetWriter(schema: ParquetSchema(everyType), configuration: configuration)
        writer.addMetadata(key: "key", value: "value")
        try writer.beginRowGroup(rowCount: rowCount)
        for column in everyType {
            let shape = ColumnShape.allCases.randomElement(using: &random) ?? .walk
            try TestColumn.random(
                column, rowCount: rowCount, shape: shape, nullShare: 0.3, isUnlimited: true, using: &random
            ).write(to: &writer)
        }
        return try writer.finish()
    }

    /// Reads everything; small limits keep a file that lies about its counts from taking long.
    private static func readAll(_ bytes: [UInt8], verifiesChecksums: Bool) throws(ParquetReadError) {
        var limits = ParquetReader.Limits(rowGroupRowCount: 10_000, pageByteCount: 1 << 20, columnByteCount: 1 << 22)
        limits.verifiesChecksums = verifiesChecksums
        let reader = try ParquetReader(bytes: bytes, limits: limits)
        for group in reader.rowGroups.indices {
            for column in reader.schema.columns.indices {
                _ = try reader.statistics(column: column, rowGroup: group)
                let data = try reader.readColumn(column, rowGroup: group)
                for row in 0..<data.rowCount { _ = data.value(at: row) }
            }
        }
    }

    /// Whether reading fails; any other end than an error of ours ends the test process.
    private static func isRefused(_ bytes: [UInt8], verifiesChecksums: Bool = true) -> Bool {
        do throws(ParquetReadError) {
            try readAll(bytes, verifiesChecksums: verifiesChecksums)
            return false
        } catch {
            return !error.description.isEmpty
        }
    }

    @Test("a file cut anywhere is refused")
    func truncated() throws {
        let file = try Self.file(seed: 1, rowCount: 300)
        for count in stride(from: 0, to: file.count, by: max(1, file.count / 3000)) {
            let isRefused = Self.isRefused(Array(file[..<count]))
            #expect(isRefused, "cut to \(count) bytes")
        }
    }

    @Test("changed bytes give an error or cells", arguments: Array(UInt64(1)...8))
    func flipped(seed: UInt64) throws {
        let file = try Self.file(seed: seed, rowCount: 250)
        var random = SeededRandom(seed: seed)
        let footerLength = Int(file[file.count - 8]) | Int(file[file.count - 7]) << 8
        var refused = 0
        for round in 0..<2000 {
            var damaged = file
            // Half of them in the footer, which no checksum covers.
            let range = round % 2 == 0 ? (file.count - 8 - footerLength)..<file.count : 0..<file.count
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: range, using: &random)
                let kind = Int.random(in: 0..<4, using: &random)
                damaged[place] =
                    kind == 0
                    ? 0xFF : kind == 1 ? 0 : damaged[place] ^ UInt8(1 << Int.random(in: 0..<8, using: &random))
            }
            // Writers need not store checksums, so the decoders have to stand alone.
            if Self.isRefused(damaged, verifiesChecksums: round % 4 == 1) { refused += 1 }
        }
        #expect(refused > 500)
    }

    @Test("a flipped bit in a page is found by its checksum")
    func pageDamage() throws {
        let schema = ParquetSchema([ParquetColumn(name: "n", type: .int64, isNullable: false)])
        var writer = try ParquetWriter(schema: schema)
        try writer.beginRowGroup(rowCount: 1000)
        var random = SeededRandom(seed: 5)
        let words = (0..<1000).map { _ in Int64.random(in: .min ... .max, using: &random) }
        try writer.writeColumn(words: words.span, defined: nil)
        var file = try writer.finish()
        file[4000] ^= 4
        let reader = try ParquetReader(bytes: file)
        #expect(throws: ParquetReadError.checksumMismatch(column: "n", byteOffset: 4)) {
            try reader.readColumn(0, rowGroup: 0)
        }
    }

    @Test("junk is refused", arguments: Array(UInt64(1)...4))
    func junk(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<500 {
            var bytes = (0..<Int.random(in: 0..<400, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let isBare = Self.isRefused(bytes)
            #expect(isBare)
            // Junk in the place of a footer.
            let length = UInt32(bytes.count)
            bytes = Array("PAR1".utf8) + bytes + (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32(8 * $0)) }
            let isFramed = Self.isRefused(bytes + Array("PAR1".utf8))
            #expect(isFramed)
        }
    }
}
