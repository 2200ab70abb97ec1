/// Steps through the sets of instructions that a pattern can be at: slow, but needs no states made beforehand.
struct PatternSimulation: Sendable {
    private let instructions: [PatternProgram.Instruction]
    private let entry: Int
    private let classes: ScalarClasses
    /// The instructions before the first code point.
    let initialSet: [Int]
    /// The instructions at which a match may begin behind the first code point.
    private let restartSet: [Int]

    init(_ program: PatternProgram, _ classes: ScalarClasses) {
        instructions = program.instructions
        entry = program.entry
        self.classes = classes
        initialSet = Self.closure([entry], instructions, atStart: true, atEnd: false)
        restartSet = Self.closure([entry], instructions, atStart: false, atEnd: false)
    }

    /// Whether a match can begin at the first code point only.
    var isAnchored: Bool { restartSet.isEmpty }

    /// Whether the empty string, which is at its start and at its end, matches.
    var matchesEmpty: Bool {
        isMatch(Self.closure([entry], instructions, atStart: true, atEnd: true))
    }

    func isMatch(_ set: [Int]) -> Bool {
        set.contains { if case .match = instructions[$0] { true } else { false } }
    }

    func matchesAtEnd(_ set: [Int]) -> Bool {
        isMatch(Self.closure(set, instructions, atStart: false, atEnd: true))
    }

    /// The set behind a code point of a class, with what begins there.
    func step(_ set: [Int], _ scalarClass: Int) -> [Int] {
        let containing = classes.members[scalarClass]
        var targets = restartSet
        for index in set {
            if case .set(let wanted, let next) = instructions[index], containing.contains(wanted) {
                targets.append(next)
            }
        }
        return Self.closure(targets, instructions, atStart: false, atEnd: false)
    }

    /// Whether the pattern matches in the bytes `range`, which are not empty.
    func matches(_ storage: RawSpan, _ range: Range<Int>) -> Bool {
        var set = initialSet
        var offset = range.lowerBound
        while offset < range.upperBound {
            if isMatch(set) { return true }
            if set.isEmpty, isAnchored { return false }
            set = step(set, classes.next(storage, &offset))
        }
        return matchesAtEnd(set)
    }

    /// Follows what takes no code point.
    ///
    /// Ends stay in the set, sorted, until it is known whether the string ends here.
    private static func closure(
        _ starts: [Int], _ instructions: [PatternProgram.Instruction], atStart: Bool, atEnd: Bool
    ) -> [Int] {
        var seen = [Bool](repeating: false, count: instructions.count)
        var set: [Int] = []
        var pending = starts
        while let index = pending.popLast() {
            guard !seen[index] else { continue }
            seen[index] = true
            switch instructions[index] {
            case .set, .match: set.append(index)
            case .split(let first, let second): pending.append(contentsOf: [first, second])
            case .start(let next): if atStart { pending.append(next) }
            case .end(let next):
                set.append(index)
                if atEnd { pending.append(next) }
            case .boundary, .look: fatalError("a pattern that looks around is not stepped through in this way")
            }
        }
        return set.sorted()
    }
}
