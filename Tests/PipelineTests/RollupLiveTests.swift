import Rollups
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// Answers that count what no table has yet.
struct RollupLiveTests {
    private let start: Int64 = 1_795_248_000_000_000

    private func messages(_ tags: Range<Int64>) -> [SentMessage] {
        tags.map { tag in
            .reading(TestStreams.slow, device: "d-\(tag % 7)", seq: tag, tag: tag, arrival: start + tag * 1000)
        }
    }

    /// Asks while the fold of the machine, which this thread drives, answers.
    private func ask(_ machine: Machine) throws -> RollupResult {
        let lanes = machine.lanes.compactMap(\.live)
        let reader = RollupReader(
            machine.configuration.rollups, dataDirectory: Machine.directory, node: "n", store: machine.store,
            liveMaximumAgeMilliseconds: 0, live: { lanes })
        let box = ResultBox()
        let asking = WorkerThread {
            let question = RollupQuestion(keys: [], window: nil, figures: [RollupFigure("tags", .sum)])
            let answer = Result { try reader.answer(question, of: "slow") }
            box.value.withLock { $0 = answer }
        }
        while box.value.withLock({ $0 == nil }) {
            for lane in machine.lanes {
                if let number = lane.live?.wanted() { try lane.fold?.answerLive(number) }
            }
        }
        asking.join()
        return try #require(box.value.withLock { $0 }).get()
    }

    private final class ResultBox: Sendable {
        let value = Mutex<Result<RollupResult, any Error>?>(nil)
    }

    private func sum(_ result: RollupResult) -> Double { result.answer.rows.first.flatMap { $0[1]?.number } ?? 0 }

    @Test("a reading counts before and after its commit, and once, on two lanes")
    func beforeAndAfter() throws {
        let machine = try Machine(TestStreams.catalog(), seed: 5, laneCount: 2, readingCount: 1_000_000)
        var expected: Int64 = 0
        var next: Int64 = 0
        for step in 0..<12 {
            let lane = step % 2
            let tags = next..<next + 40
            next += 40
            expected += tags.reduce(0, +)
            _ = try machine.append(messages(tags), lane: lane)
            _ = machine.synchronize(lane: lane)
            while try machine.advance(lane: lane, isLast: false) {}
            let before = try ask(machine)
            #expect(before.isLive && sum(before) == Double(expected), "step \(step)")
            if step % 3 == 2 {
                try machine.drain(lane: lane)
                let after = try ask(machine)
                #expect(after.isLive && sum(after) == Double(expected), "step \(step), committed")
            }
        }
        for lane in 0...1 { try machine.drain(lane: lane) }
        try machine.checkRollups("at the end")
    }

    @Test("without a fold that answers, the tables alone answer and the result says so")
    func notRunning() throws {
        let machine = try Machine(TestStreams.catalog(), seed: 6)
        _ = try machine.append(messages(0..<10))
        _ = machine.synchronize()
        try machine.drain()
        machine.lanes[0].live?.close()
        let lanes = machine.lanes.compactMap(\.live)
        let reader = RollupReader(
            machine.configuration.rollups, dataDirectory: Machine.directory, node: "n", store: machine.store,
            live: { lanes })
        let result = try reader.answer(
            RollupQuestion(keys: [], window: nil, figures: [RollupFigure("tags", .sum)]), of: "slow")
        #expect(!result.isLive && sum(result) == 45)
    }

    @Test("a rollup that is new begins with all that its stream's table has")
    func newRollup() throws {
        let machine = try Machine(TestStreams.catalog(), seed: 7, readingCount: 15)
        machine.close()
        machine.configuration.rollups = .none
        try machine.open()
        _ = try machine.append(messages(0..<100))
        _ = machine.synchronize()
        try machine.drain()
        machine.close()
        machine.configuration.rollups = try RollupCatalog(machine.catalog)
        try machine.open()
        try machine.checkRollups("new")
        _ = try machine.append(messages(100..<150))
        _ = machine.synchronize()
        try machine.drain()
        try machine.checkRollups("and further")
        let caughtUp = machine.events.all.contains { event in
            if case .rollupCaughtUp("rollup_slow", "lane0", 100) = event { true } else { false }
        }
        #expect(caughtUp)
    }

    @Test("a rollup that is defined otherwise than its table is refused, for writing and for reading")
    func otherDefinition() throws {
        let machine = try Machine(TestStreams.catalog(), seed: 8)
        _ = try machine.append(messages(0..<20))
        _ = machine.synchronize()
        try machine.drain()
        machine.close()
        machine.configuration.rollups = try RollupCatalog(TestStreams.catalog(share: "level >= 11"))
        let error = #expect(throws: TableError.self) { try machine.open() }
        let text = error?.description ?? ""
        #expect(text.contains("`high: share of level >= 10") && text.contains("`high: share of level >= 11` is new"))
        let reader = RollupReader(
            machine.configuration.rollups, dataDirectory: Machine.directory, node: "n", store: machine.store)
        let question = RollupQuestion(keys: [], window: nil, figures: [RollupFigure("tags", .sum)])
        #expect(throws: RollupReadError.self) { try reader.answer(question, of: "slow") }
        machine.configuration.rollups = try RollupCatalog(machine.catalog)
        try machine.open()
        try machine.checkRollups("with the first definition again")
    }

    @Test("time order, any order and a late tenth give the same rollup", arguments: 1...5 as ClosedRange<UInt64>)
    func order(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let all = messages(0..<400)
        let isLate = all.map { _ in random.chance(1, in: 10) }
        let (late, prompt) = (zip(all, isLate).filter(\.1).map(\.0), zip(all, isLate).filter { !$0.1 }.map(\.0))
        let orders = [all, all.shuffled(using: &random), prompt + late]
        var answers: [[[RollupValue?]]] = []
        for order in orders {
            let machine = try Machine(
                TestStreams.catalog(), seed: seed, readingCount: Int.random(in: 20...90, using: &random))
            for part in stride(from: 0, to: order.count, by: 57) {
                _ = try machine.append(Array(order[part..<min(part + 57, order.count)]))
                _ = machine.synchronize()
                try machine.drain()
                if random.chance(1, in: 3) { try machine.restart(cuttingPower: true) }
            }
            let reader = RollupReader(
                machine.configuration.rollups, dataDirectory: Machine.directory, node: "n", store: machine.store)
            let plan = try #require(machine.configuration.rollups.rollup(named: "slow")).plan
            answers.append(
                try reader.answer(
                    RollupQuestion(
                        keys: [0, 1], window: plan.windows[0], figures: plan.measures.flatMap(\.figures)), of: "slow"
                ).answer.rows)
        }
        #expect(answers[0] == answers[1] && answers[0] == answers[2])
        #expect(!answers[0].isEmpty)
    }
}
