/// Rows as columns.
///
/// Every cell is one 64-bit word, whose meaning is the column's type, and one validity byte.
///
/// A row is written in place behind the last one, cell by cell, and counts only when it is committed; so a reading that
/// turns out to be refused or a duplicate halfway leaves no trace but strings in a dictionary. The memory doubles up to
/// the limit and is reused from then on. One word for every type keeps sorting, hashing and encoding free of cases.
@safe
package struct ColumnBatch: ~Copyable, @unchecked Sendable {
    // @unchecked: noncopyable and sole owner of its memory, so handing it over hands everything over.

    package let definitions: [ColumnDefinition]
    /// The most rows that the batch holds.
    package let rowLimit: Int
    /// How many rows are committed.
    package private(set) var count = 0

    /// 4096 rows: a stream that is quiet between two commits takes little memory.
    private static let initialCapacity = 4096

    private let columnCount: Int
    /// How many rows the memory holds now.
    private var capacity: Int
    private var words: UnsafeMutableBufferPointer<Int64>
    /// Zero in every row behind the pending one.
    private var validity: UnsafeMutableBufferPointer<UInt8>
    private let dictionaries: UnsafeMutableBufferPointer<StringDictionary>
    /// Whether cells of the pending row may have been set.
    private var isPending = false

    package init(_ definitions: [ColumnDefinition], rowLimit: Int) {
        require(rowLimit > 0 && !definitions.isEmpty, "a batch has columns and room")
        self.definitions = definitions
        self.rowLimit = rowLimit
        columnCount = definitions.count
        capacity = min(rowLimit, Self.initialCapacity)
        unsafe words = .allocate(capacity: definitions.count * capacity)
        unsafe validity = .allocate(capacity: definitions.count * capacity)
        unsafe dictionaries = .allocate(capacity: definitions.count)
        unsafe words.initialize(repeating: 0)
        unsafe validity.initialize(repeating: 0)
        for column in definitions.indices {
            // Safe: one dictionary for each column, initialised once.
            unsafe dictionaries.initializeElement(at: column, to: StringDictionary())
        }
    }

    deinit {
        unsafe words.deallocate()
        unsafe validity.deallocate()
        // Safe: every element was initialised in `init`.
        _ = unsafe dictionaries.deinitialize()
        unsafe dictionaries.deallocate()
    }

    package var isEmpty: Bool { count == 0 }
    package var isFull: Bool { count == rowLimit }

    /// What the committed rows take in memory, strings included.
    package var byteCount: Int {
        var total = count * columnCount * 9
        for column in 0..<columnCount {
            // Safe: `column` is below the column count.
            unsafe total += dictionaries[column].byteCount
        }
        return total
    }

    // MARK: Writing the pending row

    /// Starts a row: every cell of it is null until it is set.
    package mutating func beginRow() {
        require(count < rowLimit, "the caller asks for room before it begins a row")
        if isPending { clearPendingRow() }
        if count == capacity { grow() }
        isPending = true
    }

    package mutating func setWord(_ word: Int64, column: Int) {
        require(column < columnCount && isPending, "a cell of a row that was begun")
        let cell = column &* capacity &+ count
        // Safe: just checked.
        unsafe words[cell] = word
        unsafe validity[cell] = 1
    }

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

    /// Makes the pending row a row of the batch.
    package mutating func commitRow() {
        require(isPending, "a row is begun before it is committed")
        count += 1
        isPending = false
    }

    /// Empties the batch and keeps its memory.
    package mutating func removeAll() {
        for column in 0..<columnCount {
            // Safe: the column's committed rows and the pending one, if there is room for one.
            let start = column * capacity
            unsafe validity[start..<start + min(count + 1, capacity)].update(repeating: 0)
        }
        count = 0
        isPending = false
        for column in definitions.indices where definitions[column].type.hasDictionary {
            // Safe: `column` is below the column count.
            unsafe dictionaries[column].removeAll()
        }
    }

    /// Mixes cell `column` of row `row` (the pending row is row `count`) into `fingerprint`.
    ///
    /// Strings go in by their bytes, so the result does not depend on ids; null differs from every value.
    package func combine(column: Int, row: Int, into fingerprint: inout Fingerprint) {
        require(column < columnCount && row <= count && row < capacity, "a cell lies in the batch")
        let cell = column &* capacity &+ row
        // Safe: just checked.
        guard unsafe validity[cell] != 0 else { return fingerprint.combine(0x6E75_6C6C_6E75_6C6C) }
        let word = unsafe words[cell]
        if definitions[column].type.hasDictionary {
            unsafe fingerprint.combine(dictionaries[column].fingerprint(of: Int(word)))
        } else {
            fingerprint.combine(UInt64(bitPattern: word))
        }
    }

    // MARK: Reading

    /// The words of a column, one for each committed row; those of null cells mean nothing.
    @_lifetime(borrow self)
    package func words(of column: Int) -> Span<Int64> {
        require(column < columnCount, "a column of the batch")
        // Safe: the column's words are initialised, and the span cannot outlive `self`.
        let slice = unsafe UnsafeBufferPointer(rebasing: words[(column * capacity)..<(column * capacity + count)])
        return unsafe _overrideLifetime(Span(_unsafeElements: slice), borrowing: self)
    }

    /// 1 for a value, 0 for null, one for each committed row.
    @_lifetime(borrow self)
    package func validity(of column: Int) -> Span<UInt8> {
        require(column < columnCount, "a column of the batch")
        // Safe: as in `words(of:)`.
        let slice = unsafe UnsafeBufferPointer(rebasing: validity[(column * capacity)..<(column * capacity + count)])
        return unsafe _overrideLifetime(Span(_unsafeElements: slice), borrowing: self)
    }

    /// The word of a cell, pending row included; nil for null.
    package func word(row: Int, column: Int) -> Int64? {
        require(column < columnCount && row <= count && row < capacity, "a cell lies in the batch")
        let cell = column &* capacity &+ row
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
    private mutating func clearPendingRow() {
        var cell = count
        for _ in 0..<columnCount {
            // Safe: `cell` is row `count`, below the capacity, of a column below the column count.
            unsafe validity[cell] = 0
            cell &+= capacity
        }
    }

    private mutating func grow() {
        let grown = min(rowLimit, capacity * 2)
        let newWords = UnsafeMutableBufferPointer<Int64>.allocate(capacity: columnCount * grown)
        let newValidity = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: columnCount * grown)
        for column in 0..<columnCount {
            // Safe: the old columns hold `capacity` rows, the new ones more; what is behind is initialised too.
            let (from, to) = (column * capacity, column * grown)
            let rest = (to + capacity)..<(to + grown)
            _ = unsafe newWords[to...].update(fromContentsOf: words[from..<from + capacity])
            _ = unsafe newValidity[to...].update(fromContentsOf: validity[from..<from + capacity])
            unsafe newWords[rest].update(repeating: 0)
            unsafe newValidity[rest].update(repeating: 0)
        }
        unsafe words.deallocate()
        unsafe validity.deallocate()
        unsafe (words, validity) = (newWords, newValidity)
        capacity = grown
    }
}
