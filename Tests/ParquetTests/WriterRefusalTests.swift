import Parquet
import Testing

/// What the writer refuses, and that it goes on afterwards.
struct WriterRefusalTests {
    private static let number = ParquetColumn(name: "n", type: .int32, isNullable: false)
    private static let text = ParquetColumn(name: "s", type: .string, isNullable: true)

    @Test("a schema that no file can hold")
    func schemas() {
        let schemas: [[ParquetColumn]] = [
            [], [Self.number, Self.number], [ParquetColumn(name: "", type: .int32, isNullable: false)],
            [ParquetColumn(name: "d", type: .decimal(precision: 19, scale: 0), isNullable: false)],
            [ParquetColumn(name: "d", type: .decimal(precision: 3, scale: 4), isNullable: false)],
        ]
        for columns in schemas {
            #expect(throws: ParquetWriteError.self) { _ = try ParquetWriter(schema: ParquetSchema(columns)) }
        }
    }

    @Test("cells that do not fit, without losing what came before or comes after")
    func cells() throws {
        var writer = try ParquetWriter(schema: ParquetSchema([Self.number, Self.text]))
        #expect(Self.error { try Self.write(&writer, [1]) } == .outOfOrder("a column needs an open row group"))
        try writer.beginRowGroup(rowCount: 2)
        #expect(Self.error { try Self.write(&writer, [1]) } == .rowCountMismatch(column: "n", expected: 2, actual: 1))
        #expect(Self.error { try Self.write(&writer, [1, 1 << 31]) } == .valueOutOfRange(column: "n"))
        #expect(Self.error { try Self.write(&writer, [1, 2], [1, 0]) } == .nullInRequiredColumn(column: "n"))
        #expect(
            Self.error { try Self.write(&writer, text: [0, 0], ["a"]) } == .wrongColumnType(column: "n", type: .int32))
        try Self.write(&writer, [7, 8])
        #expect(Self.error { try Self.write(&writer, text: [0, 1], ["a"]) } == .indexOutOfRange(column: "s"))
        #expect(Self.error { try Self.write(&writer, text: [0, -1], ["a"]) } == .indexOutOfRange(column: "s"))
        let isRefused = Self.error { _ = try writer.finish() } != nil
        #expect(isRefused)
        try Self.write(&writer, text: [1, 0], ["a", "b"])
        let reader = try ParquetReader(bytes: writer.finish())
        #expect(try reader.readColumn(0, rowGroup: 0).words == [7, 8])
        let texts = try reader.readColumn(1, rowGroup: 0)
        #expect(texts.value(at: 0) == .string("b") && texts.value(at: 1) == .string("a"))
    }

    @Test("text that is not UTF-8 and offsets that run backwards")
    func dictionaries() throws {
        var writer = try ParquetWriter(schema: ParquetSchema([Self.text]))
        try writer.beginRowGroup(rowCount: 1)
        let indices: [Int64] = [0]
        let invalid: [UInt8] = [0x61, 0xC3]
        for (offsets, expected) in [
            ([0, 2], .invalidUTF8(column: "s")), ([2, 1], .malformedDictionary(column: "s")),
            ([0, 9], .malformedDictionary(column: "s")),
        ] as [([UInt32], ParquetWriteError)] {
            let error = Self.error {
                // Safe: bytes of bytes.
                let dictionary = unsafe ByteArrays(offsets: offsets.span, bytes: invalid.span.bytes)
                try writer.writeColumn(indices: indices.span, defined: nil, dictionary: dictionary)
            }
            #expect(error == expected)
        }
    }

    private static func write(_ writer: inout ParquetWriter, _ words: [Int64], _ defined: [UInt8]? = nil) throws {
        try writer.writeColumn(words: words.span, defined: defined?.span)
    }

    private static func write(_ writer: inout ParquetWriter, text indices: [Int64], _ entries: [String]) throws {
        try TestColumn(column: text, words: indices, entries: entries.map { Array($0.utf8) }).write(to: &writer)
    }

    private static func error(_ body: () throws -> Void) -> ParquetWriteError? {
        do {
            try body()
            return nil
        } catch {
            return error as? ParquetWriteError
        }
    }
}
