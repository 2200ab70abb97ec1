package import JSONSchema
package import Payloads
package import Telemetry

/// A stream's definition and schema, compiled: everything that the pipeline asks about the stream.
package struct StreamPlan: Sendable {
    /// A topic filter and how the payloads under it are read.
    package struct Source: Sendable {
        package let topicFilter: TopicFilter
        package let format: PayloadFormat
    }

    /// The columns that say where a reading was taken.
    package struct Place: Sendable {
        package let latitude: Int?
        package let longitude: Int?
        /// The column with the ward's code, where the payload carries one.
        package let ward: Int?
    }

    /// A property of the schema and its column, for documentation.
    package struct Property: Sendable {
        package let name: String
        package let column: Int
        package let text: String
        /// As in the schema's `unit`; empty without one.
        package let unit: String
        package let isRequired: Bool
    }

    /// What becomes of a property's value; fields, slots of the record schema and columns have the same order.
    struct Field: Sendable {
        let rule: CellRule
        let name: String
    }

    /// The name, which is also that of the table.
    package let name: String
    package let englishTitle: String
    package let vietnameseTitle: String
    package let sources: [Source]
    /// From the schema's file name: 1 for `v1.schema.json`.
    package let schemaVersion: Int
    package let schema: RecordSchema

    /// The table's columns: the schema's properties in its order, then `extra`, `ingest_time`, `lane`,
    /// `journal_offset`.
    package let columns: [ColumnDefinition]
    package let timeColumn: Int
    package let identity: ReadingIdentity
    /// How long, in microseconds, a reading with the same identity is a duplicate.
    package let duplicateWindow: Int64
    /// How far, in microseconds, a reading's time may be ahead of its arrival.
    package let futureLimit: Int64
    /// How far, in microseconds, a reading's time may lie behind its arrival.
    package let pastLimit: Int64
    package let place: Place
    /// The columns by which the rows of a segment are sorted.
    package let sortColumns: [Int]
    package let properties: [Property]

    let fields: [Field]

    /// JSON text of the members that the schema does not name; null when there are none.
    package var extraColumn: Int { fields.count }
    /// When the message came; the decoder leaves this and the next two columns to its caller.
    package var ingestTimeColumn: Int { fields.count + 1 }
    package var laneColumn: Int { fields.count + 2 }
    package var journalOffsetColumn: Int { fields.count + 3 }

    /// How a table is partitioned: by the day and the hour, UTC, of the reading's time (`EventTime.hoursSinceEpoch`).
    package static let partitionColumns = [
        ColumnDefinition("date", .date, isNullable: false, comment: "Day of the reading's time, UTC"),
        ColumnDefinition("hour", .int32, isNullable: false, comment: "Hour of the reading's time, UTC"),
    ]

    /// The columns behind those of the schema.
    static let traceColumns = [
        ColumnDefinition("extra", .string, comment: "JSON text of the members that the schema does not name"),
        ColumnDefinition("ingest_time", .timestamp, isNullable: false, comment: "When the message came"),
        ColumnDefinition("lane", .string, isNullable: false, comment: "Lane that received the message"),
        ColumnDefinition("journal_offset", .int64, isNullable: false, comment: "Number of the message in its lane"),
    ]
}
