public import JSONDocument

/// A schema together with the members of a record that a reader wants: the fields.
///
/// Most records are flat objects of scalars; for those a table of checks runs, in one pass that predicts the order of
/// the members from the record before. For any other schema the general program runs and the fields are looked up.
/// Both give the same verdict.
public struct RecordSchema: Sendable {
    /// The fields, in the order of their slots.
    public let fields: [JSONPointer]
    let program: SchemaProgram
    private(set) var flat: FlatProgram?
    let absent: [(pointer: JSONPointer, values: [JSONTree])]
    /// The first steps of all fields; other members are extra.
    let fieldNames: NameTable
    /// Slots of fields that lie deeper than the record's own members.
    let nestedSlots: [Int]

    /// Prepares a schema for records.
    ///
    /// - Parameters:
    ///   - schema: the compiled schema; compile it with `assertsFormat` if formats should be checked.
    ///   - fields: the members whose places are wanted, by their pointers from the record: `/rsrp`, `/place/lat`.
    ///   - absent: for members, the values that mean "no value"; such a member counts as not there, before any check.
    ///     Numbers count by value (`-200` is also `-200.0`), and arrays, objects and booleans never.
    public init(_ schema: CompiledSchema, fields: [JSONPointer], absent: [JSONPointer: [JSONTree]] = [:]) {
        self.fields = fields
        program = schema.program
        let absent = absent.mapValues { values in values.filter(Self.isSentinel) }.filter { !$0.value.isEmpty }
        self.absent = absent.map { ($0.key, $0.value) }.sorted { $0.pointer.description < $1.pointer.description }
        flat = FlatProgram(program, fields: fields, absent: absent)
        var names: [String] = []
        for case let name? in fields.map(\.tokens.first) where !names.contains(name) { names.append(name) }
        fieldNames = NameTable(names)
        nestedSlots = fields.indices.filter { fields[$0].tokens.count != 1 }
    }

    /// The same schema for the general program alone, which tests and benchmarks compare.
    package var withoutFlatPath: RecordSchema {
        var copy = self
        copy.flat = nil
        return copy
    }

    /// Whether the fast table of checks is in use.
    public var isFlat: Bool { flat != nil }

    private static func isSentinel(_ tree: JSONTree) -> Bool {
        switch tree {
        case .integer, .unsigned, .double, .string: true
        case .null, .bool, .array, .object: false
        }
    }
}
