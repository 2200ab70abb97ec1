/// What the log says about the rows of a file, so that readers can skip it.
public struct FileStatistics: Hashable, Sendable {
    /// The number of rows.
    public var recordCount: Int64
    /// Bounds and null counts, in the order of the schema; columns about which nothing is known are left out.
    public var columns: [ColumnStatistics]

    /// Statistics of a file.
    public init(recordCount: Int64, columns: [ColumnStatistics] = []) {
        self.recordCount = recordCount
        self.columns = columns
    }

    /// The statistics of a column of the table (not of a field in it).
    public func column(_ name: String) -> ColumnStatistics? {
        columns.first { $0.path == [name] }
    }

    /// The JSON text that goes into an `add` action: protocol, section "Per-file Statistics".
    ///
    /// The bounds in it hold for all values: timestamps, which have milliseconds there, are rounded down and up, long
    /// strings cut off and raised. Bounds that have no such text (NaN, infinity, bytes, years beyond 9999) are left
    /// out.
    public var text: String {
        var text = JSONText()
        text.object { text in
            text.member("numRecords", recordCount)
            text.name("minValues")
            text.tree(
                columns.compactMap { column in
                    column.minimum.flatMap(BoundText.lower).map { (column.path[...], $0) }
                })
            text.name("maxValues")
            text.tree(
                columns.compactMap { column in
                    column.maximum.flatMap(BoundText.upper).map { (column.path[...], $0) }
                })
            text.name("nullCount")
            text.tree(columns.compactMap { column in column.nullCount.map { (column.path[...], String($0)) } })
        }
        return text.string
    }
}

/// Bounds and null count of a column in a file.
public struct ColumnStatistics: Hashable, Sendable {
    /// The column's name, and for a field in a struct those of the fields down to it.
    public var path: [String]
    /// No value in the file is smaller.
    public var minimum: DeltaValue?
    /// No value in the file is larger.
    ///
    /// A column with NaN values has no maximum, since readers differ in where NaN sorts.
    public var maximum: DeltaValue?
    /// How many rows have no value.
    public var nullCount: Int64?

    /// Statistics of the column called `name`.
    public init(_ name: String, minimum: DeltaValue?, maximum: DeltaValue?, nullCount: Int64?) {
        self.init(path: [name], minimum: minimum, maximum: maximum, nullCount: nullCount)
    }

    /// Statistics of a column or of a field in a struct.
    public init(path: [String], minimum: DeltaValue?, maximum: DeltaValue?, nullCount: Int64?) {
        precondition(!path.isEmpty, "a column has a name")
        self.path = path
        self.minimum = minimum
        self.maximum = maximum
        self.nullCount = nullCount
    }
}

extension JSONText {
    /// Nested objects from paths and the JSON text at each; paths with the same first name share an object.
    fileprivate mutating func tree(_ leaves: [(path: ArraySlice<String>, token: String)]) {
        object { text in
            var written: Set<String> = []
            for leaf in leaves {
                guard let name = leaf.path.first, written.insert(name).inserted else { continue }
                text.name(name)
                if leaf.path.count == 1 {
                    text.token(leaf.token)
                } else {
                    text.tree(leaves.filter { $0.path.first == name }.map { ($0.path.dropFirst(), $0.token) })
                }
            }
        }
    }
}

/// The JSON text of a bound, rounded outwards; nil when there is none.
enum BoundText {
    /// As in Spark: longer strings make the log large and the bounds little better.
    static let maximumScalarCount = 32

    static func lower(_ value: DeltaValue) -> String? {
        switch value {
        case .timestamp(let microseconds):
            // Fewer digits are the time rounded down, before 1970 as well.
            return CalendarMoment(microseconds: microseconds).text(fractionDigits: 3).map { "\"\($0)\"" }
        case .string(let text): return quoted(String(text.unicodeScalars.prefix(maximumScalarCount)))
        default: return exact(value)
        }
    }

    static func upper(_ value: DeltaValue) -> String? {
        switch value {
        case .timestamp(let microseconds):
            let (raised, overflow) = microseconds.addingReportingOverflow(999)
            return overflow ? nil : lower(.timestamp(microseconds: raised))
        case .string(let text): return upperBound(of: text).map(quoted)
        default: return exact(value)
        }
    }

    private static func exact(_ value: DeltaValue) -> String? {
        switch value {
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .long(let value): String(value)
        case .double(let value): value.isFinite ? "\(value)" : nil
        // Parsers read numbers without a point as 64-bit integers at most.
        case .decimal(let unscaled, 0): Int64(exactly: unscaled).map { String($0) }
        case .decimal(let unscaled, let scale): decimalText(unscaled: unscaled, scale: scale)
        case .date(let days): CalendarDay(daysSince1970: Int(days)).text.map { "\"\($0)\"" }
        case .timestamp, .string, .binary: nil
        }
    }

    /// A text of limited length that sorts behind all texts with the same beginning, by code points and so by UTF-8.
    private static func upperBound(of text: String) -> String? {
        var scalars = Array(text.unicodeScalars.prefix(maximumScalarCount))
        guard text.unicodeScalars.dropFirst(maximumScalarCount).first != nil else { return text }
        while let last = scalars.popLast() {
            // The code points from D800 to DFFF are no characters.
            let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
            guard let raised = Unicode.Scalar(next) else { continue }
            scalars.append(raised)
            return String(String.UnicodeScalarView(scalars))
        }
        return nil
    }

    private static func quoted(_ text: String) -> String {
        var json = JSONText()
        json.string(text)
        return json.string
    }
}
