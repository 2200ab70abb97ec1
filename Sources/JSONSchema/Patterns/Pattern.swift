/// A compiled regular expression; a match takes time linear in the length of the string.
///
/// Patterns with few states run as a table over bytes, others step through the sets of states one by one.
final class Pattern: Sendable {
    /// What people wrote.
    let text: String
    private let automaton: PatternAutomaton

    init(_ text: String) throws(PatternError) {
        self.text = text
        automaton = PatternAutomaton(try PatternProgram(try PatternParser.parse(text)))
    }

    /// Whether the pattern matches anywhere in the bytes `range` of `storage`, which are UTF-8.
    func matches(_ storage: RawSpan, _ range: Range<Int>) -> Bool {
        automaton.matches(storage, range)
    }

    func matches(_ string: RawSpan) -> Bool {
        automaton.matches(string, 0..<string.byteCount)
    }
}

/// The deterministic automaton of a pattern, its states made as far as the limit allows.
///
/// A class, so that its tables are not counted one by one when it is taken out of an array.
final class PatternAutomaton: Sendable {
    /// 2048 states of at most 256 classes stay at 2 MiB.
    static let stateLimit = 2048

    private static let matched: UInt32 = .max
    private static let dead: UInt32 = .max - 1

    /// The class of each byte.
    private let classes: [UInt8]
    private let classCount: Int
    /// For the first transition of a state plus a class: the first transition of the next state.
    private let transitions: [UInt32]
    private let acceptsAtEnd: [Bool]
    private let acceptsEmpty: Bool
    private let initial: UInt32
    /// What to step through instead when there are too many states.
    private let simulation: PatternSimulation?

    init(_ program: PatternProgram) {
        let simulation = PatternSimulation(program)
        acceptsEmpty = simulation.matchesEmpty
        (classes, classCount) = Self.classes(of: program)
        var representative = [UInt8](repeating: 0, count: classCount)
        for byte in 0...255 { representative[Int(classes[byte])] = UInt8(byte) }
        var builder = PatternStates(simulation: simulation, classCount: classCount)
        initial = builder.entry(of: simulation.initialSet)
        var transitions: [UInt32] = []
        var state = 0
        while state < builder.sets.count, builder.sets.count <= Self.stateLimit {
            for byte in representative {
                transitions.append(builder.entry(of: simulation.step(builder.sets[state], byte)))
            }
            state += 1
        }
        let isComplete = builder.sets.count <= Self.stateLimit
        self.transitions = isComplete ? transitions : []
        acceptsAtEnd = isComplete ? builder.sets.map { simulation.matchesAtEnd($0) } : []
        self.simulation = isComplete ? nil : simulation
    }

    func matches(_ storage: RawSpan, _ range: Range<Int>) -> Bool {
        if range.isEmpty { return acceptsEmpty }
        if let simulation { return simulation.matches(storage, range) }
        var state = initial
        for offset in range {
            if state >= Self.dead { return state == Self.matched }
            state = transitions[Int(state) &+ Int(classes[Int(storage.byte(at: offset))])]
        }
        return state >= Self.dead ? state == Self.matched : acceptsAtEnd[Int(state) / classCount]
    }

    /// Bytes that no instruction tells apart share a class.
    private static func classes(of program: PatternProgram) -> ([UInt8], Int) {
        var isBoundary = [Bool](repeating: false, count: 257)
        for case .bytes(let lower, let upper, _) in program.instructions {
            isBoundary[Int(lower)] = true
            isBoundary[Int(upper) + 1] = true
        }
        var classes = [UInt8](repeating: 0, count: 256)
        var current: UInt8 = 0
        for byte in 1..<256 {
            if isBoundary[byte] { current += 1 }
            classes[byte] = current
        }
        return (classes, Int(current) + 1)
    }

    /// Makes states from sets of instructions.
    private struct PatternStates {
        let simulation: PatternSimulation
        let classCount: Int
        private var indices: [[Int]: Int] = [:]
        private(set) var sets: [[Int]] = []

        init(simulation: PatternSimulation, classCount: Int) {
            self.simulation = simulation
            self.classCount = classCount
        }

        /// The place of the first transition of the state that a set is.
        mutating func entry(of set: [Int]) -> UInt32 {
            if simulation.isMatch(set) { return PatternAutomaton.matched }
            if set.isEmpty, simulation.isAnchored { return PatternAutomaton.dead }
            let index = indices[set] ?? sets.count
            if index == sets.count {
                sets.append(set)
                indices[set] = index
            }
            return UInt32(index * classCount)
        }
    }
}

/// Steps through the sets of instructions that a pattern can be at: slow but small.
struct PatternSimulation: Sendable {
    private let instructions: [PatternProgram.Instruction]
    private let entry: Int
    /// The instructions before the first byte.
    let initialSet: [Int]
    /// The instructions at which a match may begin behind the first byte.
    private let restartSet: [Int]

    init(_ program: PatternProgram) {
        instructions = program.instructions
        entry = program.entry
        initialSet = Self.closure([entry], instructions, atStart: true, atEnd: false)
        restartSet = Self.closure([entry], instructions, atStart: false, atEnd: false)
    }

    /// Whether a match can begin at the first byte only.
    var isAnchored: Bool { restartSet.isEmpty }

    func isMatch(_ set: [Int]) -> Bool {
        set.contains { if case .match = instructions[$0] { true } else { false } }
    }

    func matchesAtEnd(_ set: [Int]) -> Bool {
        isMatch(Self.closure(set, instructions, atStart: false, atEnd: true))
    }

    /// The set behind `byte`, with what begins there.
    func step(_ set: [Int], _ byte: UInt8) -> [Int] {
        var targets: [Int] = restartSet
        for index in set {
            if case .bytes(let lower, let upper, let next) = instructions[index], lower <= byte, byte <= upper {
                targets.append(next)
            }
        }
        return Self.closure(targets, instructions, atStart: false, atEnd: false)
    }

    func matches(_ storage: RawSpan, _ range: Range<Int>) -> Bool {
        var set = initialSet
        for offset in range {
            if isMatch(set) { return true }
            if set.isEmpty, isAnchored { return false }
            set = step(set, storage.byte(at: offset))
        }
        return range.isEmpty ? matchesEmpty : matchesAtEnd(set)
    }

    /// Whether the empty string, which is at its start and at its end, matches.
    var matchesEmpty: Bool {
        isMatch(Self.closure([entry], instructions, atStart: true, atEnd: true))
    }

    /// Follows what needs no byte.
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
            case .bytes, .match: set.append(index)
            case .split(let first, let second): pending.append(contentsOf: [first, second])
            case .start(let next): if atStart { pending.append(next) }
            case .end(let next):
                set.append(index)
                if atEnd { pending.append(next) }
            }
        }
        return set.sorted()
    }
}
