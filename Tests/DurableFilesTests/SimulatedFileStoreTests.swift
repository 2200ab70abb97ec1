import DurableFiles
import Glibc
import TestSupport
import Testing

struct SimulatedFileStoreTests {
    @Test(
        "keeps what was synchronized through a crash, and forgets or tears the rest",
        arguments: 1...20 as ClosedRange<UInt64>)
    func crash(seed: UInt64) throws {
        let store = SimulatedFileStore(seed: seed)
        try store.createDirectory("/data")
        let file = try store.openForWriting("/data/file", create: true)
        try file.write([UInt8](repeating: 1, count: 2000), at: 0)
        try file.synchronize()
        try store.synchronizeDirectory("/data")
        try file.write([UInt8](repeating: 2, count: 2000), at: 1000)
        try store.createAtomically("/data/atomic", [1, 2, 3])
        _ = try store.openForWriting("/data/new", create: true)
        store.crash()
        let bytes = try store.read("/data/file")
        #expect(bytes.prefix(1000).allSatisfy { $0 == 1 })
        #expect(bytes.count >= 2000 && bytes.dropFirst(1000).allSatisfy { $0 <= 2 })
        #expect(try store.read("/data/atomic") == [1, 2, 3])
        #expect(throws: FileError.self) { try file.write([1], at: 0) }
    }

    @Test("either replaces a file whole or leaves the old one, whichever step fails", arguments: 0..<5)
    func atomically(step: Int) throws {
        for seed in UInt64(0)..<20 {
            let store = SimulatedFileStore(seed: seed)
            try store.createDirectory("/data")
            try store.createAtomically("/data/file", [1, 1])
            store.fail(afterSteps: step, code: ENOSPC)
            let error = #expect(throws: FileError.self) { try store.createAtomically("/data/file", [2, 2, 2]) }
            #expect(error?.isDiskFull == true)
            store.crash()
            #expect([[1, 1], [2, 2, 2]].contains(try store.read("/data/file")))
        }
    }

    @Test("refuses to hold more than its capacity")
    func capacity() throws {
        let store = SimulatedFileStore(seed: 1, capacity: 1000)
        try store.createDirectory("/data")
        let file = try store.openForWriting("/data/file", create: true)
        try file.preallocate(600)
        #expect(try store.freeByteCount("/data") == 400)
        try file.write([UInt8](repeating: 1, count: 600), at: 0)
        let error = #expect(throws: FileError.self) { try file.write([UInt8](repeating: 1, count: 600), at: 500) }
        #expect(error?.isDiskFull == true)
    }

    @Test("puts a file once")
    func putIfAbsent() throws {
        let store = SimulatedFileStore(seed: 1)
        try store.createDirectory("/data")
        #expect(try store.putIfAbsent("/data/a", [1]))
        #expect(try !store.putIfAbsent("/data/a", [2]))
        #expect(try store.read("/data/a") == [1])
        #expect(try store.entries(of: "/data").map(\.name) == ["a"])
    }
}
