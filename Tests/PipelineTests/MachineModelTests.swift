import DeltaLake
import DurableFiles
import Glibc
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// The whole machine in a box: random messages, random steps, disk errors and crashes.
struct MachineModelTests {
    @Test(
        "one lane stores exactly what the window of duplicates lets through", arguments: 1...120 as ClosedRange<UInt64>)
    func oneLane(seed: UInt64) throws {
        var model = try MachineModel(seed: seed, laneCount: 1)
        try model.run(actionCount: 60)
    }

    @Test("lanes that get the same readings store each once", arguments: 1...80 as ClosedRange<UInt64>)
    func severalLanes(seed: UInt64) throws {
        var model = try MachineModel(seed: seed, laneCount: 2 + Int(seed % 2))
        try model.run(actionCount: 80)
    }

    /// For long runs by hand: `PHUSA_SEEDS=1000-4000`.
    private static let seeds: ClosedRange<UInt64>? = {
        // Safe: reads the environment, which no test changes.
        guard let text = unsafe getenv("PHUSA_SEEDS").map({ unsafe String(cString: $0) }) else { return nil }
        let ends = text.split(separator: "-").compactMap { UInt64($0) }
        return ends.count == 2 ? ends[0]...ends[1] : nil
    }()

    @Test("the same with as many seeds as PHUSA_SEEDS asks for", .enabled(if: seeds != nil, "a long run by hand"))
    func moreSeeds() throws {
        for seed in Self.seeds ?? 1...1 {
            var model = try MachineModel(seed: seed, laneCount: 1 + Int(seed % 3))
            try model.run(actionCount: 70)
        }
    }
}

private struct MachineModel {
    let seed: UInt64
    let machine: Machine
    var random: SeededRandom
    var maker: MessageMaker
    /// The clock of arrivals; a run takes less than the window of the slow stream.
    var clock: Int64 = 1_795_248_000_000_000

    init(seed: UInt64, laneCount: Int) throws {
        self.seed = seed
        random = SeededRandom(seed: seed &* 7919)
        machine = try Machine(
            TestStreams.catalog(), seed: seed, laneCount: laneCount,
            readingCount: Int.random(in: 1...40, using: &random))
        maker = MessageMaker(seed: seed, repetition: laneCount == 1 ? .anywhere : .withinWindow)
    }

    mutating func run(actionCount: Int) throws {
        for _ in 0..<actionCount { try act() }
        try drainAll()
        try machine.checkCompleteness("seed \(seed), at the end")
        try restart(cuttingPower: true)
        try drainAll()
        try machine.checkCompleteness("seed \(seed), after the last restart")
    }

    private mutating func act() throws {
        let lane = Int.random(in: 0..<machine.lanes.count, using: &random)
        switch Int.random(in: 0..<26, using: &random) {
        case 0..<8: try append(lane)
        case 8..<18: try fold(lane)
        case 18: machine.cut(lane: lane)
        case 19, 20:
            let codes = [ENOSPC, EIO]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                machine.store.fail(
                    afterSteps: Int.random(in: 0..<60, using: &random), code: codes[Int(random.next() % 2)])
            }
        case 21: try restart(cuttingPower: false)
        case 22: try restart(cuttingPower: true)
        case 23, 24: try keepUp()
        default:
            guard random.chance(1, in: 3) else { return }
            machine.store.failNoMore()
            try drainAll()
            try machine.checkCompleteness("seed \(seed)")
        }
    }

    private mutating func append(_ lane: Int) throws {
        var messages: [SentMessage] = []
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            clock += Int64.random(in: 0..<1_500_000, using: &random)
            messages.append(maker.message(arrival: clock))
        }
        if random.chance(1, in: 30) { clock += 20_000_000 }
        var isWhole = try machine.append(messages, lane: lane)
        // Now and then the power goes before the batch is durable.
        if isWhole, random.chance(9, in: 10) { isWhole = machine.synchronize(lane: lane) }
        if !isWhole { try restart(cuttingPower: random.chance(1, in: 2)) }
    }

    private mutating func fold(_ lane: Int) throws {
        let progress = machine.lanes[lane].progress
        let through = JournalOffset(
            UInt64.random(
                in: progress.committed.number...max(progress.committed, progress.durable).number, using: &random))
        let isLast = random.chance(1, in: 4)
        do {
            _ = try machine.advance(lane: lane, through: through, isLast: isLast)
        } catch {
            #expect(error.isTransient, "seed \(seed): \(error)")
            if random.chance(1, in: 3) { try restart(cuttingPower: random.chance(1, in: 2)) }
        }
    }

    /// Compacts one of the tables, and leaves of its log what a checkpoint does not stand for.
    ///
    /// Not the ledger, whose commits `checkCompleteness` reads one by one.
    private mutating func keepUp() throws {
        let name = (TestStreams.names + ["dead_letters"]).randomElement(using: &random) ?? ""
        let now = millisecondsNow() + 400 * 86_400_000
        var settings = CompactionSettings()
        settings.targetRowCount = random.chance(1, in: 2) ? 40 : 1 << 20
        let deletes = random.chance(1, in: 2)
        do {
            var compactor = try Compactor(
                name, tablesDirectory: machine.configuration.tablesDirectory, node: "n", settings: settings,
                store: machine.store, now: { now })
            _ = try compactor.sweep()
            var rewriter = SortingRewriter(table: name)
            for job in try compactor.plan().jobs { _ = try compactor.run(job, with: &rewriter) }
            var table = compactor.table
            if deletes {
                let directory = "\(machine.configuration.tablesDirectory)/\(name)"
                _ = try Vacuum(table.snapshot, removedBefore: .max).run(in: directory, store: machine.store)
            }
            try table.writeCheckpoint(timestampMilliseconds: now)
            try table.removeOldLog(LogUpkeep(logMilliseconds: 0), timestampMilliseconds: now)
        } catch let error as TableError {
            #expect(error.isTransient, "seed \(seed): \(error)")
        } catch let error as DeltaError {
            guard case .storage = error else { throw error }
        } catch is FileError {
            return
        }
    }

    private mutating func drainAll() throws {
        machine.store.failNoMore()
        for lane in machine.lanes.indices.shuffled(using: &random) { try machine.drain(lane: lane) }
    }

    private mutating func restart(cuttingPower: Bool) throws {
        try machine.restart(cuttingPower: cuttingPower)
        machine.store.failNoMore()
        if random.chance(1, in: 3) { try machine.checkSoundness("seed \(seed), after a restart") }
    }
}
