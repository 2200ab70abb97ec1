import Conditions
import Rollups
import Telemetry
import TestSupport
import Testing

struct AggregationTests {
    static let columns = [
        ColumnDefinition("ts", .timestamp, isNullable: false), ColumnDefinition("operator", .string),
        ColumnDefinition("technology", .string), ColumnDefinition("rsrp", .decimal(precision: 9, scale: 1)),
        ColumnDefinition("latency", .double), ColumnDefinition("device", .string, isNullable: false),
        ColumnDefinition("ingest_time", .timestamp, isNullable: false),
    ]

    /// A row as the oracle thinks of it.
    struct Row {
        var time: Int64
        var network: String?
        var technology: String?
        var rsrp: Int64?
        var device: String
        var arrival: Int64
    }

    static func rows(_ count: Int, using random: inout SeededRandom) -> [Row] {
        (0..<count).map { _ in
            // Three days around a local midnight, with many equal times.
            let time = 1_795_219_200_000_000 + Int64.random(in: 0..<260_000, using: &random) * 1_000_000
            return Row(
                time: time, network: [nil, "45201", "45204", "45202"].randomElement(using: &random) ?? nil,
                technology: ["4G", "5G"].randomElement(using: &random),
                rsrp: Int.random(in: 0..<6, using: &random) == 0
                    ? nil : Int64.random(in: -1400...(-440), using: &random),
                device: "d\(Int.random(in: 0..<30, using: &random))", arrival: time + 1_000_000)
        }
    }

    static func fill(_ batch: inout ColumnBatch, _ rows: ArraySlice<Row>) {
        for row in rows {
            batch.beginRow()
            batch.setWord(row.time, column: 0)
            if let network = row.network { batch.setString(network, column: 1) }
            if let technology = row.technology { batch.setString(technology, column: 2) }
            if let rsrp = row.rsrp { batch.setWord(rsrp, column: 3) }
            batch.setString(row.device, column: 5)
            batch.setWord(row.arrival, column: 6)
            batch.commitRow()
        }
    }

    static func zone() throws -> CivilTimeZone {
        // Asia/Ho_Chi_Minh of today: seven hours ahead all year, as a version 2 TZif file without transitions.
        let block: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]
        func header(_ types: UInt8) -> [UInt8] {
            Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + block + [UInt8](repeating: 0, count: 8)
                + [0, 0, 0, types, 0, 0, 0, types * 4]
        }
        let type: [UInt8] = [0, 0, 0x62, 0x70, 0, 0] + Array("+07\0".utf8)
        return try CivilTimeZone(
            name: "Asia/Ho_Chi_Minh", file: header(1) + type + header(1) + type + Array("\n<+07>-7\n".utf8))
    }

    static func plan(windows: [WindowRule] = [.fixed(microseconds: 900_000_000), .localDay]) throws -> RollupPlan {
        let decibels = try #require(StepScale(unitsPerStep: 10, decimals: 1, minimum: -1560, maximum: -310))
        return RollupPlan(
            name: "coverage", keys: [.column(1), .column(2)], windows: windows,
            measures: [
                .quantity("rsrp", column: 3, [.sum, .minimum, .maximum], binning: .step(decibels)),
                .share("covered", try Condition("rsrp >= -105", columns: columns)),
                .last("device", column: 5),
            ], timeColumn: 0, arrivalColumn: 6, stream: columns, zone: try zone())
    }

    /// All rows of a result as text, sorted.
    static func text(_ batch: borrowing ColumnBatch) -> [String] {
        var lines: [String] = []
        for row in 0..<batch.count {
            let cells = batch.definitions.indices.map { column -> String in
                guard let word = batch.word(row: row, column: column) else { return "null" }
                guard batch.definitions[column].type.hasDictionary else { return "\(word)" }
                let offsets = batch.dictionaryOffsets(of: column)
                let cell = batch.dictionaryBytes(of: column)
                    .extracting(Int(offsets[Int(word)])..<Int(offsets[Int(word) + 1]))
                guard batch.definitions[column].type == .counts else { return String(decoding: cell) }
                return BinCount.entries(cell: cell).map { "\($0.bin):\($0.count)" }.joined(separator: " ")
            }
            lines.append(cells.joined(separator: "|"))
        }
        return lines.sorted()
    }

    /// Partials of `rows`, in batches whose sizes `random` chooses.
    static func partials(
        of rows: [Row], plan: RollupPlan, batchCount: Int, into partials: inout ColumnBatch,
        using random: inout SeededRandom
    ) throws {
        var bounds = (0..<batchCount - 1).map { _ in Int.random(in: 0...rows.count, using: &random) }.sorted()
        bounds = [0] + bounds + [rows.count]
        for index in 0..<batchCount {
            var batch = ColumnBatch(columns, rowLimit: max(1, rows.count))
            fill(&batch, rows[bounds[index]..<bounds[index + 1]])
            var aggregation = plan.partials()
            try aggregation.add(batch)
            aggregation.write(into: &partials)
        }
    }

    static func merged(
        _ partials: borrowing ColumnBatch, _ plan: RollupPlan, window: WindowRule?, keys: [Int]
    ) throws -> [String] {
        var merge = plan.merge(window: window, keys: keys)
        try merge.add(partials)
        var result = ColumnBatch(merge.columns, rowLimit: max(1, merge.rowCount))
        merge.write(into: &result)
        return text(result)
    }

    @Test("partials of any batches in any order merge to the same", arguments: UInt64(1)...6)
    func anyOrder(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let plan = try Self.plan()
        let rows = Self.rows(3000, using: &random)
        var whole = ColumnBatch(plan.columns, rowLimit: 10_000)
        try Self.partials(of: rows, plan: plan, batchCount: 1, into: &whole, using: &random)
        var pieces = ColumnBatch(plan.columns, rowLimit: 100_000)
        try Self.partials(
            of: rows.shuffled(using: &random), plan: plan, batchCount: 23, into: &pieces, using: &random)
        for window in [WindowRule.fixed(microseconds: 900_000_000), .localDay, nil] {
            for keys in [[0, 1], [1], []] {
                let expected = try Self.merged(whole, plan, window: window, keys: keys)
                #expect(try Self.merged(pieces, plan, window: window, keys: keys) == expected)
            }
        }
    }

    @Test("a day of the city, per operator, is what counting by hand gives")
    func oracle() throws {
        var random = SeededRandom(seed: 11)
        let plan = try Self.plan()
        let rows = Self.rows(5000, using: &random)
        var partials = ColumnBatch(plan.columns, rowLimit: 50_000)
        try Self.partials(of: rows, plan: plan, batchCount: 7, into: &partials, using: &random)
        struct GroupName: Hashable {
            let day: Int64
            let network: String?
        }
        let groups = Dictionary(grouping: rows) { row in
            let local = row.time + 7 * 3_600_000_000
            let day = floorDivide(local, 86_400_000_000) * 86_400_000_000 - 7 * 3_600_000_000
            return GroupName(day: day, network: row.network)
        }
        let expected = groups.map { name, rows -> String in
            let levels = rows.compactMap(\.rsrp)
            let bins = Dictionary(grouping: levels) { floorDivide($0 + 5, 10) }.sorted { $0.key < $1.key }
            let last = rows.max { ($0.time, $0.device) < ($1.time, $1.device) }
            let cells: [String] = [
                "\(name.day)", name.network ?? "null", "\(rows.count)", "\(levels.count)", "\(levels.reduce(0, +))",
                "\(levels.min() ?? 0)", "\(levels.max() ?? 0)",
                bins.map { "\($0.key):\($0.value.count)" }.joined(separator: " "),
                "\(levels.count { $0 >= -1050 })", "\(levels.count)", last?.device ?? "", "\(last?.time ?? 0)",
                "\(rows.map(\.arrival).min() ?? 0)", "\(rows.map(\.arrival).max() ?? 0)",
            ]
            return cells.joined(separator: "|")
        }
        #expect(try Self.merged(partials, plan, window: .localDay, keys: [0]) == expected.sorted())
        #expect(groups.count > 12)
    }

    @Test("sums beyond the digits of a cell are kept in further rows")
    func largeSums() throws {
        let column = [ColumnDefinition("ts", .timestamp, isNullable: false), ColumnDefinition("bytes", .int64)]
        let plan = RollupPlan(
            name: "r", keys: [], windows: [.localDay],
            measures: [.quantity("bytes", column: 1, [.sum], binning: nil)], timeColumn: 0, arrivalColumn: 0,
            stream: column, zone: .utc)
        var batch = ColumnBatch(column, rowLimit: 8)
        for value in [Int64.max, Int64.max, -5, 7] {
            batch.beginRow()
            batch.setWord(0, column: 0)
            batch.setWord(value, column: 1)
            batch.commitRow()
        }
        var aggregation = plan.partials()
        try aggregation.add(batch)
        var partials = ColumnBatch(plan.columns, rowLimit: aggregation.rowCount)
        aggregation.write(into: &partials)
        let isFull = partials.isFull
        #expect(isFull)
        var total: Int128 = 0
        for row in 0..<partials.count { total += Int128(partials.word(row: row, column: 3) ?? 0) }
        #expect(total == Int128(Int64.max) * 2 + 2)
        let counts = (0..<partials.count).map { partials.word(row: $0, column: 1) ?? -1 }
        #expect(counts.reduce(0, +) == 4, "counts stand once: \(counts)")
    }

    @Test("more groups than there is room for are an error")
    func tooManyGroups() throws {
        var random = SeededRandom(seed: 5)
        var batch = ColumnBatch(Self.columns, rowLimit: 1000)
        Self.fill(&batch, Self.rows(1000, using: &random)[...])
        var aggregation = Aggregation(
            keys: [(.column(0), Self.columns[0])],
            outputs: [.init(ColumnDefinition("readings", .int64), .rows)], zone: .utc, groupLimit: 100)
        #expect(throws: RollupError.tooManyGroups(100)) { try aggregation.add(batch) }
    }

    @Test("windows of definitions", arguments: ["1m", "15m", "1h", "12h", "1d"])
    func windowTexts(text: String) {
        #expect(WindowRule(text: text)?.description == text)
    }

    @Test(
        "windows that do not divide a day are none", arguments: ["7m", "0m", "5h", "13h", "1s", "", "h", "2d", "-1m"])
    func badWindows(text: String) {
        #expect(WindowRule(text: text) == nil)
    }
}
