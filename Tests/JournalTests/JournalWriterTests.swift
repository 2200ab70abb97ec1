import DurableFiles
import Journal
import Telemetry
import TestSupport
import Testing

struct JournalWriterTests {
    private let store = SystemFileStore()

    @Test("gives back every message with its number, also after it was closed and opened again")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/lane"
        do {
            var writer = try JournalWriter(store, directory: path, configuration: .small)
            for _ in 0..<20 {
                try writer.append(count: 50)
                try writer.synchronize()
            }
            #expect(writer.durableThrough == JournalOffset(1000))
        }
        var writer = try JournalWriter(store, directory: path, configuration: .small)
        #expect(writer.nextOffset == JournalOffset(1001))
        #expect(writer.cutByteCountAtOpening == 0)
        try writer.append(count: 10)
        var reader = JournalReader(store, directory: path, from: .beforeFirst)
        #expect(try reader.readAll() == numbered(1...1010))
        var later = JournalReader(store, directory: path, from: JournalOffset(777))
        #expect(try later.readAll(through: JournalOffset(900)) == numbered(777...900))
        let facts = try JournalDirectory(store, path).facts()
        #expect(facts?.firstOffset == JournalOffset(1) && facts?.lastOffset == JournalOffset(1010))
        #expect(facts?.byteCount == writer.byteCount)
    }
}

extension JournalWriter.Configuration {
    /// Files of 4 KiB.
    static let small = JournalWriter.Configuration(fileByteCount: 4096, byteLimit: 1 << 20, diskReserve: 0)
}
