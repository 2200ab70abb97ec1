package import JSONSchema
package import Payloads
package import Telemetry

/// A stream's definition and schema, compiled: everything that the pipeline asks about the stream.
package struct StreamPlan: Sendable {
    /// A topic filter and how the payloads under it are read.
    package struct Source: Sendable {
        package let topicFilter: TopicFilter
        package let format: PayloadFormat
        /// How records are made of the payloads; nil for those that the format gives by itself.
        package let mapping: RecordMapping?
        /// The kinds of events that are readings.
        package let events: EventSelection

        /// Whether the readings stand in the payload as they are.
        var isPlain: Bool { format == .json && mapping == nil }
    }

    /// A version of the schema and how its readings become rows.
    package struct Version: Sendable {
        package let version: SchemaVersion
        package let schema: RecordSchema
        /// What becomes of each field of the record schema.
        let cells: [Cell]
        let timeSlot: Int
        /// The field in which a reading tells the version, if the schema has it.
        let versionSlot: Int?
    }

    /// What becomes of a member's value, and where it goes.
    struct Cell: Sendable {
        let rule: CellRule
        let column: Int
    }

    /// The columns that say where a reading was taken.
    package struct Place: Sendable {
        package let latitude: Int?
        package let longitude: Int?
        /// The column with the ward's code, where the payload carries one.
        package let ward: Int?
        /// The columns that the pipeline fills from these; nil for a stream without a place.
        package let derived: DerivedPlace?
    }

    /// The columns that say to which areas a place belongs, the last of the table.
    package struct DerivedPlace: Sendable {
        /// The code of the ward in force on the day of the reading's time.
        package let area: Int
        package let neighbourhood: Int
        /// What became of the ward's code in the payload.
        package let agreement: Int

        static let columns = [
            ColumnDefinition("area", .string, comment: "Code of the ward in force on the day of the reading's time"),
            ColumnDefinition("neighbourhood", .string, comment: "Code of the neighbourhood, where one is known"),
            ColumnDefinition(
                "area_agreement", .string,
                comment: "What the location says of the ward's code in the payload; null when no areas were known"),
        ]

        init(firstColumn: Int) {
            (area, neighbourhood, agreement) = (firstColumn, firstColumn + 1, firstColumn + 2)
        }
    }

    /// A property of the schema and its column, for documentation.
    package struct Property: Sendable {
        package let name: String
        package let column: Int
        package let text: String
        /// As in the schema's `unit`; empty without one.
        package let unit: String
        package let isRequired: Bool
        /// The least and the greatest value that any version of the schema allows; nil where one has no limit.
        package let bounds: ClosedRange<Double>?
    }

    /// The name, which is also that of the table.
    package let name: String
    package let englishTitle: String
    package let vietnameseTitle: String
    package internal(set) var sources: [Source]
    /// The versions of the schema that messages may have, newest first; never empty.
    package let versions: [Version]
    /// The name of the member in which a reading tells its version, in UTF-8.
    var versionMember: [UInt8]?

    /// The table's columns: the properties of the newest schema in its order, those that only older ones have, then
    /// `extra`, `ingest_time`, `lane`, `journal_offset`, `schema_version`; with a place, then those of `DerivedPlace`.
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
    /// As they are written; who owns the rollups compiles them.
    package let rollups: [RollupDefinition]

    /// How many columns come from the schemas.
    let fieldCount: Int

    package var newestVersion: Version { versions[0] }

    /// The same stream with one source, whose payloads are of another format than the definition says.
    package func reading(_ format: PayloadFormat, _ rules: SourceRules = SourceRules()) -> StreamPlan {
        var plan = self
        plan.sources = [
            Source(
                topicFilter: sources[0].topicFilter, format: format, mapping: rules.mapping, events: rules.events)
        ]
        return plan
    }

    /// The newest version's.
    package var schema: RecordSchema { newestVersion.schema }

    /// JSON text of the members that the schema does not name; null when there are none.
    package var extraColumn: Int { fieldCount }
    /// When the message came; the decoder leaves this and the next two columns to its caller.
    package var ingestTimeColumn: Int { fieldCount + 1 }
    package var laneColumn: Int { fieldCount + 2 }
    package var journalOffsetColumn: Int { fieldCount + 3 }
    package var schemaVersionColumn: Int { fieldCount + 4 }

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
        ColumnDefinition(
            schemaVersionName, .string,
            comment: "Version of the schema: the one that the message told, else the newest that it satisfies"),
    ]
    static let schemaVersionName = "schema_version"

    /// The names, in small letters, that no property of a schema can have.
    package static let reservedColumnNames = traceColumns.map(\.name) + partitionColumns.map(\.name)
    /// Those that no property of a stream with a place can have besides.
    package static let reservedPlaceNames = DerivedPlace.columns.map(\.name)
}
