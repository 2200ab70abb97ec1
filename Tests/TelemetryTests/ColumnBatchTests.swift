import Telemetry
import TestSupport
import Testing

struct ColumnBatchTests {
    static let definitions = [
        ColumnDefinition("device", .string), ColumnDefinition("value", .double), ColumnDefinition("seq", .int64),
    ]

    @Test("a row counts only when it is committed, and its cells are null until set")
    func pendingRow() {
        var batch = ColumnBatch(Self.definitions, rowLimit: 4)
        batch.beginRow()
        batch.setString("a", column: 0)
        batch.setWord(7, column: 2)
        batch.beginRow()
        batch.setString("b", column: 0)
        batch.commitRow()
        let count = batch.count
        #expect(count == 1)
        let device = batch.string(row: 0, column: 0)
        let seq = batch.word(row: 0, column: 2)
        #expect(device == "b")
        #expect(seq == nil)
    }

    @Test("equal strings share an id, through growth and reuse", arguments: [10, 1000, 50_000])
    func interning(distinct: Int) {
        var batch = ColumnBatch(Self.definitions, rowLimit: distinct * 2)
        for round in 0..<2 {
            for pass in 0..<2 {
                for number in 0..<distinct {
                    batch.beginRow()
                    batch.setString("device-\(number)", column: 0)
                    batch.setDouble(Double(number) / 3, column: 1)
                    batch.commitRow()
                    let id = batch.word(row: pass * distinct + number, column: 0)
                    #expect(id == Int64(number))
                }
            }
            let offsets = batch.dictionaryOffsets(of: 0).count
            #expect(offsets == distinct + 1)
            let last = batch.string(row: distinct * 2 - 1, column: 0)
            #expect(last == "device-\(distinct - 1)", "round \(round)")
            batch.removeAll()
        }
    }

    @Test("identity depends on bytes and numbers, not on ids; null differs from empty and zero")
    func fingerprints() {
        var first = ColumnBatch(Self.definitions, rowLimit: 4)
        var second = ColumnBatch(Self.definitions, rowLimit: 4)
        second.beginRow()
        second.setString("other", column: 0)
        second.commitRow()
        func identity(_ batch: inout ColumnBatch, _ device: String?, _ seq: Int64?) -> Fingerprint {
            batch.beginRow()
            if let device { batch.setString(device, column: 0) }
            if let seq { batch.setWord(seq, column: 2) }
            var fingerprint = Fingerprint.start
            batch.combine(column: 0, row: batch.count, into: &fingerprint)
            batch.combine(column: 2, row: batch.count, into: &fingerprint)
            return fingerprint
        }
        #expect(identity(&first, "dev", 1) == identity(&second, "dev", 1))
        #expect(identity(&first, "dev", 1) != identity(&first, "dev", 2))
        #expect(identity(&first, "dev", nil) != identity(&first, "dev", 0))
        #expect(identity(&first, nil, 1) != identity(&first, "", 1))
    }

    @Test("fingerprints of a hundred thousand short strings and their prefixes differ")
    func noCollisions() {
        var seen = Set<Fingerprint>()
        for number in 0..<100_000 {
            let text = "hcm-cov-\(number)"
            seen.insert(Fingerprint(text.utf8Bytes))
        }
        #expect(seen.count == 100_000)
    }

    @Test("rows that are taken out leave the others in order, and room for new ones", arguments: [UInt64(1), 2, 3])
    func removing(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var batch = ColumnBatch(Self.definitions, rowLimit: 3000)
        var expected: [(device: String?, seq: Int64?)] = []
        for _ in 0..<40 {
            for _ in 0..<Int.random(in: 0...60, using: &random) {
                let device = random.chance(1, in: 4) ? nil : "a device's long name \(random.next() % 50)"
                let seq = random.chance(1, in: 4) ? nil : Int64(random.next() % 1000)
                batch.beginRow()
                if let device { batch.setString(device, column: 0) }
                if let seq { batch.setWord(seq, column: 2) }
                batch.commitRow()
                expected.append((device, seq))
            }
            if random.chance(1, in: 2) { batch.beginRow() }
            let removed = expected.indices.filter { _ in random.chance(1, in: 5) }
            Self.remove(removed.map { UInt32($0) }, from: &batch)
            for row in removed.reversed() { expected.remove(at: row) }
            let count = batch.count
            #expect(count == expected.count)
            for row in expected.indices {
                let device = batch.string(row: row, column: 0)
                let seq = batch.word(row: row, column: 2)
                let value = batch.word(row: row, column: 1)
                #expect(device == expected[row].device)
                #expect(seq == expected[row].seq)
                #expect(value == nil)
            }
        }
        let mayHaveValues = batch.mayHaveValues(1)
        #expect(!mayHaveValues)
    }

    private static func remove(_ rows: [UInt32], from batch: inout ColumnBatch) {
        batch.removeRows(rows.span)
    }

    @Test("strings of every length are told apart, zeros at their ends too")
    func lengths() {
        var batch = ColumnBatch(Self.definitions, rowLimit: 1)
        var ids = Set<Int64>()
        var count = 0
        for length in 0...40 {
            for filling in [UInt8(0), 1, 0x61, 0xFF] {
                for last in [UInt8(0), 0x62] {
                    var bytes = [UInt8](repeating: filling, count: length)
                    if length > 0 { bytes[length - 1] = last }
                    // Safe: every byte of the array is initialized.
                    ids.insert(unsafe batch.intern(bytes.span.bytes, column: 0))
                    // Safe: as above.
                    ids.insert(unsafe batch.intern(bytes.span.bytes, column: 0))
                    count += length == 0 ? 0 : length == 1 && filling != 0 ? 0 : 1
                }
            }
        }
        // The empty string counts once, and of one byte only the last one.
        #expect(ids.count == count + 1)
    }

    @Test func writingPastTheEndStops() async {
        await #expect(processExitsWith: .failure) {
            var batch = ColumnBatch([ColumnDefinition("a", .int64)], rowLimit: 1)
            batch.beginRow()
            batch.commitRow()
            batch.beginRow()
        }
    }
}
