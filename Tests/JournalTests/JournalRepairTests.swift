import DurableFiles
import Journal
import Telemetry
import TestSupport
import Testing

struct JournalRepairTests {
    private let path = "/journal"
    private let file = "/journal/00000000000000000001.journal"

    /// Three groups of three messages, each made durable, of 72 bytes each.
    private func journal() throws -> SimulatedFileStore {
        let store = SimulatedFileStore(seed: 1)
        var writer = try JournalWriter(store, directory: path, configuration: .small)
        for _ in 0..<3 {
            try writer.append(count: 3)
            try writer.synchronize()
        }
        return store
    }
    private let recordByteCount = 64
    private func start(of number: Int) -> Int { 32 + (number - 1) * recordByteCount }

    @Test("cuts off a last record that was torn at any byte", arguments: [false, true])
    func tornTail(isShortened: Bool) throws {
        // The last six are padding.
        for byteCount in 0..<recordByteCount - 6 {
            let store = try journal()
            let end = start(of: 9) + byteCount
            store.tamper(file) { bytes in
                let byteCountBefore = bytes.count
                bytes.removeLast(bytes.count - end)
                if !isShortened { bytes += [UInt8](repeating: 0, count: byteCountBefore - end) }
            }
            var writer = try JournalWriter(store, directory: path, configuration: .small)
            #expect(writer.nextOffset == JournalOffset(9), "torn behind \(byteCount) bytes")
            #expect(writer.cutByteCountAtOpening <= recordByteCount)
            try writer.append([SampleMessage.numbered(900)])
            try writer.synchronize()
            var reader = JournalReader(store, directory: path, from: JournalOffset(1))
            var expected = numbered(1...8)
            expected[9] = .numbered(900)
            #expect(try reader.readAll(through: JournalOffset(9)) == expected)
        }
    }

    @Test("takes a changed bit for damage where later records were confirmed, and never delivers it")
    func bitFlips() throws {
        for byte in start(of: 4)..<start(of: 5) {
            let store = try journal()
            store.tamper(file) { $0[byte] ^= 1 << UInt8(byte % 8) }
            let damage = JournalDamage(file: file, byteOffset: start(of: 4), offset: JournalOffset(4))
            #expect(throws: JournalOpenError.damaged(damage), "byte \(byte)") {
                _ = try JournalWriter(store, directory: path, configuration: .small)
            }
            var reader = JournalReader(store, directory: path, from: JournalOffset(1))
            #expect(throws: JournalReadError.damaged(damage), "byte \(byte)") {
                _ = try reader.readAll(through: JournalOffset(9))
            }
            var follower = JournalReader(store, directory: path, from: JournalOffset(1))
            #expect(try follower.readAll() == numbered(1...3))
        }
    }

    @Test("takes a changed bit of the header for damage")
    func headerFlips() throws {
        for byte in 0..<32 {
            let store = try journal()
            store.tamper(file) { $0[byte] ^= 1 }
            let damage = JournalDamage(file: file, byteOffset: 0, offset: JournalOffset(1))
            #expect(throws: JournalOpenError.damaged(damage)) {
                _ = try JournalWriter(store, directory: path, configuration: .small)
            }
            var reader = JournalReader(store, directory: path, from: JournalOffset(2))
            #expect(throws: JournalReadError.damaged(damage)) { _ = try reader.readAll() }
        }
    }

    @Test("does not bring back records behind a hole once their numbers are given again")
    func hole() throws {
        let store = SimulatedFileStore(seed: 1)
        do {
            var writer = try JournalWriter(store, directory: path, configuration: .small)
            try writer.append(count: 9)
        }
        // Of one write, the middle did not reach the disk.
        store.tamper(file) { $0.replaceSubrange(start(of: 4)..<start(of: 5), with: [UInt8](repeating: 0, count: 64)) }
        var writer = try JournalWriter(store, directory: path, configuration: .small)
        #expect(writer.nextOffset == JournalOffset(4))
        #expect(writer.cutByteCountAtOpening == 6 * recordByteCount)
        try writer.append(count: 1)
        try writer.synchronize()
        var reader = JournalReader(store, directory: path, from: JournalOffset(1))
        #expect(try reader.readAll() == numbered(1...4))
    }

    @Test("takes a file that ends too early for damage when there is a later one")
    func earlyEnd() throws {
        let store = SimulatedFileStore(seed: 1)
        do {
            var writer = try JournalWriter(store, directory: path, configuration: .small)
            try writer.append(count: 12, payloadByteCount: 250)
            try writer.append(count: 12, payloadByteCount: 250)
            try writer.synchronize()
        }
        store.tamper(file) { $0.removeLast(2000) }
        _ = try JournalWriter(store, directory: path, configuration: .small)
        for last in [nil, JournalOffset(24)] {
            var reader = JournalReader(store, directory: path, from: JournalOffset(1))
            let error = #expect(throws: JournalReadError.self) { _ = try reader.readAll(through: last) }
            guard case .damaged(let damage) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(damage.file == file && damage.offset > JournalOffset(1))
        }
    }
}
