import Testing

@testable import Parquet

/// The encodings by themselves, against slow and obvious forms of them.
struct EncodingTests {
    @Test("Thrift's compact protocol, byte by byte")
    func thriftGolden() {
        var thrift = ThriftWriter()
        thrift.beginStructureElement()
        thrift.field(1, int32: 2)
        thrift.field(4, string: "ab")
        thrift.field(5, boolean: true)
        thrift.field(21, int64: -1)
        thrift.beginList(22, of: .int32, count: 2)
        thrift.element(integer: 1)
        thrift.element(integer: 300)
        thrift.emptyStructure(23)
        thrift.endStructure()
        // Worked out by hand from thrift-compact-protocol.md of Apache Thrift.
        #expect(
            thrift.bytes == [
                0x15, 0x04, 0x38, 0x02, 0x61, 0x62, 0x11, 0x06, 0x2A, 0x01, 0x19, 0x25, 0x02, 0xD8, 0x04, 0x1C, 0x00,
                0x00,
            ])
    }

    @Test("CRC-32 of the check string of its catalogue entry")
    func checksum() {
        var whole = CRC32()
        whole.update(Array("123456789".utf8).span)
        #expect(whole.value == 0xCBF4_3926)
        var parts = CRC32()
        parts.update(Array("1".utf8).span)
        parts.update(Array("23456789".utf8).span)
        #expect(parts.value == whole.value)
    }

    @Test("bit packing puts every bit where the format wants it", arguments: 0...64)
    func bitPacking(width: Int) {
        var random = SeededRandom(seed: UInt64(width))
        for count in [8, 16, 32, 128] {
            let mask = width == 64 ? UInt64.max : (1 << UInt64(width)) - 1
            let values = (0..<count).map { _ in random.next() & mask }
            var bytes = [UInt8](repeating: 0, count: count * 8 + 32)
            Self.pack(values, width: width, into: &bytes)
            var expected = [UInt8](repeating: 0, count: count * width / 8)
            for bit in 0..<(count * width) where values[bit / width] >> UInt64(bit % width) & 1 == 1 {
                expected[bit / 8] |= 1 << UInt8(bit % 8)
            }
            #expect(Array(bytes[..<expected.count]) == expected)
            let unpacked = values.indices.map { expected.span.bits(at: $0 * width, width: width) }
            #expect(unpacked == values)
        }
    }

    private static func pack(_ values: [UInt64], width: Int, into bytes: inout [UInt8]) {
        var span = bytes.mutableSpan
        // Safe: bytes of bytes; the span is used up inside this function.
        var out = unsafe span.mutableBytes
        BitPacker.pack(values.span, width: width, into: &out, at: 0)
    }

    @Test("the hybrid encoding comes back at every width", arguments: Array(0...20) + [31, 32])
    func runLength(width: Int) throws {
        var random = SeededRandom(seed: UInt64(width) + 100)
        for count in [1, 7, 8, 63, 64, 65, 1000] {
            var values: [UInt32] = []
            let mask = width == 32 ? UInt32.max : (1 << UInt32(width)) - 1
            while values.count < count {
                let value = UInt32(truncatingIfNeeded: random.next()) & mask
                let length = Bool.random(using: &random) ? 1 : Int.random(in: 1...90, using: &random)
                values += Array(repeating: value, count: min(length, count - values.count))
            }
            let padded = values + [UInt32](repeating: 0, count: 8)
            var bytes = [UInt8](repeating: 0, count: RunLengthEncoder.capacity(forCount: count))
            let end = Self.encodeRuns(padded, count: count, width: width, into: &bytes)
            var decoded: [UInt32] = []
            try RunLengthDecoder.decode(
                bytes.span.extracting(first: end), width: width, count: count, into: &decoded)
            #expect(decoded == values)
        }
    }

    private static func encodeRuns(_ values: [UInt32], count: Int, width: Int, into bytes: inout [UInt8]) -> Int {
        var span = bytes.mutableSpan
        // Safe: bytes of bytes; the span is used up inside this function.
        var out = unsafe span.mutableBytes
        return RunLengthEncoder.encode(values.span, range: 0..<count, width: width, into: &out, at: 0)
    }

    @Test("the page index says where pages lie and what they hold")
    func pageIndex() throws {
        var configuration = ParquetWriterConfiguration()
        configuration.pageRowCount = 100
        let columns = [
            ParquetColumn(name: "n", type: .int64, isNullable: true),
            ParquetColumn(name: "s", type: .string, isNullable: false),
        ]
        var writer = try ParquetWriter(schema: ParquetSchema(columns), configuration: configuration)
        try writer.beginRowGroup(rowCount: 1050)
        let words = (0..<1050).map { Int64($0 * 3 - 1000) }
        let defined = (0..<1050).map { UInt8($0 / 100 == 4 ? 0 : 1) }
        try writer.writeColumn(words: words.span, defined: defined.span)
        let texts = (0..<210).map { Array("value \(1000 + $0)".utf8) }
        let entries = (0..<1050).map { texts[$0 / 5] }
        try TestColumn(column: columns[1], words: (0..<1050).map { Int64($0 / 5) }, entries: texts).write(to: &writer)
        let file = try writer.finish()

        let footerCount = Int(file[file.count - 8]) | Int(file[file.count - 7]) << 8
        var thrift = ThriftReader(file.span.extracting((file.count - 8 - footerCount)..<(file.count - 8)))
        let chunks = try FileMetadata(&thrift).rowGroups[0].columns
        for (index, chunk) in chunks.enumerated() {
            let first = try #require(chunk.offsetIndexOffset)
            let count = try #require(chunk.offsetIndexByteCount)
            let locations = try Self.integers(file.span.extracting(first..<(first + count)))
            #expect(locations.count == 11 * 3)
            for page in 0..<11 {
                var header = ThriftReader(file.span.extracting(locations[page * 3]...))
                let parsed = try PageHeader(&header)
                #expect(parsed.valueCount == (page == 10 ? 50 : 100))
                #expect(locations[page * 3 + 1] == header.offset + parsed.compressedByteCount)
                #expect(locations[page * 3 + 2] == page * 100)
            }
            let start = try #require(chunk.columnIndexOffset)
            let length = try #require(chunk.columnIndexByteCount)
            let bounds = try Self.bounds(file.span.extracting(start..<(start + length)))
            #expect(bounds.order == 1)
            for page in 0..<11 {
                let rows = (page * 100)..<min(page * 100 + 100, 1050)
                let isNull = index == 0 && page == 4
                let low = index == 0 ? Self.littleEndian(words[rows.lowerBound]) : entries[rows.lowerBound]
                let high = index == 0 ? Self.littleEndian(words[rows.upperBound - 1]) : entries[rows.upperBound - 1]
                #expect(bounds.low[page] == (isNull ? [] : low))
                #expect(bounds.high[page] == (isNull ? [] : high))
            }
        }
    }

    private static func littleEndian(_ word: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> Int64(8 * $0)) }
    }

    /// All numbers of an offset index in their order.
    private static func integers(_ bytes: Span<UInt8>) throws(ParquetReadError) -> [Int] {
        var thrift = ThriftReader(bytes)
        var found: [Int] = []
        var id = 0
        while let type = try thrift.nextField(after: &id) {
            for _ in 0..<(try thrift.structureList(type)) {
                var inner = 0
                while let field = try thrift.nextField(after: &inner) { found.append(try thrift.integer(field)) }
            }
        }
        return found
    }

    private static func bounds(
        _ bytes: Span<UInt8>
    ) throws(ParquetReadError) -> (low: [[UInt8]], high: [[UInt8]], order: Int) {
        var thrift = ThriftReader(bytes)
        var lists: [Int: [[UInt8]]] = [:]
        var order = -1
        var id = 0
        while let type = try thrift.nextField(after: &id) {
            if id == 4 {
                order = try thrift.integer(type)
            } else if id == 2 || id == 3 {
                let (count, element) = try thrift.list(type)
                for _ in 0..<count { lists[id, default: []].append(try thrift.binary(element)) }
            } else {
                try thrift.skip(type)
            }
        }
        return (lists[2] ?? [], lists[3] ?? [], order)
    }
}
