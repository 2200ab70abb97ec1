import DeltaLake
import Parquet
import Telemetry

/// One Parquet file read back and held against what the log says about it.
struct SegmentCheck {
    private(set) var sentences: [String] = []
    private(set) var rowCount = 0

    private let file: AddFile
    private let snapshot: DeltaSnapshot

    init(_ file: AddFile, snapshot: DeltaSnapshot) {
        self.file = file
        self.snapshot = snapshot
    }

    mutating func fail(_ sentence: String) {
        sentences.append(sentence)
    }

    /// Checks the file with these bytes.
    mutating func run(_ bytes: [UInt8]) {
        if bytes.count != file.byteCount {
            fail("it has \(Format.count(bytes.count)) bytes, and the log says \(Format.count(Int(file.byteCount)))")
        }
        do throws(ParquetReadError) {
            let reader = try ParquetReader(bytes: bytes)
            rowCount = reader.rowCount
            checkSchema(reader.schema)
            let statistics = readStatistics()
            if let statistics, statistics.recordCount != rowCount {
                fail("it has \(Format.counted(rowCount, "row")), and the log says \(statistics.recordCount)")
            }
            var hasTimeInPartition = false
            var hasTime = false
            for (index, column) in reader.schema.columns.enumerated() {
                let values = try values(of: index, reader)
                checkNulls(values, column, statistics?.column(column.name))
                checkBounds(values, column, statistics?.column(column.name))
                if column.type == .timestampMicros, let least = values.least, let greatest = values.greatest {
                    hasTime = true
                    if lies(least, inPartitionWith: greatest) { hasTimeInPartition = true }
                }
            }
            if hasTime, !hasTimeInPartition, hoursOfPartition != nil {
                fail("no column of times lies in the hour of its partition")
            }
        } catch {
            fail("it is damaged: \(error)")
        }
    }

    private mutating func readStatistics() -> FileStatistics? {
        do throws(DeltaError) {
            return try file.statistics(schema: snapshot.schema)
        } catch {
            fail("its statistics in the log cannot be read: \(error)")
            return nil
        }
    }

    /// The columns of the file are those of the table without its partitions.
    private mutating func checkSchema(_ schema: ParquetSchema) {
        for field in schema.fields {
            guard let expected = snapshot.schema.column(field.name) else {
                fail("it has a column \(field.name), which the table has not")
                continue
            }
            if !field.stores(expected.type) {
                fail("the column \(field.name) is \(field.content), and \(expected.type) in the table")
            }
        }
        for column in snapshot.schema.columns where !snapshot.partitionColumns.contains(column.name) {
            // A column that came later is null in older files.
            if !schema.fields.contains(where: { $0.name == column.name }), !column.isNullable {
                fail("it has no column \(column.name), which is never null in the table")
            }
        }
    }

    /// All cells of a column, row group by row group, with the footer's own statistics checked on the way.
    private mutating func values(of index: Int, _ reader: ParquetReader) throws(ParquetReadError) -> ValueRange {
        var all = ValueRange()
        for group in reader.rowGroups.indices {
            let values = ValueRange(try reader.readColumn(index, rowGroup: group))
            if let footer = try reader.statistics(column: index, rowGroup: group) {
                let name = reader.schema.columns[index].name
                if let nullCount = footer.nullCount, nullCount != values.nullCount {
                    fail(
                        "row group \(group) has \(values.nullCount) nulls in \(name), and its footer says \(nullCount)")
                }
                if let least = values.least, let minimum = footer.minimum, least.isLess(than: minimum) ?? true {
                    fail("row group \(group) has \(CellText.text(least)) in \(name), below the minimum in its footer")
                }
                if let greatest = values.greatest, let maximum = footer.maximum, maximum.isLess(than: greatest) ?? true
                {
                    fail(
                        "row group \(group) has \(CellText.text(greatest)) in \(name), above the maximum in its footer")
                }
            }
            all.merge(values)
        }
        return all
    }

    private mutating func checkNulls(
        _ values: ValueRange, _ column: ParquetColumn, _ statistics: DeltaLake.ColumnStatistics?
    ) {
        if let nullCount = statistics?.nullCount, nullCount != values.nullCount {
            fail("the column \(column.name) has \(values.nullCount) nulls, and the log says \(nullCount)")
        }
        if values.nullCount > 0, snapshot.schema.column(column.name)?.isNullable == false {
            fail("the column \(column.name) has \(values.nullCount) nulls, and is never null in the table")
        }
    }

    private mutating func checkBounds(
        _ values: ValueRange, _ column: ParquetColumn, _ statistics: DeltaLake.ColumnStatistics?
    ) {
        if let minimum = statistics?.minimum {
            guard let least = values.least else {
                return fail("the column \(column.name) has no value, and the log knows its minimum")
            }
            if !Bound(minimum).isLowerBound(of: least) {
                fail("the smallest \(column.name) is \(CellText.text(least)), and the log says \(Bound(minimum).text)")
            }
        }
        if let maximum = statistics?.maximum {
            guard let greatest = values.greatest else {
                return fail("the column \(column.name) has no value, and the log knows its maximum")
            }
            if !Bound(maximum).isUpperBound(of: greatest) {
                fail(
                    "the largest \(column.name) is \(CellText.text(greatest)), and the log says \(Bound(maximum).text)")
            }
        }
    }

    // MARK: The partition

    /// The hours since the epoch of a partition by date, or by date and hour; nil for other partitions.
    private var hoursOfPartition: Range<Int64>? {
        guard let date = file.partitionText("date"),
            let day = TimePattern.iso.parse("\(date)T00:00:00Z", defaultOffsetSeconds: nil)?.hoursSinceEpoch
        else { return nil }
        guard snapshot.partitionColumns.contains("hour") else { return day..<day + 24 }
        guard let hour = file.partitionText("hour").flatMap({ Int64($0) }) else { return nil }
        return day + hour..<day + hour + 1
    }

    private func lies(_ least: ParquetValue, inPartitionWith greatest: ParquetValue) -> Bool {
        guard case .timestampMicros(let first) = least, case .timestampMicros(let last) = greatest else { return false }
        guard let hours = hoursOfPartition else { return false }
        return hours.contains(EventTime(microsecondsSinceEpoch: first).hoursSinceEpoch)
            && hours.contains(EventTime(microsecondsSinceEpoch: last).hoursSinceEpoch)
    }
}

extension ParquetField {
    /// Whether the field is how a Delta column of type `type` is stored.
    fileprivate func stores(_ type: DeltaType) -> Bool {
        switch (content, type) {
        case (.value(let own), _): own.stores(type)
        case (.map(let key, let value), .map(let tableKey, let tableValue, _)):
            key.stores(tableKey) && value.stores(tableValue)
        case (.list(let element), .array(let tableElement, _)): element.stores(tableElement)
        default: false
        }
    }
}

extension ParquetType {
    /// Whether a column of this type is how a Delta column of type `type` is stored.
    fileprivate func stores(_ type: DeltaType) -> Bool {
        switch (self, type) {
        case (.boolean, .boolean), (.int32, .integer), (.int64, .long), (.double, .double),
            (.timestampMicros, .timestamp),
            (.date, .date), (.string, .string), (.binary, .binary):
            true
        case (.decimal(let precision, let scale), .decimal(let tablePrecision, let tableScale)):
            precision == tablePrecision && scale == tableScale
        default: false
        }
    }
}
