import DeltaLake
import DurableFiles
import Synchronization
import Testing
import TestSupport

struct ConcurrencyTests {
    /// What a writer intends, kept outside the table: the model.
    private struct Writer {
        let appId: String
        var table: DeltaTable
        var next: Int64 = 1
        var pending: DeltaTransaction?
    }

    @Test(
        "whatever fails and whoever is faster, each transaction is in the table once",
        arguments: 1...20 as ClosedRange<UInt64>)
    func model(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let store = MemoryLogStore()
        var writers: [Writer] = []
        for number in 0..<3 {
            writers.append(Writer(appId: "writer \(number)", table: try Samples.table(in: store)))
        }
        var expected: [String: Int64] = [:]
        var progress: [String: Int64] = [:]
        for step in 0..<400 {
            let index = Int.random(in: writers.indices, using: &random)
            let fault: MemoryLogStore.Fault? =
                random.chance(1, in: 4) ? (random.chance(1, in: 2) ? .before : .after) : nil
            store.failPuts { _ in fault }
            if random.chance(1, in: 20) {
                // The process dies and starts again; the application gives the same transaction once more.
                writers[index].table = try DeltaTable(
                    opening: store, options: .init(keepsFiles: random.chance(1, in: 2)))
            }
            var writer = writers[index]
            let transaction =
                try writer.pending
                ?? Samples.append(
                    "\(index)-\(writer.next)", "\(index)-\(writer.next)b", appId: writer.appId, version: writer.next)
            do throws(DeltaError) {
                _ = try writer.table.commit(transaction)
                writer.pending = nil
            } catch {
                switch error {
                case .storage: writer.pending = transaction
                case .alreadyCommitted: writer.pending = nil
                default: Issue.record("step \(step): \(error)")
                }
            }
            if writer.pending == nil {
                for file in transaction.added { expected[file.path, default: 0] += 1 }
                progress[writer.appId] = writer.next
                writer.next += 1
            }
            writers[index] = writer
        }
        store.failPuts(nil)
        for index in writers.indices {
            guard let transaction = writers[index].pending else { continue }
            // Either it is in, or it goes in now.
            _ = try? writers[index].table.commit(transaction)
            for file in transaction.added { expected[file.path, default: 0] += 1 }
            progress[writers[index].appId] = writers[index].next
        }
        let snapshot = try DeltaTable(opening: store).snapshot
        #expect(Set(snapshot.files.map(\.path)) == Set(expected.keys))
        #expect(expected.values.allSatisfy { $0 == 1 })
        #expect(snapshot.transactions.mapValues(\.version) == progress)
        // In the log, too, each file is added once.
        var added: [String: Int] = [:]
        for version in 0...snapshot.version {
            for action in try writers[0].table.actions(ofVersion: version) ?? [] {
                if case .add(let file) = action { added[file.path, default: 0] += 1 }
            }
        }
        #expect(added.values.allSatisfy { $0 == 1 })
    }

    @Test("threads that commit to one folder at once lose nothing")
    func threads() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/table"
        let versions = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for writer in 0..<4 {
                group.addTask {
                    var table = try Samples.table(in: LocalLogStore(tablePath: path))
                    var versions: [Int64] = []
                    for number in 1...25 {
                        versions.append(
                            try table.commit(
                                try Samples.append("\(writer)-\(number)", appId: "w\(writer)", version: Int64(number))))
                    }
                    return versions
                }
            }
            var all: [Int64] = []
            for try await versions in group { all += versions }
            return all
        }
        #expect(versions.sorted() == Array(1...100))
        let snapshot = try DeltaTable(opening: LocalLogStore(tablePath: path)).snapshot
        #expect(snapshot.files.count == 100)
        #expect((0..<4).allSatisfy { snapshot.transactions["w\($0)"]?.version == 25 })
    }

    @Test("a log in a folder is opened with what a crash left in it, and errors name the file")
    func folder() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/table/"
        let store = LocalLogStore(tablePath: path)
        #expect(throws: DeltaError.notATable) { try DeltaTable(opening: store) }
        var table = try Samples.table(in: store)
        _ = try table.commit(try Samples.append("a"))
        let files = SystemFileStore()
        _ = try files.putIfAbsent("\(store.folder)/.\(MemoryLogStore.name(2)).4f.tmp", Array("{".utf8))
        #expect(try DeltaTable(opening: store).snapshot.version == 1)
        _ = try files.putIfAbsent("\(store.folder)/\(MemoryLogStore.name(2))", Array("{".utf8))
        let error = #expect(throws: DeltaError.self) { try table.update() }
        #expect(error.map { "\($0)".hasPrefix("\(MemoryLogStore.name(2)):1: ") } == true)
    }
}
