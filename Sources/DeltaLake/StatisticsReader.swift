import JSONDocument

/// Reads the statistics text of an `add` action against the table's schema.
///
/// Columns that the schema does not have are passed over. What others wrote is rounded outwards where its text may
/// have lost digits, so that the bounds hold: timestamps without microseconds and decimals beyond 15 digits.
struct StatisticsReader {
    /// Where the values of a level of the schema stand in the document; nil where there are none.
    private struct Level {
        var minimums: Int?
        var maximums: Int?
        var nullCounts: Int?

        var isEmpty: Bool { minimums == nil && maximums == nil && nullCounts == nil }
    }

    private var columns: [ColumnStatistics] = []
    /// With wide bounds (a file with deleted rows): its rows, since only the null counts 0 and "all" say something.
    private var wideRecordCount: Int64?

    static func read(_ text: String, schema: DeltaSchema) throws(FieldProblem) -> FileStatistics? {
        var parser = JSONParser(limits: JSONLimits(maximumDepth: 128, maximumByteCount: 64 << 20), capacity: 4096)
        do {
            return try read(try parser.parse(text), schema: schema)
        } catch let error as FieldProblem {
            throw error
        } catch {
            throw FieldProblem("the statistics are not JSON: \(error)")
        }
    }

    private static func read(
        _ document: borrowing JSONDocument, schema: DeltaSchema
    ) throws(FieldProblem) -> FileStatistics? {
        let root = document.root
        guard document.kind(at: root) == .object else { throw FieldProblem("the statistics are not an object") }
        guard let recordCount = try document.optionalInteger("numRecords", of: root, in: "the statistics") else {
            return nil
        }
        var reader = StatisticsReader()
        let isTight = try document.optionalBool("tightBounds", of: root, in: "the statistics") ?? true
        reader.wideRecordCount = isTight ? nil : recordCount
        let level = Level(
            minimums: try document.optional("minValues", .object, of: root, in: "the statistics"),
            maximums: try document.optional("maxValues", .object, of: root, in: "the statistics"),
            nullCounts: try document.optional("nullCount", .object, of: root, in: "the statistics"))
        try reader.read(schema.columns, below: [], at: level, of: document)
        return FileStatistics(recordCount: recordCount, columns: reader.columns)
    }

    private mutating func read(
        _ fields: [DeltaColumn], below parent: [String], at level: Level, of document: borrowing JSONDocument
    ) throws(FieldProblem) {
        for field in fields {
            var inner = Level()
            if let minimums = level.minimums { inner.minimums = document.optional(field.name, of: minimums) }
            if let maximums = level.maximums { inner.maximums = document.optional(field.name, of: maximums) }
            if let nullCounts = level.nullCounts { inner.nullCounts = document.optional(field.name, of: nullCounts) }
            if inner.isEmpty { continue }
            let path = parent + [field.name]
            if case .structure(let fields) = field.type {
                try read(fields, below: path, at: inner, of: document)
            } else {
                try readColumn(field.type, path, at: inner, of: document)
            }
        }
    }

    private mutating func readColumn(
        _ type: DeltaType, _ path: [String], at level: Level, of document: borrowing JSONDocument
    ) throws(FieldProblem) {
        var column = ColumnStatistics(path: path, minimum: nil, maximum: nil, nullCount: nil)
        let name = path.joined(separator: ".")
        if let index = level.minimums {
            column.minimum = try Self.bound(at: index, of: document, as: type, rounding: .down, name)
        }
        if let index = level.maximums {
            column.maximum = try Self.bound(at: index, of: document, as: type, rounding: .up, name)
        }
        if let index = level.nullCounts {
            guard let count = document.wholeNumber(at: index) else {
                throw FieldProblem("nullCount of \(name) is not a whole number")
            }
            if wideRecordCount == nil || count == 0 || count == wideRecordCount { column.nullCount = count }
        }
        columns.append(column)
    }

    /// The value at `index`, nil for types that have no bounds; `rounding` says for which side the bound stands.
    private static func bound(
        at index: Int, of document: borrowing JSONDocument, as type: DeltaType, rounding: Rounding, _ name: String
    ) throws(FieldProblem) -> DeltaValue? {
        let found: DeltaValue?
        switch type {
        case .boolean: found = document.bool(at: index).map { .boolean($0) }
        case .byte, .short, .integer:
            found = document.wholeNumber(at: index).flatMap { Int32(exactly: $0) }.map { .integer($0) }
        case .long: found = document.wholeNumber(at: index).map { .long($0) }
        case .float, .double:
            // Some writers quote these; as bounds they say nothing.
            if document.kind(at: index) == .string { return nil }
            found = document.number(at: index).map { .double($0) }
        case .decimal(_, let scale):
            found = decimal(at: index, of: document, scale: scale, rounding: rounding)
        case .timestamp:
            guard document.kind(at: index) == .string else { throw wrongBound(name, type) }
            found = CalendarMoment.parse(document.string(at: index)).map { moment, fractionDigits in
                var lost: Int64 = rounding == .up ? 999_999 : 0
                for _ in 0..<min(fractionDigits, 6) { lost /= 10 }
                return .timestamp(microseconds: moment.microseconds + lost)
            }
        case .date:
            guard document.kind(at: index) == .string else { throw wrongBound(name, type) }
            found = CalendarDay(document.string(at: index)[...].utf8).map { .date(days: Int32($0.daysSince1970)) }
        case .string: found = document.kind(at: index) == .string ? .string(document.string(at: index)) : nil
        case .binary, .structure, .array, .map: return nil
        }
        guard let found else { throw wrongBound(name, type) }
        return found
    }

    private static func wrongBound(_ name: String, _ type: DeltaType) -> FieldProblem {
        FieldProblem("a bound of column \(name) is no \(type)")
    }

    private static func decimal(
        at index: Int, of document: borrowing JSONDocument, scale: Int, rounding: Rounding
    ) -> DeltaValue? {
        let text: String
        switch document.kind(at: index) {
        case .integer: text = String(document.int64(at: index))
        case .unsigned: text = String(document.uint64(at: index))
        case .string: text = document.string(at: index)
        case .double:
            let number = document.double(at: index)
            // The shortest text of a double gives back every decimal of up to 15 digits; of more digits, which the double
            // has lost, the neighbouring double is a bound.
            let nearest = unscaledDecimal("\(number)", scale: scale, rounding: rounding)
            let isExact = nearest.map { $0.magnitude < 1_000_000_000_000_000 } ?? false
            text = isExact ? "\(number)" : "\(rounding == .up ? number.nextUp : number.nextDown)"
        default: return nil
        }
        return unscaledDecimal(text, scale: scale, rounding: rounding).map { .decimal(unscaled: $0, scale: scale) }
    }
}
