/// The encoded levels of one page of a nested column: those of repetition, then those of definition.
struct NestedLevels {
    private(set) var bytes: [UInt8] = []
    let repetitionByteCount: Int
    let entryCount: Int

    /// Encodes the entries in `range`.
    init(_ levels: ParquetLevels, range: Range<Int>, column: ParquetColumn) {
        entryCount = range.count
        if column.maximumRepetitionLevel > 0 {
            Self.encode(levels.repetitions, range, maximum: column.maximumRepetitionLevel, into: &bytes)
        }
        repetitionByteCount = bytes.count
        if column.maximumDefinitionLevel > 0 {
            Self.encode(levels.definitions, range, maximum: column.maximumDefinitionLevel, into: &bytes)
        }
    }

    private static func encode(_ levels: [UInt8], _ range: Range<Int>, maximum: Int, into bytes: inout [UInt8]) {
        // Bit packing may read seven values further.
        let values = levels[range].map(UInt32.init) + [UInt32](repeating: 0, count: 8)
        var encoded = [UInt8](repeating: 0, count: RunLengthEncoder.capacity(forCount: range.count))
        var out = encoded.mutableSpan
        // Safe: bytes of bytes; the span is used up inside this function.
        var raw = unsafe out.mutableBytes
        let byteCount = RunLengthEncoder.encode(
            values.span, range: 0..<range.count, width: BitPacker.width(of: UInt32(maximum)), into: &raw, at: 0)
        bytes.append(contentsOf: encoded[..<byteCount])
    }

    /// Cuts a nested column into pages of at most `pageRowCount` rows and, unless a row alone is longer,
    /// `pageByteCount` bytes of values, of which `byteCount` tells those of one.
    static func plan(
        _ levels: ParquetLevels, column: ParquetColumn, configuration: ParquetWriterConfiguration,
        byteCount: (_ value: Int) -> Int, into pages: inout [PagePlan]
    ) {
        pages.removeAll(keepingCapacity: true)
        var page = PagePlan(firstRow: 0, rowCount: 0, firstValue: 0, valueCount: 0)
        var pageStart = 0
        var pageByteCount = 0
        func close(before entry: Int) {
            page.nestedLevels = NestedLevels(levels, range: pageStart..<entry, column: column)
            pages.append(page)
            page = PagePlan(
                firstRow: page.firstRow + page.rowCount, rowCount: 0, firstValue: page.firstValue + page.valueCount,
                valueCount: 0)
            pageStart = entry
            pageByteCount = 0
        }
        for entry in 0..<levels.count {
            if levels.repetitions[entry] == 0 {
                if page.rowCount == configuration.pageRowCount || pageByteCount >= configuration.pageByteCount {
                    close(before: entry)
                }
                page.rowCount += 1
            }
            if Int(levels.definitions[entry]) == column.maximumDefinitionLevel {
                pageByteCount += byteCount(page.firstValue + page.valueCount)
                page.valueCount += 1
            }
        }
        if page.rowCount > 0 { close(before: levels.count) }
    }
}
