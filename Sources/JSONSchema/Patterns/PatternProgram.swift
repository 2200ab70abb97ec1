/// A pattern as a nondeterministic automaton over UTF-8 bytes (Thompson's construction).
struct PatternProgram {
    enum Instruction {
        case bytes(UInt8, UInt8, next: Int)
        case split(Int, Int)
        case start(next: Int)
        case end(next: Int)
        case match
    }

    /// Larger programs are refused: they come from nested repetitions.
    static let maximumInstructionCount = 20_000

    private(set) var instructions: [Instruction] = [.match]
    private(set) var entry = 0

    init(_ tree: PatternTree) throws(PatternError) {
        entry = try add(tree, before: 0)
    }

    private mutating func append(_ instruction: Instruction) throws(PatternError) -> Int {
        guard instructions.count < Self.maximumInstructionCount else {
            throw PatternError(sentence: "the pattern is too large; use fewer or smaller repetitions")
        }
        instructions.append(instruction)
        return instructions.count - 1
    }

    /// Adds what matches `tree` and then goes on at `next`; returns where it begins.
    private mutating func add(_ tree: PatternTree, before next: Int) throws(PatternError) -> Int {
        switch tree {
        case .empty: return next
        case .start: return try append(.start(next: next))
        case .end: return try append(.end(next: next))
        case .set(let set): return try add(set, before: next)
        case .sequence(let parts):
            var entry = next
            for part in parts.reversed() { entry = try add(part, before: entry) }
            return entry
        case .choice(let branches):
            var entries: [Int] = []
            for branch in branches { entries.append(try add(branch, before: next)) }
            return try addChoice(entries)
        case .repetition(let part, let minimum, let maximum):
            return try addRepetition(part, minimum, maximum, before: next)
        }
    }

    private mutating func addChoice(_ entries: [Int]) throws(PatternError) -> Int {
        guard var choice = entries.last else {
            // Nothing to choose from never matches: a byte range that is in no UTF-8.
            return try append(.bytes(0xFF, 0xFF, next: 0))
        }
        for entry in entries.dropLast() { choice = try append(.split(entry, choice)) }
        return choice
    }

    private mutating func addRepetition(
        _ part: PatternTree, _ minimum: Int, _ maximum: Int?, before next: Int
    ) throws(PatternError) -> Int {
        var entry = next
        if let maximum {
            for _ in 0..<(maximum - minimum) {
                entry = try append(.split(try add(part, before: entry), next))
            }
        } else {
            let loop = try append(.split(next, next))
            instructions[loop] = .split(try add(part, before: loop), next)
            entry = loop
        }
        for _ in 0..<minimum { entry = try add(part, before: entry) }
        return entry
    }

    private mutating func add(_ set: ScalarSet, before next: Int) throws(PatternError) -> Int {
        var entries: [Int] = []
        for range in set.ranges {
            for sequence in UTF8Ranges.sequences(for: range) {
                var entry = next
                for bytes in sequence.reversed() {
                    entry = try append(.bytes(bytes.lowerBound, bytes.upperBound, next: entry))
                }
                entries.append(entry)
            }
        }
        return try addChoice(entries)
    }
}

/// Ranges of code points as sequences of byte ranges in UTF-8.
enum UTF8Ranges {
    static func sequences(for range: ClosedRange<UInt32>) -> [[ClosedRange<UInt8>]] {
        var result: [[ClosedRange<UInt8>]] = []
        add(range.lowerBound, range.upperBound, to: &result)
        return result
    }

    /// Splits until both ends have the same length and all but the leading differing byte run over full ranges.
    private static func add(_ lower: UInt32, _ upper: UInt32, to result: inout [[ClosedRange<UInt8>]]) {
        guard lower <= upper else { return }
        // Surrogates have no UTF-8.
        if lower <= 0xDFFF, upper >= 0xD800 {
            if lower < 0xD800 { add(lower, 0xD7FF, to: &result) }
            if upper > 0xDFFF { add(0xE000, upper, to: &result) }
            return
        }
        for boundary: UInt32 in [0x7F, 0x7FF, 0xFFFF] where lower <= boundary && upper > boundary {
            add(lower, boundary, to: &result)
            add(boundary + 1, upper, to: &result)
            return
        }
        for shift: UInt32 in [6, 12, 18] where upper > 0x7F {
            let mask: UInt32 = (1 << shift) - 1
            guard lower & ~mask != upper & ~mask else { break }
            if lower & mask != 0 {
                add(lower, lower | mask, to: &result)
                add((lower | mask) + 1, upper, to: &result)
                return
            }
            if upper & mask != mask {
                add(lower, (upper & ~mask) - 1, to: &result)
                add(upper & ~mask, upper, to: &result)
                return
            }
        }
        let first = bytes(lower)
        let last = bytes(upper)
        result.append(zip(first, last).map { $0...$1 })
    }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        guard let scalar = Unicode.Scalar(value) else { return [] }
        return Array(String(Character(scalar)).utf8)
    }
}
