import Parquet

/// A value of a nested field, as a test thinks of it.
indirect enum NestedValue: Equatable {
    case null
    case number(Int64)
    case text(String)
    case group([NestedValue])
    case list([NestedValue])
    /// Keys and values in turn.
    case map([NestedValue])

    static func random(_ field: ParquetField, using random: inout SeededRandom) -> NestedValue {
        if field.isNullable, Int.random(in: 0..<4, using: &random) == 0 { return .null }
        switch field.content {
        case .value(.string):
            return .text(String(repeating: "bãi ", count: Int.random(in: 0..<4, using: &random)) + field.name)
        case .value(.int32): return .number(Int64(Int32.random(in: -140...(-31), using: &random)))
        case .value: return .number(Int64.random(in: .min ... .max, using: &random))
        case .group(let fields): return .group(fields.map { Self.random($0, using: &random) })
        case .list(let element):
            return .list((0..<count(using: &random)).map { _ in Self.random(element, using: &random) })
        case .map(let key, let value):
            // Keys are a set: readers may keep one of each only.
            return .map(
                (0..<count(using: &random)).flatMap { index in
                    [key == .string ? .text("k\(index)") : .number(Int64(index)), Self.random(value, using: &random)]
                })
        }
    }

    private static func count(using random: inout SeededRandom) -> Int {
        [0, 1, 1, 2, 3, 40].randomElement(using: &random) ?? 0
    }

    /// For the Python side: groups and lists as arrays, maps as arrays of pairs.
    var json: String {
        switch self {
        case .null: "null"
        case .number(let number): "\(number)"
        case .text(let text): "\"\(text)\""
        case .group(let values), .list(let values): "[\(values.map(\.json).joined(separator: ","))]"
        case .map(let entries):
            "["
                + stride(from: 0, to: entries.count, by: 2)
                .map { "[\(entries[$0].json),\(entries[$0 + 1].json)]" }.joined(separator: ",") + "]"
        }
    }
}

/// Takes rows apart into the columns of a schema, by the rules of the Dremel paper; written apart from the library.
struct Shredder {
    struct Column: Equatable {
        var levels = ParquetLevels()
        var numbers: [Int64] = []
        var texts: [String] = []
    }

    private(set) var columns: [Column]
    private var next = 0

    init(_ rows: [[NestedValue]], fields: [ParquetField], columnCount: Int) {
        columns = Array(repeating: Column(), count: columnCount)
        for row in rows {
            next = 0
            for (field, value) in zip(fields, row) { add(value, field, repetition: 0, depth: 0, definition: 0) }
        }
    }

    private mutating func add(
        _ value: NestedValue?, _ field: ParquetField, repetition: Int, depth: Int, definition: Int
    ) {
        let isThere = value != nil && value != .null
        let level = definition + (field.isNullable && isThere ? 1 : 0)
        switch field.content {
        case .value:
            columns[next].levels.append(definition: level, repetition: repetition)
            if case .number(let number)? = value { columns[next].numbers.append(number) }
            if case .text(let text)? = value { columns[next].texts.append(text) }
            next += 1
        case .group(let fields):
            var values: [NestedValue?] = Array(repeating: nil, count: fields.count)
            if case .group(let inner)? = value { values = inner }
            for (inner, value) in zip(fields, values) {
                add(value, inner, repetition: repetition, depth: depth, definition: level)
            }
        case .list(let element):
            var elements: [[NestedValue?]] = []
            if case .list(let list)? = value { elements = list.map { [$0] } }
            repeated(elements, [element], repetition: repetition, depth: depth, definition: level)
        case .map(let key, let inner):
            var entries: [[NestedValue?]] = []
            if case .map(let map)? = value {
                entries = stride(from: 0, to: map.count, by: 2).map { [map[$0], map[$0 + 1]] }
            }
            repeated(
                entries, [ParquetField("key", .value(key), isNullable: false), inner], repetition: repetition,
                depth: depth, definition: level)
        }
    }

    private mutating func repeated(
        _ items: [[NestedValue?]], _ fields: [ParquetField], repetition: Int, depth: Int, definition: Int
    ) {
        let first = next
        let all = items.isEmpty ? [Array(repeating: nil, count: fields.count)] : items
        for (index, item) in all.enumerated() {
            next = first
            for (field, value) in zip(fields, item) {
                add(
                    value, field, repetition: index == 0 ? repetition : depth + 1, depth: depth + 1,
                    definition: definition + (items.isEmpty ? 0 : 1))
            }
        }
    }
}
