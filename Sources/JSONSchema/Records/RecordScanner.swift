/// Checks the plainest records straight from their text, in one pass and without a document.
///
/// It takes flat objects whose members are all fields and whose strings are ASCII without escapes, as devices write
/// them nearly always. What it takes is valid, and a document would give the same values. Whatever else it meets,
/// valid or not, it leaves to the parser and the ``RecordValidator``. Each thread needs its own.
public struct RecordScanner: ~Copyable, Sendable {
    /// So many bytes behind a text must be readable.
    public static let paddingByteCount = 64

    private let isUsable: Bool
    private let flat: FlatProgram
    private var order: MemberOrder

    /// A scanner for a schema; for one that is no flat object it takes nothing.
    public init(_ schema: RecordSchema) {
        flat = schema.flat ?? FlatProgram()
        isUsable = schema.isFlat && flat.names.allNames.allSatisfy(Self.standsAsItIs)
        order = MemberOrder(nameCount: flat.names.count)
    }

    /// Whether a name can only be written as itself, but for escapes that nobody needs.
    private static func standsAsItIs(_ name: String) -> Bool {
        name.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }

    /// Reads the record that the bytes `range` of `buffer` are.
    ///
    /// - Parameters:
    ///   - buffer: has at least ``paddingByteCount`` bytes behind `range`; what they are does not matter.
    ///   - range: the text.
    ///   - values: gets the fields that are there and not `null`, in the order of the text; it has room for all fields.
    /// - Returns: how many values there are, or nil when the record is not as plain, or not valid.
    public mutating func scan(
        _ buffer: RawSpan, _ range: Range<Int>, into values: inout MutableSpan<ScannedValue>
    ) -> Int? {
        guard isUsable, !range.isEmpty else { return nil }
        precondition(range.upperBound + Self.paddingByteCount <= buffer.byteCount, "bytes follow the text")
        return flat.scan(buffer, range, order: &order, values: &values)
    }
}
