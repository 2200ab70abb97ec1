import Telemetry

extension TableLayout {
    /// Refused messages and readings, with their bytes, the reason and the place in them.
    package static let deadLetters = TableLayout(
        name: "dead_letters", description: "Messages and readings that were refused, with their bytes and the reason",
        columns: [
            ColumnDefinition("stream", .string, comment: "null when no stream takes the topic"),
            ColumnDefinition("topic", .string, isNullable: false),
            ColumnDefinition("reason", .string, isNullable: false, comment: "the code of the refusal"),
            ColumnDefinition("pointer", .string, comment: "JSON pointer (RFC 6901) to the value that was refused"),
            ColumnDefinition("byte_offset", .int64, comment: "where in the payload reading stopped, from 0"),
            ColumnDefinition("sentence", .string, isNullable: false, comment: "what is wrong, for people"),
            ColumnDefinition("payload", .binary, isNullable: false, comment: "the payload of the message as it came"),
            ColumnDefinition("schema_version", .string, comment: "the version of the schema that refused it"),
            ColumnDefinition("reading_index", .int32, comment: "which reading of the message, from 0; null for all"),
            ColumnDefinition("qos", .int32, isNullable: false, comment: "MQTT quality of service, 0-2"),
            ColumnDefinition("retained", .boolean, isNullable: false, comment: "whether the broker had kept it"),
            ColumnDefinition("told_version", .string, comment: "the schema version that the sender named beside it"),
        ] + traceColumns, timeColumn: DeadLetterColumn.ingestTime,
        sortColumns: [DeadLetterColumn.stream, DeadLetterColumn.reason, DeadLetterColumn.journalOffset])

    /// The proof that nothing is missing: `received = stored + duplicate + refused` in every row and every sum.
    package static let ledger = TableLayout(
        name: "ledger",
        description: "What became of every message: received = stored + duplicate + refused, per minute of arrival",
        columns: [
            ColumnDefinition("minute", .timestamp, isNullable: false, comment: "the minute of arrival"),
            ColumnDefinition("stream", .string, comment: "null when no stream takes the topic"),
            ColumnDefinition("messages", .int64, isNullable: false, comment: "MQTT messages"),
            ColumnDefinition(
                "received", .int64, isNullable: false,
                comment: "readings in these messages; a message that could not be taken apart counts as one"),
            ColumnDefinition("stored", .int64, isNullable: false, comment: "readings that are in the stream's table"),
            ColumnDefinition("duplicate", .int64, isNullable: false, comment: "readings seen before in the window"),
            ColumnDefinition("refused", .int64, isNullable: false, comment: "readings that are in dead_letters"),
            ColumnDefinition("first_offset", .int64, isNullable: false, comment: "the first message counted here"),
            ColumnDefinition("last_offset", .int64, isNullable: false, comment: "the last message counted here"),
            ColumnDefinition("lane", .string, isNullable: false, comment: "the lane through which they came"),
        ], timeColumn: 0, sortColumns: [0, 1])
}

/// The places of the columns of `dead_letters`.
enum DeadLetterColumn {
    static let stream = 0
    static let topic = 1
    static let reason = 2
    static let pointer = 3
    static let byteOffset = 4
    static let sentence = 5
    static let payload = 6
    static let schemaVersion = 7
    static let readingIndex = 8
    static let qualityOfService = 9
    static let retained = 10
    static let toldVersion = 11
    static let ingestTime = 12
    static let lane = 13
    static let journalOffset = 14
}
