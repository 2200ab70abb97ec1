import DurableFiles
import Glibc
import Journal
import Telemetry
import TestSupport
import Testing

struct JournalWriterTests {
    private let store = SimulatedFileStore(seed: 1)
    private let path = "/journal"

    @Test("gives back every message with its number, also after it was closed and opened again")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        let store = SystemFileStore()
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

    @Test("refuses a second writer, on the real disk and on the simulated one, until the first one ends")
    func twoWriters() throws {
        let directory = try TemporaryDirectory()
        let stores: [(any FileStore, String)] = [(SystemFileStore(), directory.path + "/lane"), (store, path)]
        for (store, path) in stores {
            do {
                let first = try JournalWriter(store, directory: path, configuration: .small)
                let error = #expect(throws: JournalOpenError.self) {
                    _ = try JournalWriter(store, directory: path, configuration: .small)
                }
                #expect(error == .locked(directory: path))
                _ = consume first
            }
            _ = try JournalWriter(store, directory: path, configuration: .small)
        }
    }

    @Test("starts a new file when a batch does not fit, and cuts whole files only")
    func rotationAndCut() throws {
        var writer = try JournalWriter(store, directory: path, configuration: .small)
        for _ in 0..<10 {
            try writer.append(count: 10, payloadByteCount: 200)
            try writer.synchronize()
        }
        // 248 bytes with header, topic and padding: ten fit in a file, twenty do not.
        let names = (0..<10).map { "000000000000000000\($0)1.journal" }
        #expect(try store.list(path) == names + ["lock"])
        try writer.cut(behind: JournalOffset(39))
        #expect(writer.firstOffset == JournalOffset(31))
        try writer.cut(behind: JournalOffset(40))
        #expect(writer.firstOffset == JournalOffset(41))
        #expect(writer.byteCount == 8 * 4096, "six with messages and two spare ones")
        var reader = JournalReader(store, directory: path, from: JournalOffset(41))
        #expect(try reader.readAll(through: JournalOffset(100)) == numbered(41...100, payloadByteCount: 200))
        var early = JournalReader(store, directory: path, from: JournalOffset(40))
        #expect(throws: JournalReadError.cutAway(firstAvailable: JournalOffset(41))) { _ = try early.readAll() }
    }

    @Test("uses files again without taking their old messages for new ones")
    func spares() throws {
        var writer = try JournalWriter(store, directory: path, configuration: .small)
        for round in UInt64(0)..<50 {
            try writer.append(count: 12, payloadByteCount: 200)
            try writer.synchronize()
            try writer.cut(behind: writer.durableThrough)
            var reader = JournalReader(store, directory: path, from: writer.firstOffset)
            let last = (round + 1) * 12
            #expect(try reader.readAll() == numbered(last - 11...last, payloadByteCount: 200))
            #expect(writer.byteCount <= 2 * 4096)
        }
        #expect(try store.list(path).count == 3)
    }

    @Test("never gives a number twice, even when everything was cut or the files are gone")
    func position() throws {
        do {
            var writer = try JournalWriter(store, directory: path, configuration: .small)
            try writer.append(count: 30, payloadByteCount: 200)
            try writer.synchronize()
            try writer.cut(behind: JournalOffset(30))
        }
        do {
            let writer = try JournalWriter(store, directory: path, configuration: .small)
            #expect(writer.nextOffset == JournalOffset(31))
        }
        // The tables know of more than the journal: an old copy was put back.
        do {
            let writer = try JournalWriter(
                store, directory: path, configuration: .small, committedThrough: JournalOffset(500))
            #expect(writer.nextOffset == JournalOffset(501) && writer.firstOffset == JournalOffset(501))
        }
        var other = try JournalWriter(
            store, directory: "/other", configuration: .small, committedThrough: JournalOffset(7))
        try other.append(count: 1)
        var reader = JournalReader(store, directory: "/other", from: JournalOffset(8))
        #expect(try reader.readAll() == numbered(8...8))
    }

    @Test("says that it is full before it writes anything, and goes on once there is room")
    func limit() throws {
        let configuration = JournalWriter.Configuration(fileByteCount: 4096, byteLimit: 8192, diskReserve: 0)
        var writer = try JournalWriter(store, directory: path, configuration: configuration)
        try writer.append(count: 12, payloadByteCount: 250)
        try writer.append(count: 12, payloadByteCount: 250)
        let error = #expect(throws: JournalWriteError.self) { try writer.append(count: 12, payloadByteCount: 250) }
        #expect(error == .full(.limit(byteCount: 8192)))
        #expect(writer.nextOffset == JournalOffset(25))
        #expect(try writer.shortage(messageCount: 12, byteCount: 12 * 256) == .limit(byteCount: 8192))
        #expect(try writer.shortage(messageCount: 1, byteCount: 20) == nil, "the newest file has room for it")
        try writer.synchronize()
        try writer.cut(behind: JournalOffset(12))
        #expect(try writer.shortage(messageCount: 12, byteCount: 12 * 256) == nil)
        try writer.append(count: 12, payloadByteCount: 250)
        var reader = JournalReader(store, directory: path, from: JournalOffset(13))
        #expect(try reader.readAll() == numbered(13...36, payloadByteCount: 250))
    }

    @Test("is never full of what the tables have already, however large the newest file is")
    func committedNewestFile() throws {
        let before = JournalWriter.Configuration(fileByteCount: 8192, byteLimit: 16_384, diskReserve: 0)
        do {
            var writer = try JournalWriter(store, directory: path, configuration: before)
            try writer.append(count: 20, payloadByteCount: 300)
            try writer.synchronize()
        }
        // The limit was lowered since: the newest file and a new one exceed it.
        let configuration = JournalWriter.Configuration(fileByteCount: 4096, byteLimit: 10_000, diskReserve: 0)
        var writer = try JournalWriter(store, directory: path, configuration: configuration)
        let error = #expect(throws: JournalWriteError.self) { try writer.append(count: 9, payloadByteCount: 300) }
        #expect(error == .full(.limit(byteCount: 10_000)))
        try writer.cut(behind: JournalOffset(20))
        try writer.append(count: 9, payloadByteCount: 300)
        try writer.cut(behind: JournalOffset(20))
        #expect(writer.firstOffset == JournalOffset(21) && writer.byteCount <= 10_000)
    }

    @Test("leaves the reserve of the disk alone, and takes a disk that is full all the same for a shortage")
    func diskReserve() throws {
        let store = SimulatedFileStore(seed: 1, capacity: 20_000)
        let configuration = JournalWriter.Configuration(fileByteCount: 4096, byteLimit: 1 << 20, diskReserve: 10_000)
        var writer = try JournalWriter(store, directory: path, configuration: configuration)
        try writer.append(count: 12, payloadByteCount: 250)
        try writer.append(count: 12, payloadByteCount: 250)
        let error = #expect(throws: JournalWriteError.self) { try writer.append(count: 12, payloadByteCount: 250) }
        #expect(error == .full(.diskReserve(freeByteCount: 20_000 - 2 * 4096)))
        // Somebody else was faster: there was room when it was asked for, and then there was not.
        store.setCapacity(30_000)
        for step in 0..<7 {
            store.fail(afterSteps: step, code: ENOSPC)
            do throws(JournalWriteError) {
                try writer.append(count: 12, payloadByteCount: 250)
                Issue.record("step \(step) did not fail")
            } catch .full {
                #expect([1, 2, 3, 5].contains(step), "opened, reserved, written, renamed")
                #expect(writer.nextOffset == JournalOffset(25))
                try writer.synchronize()
            } catch {
                #expect([0, 4, 6].contains(step), "asked for the free space, synchronized file and directory")
                _ = consume writer
                store.failNoMore()
                writer = try JournalWriter(store, directory: path, configuration: configuration)
            }
            store.failNoMore()
        }
        #expect(writer.nextOffset == JournalOffset(25))
        try writer.append(count: 12, payloadByteCount: 250)
        var reader = JournalReader(store, directory: path, from: JournalOffset(1))
        #expect(try reader.readAll() == numbered(1...36, payloadByteCount: 250))
    }

    @Test("keeps a batch that is larger than a file in one file of its own")
    func largeBatch() throws {
        var writer = try JournalWriter(store, directory: path, configuration: .small)
        try writer.append(count: 3)
        try writer.append(count: 100, payloadByteCount: 500)
        try writer.append(count: 2)
        try writer.synchronize()
        var reader = JournalReader(store, directory: path, from: JournalOffset(4))
        #expect(try reader.readAll(through: JournalOffset(103)) == numbered(4...103, payloadByteCount: 500))
        #expect(try store.list(path).count == 4)
    }

    @Test("appends an empty batch and messages without topic, without payload and with the largest topic")
    func unusualMessages() throws {
        let messages = [
            SampleMessage(topic: "", payload: ""), SampleMessage(topic: "t", payload: "", arrival: .min),
            SampleMessage(topic: "", payload: "p", arrival: .max, flags: MessageFlags(rawValue: 0b110)),
            SampleMessage(topic: String(repeating: "t", count: 65_535), payload: "x"),
        ]
        var writer = try JournalWriter(store, directory: path, configuration: .small)
        try writer.append([])
        #expect(writer.nextOffset == JournalOffset(1))
        try writer.append(messages)
        try writer.synchronize()
        var reader = JournalReader(store, directory: path, from: JournalOffset(1))
        let read = try reader.readAll(byteCapacity: 100_000)
        #expect((1...4).map { read[$0] } == messages)
    }

    @Test("refuses everything after a failed write or synchronization, until it is opened anew")
    func poison() throws {
        for failingSynchronization in [false, true] {
            let store = SimulatedFileStore(seed: 3)
            do {
                var writer = try JournalWriter(store, directory: path, configuration: .small)
                try writer.append(count: 2)
                try writer.synchronize()
                if failingSynchronization { try writer.append(count: 1) }
                store.fail(afterSteps: failingSynchronization ? 0 : 1, code: EIO)
                let thrown = #expect(throws: JournalWriteError.self) {
                    try failingSynchronization ? writer.synchronize() : writer.append(count: 1)
                }
                let error = try #require(thrown)
                #expect(throws: error) { try writer.append(count: 1) }
                #expect(throws: error) { try writer.synchronize() }
                #expect(throws: error) { try writer.shortage(messageCount: 1, byteCount: 1) }
                #expect(writer.durableThrough == JournalOffset(2))
            }
            let writer = try JournalWriter(store, directory: path, configuration: .small)
            #expect(writer.nextOffset > JournalOffset(2))
            #expect(writer.durableThrough == JournalOffset(writer.nextOffset.number - 1))
        }
    }
}

extension JournalWriter.Configuration {
    /// Files of 4 KiB.
    static let small = JournalWriter.Configuration(fileByteCount: 4096, byteLimit: 1 << 20, diskReserve: 0)
}
