import DurableFiles
import Glibc
import Journal
import Telemetry
import TestSupport
import Testing

struct JournalModelTests {
    @Test("keeps every confirmed message through crashes, errors and cuts", arguments: 1...200 as ClosedRange<UInt64>)
    func randomActions(seed: UInt64) throws {
        var model = try JournalModel(seed: seed)
        for _ in 0..<150 { try model.act() }
        try model.reopen(crashing: true)
        // Not every run needs each, but all together do.
        #expect(model.confirmed.number > 0)
    }
}

/// A journal on a simulated disk beside what must be in it.
private struct JournalModel: ~Copyable {
    private static let path = "/var/journal/lane"
    private static let configuration = JournalWriter.Configuration(
        fileByteCount: 4096, byteLimit: 64 << 10, diskReserve: 1000)

    let seed: UInt64
    let store: SimulatedFileStore
    var random: SeededRandom
    var writer: JournalWriter?
    /// What was appended and may be there.
    var appended: [UInt64: SampleMessage] = [:]
    /// What must be there, unless it was cut away.
    var confirmed = JournalOffset.beforeFirst
    var committed = JournalOffset.beforeFirst
    var nextText: UInt64 = 0

    init(seed: UInt64) throws {
        self.seed = seed
        store = SimulatedFileStore(seed: seed, capacity: 200_000)
        random = SeededRandom(seed: seed &* 31)
        writer = try JournalWriter(store, directory: Self.path, configuration: Self.configuration)
    }

    mutating func act() throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<9: try append()
        case 9..<14: try synchronize()
        case 14, 15: try cut()
        case 16: try reopen(crashing: false)
        case 17: try reopen(crashing: true)
        case 18:
            let code = random.chance(1, in: 2) ? ENOSPC : EIO
            store.fail(afterSteps: Int.random(in: 0..<8, using: &random), code: code)
        default: try readSome()
        }
    }

    private mutating func append() throws {
        guard let first = writer?.nextOffset else { return }
        var messages: [SampleMessage] = []
        for _ in 0..<Int.random(in: 0..<8, using: &random) {
            nextText += 1
            let byteCount = random.chance(1, in: 40) ? 5000 : Int.random(in: 0..<400, using: &random)
            messages.append(.numbered(nextText, payloadByteCount: byteCount))
        }
        var batch = MessageBatch(messages)
        // Even when it fails: a part of it may reach the disk.
        func remember() {
            for (index, message) in messages.enumerated() {
                appended[first.advanced(by: index).number] = message
            }
        }
        do throws(JournalWriteError) {
            let range = try writer?.append(&batch)
            #expect(range == first..<first.advanced(by: messages.count), "seed \(seed)")
            remember()
        } catch {
            switch error {
            case .full: #expect(writer?.nextOffset == first, "seed \(seed)")
            case .failed:
                remember()
                try recover()
            }
        }
    }

    private mutating func synchronize() throws {
        do throws(JournalWriteError) {
            try writer?.synchronize()
            confirmed = writer?.durableThrough ?? confirmed
            #expect(confirmed.next == writer?.nextOffset, "seed \(seed)")
        } catch {
            #expect(throws: error) { try self.writer?.synchronize() }
            try recover()
        }
    }

    /// A failed writer must be opened anew, in the same process or after a crash.
    private mutating func recover() throws {
        confirmed = max(confirmed, writer?.durableThrough ?? confirmed)
        try reopen(crashing: random.chance(1, in: 2))
    }

    private mutating func cut() throws {
        let offset = JournalOffset(UInt64.random(in: 0...confirmed.number, using: &random))
        committed = max(committed, offset)
        do throws(FileError) {
            try writer?.cut(behind: offset)
        } catch {
            #expect(error.code == EIO || error.isDiskFull)
        }
        #expect((writer?.firstOffset.number ?? 0) <= max(committed, confirmed).number + 1, "seed \(seed)")
    }

    mutating func reopen(crashing: Bool) throws {
        // Only opening a file confirms what is before it: a rotation may have done so.
        confirmed = max(confirmed, writer?.durableThrough ?? confirmed)
        writer = nil
        if crashing { store.crash() }
        for _ in 0..<20 where writer == nil {
            do throws(JournalOpenError) {
                writer = try JournalWriter(
                    store, directory: Self.path, configuration: Self.configuration, committedThrough: committed)
            } catch {
                guard case .file = error else { throw error }
            }
        }
        let opened = writer?.nextOffset
        let next = try #require(opened, "seed \(seed)")
        #expect(next > confirmed, "seed \(seed)")
        appended = appended.filter { $0.key < next.number }
        confirmed = JournalOffset(next.number - 1)
        store.failNoMore()
        try readSome(from: writer?.firstOffset)
    }

    private mutating func readSome(from start: JournalOffset? = nil) throws {
        guard let first = writer?.firstOffset, let next = writer?.nextOffset, first < next else { return }
        let from = start ?? JournalOffset(UInt64.random(in: first.number..<next.number, using: &random))
        store.failNoMore()
        let through = random.chance(1, in: 2) ? confirmed : nil
        var reader = JournalReader(store, directory: Self.path, from: from)
        let messages = try reader.readAll(
            through: through, byteCapacity: random.chance(1, in: 2) ? 70_000 : 41_000,
            messageCapacity: Int.random(in: 1...50, using: &random))
        let last = through?.number ?? next.number - 1
        let expected = appended.filter { $0.key >= from.number && $0.key <= last }
        #expect(messages == expected, "seed \(seed)")
        #expect(UInt64(messages.count) == (last < from.number ? 0 : last - from.number + 1), "seed \(seed)")
    }
}
