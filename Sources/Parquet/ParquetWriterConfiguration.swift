/// By what the rows of every row group are sorted; the writer states it, the caller has to have done it.
public struct ParquetSortingColumn: Hashable, Sendable {
    /// The position of the column in the schema.
    public var columnIndex: Int
    /// Whether large values come first.
    public var isDescending: Bool
    /// Whether nulls come before all values.
    public var nullsFirst: Bool

    /// States an order by one column.
    public init(columnIndex: Int, isDescending: Bool = false, nullsFirst: Bool = false) {
        self.columnIndex = columnIndex
        self.isDescending = isDescending
        self.nullsFirst = nullsFirst
    }
}

/// How a ``ParquetWriter`` writes.
public struct ParquetWriterConfiguration: Hashable, Sendable {
    /// The zstd level, 1 (fast) to 22 (small).
    public var compressionLevel: Int
    /// The most rows in a page: what a reader can skip at once through the page index.
    public var pageRowCount: Int
    /// The most bytes of values in a page before compression; one longer value still gets its page.
    public var pageByteCount: Int
    /// The most bytes of a string that statistics keep as a bound.
    public var boundByteCount: Int
    /// The order that the caller gives the rows of every row group.
    public var sortingColumns: [ParquetSortingColumn]
    /// Who wrote the file, in the form `name version 1.2.3 (build n)` that readers take apart.
    public var createdBy: String

    /// Sets what differs from the defaults.
    public init(
        compressionLevel: Int = 1, pageRowCount: Int = 20_480, pageByteCount: Int = 1 << 20,
        boundByteCount: Int = 64, sortingColumns: [ParquetSortingColumn] = [],
        createdBy: String = "phusa version 0.1.0 (build 1)"
    ) {
        self.compressionLevel = compressionLevel
        self.pageRowCount = pageRowCount
        self.pageByteCount = pageByteCount
        self.boundByteCount = boundByteCount
        self.sortingColumns = sortingColumns
        self.createdBy = createdBy
    }

    /// Refuses settings that no file can follow.
    ///
    /// - Throws: ``ParquetWriteError/invalidConfiguration(_:)``
    func validate(for schema: ParquetSchema) throws(ParquetWriteError) {
        guard (1...22).contains(compressionLevel) else {
            throw .invalidConfiguration("compressionLevel must be within 1...22")
        }
        guard (1...(1 << 24)).contains(pageRowCount) else {
            throw .invalidConfiguration("pageRowCount must be within 1...\(1 << 24)")
        }
        guard (1...(1 << 28)).contains(pageByteCount) else {
            throw .invalidConfiguration("pageByteCount must be within 1...\(1 << 28)")
        }
        guard (8...(1 << 16)).contains(boundByteCount) else {
            throw .invalidConfiguration("boundByteCount must be within 8...\(1 << 16)")
        }
        for sorting in sortingColumns where !schema.columns.indices.contains(sorting.columnIndex) {
            throw .invalidConfiguration("sortingColumns names column \(sorting.columnIndex), which does not exist")
        }
    }
}
