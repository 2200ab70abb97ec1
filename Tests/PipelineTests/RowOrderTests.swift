import Telemetry
import Testing

@testable import Pipeline

struct RowOrderTests {
    @Test("orders by hour, then by the key, null first, stable", arguments: 1...8)
    func agreesWithSort(seed: UInt64) {
        var random = SplitMix(state: seed)
        let count = 2_000
        var batch = ColumnBatch(
            [
                ColumnDefinition("device", .string), ColumnDefinition("ts", .timestamp),
                ColumnDefinition("value", .double),
            ], rowLimit: count)
        for _ in 0..<count {
            batch.beginRow()
            if random.next() % 20 != 0 { batch.setString("dev-\(random.next() % 40)-longer-than-8", column: 0) }
            let hour = Int64(random.next() % 4) - 1
            batch.setWord(hour * 3_600_000_000 + Int64(random.next() % 1_000), column: 1)
            if random.next() % 10 != 0 { batch.setDouble(Double(Int64(random.next() % 7)) - 3, column: 2) }
            batch.commitRow()
        }
        let sortColumns = seed % 2 == 0 ? [0, 1] : [2, 0, 1]
        var order = RowOrder()
        order.sort(batch, timeColumn: 1, sortColumns: sortColumns)

        func key(_ row: Int) -> (Int64, [Key]) {
            let hour = floorDivide(batch.word(row: row, column: 1) ?? 0, 3_600_000_000)
            return (hour, sortColumns.map { Key(batch, row: row, column: $0) })
        }
        let expected = (0..<count).sorted { left, right in
            let (left, right) = ((key(left), left), (key(right), right))
            if left.0.0 != right.0.0 { return left.0.0 < right.0.0 }
            if left.0.1 != right.0.1 { return left.0.1.lexicographicallyPrecedes(right.0.1) }
            return left.1 < right.1
        }
        let rows = order.rows.map { Int($0) }
        #expect(rows == expected)
        let partitions = order.partitions
        #expect(partitions.map(\.hour) == [-1, 0, 1, 2])
        for partition in partitions {
            for position in partition.rows { #expect(key(rows[position]).0 == partition.hour) }
        }
        #expect(partitions.last?.rows.upperBound == count)
    }
}

/// One cell as a key that sorts as the design says: null first, strings by bytes, numbers by value.
private enum Key: Comparable {
    case null
    case number(Double)
    case text([UInt8])

    init(_ batch: borrowing ColumnBatch, row: Int, column: Int) {
        guard let word = batch.word(row: row, column: column) else {
            self = .null
            return
        }
        switch batch.definitions[column].type {
        case .string: self = .text(Array((batch.string(row: row, column: column) ?? "").utf8))
        case .double: self = .number(Double(bitPattern: UInt64(bitPattern: word)))
        default: self = .number(Double(word))
        }
    }

    static func < (left: Key, right: Key) -> Bool {
        switch (left, right) {
        case (.null, .null): false
        case (.null, _): true
        case (_, .null): false
        case (.number(let left), .number(let right)): left < right
        case (.text(let left), .text(let right)): left.lexicographicallyPrecedes(right)
        case (.number, .text): true
        case (.text, .number): false
        }
    }
}
