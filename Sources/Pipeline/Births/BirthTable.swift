import Telemetry

extension TableLayout {
    /// Sparkplug's birth and death certificates: what later messages can only be read with.
    package static let sparkplugBirths = TableLayout(
        name: "sparkplug_births",
        description: "Sparkplug's birth and death certificates, with which later messages of an edge node are read",
        columns: [
            ColumnDefinition("edge", .string, isNullable: false, comment: "group/edge node, or group/edge node/device"),
            ColumnDefinition("event", .string, isNullable: false, comment: "birth or death"),
            ColumnDefinition("topic", .string, isNullable: false),
            ColumnDefinition("payload", .binary, isNullable: false, comment: "the certificate as it came"),
        ] + traceColumns, timeColumn: BirthColumn.ingestTime, sortColumns: [BirthColumn.journalOffset])
}

/// The places of the columns of `sparkplug_births`.
enum BirthColumn {
    static let edge = 0
    static let event = 1
    static let topic = 2
    static let payload = 3
    static let ingestTime = 4
    static let lane = 5
    static let journalOffset = 6
}

/// What a certificate says, as it stands in `sparkplug_births.event`.
enum BirthEvent: String {
    case birth
    case death
}
