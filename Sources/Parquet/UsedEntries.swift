/// The entries of a caller's dictionary that a column really uses, in ascending order, and each row's place there.
///
/// The memory is kept from column to column.
struct UsedEntries {
    /// The used entries by their number in the caller's dictionary; ascending bytewise after ``sort(in:)``.
    private(set) var entries: [UInt32] = []
    /// For each value that is not null the position of its entry, then eight zeros that bit packing may read.
    private(set) var indices: [UInt32] = []
    /// The bytes of the used entries together.
    private(set) var entryByteCount = 0
    /// The bytes of all values together.
    private(set) var valueByteCount = 0
    private var numbers: [UInt32] = []

    /// Collects what `cells` use of `dictionary`.
    ///
    /// - Throws: ``ParquetWriteError`` when a cell or an offset points outside, or text is not UTF-8.
    mutating func collect(
        _ cells: Span<Int64>, defined: Span<UInt8>?, valueCount: Int, dictionary: ByteArrays, column: ParquetColumn
    ) throws(ParquetWriteError) {
        entries.removeAll(keepingCapacity: true)
        let fewest = valueCount + 8
        if indices.count < fewest { indices = [UInt32](repeating: 0, count: fewest) }
        if numbers.count < dictionary.count { numbers = [UInt32](repeating: 0, count: dictionary.count) }
        Self.clear(&numbers, count: dictionary.count)
        let areInside = Self.number(
            cells, defined: defined, limit: dictionary.count, numbers: &numbers, entries: &entries, indices: &indices)
        guard areInside else { throw .indexOutOfRange(column: column.name) }
        for index in valueCount..<fewest { indices[index] = 0 }
        try check(dictionary, column: column)
        Self.measure(indices, valueCount: valueCount, entries: entries, dictionary: dictionary, total: &valueByteCount)
    }

    private static func clear(_ numbers: inout [UInt32], count: Int) {
        var table = numbers.mutableSpan
        for index in 0..<count { table[index] = 0 }
    }

    private static func number(
        _ cells: Span<Int64>, defined: Span<UInt8>?, limit: Int, numbers: inout [UInt32], entries: inout [UInt32],
        indices: inout [UInt32]
    ) -> Bool {
        var table = numbers.mutableSpan
        var out = indices.mutableSpan
        var count = 0
        for row in cells.indices {
            if let defined, defined[row] & 1 == 0 { continue }
            let cell = cells[row]
            guard cell >= 0, cell < limit else { return false }
            var number = table[Int(cell)]
            if number == 0 {
                entries.append(UInt32(truncatingIfNeeded: cell))
                number = UInt32(truncatingIfNeeded: entries.count)
                table[Int(cell)] = number
            }
            out[count] = number &- 1
            count &+= 1
        }
        return true
    }

    private mutating func check(_ dictionary: ByteArrays, column: ParquetColumn) throws(ParquetWriteError) {
        entryByteCount = 0
        for entry in entries {
            guard let range = dictionary.range(of: Int(entry)) else { throw .malformedDictionary(column: column.name) }
            entryByteCount += range.count
            if column.type == .string, !Self.isUTF8(dictionary.entry(entry)) {
                throw .invalidUTF8(column: column.name)
            }
        }
    }

    private static func isUTF8(_ bytes: RawSpan) -> Bool {
        var offset = 0
        while offset + 8 <= bytes.byteCount, bytes.sortKey(at: offset) & 0x8080_8080_8080_8080 == 0 { offset += 8 }
        if offset + 8 > bytes.byteCount, bytes.sortKey(at: offset) & 0x8080_8080_8080_8080 == 0 { return true }
        let text = Span<UInt8>(_bytes: bytes.extracting(offset...))
        return (try? UTF8Span(validating: text)) != nil
    }

    private static func measure(
        _ indices: [UInt32], valueCount: Int, entries: [UInt32], dictionary: ByteArrays, total: inout Int
    ) {
        let places = indices.span
        let used = entries.span
        total = 0
        for index in 0..<valueCount {
            let entry = Int(used[Int(places[index])])
            total &+= Int(dictionary.offsets[entry + 1] &- dictionary.offsets[entry])
        }
    }

    /// Puts the entries into ascending order and points the values at their new places.
    mutating func sort(in dictionary: ByteArrays, valueCount: Int) {
        if isSorted(in: dictionary) { return }
        let before = entries
        Self.sort(&entries, range: 0..<entries.count, from: 0, in: dictionary)
        // The table by the caller's numbers is free again and takes the new places.
        for (place, entry) in entries.enumerated() { numbers[Int(entry)] = UInt32(place) }
        var places = [UInt32](repeating: 0, count: before.count)
        for (place, entry) in before.enumerated() { places[place] = numbers[Int(entry)] }
        Self.replace(&indices, count: valueCount, by: places)
    }

    private static func replace(_ indices: inout [UInt32], count: Int, by places: [UInt32]) {
        let table = places.span
        var out = indices.mutableSpan
        for index in 0..<count { out[index] = table[Int(out[index])] }
    }

    private func isSorted(in dictionary: ByteArrays) -> Bool {
        for index in entries.indices.dropFirst()
        where dictionary.entry(entries[index]).precedes(dictionary.entry(entries[index - 1])) {
            return false
        }
        return true
    }

    /// Bounds the recursion: strings that agree in so many bytes are compared whole.
    private static let prefixLimit = 256

    private struct KeyedEntry {
        var key: UInt64
        var entry: UInt32
    }

    /// Sorts by eight bytes at a time: first by those at `offset`, then, where they are equal, by the next eight.
    private static func sort(
        _ entries: inout [UInt32], range: Range<Int>, from offset: Int, in dictionary: ByteArrays
    ) {
        if offset >= prefixLimit {
            entries[range].sort { dictionary.entry($0).precedes(dictionary.entry($1)) }
            return
        }
        var keyed: [KeyedEntry] = []
        keyed.reserveCapacity(range.count)
        var longest = 0
        for index in range {
            let bytes = dictionary.entry(entries[index])
            longest = max(longest, bytes.byteCount)
            keyed.append(KeyedEntry(key: bytes.sortKey(at: min(offset, bytes.byteCount)), entry: entries[index]))
        }
        if offset >= longest + 8 { return }
        // Past the last byte only lengths differ: a prefix that ends in zero bytes has the key of a longer string.
        if offset >= longest {
            for index in keyed.indices { keyed[index].key = UInt64(dictionary.entry(keyed[index].entry).byteCount) }
        }
        keyed.sort { $0.key < $1.key }
        for index in range { entries[index] = keyed[index - range.lowerBound].entry }
        if offset >= longest { return }
        var start = 0
        while start < keyed.count {
            var end = start + 1
            while end < keyed.count, keyed[end].key == keyed[start].key { end += 1 }
            if end - start > 1 {
                let first = range.lowerBound + start
                sort(&entries, range: first..<(first + end - start), from: offset + 8, in: dictionary)
            }
            start = end
        }
    }
}
