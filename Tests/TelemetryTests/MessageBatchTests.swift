import Telemetry
import Testing

struct MessageBatchTests {
    @Test("keeps topic, payload, arrival and flags of every message")
    func roundTrip() {
        var batch = MessageBatch(byteCapacity: 1000, messageCapacity: 10)
        for number in 0..<5 {
            batch.append(
                topic: "telemetry/hcm/\(number)".utf8Bytes, payload: "{\"n\":\(number)}".utf8Bytes,
                arrival: EventTime(microsecondsSinceEpoch: Int64(number)),
                flags: MessageFlags(qualityOfService: 1, isRetained: number == 2))
        }
        batch.firstOffset = JournalOffset(100)
        let count = batch.count
        #expect(count == 5)
        let payload = String(decoding: batch.payload(at: 3))
        let topic = String(decoding: batch.topic(at: 2))
        #expect(payload == "{\"n\":3}")
        #expect(topic == "telemetry/hcm/2")
        #expect(batch.entry(at: 2).flags.contains(.retained))
        #expect(batch.entry(at: 1).flags.qualityOfService == 1)
        #expect(batch.offset(at: 4) == JournalOffset(104))
    }

    @Test("says that it is full by bytes and by messages")
    func room() {
        var batch = MessageBatch(byteCapacity: 10, messageCapacity: 2)
        let empty = batch.hasRoom(forBytes: 10)
        let tooMuch = batch.hasRoom(forBytes: 11)
        #expect(empty && !tooMuch)
        for _ in 0..<2 {
            batch.append(
                topic: "t".utf8Bytes, payload: "p".utf8Bytes,
                arrival: EventTime(microsecondsSinceEpoch: 0), flags: [])
        }
        let full = batch.hasRoom(forBytes: 1)
        #expect(!full)
    }
}

struct EventTimeTests {
    @Test(
        "prints RFC 3339 and finds hour and minute, before and after 1970",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00Z", Int64(0)), (-1, "1969-12-31T23:59:59.999999Z", -1),
            (1_795_248_000_123_000, "2026-11-21T08:00:00.123Z", 498_680),
            (951_782_400_000_000, "2000-02-29T00:00:00Z", 264_384),
        ])
    func printing(microseconds: Int64, text: String, hours: Int64) {
        let time = EventTime(microsecondsSinceEpoch: microseconds)
        #expect(time.description == text)
        #expect(time.hoursSinceEpoch == hours)
        #expect(time.startOfMinute <= time)
        #expect(time.startOfMinute.microsecondsSinceEpoch % 60_000_000 == 0)
    }
}
