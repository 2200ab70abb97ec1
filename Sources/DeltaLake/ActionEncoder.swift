/// Writes actions as lines of a commit file, as the protocol's section "Actions" says.
enum ActionEncoder {
    static func encode(_ actions: [DeltaAction]) -> [UInt8] {
        var text = JSONText()
        for action in actions {
            text.object { text in
                switch action {
                case .commitInfo(let info): text.commitInfo(info)
                case .tableProtocol(let tableProtocol): text.tableProtocol(tableProtocol)
                case .metadata(let metadata): text.metadata(metadata)
                case .add(let file): text.add(file)
                case .remove(let file): text.remove(file)
                case .applicationTransaction(let transaction): text.applicationTransaction(transaction)
                }
            }
            text.endLine()
        }
        return text.bytes
    }
}

extension JSONText {
    fileprivate mutating func commitInfo(_ info: CommitInfo) {
        name("commitInfo")
        object { text in
            if let timestamp = info.timestampMilliseconds { text.member("timestamp", timestamp) }
            if let operation = info.operation { text.member("operation", operation) }
            text.member("operationParameters", info.operationParameters)
            if let isBlindAppend = info.isBlindAppend { text.member("isBlindAppend", isBlindAppend) }
            text.member("operationMetrics", info.operationMetrics)
            if let engineInfo = info.engineInfo { text.member("engineInfo", engineInfo) }
        }
    }

    fileprivate mutating func tableProtocol(_ tableProtocol: TableProtocol) {
        name("protocol")
        object { text in
            text.member("minReaderVersion", Int64(tableProtocol.minimumReaderVersion))
            text.member("minWriterVersion", Int64(tableProtocol.minimumWriterVersion))
            // The lists exist only with these versions, and then also when they are empty.
            if tableProtocol.minimumReaderVersion == 3 { text.names("readerFeatures", tableProtocol.readerFeatures) }
            if tableProtocol.minimumWriterVersion == 7 { text.names("writerFeatures", tableProtocol.writerFeatures) }
        }
    }

    fileprivate mutating func metadata(_ metadata: TableMetadata) {
        name("metaData")
        object { text in
            text.member("id", metadata.id)
            if let name = metadata.name { text.member("name", name) }
            if let description = metadata.description { text.member("description", description) }
            text.name("format")
            text.object { text in
                text.member("provider", "parquet")
                text.member("options", [:])
            }
            text.member("schemaString", metadata.schema.text)
            text.names("partitionColumns", metadata.partitionColumns)
            text.member("configuration", metadata.configuration)
            if let created = metadata.createdMilliseconds { text.member("createdTime", created) }
        }
    }

    fileprivate mutating func add(_ file: AddFile) {
        name("add")
        object { text in
            text.member("path", PathEncoding.encode(file.path))
            text.partitionValues(file.partitionValues)
            text.member("size", file.byteCount)
            text.member("modificationTime", file.modificationMilliseconds)
            text.member("dataChange", file.isDataChange)
            if let statistics = file.statisticsText { text.member("stats", statistics) }
            if !file.tags.isEmpty { text.member("tags", file.tags) }
        }
    }

    fileprivate mutating func remove(_ file: RemoveFile) {
        name("remove")
        object { text in
            text.member("path", PathEncoding.encode(file.path))
            if let deletion = file.deletionMilliseconds { text.member("deletionTimestamp", deletion) }
            text.member("dataChange", file.isDataChange)
            if let values = file.partitionValues, let byteCount = file.byteCount {
                text.member("extendedFileMetadata", true)
                text.partitionValues(values)
                text.member("size", byteCount)
            }
        }
    }

    fileprivate mutating func applicationTransaction(_ transaction: ApplicationTransaction) {
        name("txn")
        object { text in
            text.member("appId", transaction.appId)
            text.member("version", transaction.version)
            if let updated = transaction.lastUpdatedMilliseconds { text.member("lastUpdated", updated) }
        }
    }

    private mutating func partitionValues(_ values: [PartitionValue]) {
        name("partitionValues")
        object { text in
            for value in values {
                text.name(value.column)
                if let valueText = value.text { text.string(valueText) } else { text.null() }
            }
        }
    }

    private mutating func names(_ name: String, _ names: [String]) {
        self.name(name)
        array { text in
            for name in names { text.string(name) }
        }
    }
}
