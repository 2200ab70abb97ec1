import Telemetry
import TestSupport
import Testing

struct MessageAttributesTests {
    @Test("gives back each kind, the first of several, and passes over what it does not know")
    func kinds() {
        var attributes = MessageAttributes()
        attributes.append(.contentType, "application/json")
        attributes.append(.toldVersion, "1.1")
        attributes.append(.toldVersion, "2")
        let unknown: [UInt8] = [200, 3, 0, 1, 2, 3]
        let bytes = unknown + attributes.bytes
        let version = unsafe MessageAttributes.text(.toldVersion, in: bytes.span.bytes)
        let type = unsafe MessageAttributes.text(.contentType, in: bytes.span.bytes)
        let origin = unsafe MessageAttributes.value(.origin, in: bytes.span.bytes)
        #expect(version == "1.1" && type == "application/json" && origin == nil)
    }

    @Test("find nothing and touch nothing beyond their end in bytes of any kind")
    func garbage() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<2000 {
            let bytes = random.bytes(Int.random(in: 0..<20, using: &random))
            let range = unsafe MessageAttributes.value(.toldVersion, in: bytes.span.bytes)
            #expect(range.map { $0.upperBound <= bytes.count } ?? true)
        }
    }

    @Test("of a message lie between its topic and payload; most messages have none")
    func batch() {
        var attributes = MessageAttributes()
        attributes.append(.toldVersion, "7")
        var batch = MessageBatch(byteCapacity: 100, messageCapacity: 3)
        let arrival = EventTime(microsecondsSinceEpoch: 1)
        batch.append(topic: "a".utf8Bytes, payload: "x".utf8Bytes, arrival: arrival, flags: [])
        unsafe batch.append(
            topic: "b".utf8Bytes, attributes: attributes.bytes.span.bytes, payload: "".utf8Bytes, arrival: arrival,
            flags: [])
        let counts = (0..<2).map { batch.entry(at: $0).attributesByteCount }
        #expect(counts == [0, 4])
        let versions = (0..<2).map { batch.toldVersion(at: $0) }
        #expect(versions == [nil, "7"])
    }
}
