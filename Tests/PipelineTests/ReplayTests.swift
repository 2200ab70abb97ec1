import DurableFiles
import Glibc
import Journal
import Streams
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// Dead letters that go through the pipeline again.
struct ReplayTests {
    private let strict: StreamCatalog
    private let lenient: StreamCatalog
    private let start: Int64 = 1_795_248_000_000_000

    init() throws {
        strict = try TestStreams.catalog()
        lenient = try TestStreams.catalog(kinds: ["a", "b", "c"])
    }

    // MARK: What becomes of them

    @Test("are stored once the schema takes them, each once, and are done with")
    func accepted() throws {
        let machine = try machine(seed: 1)
        #expect(try letters(machine).map(\.reason) == ["unknown-topic", "enum", "enum", "range", "enum", "truncated"])
        let receipt = try replay(machine, DeadLetterFilter())
        #expect(receipt.letterCount == 6 && receipt.messageCount == 5 && receipt.waitingCount == 0)
        try checkReplayed(machine, "after the first replay")
        // Those that were refused again are still open, with what is wrong now, and have become no further dead letters.
        let open = try letters(machine)
        #expect(open.map(\.currentReason) == ["unknown-topic", "range", "truncated"])
        #expect(open.allSatisfy { $0.lastMark?.mark == .refusedAgain && $0.lastMark?.sentence != nil })
        let before = try machine.table("dead_letters").rows.count
        let again = try replay(machine, DeadLetterFilter())
        #expect(again.letterCount == 3)
        #expect(try machine.table("dead_letters").rows.count == before)
        try checkReplayed(machine, "after the second replay")
    }

    @Test("count as duplicates when the table has the reading, however long ago it came")
    func duplicates() throws {
        let machine = try machine(seed: 2)
        // The device noticed by itself and sent the reading again, hours ago: no window remembers it.
        let corrected = SentMessage.text(device: "single", seq: 1, tag: 900, time: start)
        _ = try machine.append([message("fast/x", corrected, arrival: start + 60_000_000)])
        _ = machine.synchronize()
        try machine.drain()
        _ = try replay(machine, DeadLetterFilter())
        let mark = try #require(
            try letters(machine, all: true).first { $0.key.offset == JournalOffset(2) }?.lastMark)
        #expect(mark.mark == .replayed && mark.stored == 0 && mark.duplicate == 1)
        let tags = try tags(machine)
        #expect(tags == [1, 2, 3, 40, 900])
    }

    @Test("are judged by the clock of their own day, and carry the time of the replay")
    func clock() throws {
        let machine = try machine(seed: 3)
        let now = start + 400 * 86_400_000_000
        _ = try replay(machine, DeadLetterFilter(), now: now)
        let row = try #require(try machine.table("fast").rows.first { $0.number("tag") == 2 })
        #expect(row.text("lane") == "replay" && row.number("ingest_time") == now && row.number("t") == start)
        try checkReplayed(machine, "a year later")
    }

    @Test("are chosen by what is known of them")
    func filters() throws {
        let machine = try machine(seed: 4)
        func count(_ change: (inout DeadLetterFilter) -> Void) throws -> Int {
            var filter = DeadLetterFilter()
            change(&filter)
            return try letters(machine, filter).count
        }
        #expect(try count { $0.stream = "slow" } == 1)
        #expect(try count { $0.isWithoutStream = true } == 1)
        #expect(try count { $0.reason = "enum" } == 3)
        #expect(try count { $0.device = "single" } == 1)
        #expect(try count { $0.device = "sing" } == 0)
        #expect(try count { $0.device = "x" } == 5)
        #expect(try count { $0.offset = JournalOffset(3) } == 2)
        #expect(try count { $0.readingIndex = 2 } == 1)
        #expect(try count { $0.lane = "lane1" } == 0)
        #expect(try count { $0.topic = { $0.hasPrefix("slow/") } } == 1)
        #expect(try count { $0.since = EventTime(microsecondsSinceEpoch: start + 4) } == 1)
        #expect(try count { $0.until = EventTime(microsecondsSinceEpoch: start + 4) } == 5)
        #expect(try count { $0.since = EventTime(microsecondsSinceEpoch: start + 86_400_000_000) } == 0)
    }

    @Test("that are dropped are done with, keep their bytes, and the ledger says so")
    func dropped() throws {
        let machine = try machine(seed: 5)
        var filter = DeadLetterFilter()
        filter.reason = "enum"
        let desk = ReplayDesk(machine.configuration, store: machine.store)
        let receipt = try desk.submit(.drop(because: "thử nghiệm"), filter, now: time(9))
        #expect(receipt.letterCount == 3)
        // Not folded yet: asking for the same finds them waiting.
        let second = try desk.submit(.replay, filter, now: time(10))
        #expect(second.letterCount == 0 && second.waitingCount == 3)
        let enums = try letters(machine).filter { $0.reason == "enum" }.map(\.key)
        #expect(second.waitingLetters == Set(enums))
        #expect(second.waitingThrough == receipt.offsets?.upperBound)
        try desk.fold(lenient, areas: .none)
        let folded = try desk.foldedThrough()
        #expect(folded == second.waitingThrough)
        #expect(try letters(machine).map(\.reason) == ["unknown-topic", "range", "truncated"])
        let all = try letters(machine, all: true)
        #expect(all.count == 6 && all[1].lastMark?.sentence == "thử nghiệm")
        let report = try checkBalance(machine, "dropped")
        #expect(report.droppedDeadLetters == 3)
        let tags = try tags(machine)
        #expect(tags == [1, 3])
    }

    // MARK: Crashes

    enum Ending: CaseIterable {
        case retry
        case powerCut
    }

    @Test("an error at any step of their folding neither loses, doubles nor forgets one", arguments: Ending.allCases)
    func everyStepOfTheFold(ending: Ending) throws {
        let clean = try submitted(seed: 1)
        let before = clean.store.stepCount
        try ReplayDesk(clean.configuration, store: clean.store).fold(lenient, areas: .none)
        let stepCount = clean.store.stepCount - before
        try checkReplayed(clean, "without an error", droppedOffset: 5)
        #expect(stepCount > 100)
        for step in 0..<stepCount {
            let place = "\(ending) after step \(step)"
            let machine = try submitted(seed: UInt64(step) + 1)
            let desk = ReplayDesk(machine.configuration, store: machine.store)
            machine.store.fail(afterSteps: step, code: step % 2 == 0 ? ENOSPC : EIO)
            // Some steps only tidy up, or are tried again at once.
            _ = try? desk.fold(lenient, areas: .none)
            machine.store.failNoMore()
            if ending == .powerCut { machine.store.crash() }
            try desk.fold(lenient, areas: .none)
            try checkReplayed(machine, place, droppedOffset: 5)
        }
    }

    @Test("an error at any step of asking leaves what can be asked for again", arguments: Ending.allCases)
    func everyStepOfTheRequest(ending: Ending) throws {
        let clean = try machine(seed: 1)
        let before = clean.store.stepCount
        _ = try ReplayDesk(clean.configuration, store: clean.store)
            .submit(.replay, DeadLetterFilter(), now: time(9))
        let stepCount = clean.store.stepCount - before
        for step in 0..<stepCount {
            let machine = try machine(seed: UInt64(step) + 1)
            let desk = ReplayDesk(machine.configuration, store: machine.store)
            machine.store.fail(afterSteps: step, code: step % 2 == 0 ? ENOSPC : EIO)
            _ = try? desk.submit(.replay, DeadLetterFilter(), now: time(9))
            machine.store.failNoMore()
            if ending == .powerCut { machine.store.crash() }
            if step % 3 == 0 { try desk.fold(lenient, areas: .none) }
            _ = try desk.submit(.replay, DeadLetterFilter(), now: time(10))
            try desk.fold(lenient, areas: .none)
            try checkReplayed(machine, "\(ending) after step \(step)")
        }
    }

    @Test("what is asked for in many small rounds, with crashes between, is done once", arguments: 1...30)
    func manyRounds(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let machine = try machine(seed: UInt64(seed), copies: 40)
        let desk = ReplayDesk(machine.configuration, store: machine.store)
        for round in 0..<12 {
            if random.chance(1, in: 2) {
                machine.store.fail(afterSteps: Int.random(in: 0..<300, using: &random), code: EIO)
            }
            _ = try? desk.submit(
                .replay, DeadLetterFilter(), now: time(Int64(round) + 9), limit: Int.random(in: 1...60, using: &random))
            if random.chance(2, in: 3) { _ = try? desk.fold(lenient, areas: .none) }
            machine.store.failNoMore()
            if random.chance(1, in: 3) { machine.store.crash() }
        }
        // What was refused again is asked for in every round.
        _ = try desk.submit(.replay, DeadLetterFilter(), now: time(100))
        try desk.fold(lenient, areas: .none)
        try checkReplayed(machine, "seed \(seed)", copies: 40)
    }

    // MARK: Pieces

    @Test("a selection of readings reads back as it was written", arguments: 1...50)
    func selections(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var indices: [Int] = []
        var next = Int.random(in: 0..<100, using: &random)
        for _ in 0..<Int.random(in: 1...3000, using: &random) {
            indices.append(next)
            next += random.chance(1, in: 500) ? 40_000 : Int.random(in: 1...3, using: &random)
        }
        let parts = ReadingSelection.split(indices)
        let read = parts.flatMap { part in
            // Safe: UInt8 has no padding.
            unsafe ReadingSelection(part.bytes.span.bytes).indices
        }
        #expect(read == indices)
        #expect(parts.allSatisfy { $0.bytes.count <= 4100 && $0.indices.count <= ReadingSelection.maximumCount })
    }

    // MARK: Machines

    /// A lane in which these messages were folded under the strict schema, `copies` times with other devices.
    private func machine(seed: UInt64, copies: Int = 1) throws -> Machine {
        let machine = try Machine(strict, seed: seed, readingCount: 1000)
        for copy in 0..<copies { _ = try machine.append(messages(copy)) }
        _ = machine.synchronize()
        try machine.drain()
        return machine
    }

    private func messages(_ copy: Int) -> [SentMessage] {
        let suffix = copy == 0 ? "" : "-\(copy)"
        let base = Int64(copy) * 100
        func text(_ device: String, _ tag: Int64, _ more: String = "") -> String {
            SentMessage.text(device: device + suffix, seq: 1, tag: base + tag, time: start).dropLast() + more + "}"
        }
        let kind = #","kind":"c""#
        let array =
            "[\(text("good", 1)),\(text("other", 2, kind)),\(text("wrong", 0, #","level":1000"#)),"
            + "\(text("fine", 3))]"
        return [
            message("nothing/x", "{}", arrival: start, stream: nil),
            message("fast/x", text("single", 12, kind), arrival: start + 1),
            message("fast/x", array, arrival: start + 2), message("fast/x", "{", arrival: start + 4),
            message("slow/y", text("slow", 40, kind), arrival: start + 3, stream: TestStreams.slow),
        ]
    }

    private func message(_ topic: String, _ text: String, arrival: Int64, stream: Int? = 0) -> SentMessage {
        SentMessage(topic: topic, payload: Array(text.utf8), arrival: arrival, stream: stream, fates: [])
    }

    /// Replays of all but the one of stream slow, which is dropped, wait in the journal.
    private func submitted(seed: UInt64) throws -> Machine {
        let machine = try machine(seed: seed)
        let desk = ReplayDesk(machine.configuration, store: machine.store)
        var filter = DeadLetterFilter()
        filter.stream = "slow"
        _ = try desk.submit(.drop(because: "no"), filter, now: time(9))
        _ = try desk.submit(.replay, DeadLetterFilter(), now: time(9))
        return machine
    }

    private func time(_ hours: Int64) -> EventTime {
        EventTime(microsecondsSinceEpoch: start + hours * 3_600_000_000)
    }

    private func replay(
        _ machine: Machine, _ filter: DeadLetterFilter, now: Int64? = nil
    ) throws -> ReplayDesk.Receipt {
        let desk = ReplayDesk(machine.configuration, store: machine.store)
        let receipt = try desk.submit(.replay, filter, now: now.map(EventTime.init) ?? time(9))
        try desk.fold(lenient, areas: .none)
        let folded = try desk.foldedThrough()
        #expect(receipt.offsets.map { $0.upperBound == folded } ?? true)
        return receipt
    }

    private func letters(
        _ machine: Machine, _ filter: DeadLetterFilter = DeadLetterFilter(), all: Bool = false
    ) throws -> [DeadLetter] {
        var filter = filter
        filter.includesDone = all
        var letters: [DeadLetter] = []
        try DeadLetterBox(dataDirectory: Machine.directory, store: machine.store).forEach(filter) {
            letter throws(Never) in letters.append(letter)
        }
        return letters
    }

    private func tags(_ machine: Machine) throws -> [Int64] {
        try TestStreams.names.flatMap { try machine.table($0).rows }.compactMap { $0.number("tag") }.sorted()
    }

    /// Everything that the lenient schema takes is stored once, each dead letter has the mark that it must have, and the
    /// audit finds nothing.
    private func checkReplayed(
        _ machine: Machine, _ place: String, droppedOffset: UInt64? = nil, copies: Int = 1
    ) throws {
        let stored: [Int64] = droppedOffset == nil ? [1, 2, 3, 12, 40] : [1, 2, 3, 12]
        let expected = (0..<copies).flatMap { copy in stored.map { Int64(copy) * 100 + $0 } }
        let tags = try tags(machine)
        #expect(tags == expected, "\(place)")
        for letter in try letters(machine, all: true) {
            let mark =
                letter.key.offset.number == droppedOffset
                ? DeadLetterMark.dropped : letter.reason == "enum" ? .replayed : .refusedAgain
            #expect(letter.lastMark?.mark == mark, "\(place): \(letter.key)")
        }
        // A mark that ends the matter stands once, and says that one reading was stored.
        let rows = try machine.table("dead_letter_marks").rows
        let final = rows.filter { $0.text("mark") != "refused-again" }
        #expect(final.count == copies * 3, "\(place): \(final.count) marks")
        #expect(
            final.allSatisfy { $0.number("stored") == ($0.text("mark") == "replayed" ? 1 : 0) }, "\(place): \(final)")
        try checkBalance(machine, place)
    }

    @discardableResult
    private func checkBalance(_ machine: Machine, _ place: String) throws -> AuditReport {
        let report = try Audit.run(dataDirectory: Machine.directory, store: machine.store)
        let isBalanced = report.isBalanced
        #expect(isBalanced, "\(place): \(report.findings)")
        return report
    }
}
