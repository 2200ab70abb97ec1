import DurableFiles
import Journal
import Synchronization
import Telemetry
import TestSupport
import Testing

struct JournalReaderTests {
    private let store = SimulatedFileStore(seed: 1)
    private let path = "/journal"

    @Test("follows the writer through new files and cuts, one message at a time")
    func following() throws {
        var reader = JournalReader(store, directory: path, from: JournalOffset(1))
        var batch = MessageBatch(byteCapacity: 10_000, messageCapacity: 100)
        let nothing = try reader.read(into: &batch, through: nil)
        #expect(nothing == 0, "there is no journal yet")
        var writer = try JournalWriter(store, directory: path, configuration: .small)
        for number in UInt64(1)...200 {
            try writer.append([.numbered(number, payloadByteCount: 300)])
            try writer.synchronize()
            let through = number % 2 == 0 ? writer.durableThrough : nil
            let count = try reader.read(into: &batch, through: through)
            #expect(count == 1)
            #expect(batch.firstOffset == JournalOffset(number))
            #expect(batch.message(at: 0) == .numbered(number, payloadByteCount: 300))
            let more = try reader.read(into: &batch, through: through)
            #expect(more == 0 && batch.isEmpty)
            try writer.cut(behind: JournalOffset(number))
        }
    }

    @Test("delivers the same whatever the batch holds", arguments: [(400, 1), (401, 1000), (1000, 3), (70_000, 1000)])
    func batchCapacities(byteCapacity: Int, messageCapacity: Int) throws {
        var writer = try JournalWriter(store, directory: path, configuration: .small)
        for _ in 0..<30 { try writer.append(count: 8, payloadByteCount: 333) }
        try writer.synchronize()
        var reader = JournalReader(store, directory: path, from: JournalOffset(5))
        let messages = try reader.readAll(
            through: JournalOffset(231), byteCapacity: byteCapacity, messageCapacity: messageCapacity)
        #expect(messages == numbered(5...231, payloadByteCount: 333))
        #expect(reader.nextOffset == JournalOffset(232))
    }

    @Test("takes a larger batch for a record that does not fit, and goes on behind it")
    func largeRecord() throws {
        var writer = try JournalWriter(store, directory: path, configuration: .small)
        try writer.append(count: 2)
        try writer.append(count: 1, payloadByteCount: 100_000)
        try writer.append(count: 3)
        try writer.synchronize()
        var reader = JournalReader(store, directory: path, from: JournalOffset(1))
        let messages = try reader.readAll(byteCapacity: 4000)
        let large = numbered(3...3, payloadByteCount: 100_000)
        #expect(messages == numbered(1...2).merging(large) { $1 }.merging(numbered(4...6)) { $1 })
    }

    @Test("finds a message behind many others at once, however small the batch is")
    func behindMany() throws {
        var writer = try JournalWriter(
            store, directory: path, configuration: JournalWriter.Configuration(fileByteCount: 1 << 20, diskReserve: 0))
        try writer.append(count: 900, payloadByteCount: 500)
        try writer.synchronize()
        var reader = JournalReader(store, directory: path, from: JournalOffset(900))
        var batch = MessageBatch(byteCapacity: 4096, messageCapacity: 1)
        let count = try reader.read(into: &batch, through: nil)
        let first = batch.firstOffset
        #expect(count == 1 && first == JournalOffset(900))
    }

    @Test("keeps attributes of every length between topic and payload")
    func attributes() throws {
        var writer = try JournalWriter(store, directory: path, configuration: .small)
        var batch = MessageBatch(byteCapacity: 1 << 20, messageCapacity: 40)
        var expected: [[UInt8]] = []
        for number in 0..<40 {
            var attributes = MessageAttributes()
            if number % 3 > 0 { attributes.append(.toldVersion, String(repeating: "1", count: number * number)) }
            if number == 39 { attributes.append(.contentType, String(repeating: "c", count: 60_000)) }
            expected.append(attributes.bytes)
            // Safe: UInt8 has no padding.
            unsafe batch.append(
                topic: "t/\(number)".utf8Bytes, attributes: attributes.bytes.span.bytes,
                payload: "p\(number)".utf8Bytes, arrival: EventTime(microsecondsSinceEpoch: 7), flags: [])
        }
        try writer.append(&batch)
        try writer.synchronize()
        var reader = JournalReader(store, directory: path, from: JournalOffset(1))
        var found = 0
        while try reader.read(into: &batch, through: nil) > 0 {
            for index in 0..<batch.count {
                // Safe: the bytes are copied at once.
                let attributes = unsafe batch.attributes(at: index).withUnsafeBytes { unsafe Array($0) }
                #expect(attributes == expected[found])
                #expect(String(decoding: batch.topic(at: index)) == "t/\(found)")
                #expect(String(decoding: batch.payload(at: index)) == "p\(found)")
                #expect(
                    batch.toldVersion(at: index)
                        == (found % 3 > 0 ? String(repeating: "1", count: found * found) : nil))
                found += 1
            }
        }
        #expect(found == 40)
        _ = consume writer
        let reopened = try JournalWriter(store, directory: path, configuration: .small)
        #expect(reopened.nextOffset == JournalOffset(41))
    }

    @Test("notices that its file was cut away and used again while it was behind")
    func overtaken() throws {
        var writer = try JournalWriter(store, directory: path, configuration: .small)
        try writer.append(count: 12, payloadByteCount: 250)
        var reader = JournalReader(store, directory: path, from: JournalOffset(1))
        var batch = MessageBatch(byteCapacity: 4000, messageCapacity: 3)
        _ = try reader.read(into: &batch, through: nil)
        for _ in 0..<6 {
            try writer.append(count: 12, payloadByteCount: 250)
            try writer.synchronize()
            try writer.cut(behind: writer.durableThrough)
        }
        #expect(throws: JournalReadError.cutAway(firstAvailable: JournalOffset(73))) { _ = try reader.readAll() }
    }

    @Test(
        "follows a writer on another thread that rotates, cuts and uses files again, on the real disk",
        .timeLimit(.minutes(1)))
    func concurrently() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/lane"
        let store = SystemFileStore()
        let delivered = Delivered()
        let writing = Task.detached {
            var writer = try JournalWriter(store, directory: path, configuration: .small)
            for round in 0..<200 {
                try writer.append(count: 10, payloadByteCount: 150)
                if round % 10 == 0 { try writer.synchronize() }
                try writer.cut(behind: JournalOffset(delivered.through.load(ordering: .acquiring)))
            }
        }
        var reader = JournalReader(store, directory: path, from: JournalOffset(1))
        var batch = MessageBatch(byteCapacity: 5000, messageCapacity: 7)
        var next = UInt64(1)
        while next <= 2000 {
            let count = try reader.read(into: &batch, through: nil)
            for index in 0..<count {
                try #require(batch.message(at: index) == .numbered(next, payloadByteCount: 150))
                next += 1
            }
            delivered.through.store(next - 1, ordering: .releasing)
            await Task.yield()
        }
        try await writing.value
    }

    private final class Delivered: Sendable {
        let through = Atomic<UInt64>(0)
    }

    @Test("takes messages that should be there and are not for damage")
    func missing() throws {
        var reader = JournalReader(store, directory: path, from: JournalOffset(1))
        #expect(throws: JournalReadError.self) { _ = try reader.readAll(through: JournalOffset(1)) }
        var writer = try JournalWriter(store, directory: path, configuration: .small)
        try writer.append(count: 2)
        let damage = JournalDamage(
            file: path + "/00000000000000000001.journal", byteOffset: 32 + 2 * 64, offset: JournalOffset(3))
        var batch = MessageBatch(byteCapacity: 4000, messageCapacity: 3)
        let count = try reader.read(into: &batch, through: JournalOffset(3))
        #expect(count == 2)
        #expect(throws: JournalReadError.damaged(damage)) {
            _ = try reader.read(into: &batch, through: JournalOffset(3))
        }
    }
}
