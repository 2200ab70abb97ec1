import CPrefetch
import Glibc

/// Rows as columns.
///
/// Every cell is one 64-bit word, whose meaning is the column's type, and one validity byte.
///
/// A row is written in place behind the last one, cell by cell, and counts only when it is committed; so a reading that
/// turns out to be refused halfway leaves no trace but strings in a dictionary. The memory of all rows is set aside at
/// the start and reused, but a page of it comes to life with its first cell only: a column without values costs
/// nothing. One word for every type keeps sorting, hashing and encoding free of cases.
@safe
package struct ColumnBatch: ~Copyable, @unchecked Sendable {
    // @unchecked: noncopyable and sole owner of its memory, so handing it over hands everything over.

    package let definitions: [ColumnDefinition]
    /// The most rows that the batch holds.
    package let rowLimit: Int
    /// How many rows are committed.
    @usableFromInline package internal(set) var count = 0

    @usableFromInline let columnCount: Int
    /// Column by column, `rowLimit` words each.
    @usableFromInline let words: UnsafeMutableBufferPointer<Int64>
    /// Likewise; zero in every row behind the pending one.
    @usableFromInline let validity: UnsafeMutableBufferPointer<UInt8>
    /// For each column 1 when a cell of it may have been set since the batch was empty.
    @usableFromInline let used: UnsafeMutableBufferPointer<UInt8>
    private let dictionaries: UnsafeMutableBufferPointer<StringDictionary>
    /// Whether cells of the pending row may have been set.
    @usableFromInline var isPending = false

    package init(_ definitions: [ColumnDefinition], rowLimit: Int) {
        require(rowLimit > 0 && !definitions.isEmpty, "a batch has columns and room")
        self.definitions = definitions
        self.rowLimit = rowLimit
        columnCount = definitions.count
        unsafe words = Self.zeros(definitions.count * rowLimit)
        unsafe validity = Self.zeros(definitions.count * rowLimit)
        unsafe used = Self.zeros(definitions.count)
        unsafe dictionaries = .allocate(capacity: definitions.count)
        for column in definitions.indices {
            // Safe: one dictionary for each column, initialised once.
            unsafe dictionaries.initializeElement(at: column, to: StringDictionary())
        }
    }

    deinit {
        unsafe free(words.baseAddress)
        unsafe free(validity.baseAddress)
        unsafe free(used.baseAddress)
        // Safe: every element was initialised in `init`.
        _ = unsafe dictionaries.deinitialize()
        unsafe dictionaries.deallocate()
    }

    /// calloc: large memory comes from the system as zeros, page by page when it is first touched.
    @unsafe
    private static func zeros<Element: FixedWidthInteger & BitwiseCopyable>(
        _ count: Int
    ) -> UnsafeMutableBufferPointer<Element> {
        guard let memory = unsafe calloc(count, MemoryLayout<Element>.stride) else {
            fatalError("no memory for a batch of \(count) cells")
        }
        // Safe: calloc aligns for every type, and all bits zero is the integer 0.
        return unsafe UnsafeMutableBufferPointer(
            start: memory.assumingMemoryBound(to: Element.self), count: count)
    }

    package var isEmpty: Bool { count == 0 }
    package var isFull: Bool { count == rowLimit }

    /// What the committed rows take in memory, strings included.
    package var byteCount: Int {
        var total = 0
        for column in 0..<columnCount {
            // Safe: `column` is below the column count.
            unsafe total += Int(used[column]) * count * 9 + dictionaries[column].byteCount
        }
        return total
    }

    // MARK: Writing the pending row

    /// Starts a row: every cell of it is null until it is set.
    @inlinable
    package mutating func beginRow() {
        require(count < rowLimit, "the caller asks for room before it begins a row")
        if isPending { clearPendingRow() }
        isPending = true
    }

    @inlinable
    @inline(__always)
    package mutating func setWord(_ word: Int64, column: Int) {
        require(column >= 0 && column < columnCount && isPending, "a cell of a row that was begun")
        let cell = column &* rowLimit &+ count
        // Safe: just checked; the pending row is below the limit.
        unsafe words[cell] = word
        unsafe validity[cell] = 1
        unsafe used[column] = 1
    }

    @inlinable
    package mutating func setDouble(_ value: Double, column: Int) {
        setWord(Int64(bitPattern: value.bitPattern), column: column)
    }

    package mutating func setBytes(_ bytes: RawSpan, column: Int) {
        require(column < columnCount && isPending, "a cell of a row that was begun")
        // Safe: just checked; every column has a dictionary.
        let id = unsafe dictionaries[column].intern(bytes)
        setWord(Int64(id), column: column)
    }

    /// The id of `bytes` in a column's dictionary, for a string that many rows share; see `setWord`.
    package mutating func intern(_ bytes: RawSpan, column: Int) -> Int64 {
        require(column < columnCount && definitions[column].type.hasDictionary, "a column of strings")
        // Safe: just checked; every column has a dictionary.
        return unsafe Int64(dictionaries[column].intern(bytes))
    }

    package mutating func setString(_ string: String, column: Int) {
        setBytes(string.utf8Bytes, column: column)
    }

    /// Sets a cell of a row that is committed already, such as one that is worked out for many rows at a time.
    package mutating func setWord(_ word: Int64, row: Int, column: Int) {
        require(column >= 0 && column < columnCount && row >= 0 && row < count, "a cell of a committed row")
        let cell = column &* rowLimit &+ row
        // Safe: just checked.
        unsafe words[cell] = word
        unsafe validity[cell] = 1
        unsafe used[column] = 1
    }

    /// Sets the cells of committed rows from `first` on, as many as there are words; `defined` is 1 for a value and 0 for
    /// null.
    package mutating func setWords(_ newWords: Span<Int64>, defined: Span<UInt8>, from first: Int, column: Int) {
        require(
            column >= 0 && column < columnCount && first >= 0 && first + newWords.count <= count
                && newWords.count == defined.count, "cells of committed rows")
        let start = column &* rowLimit &+ first
        for index in newWords.indices {
            // Safe: just checked.
            unsafe words[start &+ index] = newWords[index]
            unsafe validity[start &+ index] = defined[index]
        }
        unsafe used[column] = 1
    }

    /// Makes the pending row a row of the batch.
    @inlinable
    package mutating func commitRow() {
        require(isPending, "a row is begun before it is committed")
        count += 1
        isPending = false
        if count & 7 == 0 { prefetch() }
    }

    /// Asks for the cache lines that the next rows but 8 will be written to, every 8 rows.
    ///
    /// So many columns are written side by side that the processor does not see the streams by itself.
    @usableFromInline
    func prefetch() {
        let row = count + 8
        guard row < rowLimit else { return }
        for column in 0..<columnCount where unsafe used[column] != 0 {
            let cell = column &* rowLimit &+ row
            // Safe: the cell is in the batch; nothing is read or written.
            unsafe prefetch_for_writing(words.baseAddress.map { unsafe $0 + cell })
            if row & 63 == 0 { unsafe prefetch_for_writing(validity.baseAddress.map { unsafe $0 + cell + 64 }) }
        }
    }

    /// Takes committed rows out again; `rows` ascend.
    ///
    /// The rows behind them move up. What stood in the dictionaries for them stays.
    package mutating func removeRows(_ rows: Span<UInt32>) {
        guard rows.count > 0 else { return }
        if isPending { clearPendingRow() }
        isPending = false
        var position = 0
        var target = Int(rows[0])
        for source in target..<count {
            if position < rows.count, Int(rows[position]) == source {
                position += 1
                continue
            }
            copyRow(source, to: target)
            target += 1
        }
        require(position == rows.count, "the rows to remove ascend and are rows of the batch")
        removeRows(from: target)
    }

    /// Takes the committed rows from `first` on out again.
    package mutating func removeRows(from first: Int) {
        require(first >= 0 && first <= count, "a row of the batch")
        if isPending { clearPendingRow() }
        isPending = false
        for column in 0..<columnCount where unsafe used[column] != 0 {
            // Safe: the rows that are no more, all below the limit.
            unsafe validity[(column * rowLimit + first)..<(column * rowLimit + count)].update(repeating: 0)
        }
        count = first
    }

    private func copyRow(_ source: Int, to target: Int) {
        for column in 0..<columnCount where unsafe used[column] != 0 {
            let (from, to) = (column * rowLimit + source, column * rowLimit + target)
            // Safe: both are rows of the batch, `target` before `source`.
            unsafe words[to] = unsafe words[from]
            unsafe validity[to] = unsafe validity[from]
        }
    }

    /// Empties the batch and keeps its memory.
    package mutating func removeAll() {
        for column in definitions.indices where unsafe used[column] != 0 {
            // Safe: the column's committed rows and the pending one, if there is room for one.
            let start = column * rowLimit
            unsafe validity[start..<start + min(count + 1, rowLimit)].update(repeating: 0)
            unsafe used[column] = 0
            if definitions[column].type.hasDictionary { unsafe dictionaries[column].removeAll() }
        }
        count = 0
        isPending = false
    }

    /// Mixes cell `column` of row `row` (the pending row is row `count`) into `fingerprint`.
    ///
    /// Strings go in by their bytes, so the result does not depend on ids; null differs from every value.
    package func combine(column: Int, row: Int, into fingerprint: inout Fingerprint) {
        require(column < columnCount && row <= count && row < rowLimit, "a cell lies in the batch")
        let cell = column &* rowLimit &+ row
        // Safe: just checked.
        guard unsafe validity[cell] != 0 else { return fingerprint.combine(0x6E75_6C6C_6E75_6C6C) }
        let word = unsafe words[cell]
        if definitions[column].type.hasDictionary {
            unsafe fingerprint.combine(dictionaries[column].identity(of: Int(word)))
        } else {
            fingerprint.combine(UInt64(bitPattern: word))
        }
    }

    // MARK: Reading

    /// Whether a cell of the column may have a value: when not, it is null in every row.
    package func mayHaveValues(_ column: Int) -> Bool {
        require(column >= 0 && column < columnCount, "a column of the batch")
        // Safe: just checked.
        return unsafe used[column] != 0
    }

    /// The words of a column, one for each committed row; those of null cells mean nothing.
    @_lifetime(borrow self)
    package func words(of column: Int) -> Span<Int64> {
        require(column < columnCount, "a column of the batch")
        // Safe: the column's words are initialised, and the span cannot outlive `self`.
        let slice = unsafe UnsafeBufferPointer(rebasing: words[(column * rowLimit)..<(column * rowLimit + count)])
        return unsafe _overrideLifetime(Span(_unsafeElements: slice), borrowing: self)
    }

    /// 1 for a value, 0 for null, one for each committed row.
    @_lifetime(borrow self)
    package func validity(of column: Int) -> Span<UInt8> {
        require(column < columnCount, "a column of the batch")
        // Safe: as in `words(of:)`.
        let slice = unsafe UnsafeBufferPointer(rebasing: validity[(column * rowLimit)..<(column * rowLimit + count)])
        return unsafe _overrideLifetime(Span(_unsafeElements: slice), borrowing: self)
    }

    /// The word of a cell, pending row included; nil for null.
    package func word(row: Int, column: Int) -> Int64? {
        require(column < columnCount && row <= count && row < rowLimit, "a cell lies in the batch")
        let cell = column &* rowLimit &+ row
        // Safe: just checked.
        return unsafe validity[cell] == 0 ? nil : words[cell]
    }

    /// Where the strings of a column begin in `dictionaryBytes(of:)`: one more than there are strings.
    @_lifetime(borrow self)
    package func dictionaryOffsets(of column: Int) -> Span<UInt32> {
        require(column < columnCount, "a column of the batch")
        // Safe: every column has a dictionary, and the span cannot outlive `self`, which owns it.
        return unsafe _overrideLifetime(dictionaries[column].offsets, borrowing: self)
    }

    @_lifetime(borrow self)
    package func dictionaryBytes(of column: Int) -> RawSpan {
        require(column < columnCount, "a column of the batch")
        // Safe: as in `dictionaryOffsets(of:)`.
        return unsafe _overrideLifetime(dictionaries[column].bytes, borrowing: self)
    }

    /// A cell's string, for people and for rare paths; nil for null.
    package func string(row: Int, column: Int) -> String? {
        guard definitions[column].type.hasDictionary, let id = word(row: row, column: column) else { return nil }
        let offsets = dictionaryOffsets(of: column)
        let bytes = dictionaryBytes(of: column)
            .extracting(Int(offsets[Int(id)])..<Int(offsets[Int(id) + 1]))
        return String(decoding: bytes)
    }

    /// Makes the cells of a row that was begun and not committed null again.
    @usableFromInline
    mutating func clearPendingRow() {
        for column in 0..<columnCount where unsafe used[column] != 0 {
            // Safe: row `count` is below the limit while a row is pending.
            unsafe validity[column &* rowLimit &+ count] = 0
        }
    }
}
