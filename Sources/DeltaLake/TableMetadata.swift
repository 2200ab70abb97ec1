/// Schema, partitioning and properties of a table: the `metaData` action.
public struct TableMetadata: Hashable, Sendable {
    /// The table's id, a UUID that never changes.
    public let id: String
    /// The table's name, for people.
    public var name: String?
    /// What the table holds, for people.
    public var description: String?
    /// The columns.
    public var schema: DeltaSchema
    /// The columns by which the files are partitioned, in order.
    public let partitionColumns: [String]
    /// The table's properties, such as `delta.appendOnly`.
    public var configuration: [String: String]
    /// When the metadata was written, in milliseconds since 1970-01-01T00:00:00Z.
    public var createdMilliseconds: Int64?

    /// Metadata of a new table.
    public init(
        schema: DeltaSchema, partitionColumns: [String] = [], name: String? = nil, description: String? = nil,
        configuration: [String: String] = [:], createdMilliseconds: Int64? = nil, id: String = randomTableID()
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.schema = schema
        self.partitionColumns = partitionColumns
        self.configuration = configuration
        self.createdMilliseconds = createdMilliseconds
    }

    /// Whether files may only be added.
    public var isAppendOnly: Bool { configuration["delta.appendOnly"]?.lowercased() == "true" }

    /// What makes the metadata unusable for a table that this library writes; nil when nothing does.
    func problem() -> String? {
        if let problem = schema.problem() { return problem }
        for name in partitionColumns {
            guard let column = schema.column(name) else { return "the schema has no partition column \(name)" }
            if column.type.isNested { return "partition column \(name) is \(column.type); it must be one value" }
        }
        if Set(partitionColumns).count != partitionColumns.count { return "a partition column is named twice" }
        if partitionColumns.count >= schema.columns.count {
            return "at least one column must not be a partition column"
        }
        return nil
    }

    /// What keeps this from following `previous`: the id and partitioning stay, columns stay, may become nullable, and
    /// are only added.
    func problem(following previous: TableMetadata) -> String? {
        if let problem = problem() { return problem }
        if id != previous.id { return "the id of a table never changes" }
        if partitionColumns != previous.partitionColumns { return "the partition columns of a table never change" }
        let kept = DeltaSchema(Array(schema.columns.prefix(previous.schema.columns.count)))
        if let difference = kept.differences(from: previous.schema, allowsNulls: true).first {
            return "columns can only be added at the end: \(difference)"
        }
        let added = schema.columns.dropFirst(previous.schema.columns.count)
        if let column = added.first(where: { !$0.isNullable }) {
            return "column \(column.name) is added to a table and so must be nullable"
        }
        return nil
    }

    /// How a table with this metadata differs from one with `other`; comments, name and properties may differ.
    func differences(from other: TableMetadata) -> [String] {
        var sentences = schema.differences(from: other.schema)
        if partitionColumns != other.partitionColumns {
            let theirs = other.partitionColumns.joined(separator: ", ")
            let ours = partitionColumns.joined(separator: ", ")
            sentences.append("the existing table is partitioned by (\(theirs)), not by (\(ours))")
        }
        return sentences
    }

    /// A random UUID (version 4) as text.
    public static func randomTableID() -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        var text: [UInt8] = []
        for (position, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(position) { text.append(UInt8(ascii: "-")) }
            text.append(hexadecimalDigit(byte >> 4, uppercase: false))
            text.append(hexadecimalDigit(byte & 15, uppercase: false))
        }
        return String(decoding: text, as: UTF8.self)
    }
}
