import DurableFiles
import Glibc
import Synchronization
import TestSupport
import Testing

struct SystemFileStoreTests {
    private let store = SystemFileStore()

    @Test("creates a directory with its parents, also when it is there already")
    func directories() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a/b/c"
        try store.createDirectory(path)
        try store.createDirectory(path)
        #expect(try store.entries(of: directory.path + "/a") == [DirectoryEntry(name: "b", isDirectory: true)])
        try store.createAtomically(path + "/file", [1, 2, 3])
        let error = #expect(throws: FileError.self) { try store.createDirectory(path + "/file") }
        #expect(error?.code == EEXIST)
    }

    @Test("threads that make one folder with its parents at once all have it")
    func sameFolder() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for round in 0..<200 {
                for _ in 0..<4 {
                    group.addTask { try SystemFileStore().createDirectory("\(path)/\(round)/a/b/c") }
                }
            }
            try await group.waitForAll()
        }
        #expect(try SystemFileStore().entries(of: directory.path).count == 200)
    }

    @Test("lists names sorted by their bytes, without temporary files")
    func listing() throws {
        let directory = try TemporaryDirectory()
        for name in ["b", "a", "Z", "đ", ".x.0.tmp"] {
            try store.createAtomically("\(directory.path)/\(name)", [UInt8]())
        }
        #expect(try store.list(directory.path) == ["Z", "a", "b", "đ"])
        #expect(try store.entries(of: directory.path).count == 5)
    }

    @Test("creates a file whole, replaces it whole, and leaves nothing else behind")
    func atomically() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/file"
        let large = [UInt8](repeating: 7, count: 3_000_000)
        try store.createAtomically(path, large)
        #expect(try store.read(path) == large)
        #expect(try store.byteCount(of: path) == large.count)
        try store.createAtomically(path, [UInt8]("new".utf8))
        #expect(try store.read(path) == [UInt8]("new".utf8))
        #expect(try store.entries(of: directory.path).map(\.name) == ["file"])
    }

    @Test("gives a name to exactly one of many that put it at the same time")
    func putIfAbsentRace() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/00000000000000000000.json"
        let store = store
        let winners = try await withThrowingTaskGroup(of: UInt8?.self) { group in
            for candidate in UInt8(0)..<16 {
                group.addTask {
                    let bytes = [UInt8](repeating: candidate, count: 10_000)
                    return try store.putIfAbsent(path, bytes) ? candidate : nil
                }
            }
            return try await group.reduce(into: [UInt8]()) { winners, winner in winners += winner.map { [$0] } ?? [] }
        }
        #expect(winners.count == 1)
        #expect(try store.read(path) == [UInt8](repeating: winners[0], count: 10_000))
        #expect(try store.entries(of: directory.path).count == 1)
    }

    @Test("writes, synchronizes, reads and shortens an open file")
    func openFiles() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/file"
        let file = try store.openForWriting(path, create: true)
        try file.preallocate(10_000)
        try file.write([UInt8]("hello".utf8), at: 5_000)
        try file.synchronize()
        #expect(try store.byteCount(of: path) == 10_000)
        let reader = try store.openForReading(path)
        #expect(try reader.read(7, at: 4_999) == [0] + [UInt8]("hello".utf8) + [0])
        try file.truncate(to: 5_003)
        #expect(try reader.read(7, at: 4_999) == [0] + [UInt8]("hel".utf8))
        #expect(try reader.byteCount == 5_003)
    }

    @Test("refuses a lock that is taken, and gives it once it is free")
    func locks() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/lock"
        do {
            let first = try store.lockExclusively(path)
            let error = #expect(throws: FileError.self) { _ = try store.lockExclusively(path) }
            #expect(error?.isLocked == true)
            #expect(error?.description == "cannot lock \(path): another process is using it")
            _ = consume first
        }
        _ = try store.lockExclusively(path)
    }

    @Test("says what failed, where, and what to do")
    func errors() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/missing"
        let error = #expect(throws: FileError.self) { try store.read(path) }
        #expect(error?.isMissing == true)
        #expect(error?.description == "cannot open \(path): No such file or directory")
        #expect(
            FileError(.write, "/data/x", code: ENOSPC).description
                == "cannot write /data/x: No space left on device (free some space on that file system)")
        #expect(FileError(.write, "/data/x", code: ENOSPC).isDiskFull)
        #expect(try store.exists(path) == false)
        #expect(try store.exists(directory.path))
        #expect(try store.freeByteCount(directory.path) > 0)
    }
}

struct CreateAllTests {
    @Test("puts few and many files into folders that are not there yet", arguments: [1, 8, 9, 300])
    func many(count: Int) throws {
        let folder = try TemporaryDirectory()
        let store = SystemFileStore()
        let files = (0..<count).map { number in
            NewFile(path: "\(folder.path)/a/\(number % 7)/b/\(number)", bytes: Array("content \(number)".utf8))
        }
        try store.createAll(files)
        for file in files { #expect(try store.read(file.path) == file.bytes) }
        var names = 0
        for number in 0..<min(7, count) { names += try store.entries(of: "\(folder.path)/a/\(number)/b").count }
        #expect(names == count, "nothing but the files is left")
    }

    @Test("leaves no unfinished file behind when one cannot be written")
    func failure() throws {
        let folder = try TemporaryDirectory()
        let store = SystemFileStore()
        try store.createAtomically("\(folder.path)/taken", [])
        var files = (0..<20).map { NewFile(path: "\(folder.path)/x/\($0)", bytes: [1]) }
        files.append(NewFile(path: "\(folder.path)/taken/below", bytes: [1]))
        #expect(throws: FileError.self) { try store.createAll(files) }
        #expect(try store.entries(of: "\(folder.path)/x").isEmpty)
    }
}
