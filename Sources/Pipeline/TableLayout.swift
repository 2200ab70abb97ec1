import DeltaLake
import Parquet
package import Telemetry

/// A table of the pipeline: its columns as the batch, the Parquet file and the Delta log each want them.
package struct TableLayout: Sendable {
    package let name: String
    package let description: String
    /// The columns of a segment; `date` and `hour` are not among them, because they lie in the path.
    package let columns: [ColumnDefinition]
    /// The column whose hour is the partition; never null.
    package let timeColumn: Int
    /// The order of rows in a segment.
    package let sortColumns: [Int]

    /// Into which folders rows go.
    package let partitioning: Partitioning
    /// What the rows mean, where their columns alone do not say it; a table keeps what it was made with.
    package let meaning: [String]
    /// The property of a table that keeps it, a part a line.
    package static let meaningProperty = "phusa.meaning"

    /// How much time the rows of a partition span.
    package enum Partitioning: Sendable {
        /// Columns `date` and `hour`: for readings and what is as many.
        case hour
        /// A column `date` only: for partials, of which a day has few.
        case day

        package var columns: [String] { self == .hour ? ["date", "hour"] : ["date"] }

        /// The first hour of the partition, since 1970-01-01T00:00:00Z, in which a time in microseconds lies.
        @inline(__always)
        func firstHour(of time: Int64) -> Int64 {
            self == .hour
                ? EventTime(microsecondsSinceEpoch: time).hoursSinceEpoch : floorDivide(time, 86_400_000_000) * 24
        }
    }

    /// The columns that say where a row came from, at the end of every table.
    package static let traceColumns = [
        ColumnDefinition(
            "ingest_time", .timestamp, isNullable: false, comment: "when the message arrived from the broker"),
        ColumnDefinition("lane", .string, isNullable: false, comment: "the lane through which the message came"),
        ColumnDefinition(
            "journal_offset", .int64, isNullable: false, comment: "the number of the message in its lane, from 1"),
    ]

    package init(
        name: String, description: String, columns: [ColumnDefinition], timeColumn: Int, sortColumns: [Int],
        partitioning: Partitioning = .hour, meaning: [String] = []
    ) {
        require(columns.indices.contains(timeColumn) && !columns[timeColumn].isNullable, "a table has a time")
        self.name = name
        self.description = description
        self.columns = columns
        self.timeColumn = timeColumn
        self.sortColumns = sortColumns
        self.partitioning = partitioning
        self.meaning = meaning
    }

    /// What another meaning has that this has not, and the other way round; nil when a table with `properties` is fit.
    func differences(from properties: [String: String]) -> String? {
        let known = properties[Self.meaningProperty]?.split(separator: "\n").map(String.init) ?? []
        guard known != meaning else { return nil }
        let (gone, new) = (known.filter { !meaning.contains($0) }, meaning.filter { !known.contains($0) })
        let parts = gone.map { "it was made with `\($0)`" } + new.map { "`\($0)` is new" }
        return parts.isEmpty ? "the order of its parts has changed" : parts.joined(separator: "; ")
    }

    func index(of column: String) -> Int {
        guard let index = columns.firstIndex(where: { $0.name == column }) else {
            fatalError("the table \(name) has a column \(column)")
        }
        return index
    }

    var parquetSchema: ParquetSchema { Self.parquetSchema(of: columns) }

    static func parquetSchema(of columns: [ColumnDefinition]) -> ParquetSchema {
        ParquetSchema(
            fields: columns.map { column in
                if let type = column.type.parquetType {
                    ParquetField(column.name, .value(type), isNullable: column.isNullable)
                } else {
                    .map(column.name, from: .int32, to: .int64)
                }
            })
    }

    var deltaSchema: DeltaSchema {
        let own = columns.map { column in
            DeltaColumn(
                column.name, column.type.deltaType, isNullable: column.isNullable,
                comment: column.comment.isEmpty ? nil : column.comment)
        }
        let time = columns[timeColumn].name
        let parts = [
            DeltaColumn("date", .date, isNullable: true, comment: "the day of \(time), UTC"),
            DeltaColumn("hour", .integer, isNullable: true, comment: "the hour of the day, 0-23, UTC"),
        ]
        return DeltaSchema(own + parts.prefix(partitioning.columns.count))
    }
}

extension ColumnType {
    /// Nil for counts, which are a map from bin to count.
    var parquetType: ParquetType? {
        switch self {
        case .boolean: .boolean
        case .int32: .int32
        case .int64: .int64
        case .double: .double
        case .decimal(let precision, let scale): .decimal(precision: precision, scale: scale)
        case .timestamp: .timestampMicros
        case .date: .date
        case .string: .string
        case .binary: .binary
        case .counts: nil
        }
    }

    var deltaType: DeltaType {
        switch self {
        case .boolean: .boolean
        case .int32: .integer
        case .int64: .long
        case .double: .double
        case .decimal(let precision, let scale): .decimal(precision: precision, scale: scale)
        case .timestamp: .timestamp
        case .date: .date
        case .string: .string
        case .binary: .binary
        case .counts: .map(key: .integer, value: .long, valueContainsNull: true)
        }
    }
}

extension ColumnDefinition {
    /// The column of a batch for one of a table; nil for a type that batches do not have.
    init?(_ column: DeltaColumn) {
        let type: ColumnType
        switch column.type {
        case .boolean: type = .boolean
        case .integer: type = .int32
        case .long: type = .int64
        case .double: type = .double
        case .decimal(let precision, let scale) where precision <= 18:
            type = .decimal(precision: precision, scale: scale)
        case .timestamp: type = .timestamp
        case .date: type = .date
        case .string: type = .string
        case .binary: type = .binary
        case .map(.integer, .long, _): type = .counts
        default: return nil
        }
        self.init(column.name, type, isNullable: column.isNullable)
    }
}
