import Parquet
import Testing

/// What is written is read back, whatever it is.
struct RoundTripTests {
    @Test(
        "every type in every shape comes back",
        arguments: ColumnShape.allCases, [0, 1, 2, 7, 8, 9, 129, 1000, 20_481])
    func roundTrip(shape: ColumnShape, rowCount: Int) throws {
        for seed in UInt64(1)...3 {
            var random = SeededRandom(seed: seed &* 1000 &+ UInt64(rowCount))
            var configuration = ParquetWriterConfiguration()
            configuration.pageRowCount = Int.random(in: 1...5000, using: &random)
            configuration.pageByteCount = Int.random(in: 1...50_000, using: &random)
            if rowCount > 5000 { configuration.pageRowCount += 1000 }
            var writer = try ParquetWriter(schema: ParquetSchema(everyType), configuration: configuration)
            // The second file shows that nothing of the first stays behind in the buffers.
            for _ in 0..<2 {
                try Self.writeAndCompare(
                    &writer, counts: [rowCount, 0, rowCount / 2], shape: shape, using: &random)
            }
        }
    }

    private static func writeAndCompare(
        _ writer: inout ParquetWriter, counts: [Int], shape: ColumnShape, using random: inout SeededRandom
    ) throws {
        var groups: [[TestColumn]] = []
        for count in counts {
            try writer.beginRowGroup(rowCount: count)
            var group: [TestColumn] = []
            for column in writer.schema.columns {
                let made = TestColumn.random(
                    column, rowCount: count, shape: shape,
                    nullShare: [0, 0.02, 0.5, 1].randomElement(using: &random) ?? 0,
                    isUnlimited: true, using: &random)
                try made.write(to: &writer)
                group.append(made)
            }
            if count > 0 { groups.append(group) }
        }
        let schema = writer.schema
        let reader = try ParquetReader(bytes: writer.finish())
        #expect(reader.schema == schema)
        #expect(reader.rowCount == counts.reduce(0, +))
        #expect(reader.rowGroups.count == groups.count)
        let written = writer.columnStatistics
        for (number, group) in groups.enumerated() {
            for (index, made) in group.enumerated() {
                let read = try reader.readColumn(index, rowGroup: number)
                try expectEqual(read, made)
                try expectPages(of: reader, column: index, rowGroup: number, toGive: read)
                let statistics = try reader.statistics(column: index, rowGroup: number)
                expectBounds(statistics, of: read)
                if groups.count == 1 { #expect(statistics == written[index]) }
            }
        }
        for index in schema.columns.indices {
            let nulls = try groups.indices.map { try reader.readColumn(index, rowGroup: $0).nullCount }
            #expect(written[index].nullCount == nulls.reduce(0, +))
        }
    }

    /// The pages one by one have the cells that the column has.
    private static func expectPages(
        of reader: ParquetReader, column: Int, rowGroup: Int, toGive whole: ParquetColumnData
    ) throws {
        var rowCount = 0
        var areSame = true
        try reader.forEachPage(ofColumn: column, rowGroup: rowGroup) { firstRow, cells in
            areSame = areSame && firstRow == rowCount
            for row in 0..<cells.rowCount {
                areSame =
                    areSame && cells.defined[row] == whole.defined[firstRow + row]
                    && cells.byteString(at: row) == whole.byteString(at: firstRow + row)
                    && (whole.type.isByteArray || cells.words[row] == whole.words[firstRow + row])
            }
            rowCount += cells.rowCount
        }
        #expect(areSame && rowCount == whole.rowCount, "\(reader.schema.columns[column].name)")
    }

    static func expectEqual(_ read: ParquetColumnData, _ made: TestColumn) throws {
        try #require(read.rowCount == made.words.count)
        for row in 0..<read.rowCount {
            var isSame = (read.defined[row] == 1) == made.isDefined(row)
            if isSame, made.isDefined(row) {
                if made.column.type.isByteArray {
                    isSame = read.byteString(at: row) == made.entries[Int(made.words[row])][...]
                } else {
                    isSame = read.words[row] == made.words[row]
                }
            }
            if !isSame { Issue.record("row \(row) of \(made.column) came back different") }
            if !isSame { return }
        }
    }

    /// Bounds hold for every value, are there whenever there is a value to bound, and are exact when they say so.
    static func expectBounds(_ statistics: ColumnStatistics?, of read: ParquetColumnData) {
        let values = (0..<read.rowCount).compactMap(read.value(at:)).filter { !$0.isNaN }
        #expect(statistics?.nullCount == read.nullCount)
        #expect((statistics?.minimum == nil) == values.isEmpty)
        guard let minimum = statistics?.minimum, let maximum = statistics?.maximum else { return }
        let isBounded = values.allSatisfy { !$0.precedes(minimum) && !maximum.precedes($0) }
        #expect(isBounded, "\(read.type): \(minimum) \(maximum)")
        if statistics?.isMinimumExact == true { #expect(values.contains { !minimum.precedes($0) }) }
        if statistics?.isMaximumExact == true { #expect(values.contains { !$0.precedes(maximum) }) }
    }

    /// Bounds of other writers: they may be missing, but never wrong.
    static func expectForeignBounds(_ statistics: ColumnStatistics?, of read: ParquetColumnData) {
        guard let minimum = statistics?.minimum, let maximum = statistics?.maximum else { return }
        let isBounded = (0..<read.rowCount).compactMap(read.value(at:)).allSatisfy {
            $0.isNaN || !$0.precedes(minimum) && !maximum.precedes($0)
        }
        #expect(isBounded, "\(read.type): \(minimum) \(maximum)")
    }

    @Test("metadata, writer and sort order come back")
    func metadata() throws {
        var configuration = ParquetWriterConfiguration(createdBy: "test version 1.0.0 (build 7)")
        configuration.sortingColumns = [ParquetSortingColumn(columnIndex: 0, isDescending: true)]
        let schema = ParquetSchema([ParquetColumn(name: "n", type: .int64, isNullable: false)])
        var writer = try ParquetWriter(schema: schema, configuration: configuration)
        writer.addMetadata(key: "chữ", value: "phù sa")
        try writer.beginRowGroup(rowCount: 2)
        let words: [Int64] = [2, 1]
        try writer.writeColumn(words: words.span, defined: nil)
        let reader = try ParquetReader(bytes: writer.finish())
        #expect(reader.metadata.map(\.key) == ["chữ"])
        #expect(reader.metadata.map(\.value) == ["phù sa"])
        #expect(reader.createdBy == "test version 1.0.0 (build 7)")
        #expect(reader.rowGroups[0].sortingColumns == configuration.sortingColumns)
        #expect(reader.rowGroups[0].rowCount == 2)
    }

    @Test("a constant column costs its value once", arguments: [ParquetType.int64, .double, .string])
    func constantColumn(type: ParquetType) throws {
        let column = ParquetColumn(name: "c", type: type, isNullable: true)
        var writer = try ParquetWriter(schema: ParquetSchema([column]))
        try writer.beginRowGroup(rowCount: 200_000)
        let words = [Int64](repeating: 3, count: 200_000)
        let entries = ["", "a", "b", String(repeating: "long ", count: 100)].map { Array($0.utf8) }
        try TestColumn(column: column, words: words, entries: entries).write(to: &writer)
        let byteCount = try writer.finish().count
        #expect(byteCount < 3000)
    }

    @Test("zero as a bound stands for both zeros, and NaN for none")
    func doubleBounds() throws {
        let schema = ParquetSchema([ParquetColumn(name: "d", type: .double, isNullable: false)])
        var writer = try ParquetWriter(schema: schema)
        for values in [[0.0, .nan, 5], [.nan, .nan], [-3, -0.0]] as [[Double]] {
            try writer.beginRowGroup(rowCount: values.count)
            let words = values.map { Int64(bitPattern: $0.bitPattern) }
            try writer.writeColumn(words: words.span, defined: nil)
        }
        let reader = try ParquetReader(bytes: writer.finish())
        let bounds = try (0..<3).map { try reader.statistics(column: 0, rowGroup: $0) }
        #expect(bounds[0]?.minimum == .double(-0.0) && bounds[0]?.maximum == .double(5))
        if case .double(let zero) = bounds[0]?.minimum { #expect(zero.sign == .minus) }
        #expect(bounds[1]?.minimum == nil && bounds[1]?.maximum == nil)
        if case .double(let zero) = bounds[2]?.maximum { #expect(zero.sign == .plus) }
    }

    @Test("a cut bound is still a bound, and text stays text")
    func cutBounds() throws {
        let cases = [
            (String(repeating: "đ", count: 60), String(repeating: "đ", count: 32)),
            (String(repeating: "a", count: 65), String(repeating: "a", count: 64)),
            (String(repeating: "\u{10FFFF}", count: 20), String(repeating: "\u{10FFFF}", count: 16)),
            ("a" + String(repeating: "€", count: 30), "a" + String(repeating: "€", count: 21)),
        ]
        for (value, lower) in cases {
            let column = ParquetColumn(name: "s", type: .string, isNullable: false)
            var writer = try ParquetWriter(schema: ParquetSchema([column]))
            try writer.beginRowGroup(rowCount: 1)
            try TestColumn(column: column, words: [0], entries: [Array(value.utf8)]).write(to: &writer)
            let statistics = writer.columnStatistics[0]
            #expect(statistics.minimum == .string(lower))
            #expect(!statistics.isMinimumExact)
            if case .string(let upper) = statistics.maximum {
                #expect(!statistics.isMaximumExact)
                #expect(upper.utf8.count <= 64 && Array(value.utf8).lexicographicallyPrecedes(Array(upper.utf8)))
            } else {
                #expect(value.unicodeScalars.first == "\u{10FFFF}")
            }
        }
    }
}

extension ParquetValue {
    var isNaN: Bool {
        if case .double(let value) = self { return value.isNaN }
        return false
    }

    /// The order that the format gives each type.
    func precedes(_ other: ParquetValue) -> Bool {
        switch (self, other) {
        case (.boolean(let a), .boolean(let b)): !a && b
        case (.int32(let a), .int32(let b)): a < b
        case (.int64(let a), .int64(let b)): a < b
        case (.double(let a), .double(let b)): a < b
        case (.decimal(let a, _), .decimal(let b, _)): a < b
        case (.timestampMicros(let a), .timestampMicros(let b)): a < b
        case (.date(let a), .date(let b)): a < b
        case (.string(let a), .string(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.binary(let a), .binary(let b)): a.lexicographicallyPrecedes(b)
        default: false
        }
    }
}
