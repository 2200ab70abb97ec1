import Parquet

/// Reads a classic checkpoint of any writer into the actions that it stands for.
///
/// Columns that this library does not know are not looked at; without files, nothing of `add` and `remove` is.
struct CheckpointDecoder {
    private let reader: ParquetReader
    private let readsFiles: Bool
    private var actions: [(line: Int, action: DeltaAction)] = []
    /// Rows of the row groups before.
    private var rowOffset = 0
    /// The last file's partition values: neighbours mostly have the same, which are then stored once.
    private var lastPartitionValues: [PartitionValue] = []

    /// The actions of the checkpoint `name`.
    ///
    /// - Throws: ``DeltaError/checkpointUnreadable(file:problem:)``
    static func decode(
        _ bytes: [UInt8], of name: String, readsFiles: Bool
    ) throws(DeltaError) -> [(line: Int, action: DeltaAction)] {
        let reader: ParquetReader
        do throws(ParquetReadError) {
            reader = try ParquetReader(bytes: bytes)
        } catch {
            throw .checkpointUnreadable(file: name, problem: "\(error)")
        }
        var decoder = CheckpointDecoder(reader, readsFiles: readsFiles)
        do throws(FieldProblem) {
            for group in reader.rowGroups.indices { try decoder.decode(CheckpointRowGroup(reader, group)) }
        } catch {
            throw .checkpointUnreadable(file: name, problem: error.sentence)
        }
        return decoder.actions
    }

    private init(_ reader: ParquetReader, readsFiles: Bool) {
        self.reader = reader
        self.readsFiles = readsFiles
        if readsFiles { actions.reserveCapacity(reader.rowCount) }
    }

    private mutating func decode(_ group: CheckpointRowGroup) throws(FieldProblem) {
        try decodeProtocol(group)
        try decodeMetadata(group)
        try decodeTransactions(group)
        if readsFiles {
            try decodeAdded(group)
            try decodeRemoved(group)
        }
        rowOffset += group.rowCount
    }

    private mutating func append(_ row: Int, _ action: DeltaAction) {
        actions.append((rowOffset + row + 1, action))
    }

    private mutating func decodeProtocol(_ group: CheckpointRowGroup) throws(FieldProblem) {
        guard let readers = try group.column("protocol.minReaderVersion") else { return }
        let writers = try group.required("protocol.minWriterVersion")
        let readerFeatures = try group.column("protocol.readerFeatures.list.element")
        let writerFeatures = try group.column("protocol.writerFeatures.list.element")
        for row in readers.presentRows {
            append(
                row,
                .tableProtocol(
                    TableProtocol(
                        minimumReaderVersion: Int(readers.word(row) ?? 0),
                        minimumWriterVersion: Int(try writers.requiredWord(row)),
                        readerFeatures: readerFeatures?.texts(row) ?? [],
                        writerFeatures: writerFeatures?.texts(row) ?? [])))
        }
    }

    private mutating func decodeMetadata(_ group: CheckpointRowGroup) throws(FieldProblem) {
        guard let ids = try group.column("metaData.id") else { return }
        let schemas = try group.required("metaData.schemaString")
        let names = try group.column("metaData.name")
        let descriptions = try group.column("metaData.description")
        let columns = try group.column("metaData.partitionColumns.list.element")
        let configurations = try group.map("metaData.configuration")
        let times = try group.column("metaData.createdTime")
        for row in ids.presentRows {
            var configuration: [String: String] = [:]
            for entry in configurations?.entries(row) ?? [] { configuration[entry.key] = entry.value }
            append(
                row,
                .metadata(
                    TableMetadata(
                        schema: try DeltaSchema(parsing: try schemas.requiredText(row)),
                        partitionColumns: columns?.texts(row) ?? [], name: names?.text(row),
                        description: descriptions?.text(row), configuration: configuration,
                        createdMilliseconds: times?.word(row), id: try ids.requiredText(row))))
        }
    }

    private mutating func decodeTransactions(_ group: CheckpointRowGroup) throws(FieldProblem) {
        guard let ids = try group.column("txn.appId") else { return }
        let versions = try group.required("txn.version")
        let times = try group.column("txn.lastUpdated")
        for row in ids.presentRows {
            append(
                row,
                .applicationTransaction(
                    ApplicationTransaction(
                        appId: try ids.requiredText(row), version: try versions.requiredWord(row),
                        lastUpdatedMilliseconds: times?.word(row))))
        }
    }

    private mutating func decodeAdded(_ group: CheckpointRowGroup) throws(FieldProblem) {
        guard let paths = try group.column("add.path") else { return }
        let values = try group.map("add.partitionValues")
        let sizes = try group.required("add.size")
        let times = try group.required("add.modificationTime")
        let statistics = try group.column("add.stats")
        let tags = try group.map("add.tags")
        let vectors = try group.column("add.deletionVector.storageType")
        for row in paths.presentRows {
            guard vectors?.text(row) == nil else {
                throw FieldProblem("an added file has a deletion vector, which this library cannot read")
            }
            var fileTags: [String: String] = [:]
            if let tags { for entry in tags.entries(row) { fileTags[entry.key] = entry.value } }
            append(
                row,
                .add(
                    AddFile(
                        path: try path(paths, row), partitionValues: partitionValues(values, row),
                        byteCount: try sizes.requiredWord(row),
                        modificationMilliseconds: try times.requiredWord(row), isDataChange: false,
                        statisticsText: statistics?.text(row), tags: fileTags)))
        }
    }

    private mutating func decodeRemoved(_ group: CheckpointRowGroup) throws(FieldProblem) {
        guard let paths = try group.column("remove.path") else { return }
        let values = try group.map("remove.partitionValues")
        let sizes = try group.column("remove.size")
        let times = try group.column("remove.deletionTimestamp")
        for row in paths.presentRows {
            let hasValues = values?.isPresent(row) ?? false
            append(
                row,
                .remove(
                    RemoveFile(
                        path: try path(paths, row), deletionMilliseconds: times?.word(row), isDataChange: false,
                        partitionValues: hasValues ? partitionValues(values, row) : nil, byteCount: sizes?.word(row))))
        }
    }

    private func path(_ column: CheckpointEntries, _ row: Int) throws(FieldProblem) -> String {
        let text = try column.requiredText(row)
        guard let path = PathEncoding.decode(text), !path.isEmpty else {
            throw FieldProblem("row \(rowOffset + row + 1) has no percent-encoded path: \(text)")
        }
        return path
    }

    private mutating func partitionValues(_ map: CheckpointMap?, _ row: Int) -> [PartitionValue] {
        let values = (map?.entries(row) ?? []).map { PartitionValue(column: $0.key, text: $0.value) }
        if values != lastPartitionValues { lastPartitionValues = values }
        return lastPartitionValues
    }
}
