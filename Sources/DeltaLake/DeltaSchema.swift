/// The columns of a table, partition columns among them.
public struct DeltaSchema: Hashable, Sendable {
    /// The columns in order.
    public let columns: [DeltaColumn]

    /// A schema of these columns.
    public init(_ columns: [DeltaColumn]) {
        self.columns = columns
    }

    /// The column called `name`, exactly so written.
    public func column(_ name: String) -> DeltaColumn? {
        columns.first { $0.name == name }
    }

    /// This schema with nullable columns added at the end; files written before read as null there.
    ///
    /// - Throws: ``DeltaError/invalidTransaction(_:)`` when a name is taken or a column is not nullable.
    public func widened(by added: [DeltaColumn]) throws(DeltaError) -> DeltaSchema {
        let widened = DeltaSchema(columns + added)
        if let column = added.first(where: { !$0.isNullable }) {
            throw .invalidTransaction("column \(column.name) is added to a table and so must be nullable")
        }
        if let problem = widened.problem() { throw .invalidTransaction(problem) }
        return widened
    }

    /// This schema, changed as little as it takes for rows of `wanted` to be added: columns that it lacks come at the
    /// end, and columns that `wanted` lacks or leaves null may be null from then on.
    ///
    /// The order of columns does not matter, since files have names for them.
    /// - Throws: ``DeltaError/tableDiffers(_:)`` with a sentence for each column whose type is another one.
    public func fitted(to wanted: DeltaSchema) throws(DeltaError) -> DeltaSchema {
        var sentences: [String] = []
        let kept = columns.map { column in
            guard let other = wanted.column(column.name) else { return column.withNulls(true) }
            if !other.type.hasSameShape(as: column.type) {
                sentences.append("column \(column.name) is \(column.type) in the existing table, not \(other.type)")
            }
            return column.withNulls(column.isNullable || other.isNullable)
        }
        let added = wanted.columns.filter { column($0.name) == nil }
        for column in added where columns.contains(where: { $0.name.lowercased() == column.name.lowercased() }) {
            sentences.append("the existing table has a column \(column.name) in another case")
        }
        guard sentences.isEmpty else { throw .tableDiffers(sentences) }
        return DeltaSchema(kept + added.map { $0.withNulls(true) })
    }

    /// What makes the schema unusable for a table that this library writes; nil when nothing does.
    func problem() -> String? {
        columns.isEmpty ? "a table has at least one column" : Self.problem(in: columns, of: "")
    }

    private static func problem(in columns: [DeltaColumn], of parent: String) -> String? {
        var names: Set<String> = []
        for column in columns {
            let path = parent.isEmpty ? column.name : "\(parent).\(column.name)"
            guard !column.name.isEmpty else { return "a column\(parent.isEmpty ? "" : " of \(parent)") has no name" }
            // Without column mapping the names stand in the Parquet files, where Spark refuses these characters.
            if column.name.contains(where: { " ,;{}()\n\t=".contains($0) }) {
                return "the name of column \(path) has one of the characters space , ; { } ( ) = or a line break"
            }
            guard names.insert(column.name.lowercased()).inserted else {
                return "two columns are called \(path) (upper and lower case are the same)"
            }
            if let problem = problem(in: column.type, of: path) { return problem }
        }
        return nil
    }

    private static func problem(in type: DeltaType, of path: String) -> String? {
        switch type {
        case .decimal(let precision, let scale):
            guard (1...38).contains(precision), (0...precision).contains(scale) else {
                return "column \(path): \(type) has more than 38 digits or more of them behind the point than in all"
            }
            return nil
        case .structure(let columns):
            return columns.isEmpty ? "column \(path) is a struct without fields" : problem(in: columns, of: path)
        case .array(let element, _): return problem(in: element, of: path)
        case .map(let key, let value, _): return problem(in: key, of: path) ?? problem(in: value, of: path)
        default: return nil
        }
    }

    /// How `other` differs in names, order, types or nullability, as sentences; comments and other metadata may differ.
    ///
    /// With `allowsNulls`, a column may be null here that never is there.
    func differences(from other: DeltaSchema, allowsNulls: Bool = false) -> [String] {
        var sentences: [String] = []
        for column in columns where other.column(column.name) == nil {
            sentences.append("the existing table has no column \(column.name)")
        }
        for theirs in other.columns where self.column(theirs.name) == nil {
            sentences.append("the existing table also has a column \(theirs.name)")
        }
        for column in columns {
            guard let theirs = other.column(column.name) else { continue }
            if !column.type.hasSameShape(as: theirs.type) {
                sentences.append("column \(column.name) is \(theirs.type) in the existing table, not \(column.type)")
            } else if column.isNullable != theirs.isNullable, !(allowsNulls && column.isNullable) {
                let word = theirs.isNullable ? "may be" : "is never"
                sentences.append("column \(column.name) \(word) null in the existing table")
            }
        }
        if sentences.isEmpty, columns.map(\.name) != other.columns.map(\.name) {
            sentences.append("the existing table has the same columns in another order")
        }
        return sentences
    }
}

/// A column of a table or a field of a struct.
public struct DeltaColumn: Hashable, Sendable {
    /// The name.
    public let name: String
    /// The type of its values.
    public let type: DeltaType
    /// Whether values may be missing.
    public let isNullable: Bool
    /// What else the schema says of the column; the key `comment` holds a sentence for people.
    public var metadata: [String: MetadataValue]

    /// A column with an optional comment for people.
    public init(_ name: String, _ type: DeltaType, isNullable: Bool = true, comment: String? = nil) {
        self.init(name, type, isNullable: isNullable, metadata: comment.map { ["comment": .string($0)] } ?? [:])
    }

    /// A column with metadata of any kind.
    public init(_ name: String, _ type: DeltaType, isNullable: Bool, metadata: [String: MetadataValue]) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
        self.metadata = metadata
    }

    fileprivate func withNulls(_ isNullable: Bool) -> DeltaColumn {
        DeltaColumn(name, type, isNullable: isNullable, metadata: metadata)
    }

    /// What the column holds, for people.
    public var comment: String? {
        guard case .string(let comment) = metadata["comment"] else { return nil }
        return comment
    }
}

/// A JSON value in the metadata of a column, kept so that rewriting the schema loses nothing.
public enum MetadataValue: Hashable, Sendable {
    /// JSON null.
    case null
    /// True or false.
    case boolean(Bool)
    /// A number without fraction.
    case integer(Int64)
    /// A number with a fraction.
    case double(Double)
    /// Text.
    case string(String)
    /// A list.
    case array([MetadataValue])
    /// Named values.
    case object([String: MetadataValue])
}

extension DeltaType {
    /// Whether both types store the same values, whatever their fields' comments say.
    func hasSameShape(as other: DeltaType) -> Bool {
        switch (self, other) {
        case (.structure(let ours), .structure(let theirs)):
            ours.count == theirs.count
                && zip(ours, theirs).allSatisfy {
                    $0.name == $1.name && $0.isNullable == $1.isNullable && $0.type.hasSameShape(as: $1.type)
                }
        case (.array(let ours, let ourNull), .array(let theirs, let theirNull)):
            ourNull == theirNull && ours.hasSameShape(as: theirs)
        case (.map(let ourKey, let ours, let ourNull), .map(let theirKey, let theirs, let theirNull)):
            ourNull == theirNull && ourKey.hasSameShape(as: theirKey) && ours.hasSameShape(as: theirs)
        default: self == other
        }
    }
}
