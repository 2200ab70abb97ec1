import DeltaLake
import Glibc
import Testing
import TestSupport

struct CheckpointTests {
    /// What a snapshot says, but for what a checkpoint does not keep: how files came and went.
    struct Contents: Equatable {
        var version: Int64
        var metadata: TableMetadata
        var tableProtocol: TableProtocol
        var transactions: [String: ApplicationTransaction]
        var byteCount: Int64
        var files: [String: [String]]
        var tombstones: [String: Int64?]

        init(_ snapshot: DeltaSnapshot) {
            version = snapshot.version
            metadata = snapshot.metadata
            tableProtocol = snapshot.tableProtocol
            transactions = snapshot.transactions
            byteCount = snapshot.byteCount
            files = Dictionary(
                uniqueKeysWithValues: snapshot.files.map { file in
                    let facts = [
                        "\(file.byteCount)", "\(file.modificationMilliseconds)", file.statisticsText ?? "none",
                        "\(file.partitionValues)", "\(file.tags.sorted { $0.key < $1.key })",
                    ]
                    return (file.path, facts)
                })
            tombstones = Dictionary(
                uniqueKeysWithValues: snapshot.tombstones.map { ($0.path, $0.deletionMilliseconds) })
        }
    }

    /// Some commits of all kinds.
    static func fill(_ table: inout DeltaTable, commits: Int, _ random: inout SeededRandom) throws {
        for _ in 0..<commits {
            let version = table.snapshot.version + 1
            var transaction = DeltaTransaction(timestampMilliseconds: 1000 * version)
            transaction.added = try (0..<Int.random(in: 0...3, using: &random)).map { number in
                AddFile(
                    path: "date=2026-11-21/hour=8/ệ \(version)-\(number)%.parquet",
                    partitionValues: [
                        try PartitionValue("date", random.chance(1, in: 5) ? nil : .date(days: 20_778)),
                        try PartitionValue("hour", .integer(Int32.random(in: 0...1, using: &random))),
                    ],
                    byteCount: Int64.random(in: 0...1000, using: &random), modificationMilliseconds: version,
                    statistics: random.chance(1, in: 4) ? nil : FileStatistics(recordCount: version),
                    tags: random.chance(1, in: 3) ? ["lane": "\(version)", "b": ""] : [:])
            }
            transaction.removed = table.snapshot.files.filter { _ in random.chance(1, in: 6) }
                .map { $0.removed(atMilliseconds: 1000 * version, isDataChange: false) }
            if random.chance(1, in: 2) {
                transaction.applicationTransaction = ApplicationTransaction(
                    appId: "node/\(Int.random(in: 0...3, using: &random))", version: version,
                    lastUpdatedMilliseconds: random.chance(1, in: 2) ? version : nil)
            }
            if random.chance(1, in: 10) {
                var metadata = table.snapshot.metadata
                metadata.schema = try metadata.schema.widened(by: [DeltaColumn("c\(version)", .double)])
                metadata.configuration["k\(version)"] = "v"
                metadata.description = "đ"
                transaction.metadata = metadata
            }
            _ = try table.commit(transaction)
        }
    }

    @Test("a table read from its checkpoint is the one that was written", arguments: 1...30 as ClosedRange<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let store = MemoryLogStore()
        var table = try Samples.table(in: store)
        try Self.fill(&table, commits: Int.random(in: 0...40, using: &random), &random)
        try table.writeCheckpoint(timestampMilliseconds: 0)
        #expect(table.commitCountSinceCheckpoint == 0)
        let version = table.snapshot.version
        let behind = Int.random(in: 0...5, using: &random)
        try Self.fill(&table, commits: behind, &random)
        let whole = Contents(table.snapshot)
        for removed in Int64(0)...version { store.set(MemoryLogStore.name(removed), nil) }
        if random.chance(1, in: 2) { store.set("_last_checkpoint", nil) }
        let opened = try DeltaTable(opening: store)
        #expect(Contents(opened.snapshot) == whole)
        #expect(opened.checkpointVersion == version && opened.commitCountSinceCheckpoint == Int64(behind))
        let light = try DeltaTable(opening: store, options: .init(keepsFiles: false)).snapshot
        #expect(light.files.isEmpty && light.tombstones.isEmpty)
        #expect(light.transactions == whole.transactions && light.metadata == whole.metadata)
    }

    @Test("a broken, missing or wrongly named checkpoint does no harm while the commits are there")
    func fallback() throws {
        var random = SeededRandom(seed: 5)
        let store = MemoryLogStore()
        var table = try Samples.table(in: store)
        for _ in 0..<3 {
            try Self.fill(&table, commits: 12, &random)
            try table.writeCheckpoint(timestampMilliseconds: 0)
        }
        try Self.fill(&table, commits: 2, &random)
        let whole = Contents(table.snapshot)
        let newest = MemoryLogStore.checkpointName(36)
        let bytes = try #require(try store.read(newest))
        for _ in 0..<60 {
            var damaged = bytes
            if random.chance(1, in: 2) {
                damaged.removeLast(Int.random(in: 1...damaged.count, using: &random))
            } else {
                // Within the pages every byte is covered by a checksum; the metadata behind them has none.
                damaged[Int.random(in: 4..<damaged.count * 2 / 5, using: &random)] ^= 0x55
            }
            try store.replace(newest, damaged)
            let opened = try DeltaTable(opening: store)
            #expect(Contents(opened.snapshot) == whole)
        }
        store.set(newest, nil)
        #expect(Contents(try DeltaTable(opening: store).snapshot) == whole)
        for pointer in [
            "", "{", "{}", #"{"version":"36"}"#, #"{"version":-1}"#, #"{"version":12}"#, #"{"version":99}"#,
        ] {
            store.set("_last_checkpoint", pointer)
            #expect(Contents(try DeltaTable(opening: store).snapshot) == whole)
        }
        // An older checkpoint stands for the first commits, nothing for later ones.
        for version in Int64(0)...12 { store.set(MemoryLogStore.name(version), nil) }
        let opened = try DeltaTable(opening: store)
        #expect(Contents(opened.snapshot) == whole && opened.checkpointVersion == 24)
        for version in Int64(13)...30 { store.set(MemoryLogStore.name(version), nil) }
        try store.replace(newest, Array(bytes.dropLast()))
        #expect(throws: DeltaError.self) { try DeltaTable(opening: store) }
    }

    @Test(
        "damage anywhere in a checkpoint is an error or a table, never a trap", arguments: 1...4 as ClosedRange<UInt64>)
    func damage(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let store = MemoryLogStore()
        var table = try Samples.table(in: store)
        try Self.fill(&table, commits: 10, &random)
        try table.writeCheckpoint(timestampMilliseconds: 0)
        let name = MemoryLogStore.checkpointName(10)
        let bytes = try #require(try store.read(name))
        for version in Int64(0)...10 { store.set(MemoryLogStore.name(version), nil) }
        var errors = 0
        for _ in 0..<500 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(
                    in: .min ... .max, using: &random)
            }
            try store.replace(name, damaged)
            do throws(DeltaError) { _ = try DeltaTable(opening: store) } catch { errors += 1 }
        }
        #expect(errors > 250)
    }

    @Test("removals are kept for twice the time that removed files must stay")
    func tombstones() throws {
        let store = MemoryLogStore()
        var table = try Samples.table(in: store)
        _ = try table.commit(try Samples.append("a", "b"))
        for (name, time) in [("a", Int64(1000)), ("b", 2000)] {
            let removal = try Samples.file(name).removed(atMilliseconds: time, isDataChange: false)
            _ = try table.commit(DeltaTransaction(removing: [removal], timestampMilliseconds: time))
        }
        #expect(table.snapshot.tombstones.count == 2)
        try table.writeCheckpoint(LogUpkeep(deletedFileMilliseconds: 500), timestampMilliseconds: 2500)
        store.set(MemoryLogStore.name(3), nil)
        let opened = try DeltaTable(opening: store).snapshot
        #expect(opened.tombstones.map(\.path) == ["date=2026-11-21/hour=8/b.parquet"])
        #expect(opened.tombstone("date=2026-11-21/hour=8/b.parquet")?.deletionMilliseconds == 2000)
    }

    @Test("properties of the table say how its log is kept")
    func properties() {
        var metadata = Samples.metadata()
        #expect(LogUpkeep().respecting(metadata) == LogUpkeep())
        metadata.configuration = [
            "delta.checkpointInterval": "10", "delta.logRetentionDuration": "interval 2 days 3 hours",
            "delta.deletedFileRetentionDuration": "interval 1 week",
        ]
        #expect(
            LogUpkeep().respecting(metadata)
                == LogUpkeep(
                    checkpointInterval: 10, logMilliseconds: 51 * 3_600_000,
                    deletedFileMilliseconds: 7 * 86_400_000))
        metadata.configuration = [
            "delta.checkpointInterval": "0", "delta.logRetentionDuration": "interval 1 month",
            "delta.deletedFileRetentionDuration": "", "delta.enableExpiredLogCleanup": "false",
        ]
        #expect(LogUpkeep().respecting(metadata) == LogUpkeep(logMilliseconds: .max))
    }

    @Test("a table that was opened without its files writes no checkpoint")
    func withoutFiles() throws {
        var table = try Samples.table(in: MemoryLogStore(), options: .init(keepsFiles: false))
        #expect(throws: DeltaError.self) { try table.writeCheckpoint(timestampMilliseconds: 0) }
        #expect(table.commitCountSinceCheckpoint == 1)
    }
}

/// Old commits and checkpoints that nobody needs any more.
struct LogCleanupTests {
    @Test(
        "whatever is cleaned up when, every version within the retention can be read, and the newest is the same",
        arguments: 1...20 as ClosedRange<UInt64>)
    func model(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let store = MemoryLogStore()
        var table = try Samples.table(in: store)
        let upkeep = LogUpkeep(logMilliseconds: 30_000)
        for _ in 0..<12 {
            try CheckpointTests.fill(&table, commits: Int.random(in: 1...12, using: &random), &random)
            if random.chance(3, in: 4) { try table.writeCheckpoint(upkeep, timestampMilliseconds: 0) }
            let now = 1000 * table.snapshot.version
            let before = store.names.count
            let removed = try table.removeOldLog(upkeep, timestampMilliseconds: now)
            #expect(before - store.names.count == removed.commitCount + removed.checkpointCount)
            let opened = try DeltaTable(opening: store)
            #expect(CheckpointTests.Contents(opened.snapshot) == CheckpointTests.Contents(table.snapshot))
            // The commits of the retention are all there.
            for version in max(0, table.snapshot.version - 30)...table.snapshot.version {
                #expect(try store.exists(MemoryLogStore.name(version)))
            }
        }
        #expect(try !store.exists(MemoryLogStore.name(0)))
    }

    @Test("many checkpoints are thinned out to the newest and a few older ones")
    func thinning() throws {
        let store = MemoryLogStore()
        var table = try Samples.table(in: store)
        for number in 1...30 {
            _ = try table.commit(try Samples.append("\(number)"))
            try table.writeCheckpoint(timestampMilliseconds: 3000)
        }
        let removed = try table.removeOldLog(timestampMilliseconds: 4000)
        #expect(removed.commitCount == 0 && removed.checkpointCount == 18)
        let left = store.names.filter { $0.hasSuffix(".parquet") }
        #expect(left == ([1, 2] + Array(21...30)).map { MemoryLogStore.checkpointName($0) })
        #expect(try DeltaTable(opening: store).snapshot.files.count == 30)
    }

    @Test("nothing is removed before the checkpoint that stands for it has been read whole")
    func damagedCheckpoint() throws {
        let store = MemoryLogStore()
        var table = try Samples.table(in: store)
        _ = try table.commit(try Samples.append("a"))
        try table.writeCheckpoint(timestampMilliseconds: 3000)
        _ = try table.commit(try Samples.append("b"))
        let upkeep = LogUpkeep(logMilliseconds: 0)
        store.tamper(MemoryLogStore.checkpointName(1)) { $0.removeLast() }
        #expect(throws: DeltaError.self) { try table.removeOldLog(upkeep, timestampMilliseconds: 4000) }
        #expect(try store.exists(MemoryLogStore.name(0)))
        #expect(try DeltaTable(opening: store).snapshot.files.count == 2)
    }

    @Test("a writer that slept while the log was cleaned up through its version goes on at the end")
    func sleeper() throws {
        let store = MemoryLogStore()
        var sleeper = try Samples.table(in: store, options: .init(keepsFiles: false))
        var reader = try DeltaTable(opening: store)
        var busy = try DeltaTable(opening: store)
        for number in 1...20 {
            _ = try busy.commit(try Samples.append("\(number)", appId: "busy", version: Int64(number)))
        }
        try busy.writeCheckpoint(timestampMilliseconds: 3000)
        _ = try busy.commit(try Samples.append("21"))
        #expect(try busy.removeOldLog(LogUpkeep(logMilliseconds: 0), timestampMilliseconds: 4000).commitCount == 20)
        #expect(try sleeper.commit(try Samples.append("mine", appId: "sleeper", version: 1)) == 22)
        #expect(sleeper.snapshot.transactions["busy"]?.version == 20)
        #expect(try reader.update().version == 22)
        #expect(reader.snapshot.files.count == 22)
        #expect(throws: DeltaError.alreadyCommitted(appId: "sleeper", version: 1, tableVersion: 22)) {
            try sleeper.commit(try Samples.append("mine", appId: "sleeper", version: 1))
        }
    }
}

extension LogCleanupTests {
    @Test("a commit into a log that is cleaned up at that very moment is not lost", arguments: [true, false])
    func race(hasTransaction: Bool) throws {
        let store = MemoryLogStore()
        var ours = try Samples.table(in: store)
        // Between the look at the log and the commit, another one commits, writes a checkpoint and cleans up.
        store.beforePut { store, name in
            guard name == MemoryLogStore.name(1), var other = try? DeltaTable(opening: store) else { return }
            for number in 1...5 { _ = try? other.commit(try Samples.append("other \(number)")) }
            try? other.writeCheckpoint(timestampMilliseconds: 4000)
            _ = try? other.commit(try Samples.append("other 6"))
            _ = try? other.removeOldLog(LogUpkeep(logMilliseconds: 0), timestampMilliseconds: 4000)
        }
        let version = try ours.commit(try Samples.append("ours", appId: hasTransaction ? "a" : nil, version: 1))
        store.beforePut(nil)
        #expect(version == 7)
        let snapshot = try DeltaTable(opening: store).snapshot
        #expect(snapshot.version == 7 && snapshot.files.count == 7)
        #expect(snapshot.file("date=2026-11-21/hour=8/ours.parquet") != nil)
        #expect(ours.snapshot.files.count == 7)
    }
}

/// Commits, checkpoints and clean-ups on a disk that fails at any step and then loses power.
struct CheckpointCrashTests {
    private static let upkeep = LogUpkeep(logMilliseconds: 1500, deletedFileMilliseconds: 1000)

    /// Commits up to `last`, each at its own second; returns how far it is known to have come.
    private func run(on disk: SimulatedFileStore, from first: Int64, through last: Int64) throws -> Int64 {
        var confirmed = first - 1
        do throws(DeltaError) {
            var table = try Samples.table(in: LocalLogStore(tablePath: "/data/table", files: disk))
            for version in first...last {
                do throws(DeltaError) {
                    _ = try table.commit(Self.transaction(version))
                } catch {
                    guard case .alreadyCommitted = error else { throw error }
                }
                confirmed = version
                let now = (version + 1) * 1000
                if version % 2 == 0 { try table.writeCheckpoint(Self.upkeep, timestampMilliseconds: now) }
                if version % 3 == 0 { try table.removeOldLog(Self.upkeep, timestampMilliseconds: now) }
            }
        } catch {
            guard case .storage(let problem) = error else { throw error }
            #expect(problem.isDiskFull)
        }
        return confirmed
    }

    private static func transaction(_ version: Int64) throws(DeltaError) -> DeltaTransaction {
        do {
            var transaction = try Samples.append("f\(version)", appId: "a", version: version)
            transaction.timestampMilliseconds = version * 1000
            return transaction
        } catch {
            throw .invalidTransaction("\(error)")
        }
    }

    @Test(
        "after a failure at any step and a power cut, the table is there with all that was confirmed",
        arguments: 1...150)
    func everyStep(step: Int) throws {
        for seed in UInt64(1)...3 {
            let disk = SimulatedFileStore(seed: seed)
            disk.fail(afterSteps: step, code: ENOSPC)
            var confirmed = try run(on: disk, from: 1, through: 7)
            disk.crash()
            disk.fail(afterSteps: Int(seed) % 7, code: ENOSPC)
            confirmed = max(confirmed, try run(on: disk, from: confirmed + 1, through: 9))
            disk.crash()
            let store = LocalLogStore(tablePath: "/data/table", files: disk)
            if confirmed > 0 {
                #expect(try DeltaTable(opening: store).snapshot.transactions["a"]?.version ?? 0 >= confirmed)
            }
            #expect(try run(on: disk, from: confirmed + 1, through: 12) == 12)
            disk.crash()
            let snapshot = try DeltaTable(opening: store).snapshot
            #expect(snapshot.version == 12 && snapshot.files.count == 12)
            #expect(snapshot.transactions["a"]?.version == 12)
        }
    }
}
