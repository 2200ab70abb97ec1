/// A compiled regular expression; a match takes time linear in the length of the string.
///
/// The states of the automaton are made beforehand as a table over classes of code points; when there are too many,
/// a match steps through the sets of states instead. A class, so that its tables are not counted one by one when it is
/// taken out of an array.
final class Pattern: Sendable {
    /// 4 MiB of transitions at most.
    private static let maximumTransitionCount = 1 << 20
    /// More states take too long to make.
    private static let maximumStateCount = 4096

    private static let matched: UInt32 = .max
    private static let dead: UInt32 = .max - 1

    /// What people wrote.
    let text: String
    private let classes: ScalarClasses
    private let classCount: Int
    /// For the first transition of a state plus a class: the first transition of the next state.
    private let transitions: [UInt32]
    private let acceptsAtEnd: [Bool]
    private let acceptsEmpty: Bool
    private let initial: UInt32
    /// What to step through instead when there are too many states.
    private let simulation: PatternSimulation?
    /// What to step through instead when the pattern looks around.
    private let lookaround: LookaroundPattern?

    init(_ text: String) throws(PatternError) {
        self.text = text
        let program = try PatternProgram(try PatternParser.parse(text))
        classes = try ScalarClasses(program.sets)
        guard !program.looksAround else {
            lookaround = LookaroundPattern(program, classes)
            (classCount, transitions, acceptsAtEnd, acceptsEmpty, initial) = (0, [], [], false, 0)
            simulation = nil
            return
        }
        lookaround = nil
        let simulation = PatternSimulation(program, classes)
        acceptsEmpty = simulation.matchesEmpty
        classCount = classes.members.count
        var states = PatternStates(simulation: simulation, classCount: classCount)
        initial = states.entry(of: simulation.initialSet)
        var transitions: [UInt32] = []
        var state = 0
        let limit = min(Self.maximumStateCount, Self.maximumTransitionCount / classCount)
        while state < states.sets.count, states.sets.count <= limit {
            for scalarClass in 0..<classCount {
                transitions.append(states.entry(of: simulation.step(states.sets[state], scalarClass)))
            }
            state += 1
        }
        let isComplete = state == states.sets.count
        self.transitions = isComplete ? transitions : []
        acceptsAtEnd = isComplete ? states.sets.map { simulation.matchesAtEnd($0) } : []
        self.simulation = isComplete ? nil : simulation
    }

    /// Whether the pattern matches anywhere in the bytes `range` of `storage`, which are UTF-8.
    func matches(_ storage: RawSpan, _ range: Range<Int>) -> Bool {
        if let lookaround { return lookaround.matches(storage, range) }
        if range.isEmpty { return acceptsEmpty }
        if let simulation { return simulation.matches(storage, range) }
        var state = initial
        var offset = range.lowerBound
        while offset < range.upperBound {
            if state >= Self.dead { return state == Self.matched }
            state = transitions[Int(state) &+ classes.next(storage, &offset)]
        }
        return state >= Self.dead ? state == Self.matched : acceptsAtEnd[Int(state) / classCount]
    }

    func matches(_ string: RawSpan) -> Bool {
        matches(string, 0..<string.byteCount)
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
            if simulation.isMatch(set) { return Pattern.matched }
            if set.isEmpty, simulation.isAnchored { return Pattern.dead }
            let index = indices[set] ?? sets.count
            if index == sets.count {
                sets.append(set)
                indices[set] = index
            }
            return UInt32(index * classCount)
        }
    }
}
