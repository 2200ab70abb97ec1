import Conditions
import Foundation
import Telemetry
import TestSupport
import Testing

struct ConditionTests {
    static let columns = [
        ColumnDefinition("number", .int64), ColumnDefinition("level", .decimal(precision: 9, scale: 1)),
        ColumnDefinition("speed", .double), ColumnDefinition("name", .string), ColumnDefinition("flag", .boolean),
        ColumnDefinition("ts", .timestamp), ColumnDefinition("day", .date),
    ]

    // MARK: Against DuckDB

    /// 2026-11-21T00:00:00Z.
    private static let start: Int64 = 1_795_219_200_000_000

    /// Fills a batch; returns the same rows as JSON.
    private static func fill(_ batch: inout ColumnBatch, using random: inout some RandomNumberGenerator) -> [String] {
        var json: [String] = []
        for _ in 0..<batch.rowLimit {
            batch.beginRow()
            var cells = Array(repeating: "null", count: columns.count)
            for column in columns.indices where Int.random(in: 0..<5, using: &random) > 0 {
                let small = Int64.random(in: -3...3, using: &random)
                switch columns[column].type {
                case .decimal:
                    batch.setWord(small * 5, column: column)
                    cells[column] = "\(Double(small * 5) / 10)"
                case .double:
                    batch.setDouble(Double(small) / 4, column: column)
                    cells[column] = "\(Double(small) / 4)"
                case .string:
                    let text = ["", "4G", "5G", "5G+", "Đông", "don't"][Int(small + 3) % 6]
                    batch.setString(text, column: column)
                    cells[column] = "\"\(text)\""
                case .boolean:
                    batch.setWord(small & 1, column: column)
                    cells[column] = small & 1 == 1 ? "true" : "false"
                case .timestamp:
                    batch.setWord(start + small * 3_600_000_000, column: column)
                    let time = EventTime(microsecondsSinceEpoch: start + small * 3_600_000_000)
                    cells[column] = "\"\(time)\""
                case .date:
                    batch.setWord(start / 86_400_000_000 + small, column: column)
                    let time = EventTime(microsecondsSinceEpoch: start + small * 86_400_000_000)
                    cells[column] = "\"\(CivilTime(time).date)\""
                default:
                    batch.setWord(small, column: column)
                    cells[column] = "\(small)"
                }
            }
            batch.commitRow()
            json.append("[\(cells.joined(separator: ","))]")
        }
        return json
    }

    private static func condition(depth: Int, using random: inout some RandomNumberGenerator) -> String {
        if depth > 0, Bool.random(using: &random) {
            let left = condition(depth: depth - 1, using: &random)
            let right = condition(depth: depth - 1, using: &random)
            return ["NOT (\(left))", "(\(left)) AND \(right)", "\(left) or (\(right))", "\(left) AND \(right)"]
                .randomElement(using: &random) ?? left
        }
        let column = columns.randomElement(using: &random) ?? columns[0]
        func literal() -> String {
            let small = Int64.random(in: -3...3, using: &random)
            switch column.type {
            case .decimal: return ["-0.5", "0.25", "1", "-1.55", "\(small)"].randomElement(using: &random) ?? "1"
            case .double: return "\(Double(small) / 4)"
            case .string:
                return ["''", "'4G'", "'5G'", "'Đông'", "'don''t'", "'5'"].randomElement(using: &random) ?? "''"
            case .boolean: return small > 0 ? "TRUE" : "false"
            case .timestamp: return "'\(EventTime(microsecondsSinceEpoch: start + small * 3_600_000_000))'"
            case .date: return "'\(CivilTime(EventTime(microsecondsSinceEpoch: start + small * 86_400_000_000)).date)'"
            default: return ["\(small)", "0.5", "-1.5"].randomElement(using: &random) ?? "0"
            }
        }
        let sign = ["=", "<>", "<", "<=", ">", ">=", "!="].randomElement(using: &random) ?? "="
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return "\(column.name) IS NULL"
        case 1: return "\(column.name) is not null"
        case 2: return "\(column.name) IN (\(literal()), \(literal()))"
        case 3: return "\(column.name) NOT BETWEEN \(literal()) AND \(literal())"
        case 4: return "\(literal()) \(sign) \(column.name)"
        default: return "\(column.name) \(sign) \(literal())"
        }
    }

    @Test(
        "conditions mean what they mean to DuckDB", .enabled(if: Python.interpreter != nil, "set PHUSA_PYTHON"),
        arguments: UInt64(1)...4)
    func likeDuckDB(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var batch = ColumnBatch(Self.columns, rowLimit: 200)
        let json = Self.fill(&batch, using: &random)
        let conditions = (0..<300).map { _ in Self.condition(depth: 3, using: &random) }
        let quoted = try String(decoding: JSONEncoder().encode(conditions), as: UTF8.self)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("conditions-\(UUID().uuidString)")
        try Data("{\"rows\": [\(json.joined(separator: ","))], \"conditions\": \(quoted)}".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }  // A leftover in the temporary folder harms nobody.
        let expected = try Python.run("evaluate_with_duckdb.py", [file.path]).split(separator: "\n")
        try #require(expected.count == conditions.count)
        var yesCount = 0
        var answers: [UInt8] = []
        for (text, wanted) in zip(conditions, expected) {
            try Condition(text, columns: Self.columns).evaluate(batch, into: &answers)
            #expect(answers.map(String.init).joined() == wanted, "\(text)")
            yesCount += answers.count { $0 == Condition.Answer.yes }
        }
        #expect(yesCount > 1000, "conditions that are never true prove nothing")
    }

    // MARK: Errors

    @Test(
        "an error points at the character",
        arguments: [
            ("rsrp >= -105", 0, "There is no column rsrp"), ("level >= ", 9, "A value is missing before the end"),
            ("level >= 'good'", 9, "level is a number"), ("name = 5G", 7, "neither a number nor a name"),
            ("name = '5G", 7, "does not end"), ("level > 1 level < 2", 10, "AND or OR"),
            ("name = NULL", 7, "IS NULL"), ("name IN '5G'", 8, "a list in parentheses"),
            ("level BETWEEN 1 OR 2", 16, "BETWEEN needs AND"), ("(flag", 5, "closing parenthesis"),
            ("ts > '2026-11-21 08:00'", 5, "with a zone"), ("name", 4, "comes a comparison"),
            ("", 0, "A value is missing before the end"), ("level ~ 2", 6, "has no meaning"),
            ("level > 1234567890123456789", 8, "18 digits"), ("name = level", 7, "Two columns cannot"),
            ("number IS 5", 10, "NULL or NOT NULL"), ("day = '2026-02-30'", 6, "'2026-11-21'"),
        ])
    func errors(text: String, offset: Int, sentence: String) throws {
        let error = try #require(throws: ConditionError.self) { try Condition(text, columns: Self.columns) }
        #expect(error.characterOffset == offset)
        #expect(error.sentence.contains(sentence), "\(error.sentence)")
        let lines = error.description.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.last == Substring(String(repeating: " ", count: offset + 2) + "^"))
    }

    @Test("nesting without end is refused, not followed")
    func deep() {
        #expect(throws: ConditionError.self) {
            try Condition(String(repeating: "(", count: 100_000) + "flag", columns: Self.columns)
        }
        #expect(throws: ConditionError.self) {
            try Condition(String(repeating: "NOT ", count: 100_000) + "flag", columns: Self.columns)
        }
    }

    @Test("names that are keywords or have blanks can be quoted")
    func quotedNames() throws {
        var batch = ColumnBatch([ColumnDefinition("in", .int64), ColumnDefinition("a b", .int64)], rowLimit: 1)
        batch.beginRow()
        batch.setWord(1, column: 0)
        batch.setWord(2, column: 1)
        batch.commitRow()
        var answers: [UInt8] = []
        let condition = try Condition("\"in\" = 1 AND \"a b\" <> 1", columns: batch.definitions)
        condition.evaluate(batch, into: &answers)
        #expect(answers == [Condition.Answer.yes])
        #expect(condition.columns == [0, 1])
    }
}

/// Runs the script beside these tests.
private enum Python {
    static let interpreter = ProcessInfo.processInfo.environment["PHUSA_PYTHON"]

    static func run(_ name: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: interpreter ?? "/usr/bin/python3")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(name)
        process.arguments = [script.path] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: output, as: UTF8.self)
    }
}
