import DeltaLake
import Parquet
import Streams
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

struct LateDataTests {
    private let arrival: Int64 = 1_795_248_000_000_000

    /// Readings of ninety years in one commit, each hour a segment.
    private func machine(seed: UInt64) throws -> Machine {
        let machine = try Machine(TestStreams.catalog(), seed: seed, readingCount: 100_000)
        var random = SeededRandom(seed: seed)
        var messages: [SentMessage] = []
        for number in 0..<300 {
            let hoursBack = [0, 1, 2, 24, 500, 8760, 490_000, 490_001, 700_000].randomElement(using: &random) ?? 0
            let time = arrival - Int64(hoursBack) * 3_600_000_000 - Int64.random(in: 0..<3_600_000_000, using: &random)
            messages.append(
                .reading(
                    0,
                    device: "é-\(Int.random(in: 0..<9, using: &random))-\(String(repeating: "z", count: number % 35))",
                    seq: random.chance(1, in: 3) ? nil : Int64(number), tag: Int64(number), arrival: arrival,
                    time: random.chance(1, in: 10) ? time / 1_000_000 * 1_000_000 : time))
        }
        // On the edges of an hour, before 1970 and at it.
        for (number, time) in [-3_600_000_000, -3_600_000_001, -1, 0, 1, 3_599_999_999, 3_600_000_000].enumerated() {
            messages.append(
                .reading(
                    0, device: "edge", seq: Int64(number), tag: Int64(1000 + number), arrival: arrival,
                    time: Int64(time)))
        }
        for start in stride(from: 0, to: messages.count, by: 20) {
            _ = try machine.append(Array(messages[start..<min(start + 20, messages.count)]))
        }
        _ = machine.synchronize()
        try machine.drain()
        return machine
    }

    @Test("lies in the segment of its hour, before 1970 as well", arguments: 1...5 as ClosedRange<UInt64>)
    func partitions(seed: UInt64) throws {
        let machine = try machine(seed: seed)
        try machine.checkCompleteness("seed \(seed)")
        let table = try machine.table("fast")
        #expect(table.files.count > 10 && table.snapshot.version == 1, "all in one commit")
        var hours: Set<Int64> = []
        for file in table.files {
            let times = file.columns["t"]?.words ?? []
            let hour = floorDivide(times.first ?? 0, 3_600_000_000)
            #expect(hours.insert(hour).inserted, "one segment for an hour")
            #expect(times.allSatisfy { floorDivide($0, 3_600_000_000) == hour })
            let civil = CivilTime(EventTime(microsecondsSinceEpoch: hour * 3_600_000_000))
            #expect(file.add.partitionText("date") == civil.date)
            #expect(file.add.partitionText("hour") == "\(civil.hour)")
            #expect(file.add.path.hasPrefix("date=\(civil.date)/hour="))
        }
        #expect(hours.contains(-1) && hours.contains(-2) && hours.contains(0) && hours.contains(1))
    }

    @Test("is sorted by device and time in each segment", arguments: 1...3 as ClosedRange<UInt64>)
    func order(seed: UInt64) throws {
        for file in try machine(seed: seed).table("fast").files {
            let keys = (0..<file.rowCount).map { row in
                (Array(file.columns["device"]?.byteString(at: row) ?? []), file.columns["t"]?.words[row] ?? 0)
            }
            for (left, right) in zip(keys, keys.dropFirst()) {
                let isOrdered =
                    left.0 == right.0 ? left.1 <= right.1 : left.0.lexicographicallyPrecedes(right.0)
                #expect(isOrdered)
            }
        }
    }

    @Test("is bounded by the statistics in the log", arguments: 1...3 as ClosedRange<UInt64>)
    func statistics(seed: UInt64) throws {
        let machine = try machine(seed: seed)
        for name in ["fast", "ledger"] {
            for file in try machine.table(name).files {
                let statistics = try #require(file.statistics)
                #expect(statistics.recordCount == Int64(file.rowCount))
                for (column, data) in file.columns {
                    let bounds = try #require(statistics.column(column), "\(name).\(column)")
                    #expect(bounds.nullCount == Int64(data.nullCount), "\(name).\(column)")
                    let values = (0..<file.rowCount).compactMap { data.value(at: $0) }
                    if values.isEmpty {
                        #expect(bounds.minimum == nil && bounds.maximum == nil)
                        continue
                    }
                    #expect(bounds.minimum != nil && bounds.maximum != nil, "\(name).\(column)")
                    for value in values {
                        let isBounded =
                            bounds.minimum.map { isAscending($0, value.deltaValue) } ?? true
                            && bounds.maximum.map { isAscending(value.deltaValue, $0) } ?? true
                        #expect(isBounded, "\(name).\(column): \(value) in \(bounds)")
                    }
                }
            }
        }
    }

    private func isAscending(_ left: DeltaValue, _ right: DeltaValue) -> Bool {
        switch (left, right) {
        case (.boolean(let left), .boolean(let right)): !left || right
        case (.integer(let left), .integer(let right)): left <= right
        case (.long(let left), .long(let right)): left <= right
        case (.double(let left), .double(let right)): left <= right
        case (.decimal(let left, _), .decimal(let right, _)): left <= right
        case (.timestamp(let left), .timestamp(let right)): left <= right
        case (.date(let left), .date(let right)): left <= right
        case (.string(let left), .string(let right)):
            left == right || left.utf8.lexicographicallyPrecedes(right.utf8)
        default: false
        }
    }
}
