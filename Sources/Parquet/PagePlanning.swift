/// Cuts the rows of a column into pages.
enum PagePlanning {
    /// Pages of `pageRowCount` rows.
    static func plan(rowCount: Int, defined: Span<UInt8>?, pageRowCount: Int, into pages: inout [PagePlan]) {
        pages.removeAll(keepingCapacity: true)
        var firstRow = 0
        var firstValue = 0
        while firstRow < rowCount {
            let count = min(pageRowCount, rowCount - firstRow)
            var valueCount = count
            if let defined { valueCount = Self.definedCount(defined.extracting(firstRow..<(firstRow + count))) }
            pages.append(
                PagePlan(firstRow: firstRow, rowCount: count, firstValue: firstValue, valueCount: valueCount))
            firstRow += count
            firstValue += valueCount
        }
    }

    /// Pages of at most `pageRowCount` rows and, unless a value alone is longer, `pageByteCount` bytes.
    static func plan(
        rowCount: Int, defined: Span<UInt8>?, pageRowCount: Int, pageByteCount: Int, used: borrowing UsedEntries,
        dictionary: ByteArrays, into pages: inout [PagePlan]
    ) {
        pages.removeAll(keepingCapacity: true)
        var page = PagePlan(firstRow: 0, rowCount: 0, firstValue: 0, valueCount: 0)
        var byteCount = 0
        for row in 0..<rowCount {
            var length = 0
            var isDefined = true
            if let defined { isDefined = defined[row] & 1 == 1 }
            if isDefined {
                let entry = used.entries[Int(used.indices[page.firstValue + page.valueCount])]
                length = 4 + dictionary.entry(entry).byteCount
            }
            if page.rowCount > 0, page.rowCount == pageRowCount || byteCount + length > pageByteCount {
                pages.append(page)
                page = PagePlan(
                    firstRow: row, rowCount: 0, firstValue: page.firstValue + page.valueCount, valueCount: 0)
                byteCount = 0
            }
            page.rowCount += 1
            page.valueCount += isDefined ? 1 : 0
            byteCount += length
        }
        if page.rowCount > 0 { pages.append(page) }
    }

    static func definedCount(_ defined: Span<UInt8>) -> Int {
        var count = 0
        for index in defined.indices { count &+= Int(defined[index] & 1) }
        return count
    }

    /// Puts the words of rows that are not null behind one another; returns how many there are.
    static func compact(_ words: Span<Int64>, defined: Span<UInt8>, into values: inout [Int64]) -> Int {
        if values.count < words.count + 1 { values = [Int64](repeating: 0, count: words.count + 1) }
        var out = values.mutableSpan
        var count = 0
        for row in words.indices {
            // Written always and kept only when defined: no branch to mispredict.
            out[count] = words[row]
            count &+= Int(defined[row] & 1)
        }
        return count
    }
}
