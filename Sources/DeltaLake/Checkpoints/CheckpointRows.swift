import Parquet

/// The rows of one row group of a checkpoint, action by action.
///
/// Each action fills its columns from left to right, in the order of ``CheckpointSchema``; the others get nulls.
struct CheckpointRows {
    private var columns = CheckpointSchema.parquet.columns.map(CheckpointColumn.init)
    private(set) var count = 0
    /// The column that is filled next.
    private var next = 0

    private static let firstColumns: [String: Int] = Dictionary(
        CheckpointSchema.parquet.columns.enumerated().map { ($0.element.path.first ?? "", $0.offset) },
        uniquingKeysWith: { first, _ in first })

    mutating func append(_ tableProtocol: TableProtocol) {
        row(CheckpointSchema.protocolPrefix) { row in
            row.word(Int64(tableProtocol.minimumReaderVersion))
            row.word(Int64(tableProtocol.minimumWriterVersion))
            row.list(tableProtocol.minimumReaderVersion == 3 ? tableProtocol.readerFeatures : nil)
            row.list(tableProtocol.minimumWriterVersion == 7 ? tableProtocol.writerFeatures : nil)
        }
    }

    mutating func append(_ metadata: TableMetadata) {
        row(CheckpointSchema.metadataPrefix) { row in
            row.text(metadata.id)
            row.optionalText(metadata.name)
            row.optionalText(metadata.description)
            row.text("parquet")
            row.map([])
            row.text(metadata.schema.text)
            row.list(metadata.partitionColumns)
            row.map(Self.sorted(metadata.configuration))
            row.optionalWord(metadata.createdMilliseconds)
        }
    }

    mutating func append(_ transaction: ApplicationTransaction) {
        row(CheckpointSchema.transactionPrefix) { row in
            row.text(transaction.appId)
            row.word(transaction.version)
            row.optionalWord(transaction.lastUpdatedMilliseconds)
        }
    }

    mutating func append(_ file: AddFile) {
        row(CheckpointSchema.addPrefix) { row in
            row.text(PathEncoding.encode(file.path))
            row.map(file.partitionValues.map { ($0.column, $0.text) })
            row.word(file.byteCount)
            row.word(file.modificationMilliseconds)
            // A checkpoint changes nothing.
            row.word(0)
            row.optionalText(file.statisticsText)
            row.map(file.tags.isEmpty ? nil : Self.sorted(file.tags))
        }
    }

    mutating func append(_ file: RemoveFile) {
        let isExtended = file.partitionValues != nil && file.byteCount != nil
        row(CheckpointSchema.removePrefix) { row in
            row.text(PathEncoding.encode(file.path))
            row.optionalWord(file.deletionMilliseconds)
            row.word(0)
            row.optionalWord(isExtended ? 1 : nil)
            row.map(isExtended ? file.partitionValues?.map { ($0.column, $0.text) } : nil)
            row.optionalWord(isExtended ? file.byteCount : nil)
        }
    }

    /// Writes the rows as a row group and forgets them.
    mutating func write(to writer: inout ParquetWriter) throws(ParquetWriteError) {
        try writer.beginRowGroup(rowCount: count)
        for index in columns.indices {
            columns[index].pad(through: count)
            try columns[index].write(to: &writer)
            columns[index] = CheckpointColumn(columns[index].column)
        }
        count = 0
    }

    private static func sorted(_ texts: [String: String]) -> [(String, String?)] {
        texts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    // MARK: Fields

    private mutating func row(_ prefix: String, _ fill: (inout CheckpointRows) -> Void) {
        next = Self.firstColumns[prefix] ?? 0
        let first = next
        fill(&self)
        precondition(columns[first..<next].allSatisfy { $0.rowCount == count + 1 }, "an action fills all its columns")
        count += 1
    }

    private mutating func fill(_ body: (inout CheckpointColumn) -> Void) {
        columns[next].pad(through: count)
        body(&columns[next])
        next += 1
    }

    private mutating func word(_ value: Int64) { fill { $0.append(value) } }
    private mutating func text(_ value: String) { fill { $0.append(value) } }

    private mutating func optionalWord(_ value: Int64?) {
        fill { column in
            if let value { column.append(value) } else { column.appendNull(missing: 1) }
        }
    }

    private mutating func optionalText(_ value: String?) {
        fill { column in
            if let value { column.append(value) } else { column.appendNull(missing: 1) }
        }
    }

    private mutating func list(_ values: [String]?) {
        fill { column in
            for (index, value) in (values ?? []).enumerated() { column.append(value, repetition: index == 0 ? 0 : 1) }
            if values?.isEmpty ?? true { column.appendNull(missing: values == nil ? 2 : 1) }
        }
    }

    private mutating func map(_ entries: [(String, String?)]?) {
        // A value that may be null has one level more than its key.
        let extra = columns[next + 1].column.maximumDefinitionLevel - columns[next].column.maximumDefinitionLevel
        list(entries?.map(\.0))
        fill { column in
            for (index, entry) in (entries ?? []).enumerated() {
                let repetition = index == 0 ? 0 : 1
                if let value = entry.1 {
                    column.append(value, repetition: repetition)
                } else {
                    column.appendNull(missing: 1, repetition: repetition)
                }
            }
            if entries?.isEmpty ?? true { column.appendNull(missing: extra + (entries == nil ? 2 : 1)) }
        }
    }
}
