import DeltaLake
import Glibc
import Testing
import TestSupport

/// A writer on a disk that fails at any step and then loses power.
struct CrashTests {
    /// What the application knows: it gives each transaction until it learns that it is in.
    private struct Application {
        var next: Int64 = 1
        var confirmed: Int64 = 0

        /// Commits up to `last`; stops at the first failure of the disk.
        mutating func run(on disk: SimulatedFileStore, through last: Int64) throws -> Bool {
            do throws(DeltaError) {
                var table = try Samples.table(in: LocalLogStore(tablePath: "/data/table", files: disk))
                while next <= last {
                    do throws(DeltaError) {
                        _ = try table.commit(Self.transaction(next))
                    } catch {
                        guard case .alreadyCommitted = error else { throw error }
                    }
                    confirmed = next
                    next += 1
                }
                return true
            } catch {
                guard case .storage(let problem) = error else { throw error }
                #expect(problem.isDiskFull)
                return false
            }
        }

        private static func transaction(_ version: Int64) throws(DeltaError) -> DeltaTransaction {
            do {
                return try Samples.append("f\(version)", appId: "a", version: version)
            } catch {
                throw .invalidTransaction("\(error)")
            }
        }
    }

    @Test(
        "after a failure at any step and a power cut, nothing confirmed is lost and nothing is in twice",
        arguments: 1...60)
    func everyStep(step: Int) throws {
        for seed in UInt64(1)...20 {
            let disk = SimulatedFileStore(seed: seed)
            var application = Application()
            disk.fail(afterSteps: step, code: ENOSPC)
            _ = try application.run(on: disk, through: 4)
            disk.crash()
            // A second failure and crash while recovering.
            disk.fail(afterSteps: Int(seed) % 7, code: ENOSPC)
            _ = try application.run(on: disk, through: 6)
            disk.crash()

            let confirmed = application.confirmed
            #expect(try application.run(on: disk, through: 8))
            disk.crash()
            let snapshot = try DeltaTable(opening: LocalLogStore(tablePath: "/data/table", files: disk)).snapshot
            #expect(application.confirmed == 8 && confirmed <= 8)
            #expect(snapshot.version == 8)
            #expect(snapshot.files.count == 8)
            #expect(snapshot.transactions["a"]?.version == 8)
        }
    }

    @Test("a commit that a reader has seen survives the power cut, although its writer died before it was durable")
    func seenIsDurable() throws {
        for step in 0..<40 {
            for seed in UInt64(1)...10 {
                let disk = SimulatedFileStore(seed: seed)
                let store = LocalLogStore(tablePath: "/data/table", files: disk)
                var application = Application()
                #expect(try application.run(on: disk, through: 1))
                disk.fail(afterSteps: step, code: ENOSPC)
                _ = try application.run(on: disk, through: 3)
                disk.failNoMore()
                let seen = try DeltaTable(opening: store).snapshot
                disk.crash()
                #expect(try DeltaTable(opening: store).snapshot.version >= seen.version)
            }
        }
    }

    @Test("bit rot in a commit is an error with the file's name")
    func bitRot() throws {
        let disk = SimulatedFileStore(seed: 1)
        var application = Application()
        #expect(try application.run(on: disk, through: 3))
        let store = LocalLogStore(tablePath: "/data/table", files: disk)
        disk.tamper("\(store.folder)/\(MemoryLogStore.name(2))") { $0[$0.count / 2] = 0 }
        let error = #expect(throws: DeltaError.self) { try DeltaTable(opening: store) }
        guard case .damaged(MemoryLogStore.name(2), 1...3, _) = error else {
            Issue.record("\(error as Any)")
            return
        }
    }
}
