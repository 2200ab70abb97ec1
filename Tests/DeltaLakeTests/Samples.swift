import DeltaLake

/// What most tests need of a table.
enum Samples {
    static let schema = DeltaSchema([
        DeltaColumn("date", .date, isNullable: false),
        DeltaColumn("hour", .integer, isNullable: false),
        DeltaColumn("device", .string, comment: "pseudonym"),
        DeltaColumn("rsrp", .double),
    ])

    static func metadata(_ schema: DeltaSchema = schema) -> TableMetadata {
        TableMetadata(
            schema: schema, partitionColumns: ["date", "hour"], name: "coverage", createdMilliseconds: 1000,
            id: "5fba94ed-9794-4965-ba6e-6ee3c0d22af9")
    }

    static func table(in store: any LogStore, options: DeltaTable.Options = .init()) throws(DeltaError) -> DeltaTable {
        try DeltaTable(creating: metadata(), in: store, options: options, timestampMilliseconds: 1000)
    }

    static func file(_ name: String, rows: Int64 = 1) throws -> AddFile {
        AddFile(
            path: "date=2026-11-21/hour=8/\(name).parquet",
            partitionValues: [
                try PartitionValue("date", .date(days: 20_778)), try PartitionValue("hour", .integer(8)),
            ],
            byteCount: 100, modificationMilliseconds: 2000, statistics: FileStatistics(recordCount: rows))
    }

    static func append(_ names: String..., appId: String? = nil, version: Int64 = 0) throws -> DeltaTransaction {
        DeltaTransaction(
            adding: try names.map { try file($0) },
            applicationTransaction: appId.map { ApplicationTransaction(appId: $0, version: version) },
            timestampMilliseconds: 3000)
    }

    static let protocolLine = #"{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}"#
    static let metadataLine =
        #"{"metaData":{"id":"a","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\","#
        + #"\"fields\":[{\"name\":\"x\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}","#
        + #""partitionColumns":[],"configuration":{}}}"#
    static let firstCommit = "\(protocolLine)\n\(metadataLine)\n"

    static func addLine(_ path: String) -> String {
        #"{"add":{"path":"\#(path)","partitionValues":{},"size":1,"modificationTime":0,"dataChange":true}}"#
    }
}
