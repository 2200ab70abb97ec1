import Telemetry
import Testing

@testable import Pipeline

struct LedgerCountsTests {
    @Test("adds up per minute and stream, and balances whatever the order of messages", arguments: 1...4)
    func sums(seed: UInt64) {
        var random = SplitMix(state: seed)
        var ledger = LedgerCounts(streamCount: 3)
        var expected: [LedgerCounts.Key: LedgerCounts.Counts] = [:]
        for number in 1...10_000 {
            let stream = [nil, 0, 1, 2][Int(random.next() % 4)]
            let arrival = EventTime(microsecondsSinceEpoch: Int64(random.next() % 300) * 1_000_000)
            let parts = (0..<3).map { _ in Int64(random.next() % 3) }
            let offset = JournalOffset(UInt64(number))
            let received = parts[0] + parts[1] + parts[2]
            // Duplicates are found out later than the message is counted.
            let isLater = stream != nil
            ledger.count(
                stream: stream, arrival: arrival, offset: offset, stored: parts[0] + (isLater ? parts[1] : 0),
                duplicate: isLater ? 0 : parts[1], refused: parts[2], received: received)
            if let stream {
                for _ in 0..<parts[1] { ledger.countAsDuplicate(stream: stream, arrival: arrival) }
            }
            let key = LedgerCounts.Key(minute: arrival.startOfMinute, stream: stream)
            expected[key, default: .init()].add(
                offset: offset, stored: parts[0], duplicate: parts[1], refused: parts[2], received: received)
        }
        let rows = ledger.takeRows()
        #expect(Dictionary(uniqueKeysWithValues: rows.map { ($0.key, $0.counts) }) == expected)
        #expect(rows.allSatisfy { $0.counts.isBalanced })
        #expect(rows.reduce(0) { $0 + $1.counts.messages } == 10_000)
        let isEmpty = ledger.isEmpty
        #expect(isEmpty)
    }
}
