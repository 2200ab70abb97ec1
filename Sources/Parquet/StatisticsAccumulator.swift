/// Gathers the statistics of one column over all row groups of a file.
struct StatisticsAccumulator {
    let type: ParquetType
    var nullCount = 0
    private var words: (minimum: Int64, maximum: Int64)?
    private var bytes: (minimum: [UInt8], maximum: [UInt8])?

    init(_ column: ParquetColumn) {
        type = column.type
    }

    /// Widens the bounds; those of doubles are sortable keys.
    mutating func include(words minimum: Int64, _ maximum: Int64) {
        let known = words ?? (minimum, maximum)
        words = (min(known.minimum, minimum), max(known.maximum, maximum))
    }

    mutating func include(bytes minimum: RawSpan, _ maximum: RawSpan) {
        guard let known = bytes else {
            bytes = (minimum.array, maximum.array)
            return
        }
        // Safe: bytes of bytes.
        if unsafe minimum.precedes(known.minimum.span.bytes) { bytes?.minimum = minimum.array }
        // Safe: bytes of bytes.
        if unsafe known.maximum.span.bytes.precedes(maximum) { bytes?.maximum = maximum.array }
    }

    func statistics(boundByteCount: Int) -> ColumnStatistics {
        var statistics = ColumnStatistics(nullCount: nullCount)
        if let words {
            let isDouble = type == .double
            let minimum = isDouble ? SortableDouble.key(forBits: words.minimum) : words.minimum
            let maximum = isDouble ? SortableDouble.key(forBits: words.maximum) : words.maximum
            statistics.minimum = ParquetValue(word: minimum, type: type)
            statistics.maximum = ParquetValue(word: maximum, type: type)
        }
        if let bytes {
            // Safe: bytes of bytes.
            let bounds = unsafe EncodedBounds(
                bytes: bytes.minimum.span.bytes, bytes.maximum.span.bytes, type: type, limit: boundByteCount)
            statistics.minimum = ParquetValue(bytes: bounds.minimum, type: type)
            statistics.isMinimumExact = bounds.isMinimumExact
            statistics.maximum = bounds.maximum.flatMap { ParquetValue(bytes: $0, type: type) }
            statistics.isMaximumExact = bounds.isMaximumExact || bounds.maximum == nil
        }
        return statistics
    }
}
