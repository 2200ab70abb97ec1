import Parquet

/// The columns of a checkpoint: one group for each kind of action, of which every row has one.
///
/// Protocol, section "Checkpoint Schema". Nullability is that of other writers, so that readers which insist on it are
/// content.
enum CheckpointSchema {
    static let addPrefix = "add"
    static let removePrefix = "remove"
    static let metadataPrefix = "metaData"
    static let protocolPrefix = "protocol"
    static let transactionPrefix = "txn"

    static let parquet = ParquetSchema(fields: [
        group(
            addPrefix,
            [
                value("path", .string), map("partitionValues", isNullable: false), value("size", .int64),
                value("modificationTime", .int64), value("dataChange", .boolean),
                value("stats", .string, isNullable: true), map("tags", isNullable: true),
            ]),
        group(
            removePrefix,
            [
                value("path", .string), value("deletionTimestamp", .int64, isNullable: true),
                value("dataChange", .boolean), value("extendedFileMetadata", .boolean, isNullable: true),
                map("partitionValues", isNullable: true), value("size", .int64, isNullable: true),
            ]),
        group(
            metadataPrefix,
            [
                value("id", .string), value("name", .string, isNullable: true),
                value("description", .string, isNullable: true),
                ParquetField(
                    "format",
                    .group([value("provider", .string), map("options", isNullable: false, hasNullValues: false)]),
                    isNullable: false),
                value("schemaString", .string), list("partitionColumns", isNullable: false),
                map("configuration", isNullable: false, hasNullValues: false),
                value("createdTime", .int64, isNullable: true),
            ]),
        group(
            protocolPrefix,
            [
                value("minReaderVersion", .int32), value("minWriterVersion", .int32),
                list("readerFeatures", isNullable: true), list("writerFeatures", isNullable: true),
            ]),
        group(
            transactionPrefix,
            [value("appId", .string), value("version", .int64), value("lastUpdated", .int64, isNullable: true)]),
    ])

    private static func group(_ name: String, _ fields: [ParquetField]) -> ParquetField {
        ParquetField(name, .group(fields), isNullable: true)
    }

    private static func value(_ name: String, _ type: ParquetType, isNullable: Bool = false) -> ParquetField {
        ParquetField(name, .value(type), isNullable: isNullable)
    }

    private static func map(_ name: String, isNullable: Bool, hasNullValues: Bool = true) -> ParquetField {
        let value = ParquetField("value", .value(.string), isNullable: hasNullValues)
        return ParquetField(name, .map(key: .string, value: value), isNullable: isNullable)
    }

    private static func list(_ name: String, isNullable: Bool) -> ParquetField {
        let element = ParquetField("element", .value(.string), isNullable: false)
        return ParquetField(name, .list(element: element), isNullable: isNullable)
    }
}
