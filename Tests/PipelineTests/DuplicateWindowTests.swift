import Telemetry
import Testing

@testable import Pipeline

struct DuplicateWindowTests {
    private func identity(_ number: Int) -> Fingerprint {
        var fingerprint = Fingerprint.start
        fingerprint.combine(UInt64(number))
        return fingerprint
    }

    @Test("agrees with a dictionary of arrivals, for every age but the eighth it may keep longer", arguments: 1...6)
    func model(seed: UInt64) {
        var random = SplitMix(state: seed)
        let window: Int64 = 8_000
        var duplicates = DuplicateWindow(windowMicroseconds: window)
        var arrivals: [Int: Int64] = [:]
        var now: Int64 = 0
        for step in 0..<200_000 {
            // Mostly small steps, now and then a silence longer than the window or than a round of stamps.
            let jump = random.next() % 10_000
            now += jump == 0 ? 400_000 : jump < 5 ? 9_000 : Int64(random.next() % 8)
            let number = Int(random.next() % 5_000)
            let isNew = duplicates.insert(identity(number), arrival: EventTime(microsecondsSinceEpoch: now))
            let age = arrivals[number].map { now - $0 } ?? .max
            if age < window { #expect(!isNew, "step \(step): \(age) µs old and forgotten") }
            if age > window + window / 8 + 1 { #expect(isNew, "step \(step): \(age) µs old and still remembered") }
            if isNew { arrivals[number] = now }
        }
    }

    @Test("remembers a million identities and takes at most 64 bytes for each")
    func growth() {
        var duplicates = DuplicateWindow(windowMicroseconds: 3_600_000_000)
        let arrival = EventTime(microsecondsSinceEpoch: 1)
        var newCount = 0
        for number in 0..<1_000_000 where duplicates.insert(identity(number), arrival: arrival) { newCount += 1 }
        #expect(newCount == 1_000_000)
        for number in 0..<1_000_000 where duplicates.insert(identity(number), arrival: arrival) { newCount += 1 }
        #expect(newCount == 1_000_000)
        let byteCount = duplicates.byteCount
        #expect(byteCount <= 64_000_000)
    }

    @Test("restored in any order, remembers what the window before the restart did", arguments: 1...4)
    func restoring(seed: UInt64) {
        var random = SplitMix(state: seed)
        var before = DuplicateWindow(windowMicroseconds: 8_000)
        var stored: [(number: Int, arrival: EventTime)] = []
        var now: Int64 = 0
        for _ in 0..<20_000 {
            now += Int64(random.next() % 4)
            let number = Int(random.next() % 3_000)
            let arrival = EventTime(microsecondsSinceEpoch: now)
            if before.insert(identity(number), arrival: arrival) { stored.append((number, arrival)) }
        }
        var after = DuplicateWindow(windowMicroseconds: 8_000)
        for (number, arrival) in stored.shuffled(using: &random) { after.restore(identity(number), arrival: arrival) }
        for number in 0..<3_000 {
            let arrival = EventTime(microsecondsSinceEpoch: now + Int64(number))
            let isNew = before.insert(identity(number), arrival: arrival)
            #expect(after.insert(identity(number), arrival: arrival) == isNew)
        }
    }

    @Test("forgets what expired, so that memory follows the rate and not the days")
    func bounded() {
        var duplicates = DuplicateWindow(windowMicroseconds: 1_000)
        for number in 0..<2_000_000 {
            _ = duplicates.insert(identity(number), arrival: EventTime(microsecondsSinceEpoch: Int64(number)))
        }
        let byteCount = duplicates.byteCount
        #expect(byteCount <= 4096 * 16)
    }
}

struct DuplicateRegisterTests {
    @Test("judges many readings at a time as it judges them one by one", arguments: 1...4)
    func judging(seed: UInt64) {
        var random = SplitMix(state: seed)
        let (single, many) = (
            DuplicateRegister(windowMicroseconds: 5_000), DuplicateRegister(windowMicroseconds: 5_000)
        )
        var now: Int64 = 0
        var number: UInt64 = 0
        for _ in 0..<200 {
            var candidates: [DuplicateRegister.Candidate] = []
            var expected: [Int] = []
            for index in 0..<Int(random.next() % 300) {
                now += Int64(random.next() % 4)
                number += 1
                var identity = Fingerprint.start
                identity.combine(random.next() % 2_000)
                let arrival = EventTime(microsecondsSinceEpoch: now)
                let offset = JournalOffset(number)
                // Some of them were stored before, with this or another message.
                if random.next() % 20 == 0 {
                    let origin = DuplicateRegister.Origin(lane: Int(random.next() % 2), offset: offset)
                    single.expectReplay(of: identity, origin: origin)
                    many.expectReplay(of: identity, origin: origin)
                }
                // Row -1: the message is read again, and the table decides.
                candidates.append(
                    DuplicateRegister.Candidate(
                        identity: identity, arrival: arrival, offset: offset,
                        row: random.next() % 4 == 0 ? -1 : index))
            }
            for (index, candidate) in candidates.enumerated() {
                var alone: [Int] = []
                single.judge([candidate], lane: 0, duplicates: &alone)
                if !alone.isEmpty { expected.append(index) }
            }
            var found: [Int] = []
            many.judge(candidates, lane: 0, duplicates: &found)
            #expect(found == expected)
        }
    }
}

/// A small seeded generator: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators".
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
