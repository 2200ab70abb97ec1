import DeltaLake
import DurableFiles
import Glibc
import Journal
import Streams
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// What is left when a commit breaks off at each of its steps, one after the other.
struct CommitStepTests {
    /// What follows the error.
    enum Ending: String, CaseIterable {
        /// The disk works again and the fold goes on, with more messages waiting.
        case retry
        /// The process dies; what the system had taken reaches the disk.
        case kill
        case powerCut
    }

    private let catalog: StreamCatalog
    private let start: Int64 = 1_795_248_000_000_000

    init() throws {
        catalog = try TestStreams.catalog()
    }

    @Test("an error at any step of a commit neither loses nor doubles a reading", arguments: Ending.allCases)
    func everyStep(ending: Ending) throws {
        let clean = try loadedMachine(seed: 1)
        let before = clean.store.stepCount
        try clean.drain()
        let stepCount = clean.store.stepCount - before
        try clean.checkCompleteness("without an error")
        // Both streams, the dead letters and the ledger: each a segment and a commit of several steps.
        #expect(stepCount > 40)
        for step in 0..<stepCount {
            let place = "\(ending.rawValue) after step \(step)"
            let machine = try loadedMachine(seed: UInt64(step) + 1)
            machine.store.fail(afterSteps: step, code: step % 2 == 0 ? ENOSPC : EIO)
            #expect(throws: FoldError.self, "\(place)") { try machine.drain() }
            switch ending {
            case .retry: machine.store.failNoMore()
            case .kill: try machine.restart(cuttingPower: false)
            case .powerCut: try machine.restart(cuttingPower: true)
            }
            _ = try machine.append(messages(from: 100, offset: 2_000_000))
            _ = machine.synchronize()
            try machine.drain()
            try machine.checkCompleteness(place)
        }
    }

    @Test("two errors at any two steps, then the power goes", arguments: 1...40)
    func twice(first: Int) throws {
        for second in stride(from: 0, to: 60, by: 7) {
            let machine = try loadedMachine(seed: UInt64(first))
            machine.store.fail(afterSteps: first, code: EIO)
            machine.store.fail(afterSteps: first + 1 + second, code: ENOSPC)
            for _ in 0..<3 { _ = try? machine.drain() }
            try machine.restart(cuttingPower: true)
            try machine.drain()
            try machine.checkCompleteness("after steps \(first) and \(second)")
        }
    }

    @Test(
        "a reading that one lane counted as the other's duplicate is not lost when the other's commit never came",
        arguments: [[0, 1], [1, 0]])
    func acrossLanes(order: [Int]) throws {
        let clean = try twoLanes(seed: 1)
        let before = clean.store.stepCount
        try clean.drain(lane: 1)
        for step in 0..<(clean.store.stepCount - before) {
            let machine = try twoLanes(seed: UInt64(step) + 1)
            machine.store.fail(afterSteps: step, code: EIO)
            #expect(throws: FoldError.self) { try machine.drain(lane: 1) }
            try machine.restart(cuttingPower: step % 2 == 0)
            for lane in order { try machine.drain(lane: lane) }
            try machine.checkCompleteness("after step \(step)")
        }
    }

    @Test("the same identity twice in what is read again, beyond the window, is stored twice and counted twice")
    func identityAgain() throws {
        let machine = try Machine(catalog, readingCount: 1000)
        let messages = (0..<6).map { number in
            SentMessage.reading(
                TestStreams.fast, device: "same", tag: Int64(number), arrival: start + Int64(number) * 6_000_000)
        }
        _ = try machine.append(messages)
        _ = machine.synchronize()
        try failAtLedger(machine)
        try machine.restart(cuttingPower: true)
        try machine.drain()
        try machine.checkCompleteness("after the ledger's commit failed")
        #expect(try machine.storedReadings("").count == 3)
    }

    @Test("a journal that was lost is begun behind every table's last message, and the audit names the gap")
    func lostJournal() throws {
        let machine = try loadedMachine(seed: 3)
        try failAtLedger(machine)
        machine.close()
        let directory = machine.configuration.journalDirectory(lane: "lane0")
        for name in try machine.store.list(directory) where name != "lock" {
            try machine.store.remove("\(directory)/\(name)")
        }
        let last = machine.lanes[0].acknowledged
        try machine.open()
        #expect(machine.lanes[0].writer?.nextOffset == last.next)
        let isReported = machine.events.all.contains {
            if case .journalLost("lane0", JournalOffset(1), last.next) = $0 { true } else { false }
        }
        #expect(isReported)
        let before = try machine.storedReadings("").count
        _ = try machine.append([.reading(TestStreams.fast, device: "new", tag: 100, arrival: start + 2_000_000)])
        _ = machine.synchronize()
        try machine.drain()
        let stored = try machine.storedReadings("").count
        #expect(stored == before + 1, "what came after the loss is stored")
        let findings = try Audit.run(dataDirectory: Machine.directory, store: machine.store).findings
        #expect(findings.contains { $0.contains("goes through message") })
    }

    // MARK: Machines

    /// A machine with messages of all kinds that are folded and not committed.
    private func loadedMachine(seed: UInt64) throws -> Machine {
        let machine = try Machine(catalog, seed: seed, readingCount: 1000)
        _ = try machine.append(messages(from: 0, offset: 0))
        _ = machine.synchronize()
        while try machine.advance(isLast: false) {}
        return machine
    }

    private func messages(from first: Int, offset: Int64) -> [SentMessage] {
        var messages: [SentMessage] = []
        for number in 0..<12 {
            let arrival = start + offset + Int64(number) * 10_000
            let stream = number % 2
            messages.append(
                .reading(stream, device: "d-\(number % 5)", seq: 1, tag: Int64(first + number), arrival: arrival))
        }
        let arrival = start + offset + 200_000
        messages.append(
            SentMessage(
                topic: "fast/x", payload: [0xFF, 0x00], arrival: arrival, stream: 0,
                fates: [.refused(reason: "invalid-utf8")]))
        messages.append(
            SentMessage(
                topic: "nowhere", payload: [1, 2, 3], arrival: arrival, stream: nil,
                fates: [.refused(reason: "unknown-topic")]))
        return messages
    }

    /// Lane 0 has folded readings that lane 1 has folded as duplicates; nothing is committed.
    private func twoLanes(seed: UInt64) throws -> Machine {
        let machine = try Machine(catalog, seed: seed, laneCount: 2, readingCount: 1000)
        let shared = (0..<5).map { number in
            SentMessage.reading(TestStreams.slow, device: "s", seq: number, tag: number, arrival: start + number)
        }
        let own = (0..<5).map { number in
            SentMessage.reading(TestStreams.slow, device: "own", seq: number, tag: 50 + number, arrival: start + 9)
        }
        _ = try machine.append(shared, lane: 0)
        _ = try machine.append(shared.map { $0.retagged(plus: 10) } + own, lane: 1)
        for lane in 0...1 {
            _ = machine.synchronize(lane: lane)
            while try machine.advance(lane: lane, isLast: false) {}
        }
        return machine
    }

    /// Commits all tables but the ledger.
    private func failAtLedger(_ machine: Machine) throws {
        while try machine.advance(isLast: false) {}
        machine.store.fail(onPathsContaining: "/tables/ledger/_delta_log", code: EIO)
        #expect(throws: FoldError.self) { try machine.drain() }
        machine.store.failNoMore()
        #expect(try machine.table("ledger").snapshot.version == 0)
        // The ledger's segment is written when all others are committed.
        let folder = "\(Machine.directory)/tables/ledger"
        #expect(try machine.store.entries(of: folder).contains { $0.name.hasPrefix("date=") })
    }
}

extension SentMessage {
    /// The same readings with other numbers, as another copy of them.
    func retagged(plus number: Int64) -> SentMessage {
        guard case .good(let identity, let tag, let time)? = fates.first, let stream else { return self }
        return .reading(
            stream, device: identity.device, seq: identity.seq, tag: tag + number, arrival: arrival, time: time)
    }
}
