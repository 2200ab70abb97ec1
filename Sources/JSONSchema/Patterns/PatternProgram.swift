/// A pattern as a nondeterministic automaton over code points (Thompson's construction).
struct PatternProgram {
    /// A step; `next` and the like are places in ``instructions``.
    enum Instruction {
        /// Takes a code point of a set, given by its index in ``sets``.
        case set(Int, next: Int)
        case split(Int, Int)
        case start(next: Int)
        case end(next: Int)
        case boundary(isNegative: Bool, next: Int)
        /// Goes on when a look, given by its index in ``looks``, finds what it should.
        case look(Int, next: Int)
        case match
    }

    /// A part that looks ahead or behind and takes nothing.
    ///
    /// What it looks for ahead is written backwards, so that one pass over the text from its end tells for all places
    /// at once whether it begins there.
    struct Look {
        let entry: Int
        let isBehind: Bool
        let isNegative: Bool
    }

    /// Larger programs are refused: they come from nested repetitions.
    static let maximumInstructionCount = 20_000

    private(set) var instructions: [Instruction] = [.match]
    private(set) var entry = 0
    private(set) var sets: [ScalarSet] = []
    /// Inner ones come before those around them.
    private(set) var looks: [Look] = []
    /// The index of the set of word characters when there is a word boundary.
    private(set) var wordSet: Int?
    private var indexOfSet: [ScalarSet: Int] = [:]

    init(_ tree: PatternTree) throws(PatternError) {
        entry = try add(tree, before: 0, isBackwards: false)
    }

    /// Whether all of it can be made into an automaton.
    var looksAround: Bool { wordSet != nil || !looks.isEmpty }

    private mutating func append(_ instruction: Instruction) throws(PatternError) -> Int {
        guard instructions.count < Self.maximumInstructionCount else {
            throw PatternError(sentence: "the pattern is too large; use fewer or smaller repetitions")
        }
        instructions.append(instruction)
        return instructions.count - 1
    }

    /// Adds what matches `tree` and then goes on at `next`; returns where it begins.
    private mutating func add(
        _ tree: PatternTree, before next: Int, isBackwards: Bool
    ) throws(PatternError) -> Int {
        switch tree {
        case .empty: return next
        case .start: return try append(.start(next: next))
        case .end: return try append(.end(next: next))
        case .set(let set): return try append(.set(index(of: set), next: next))
        case .sequence(let parts):
            var entry = next
            for part in isBackwards ? parts : parts.reversed() {
                entry = try add(part, before: entry, isBackwards: isBackwards)
            }
            return entry
        case .choice(let branches):
            var choice: Int?
            for branch in branches.reversed() {
                let entry = try add(branch, before: next, isBackwards: isBackwards)
                choice = if let other = choice { try append(.split(entry, other)) } else { entry }
            }
            return choice ?? next
        case .repetition(let part, let minimum, let maximum):
            return try addRepetition(part, minimum, maximum, before: next, isBackwards: isBackwards)
        case .boundary(let isNegative):
            wordSet = index(of: .word)
            return try append(.boundary(isNegative: isNegative, next: next))
        case .look(let part, let isBehind, let isNegative):
            let entry = try add(part, before: 0, isBackwards: !isBehind)
            looks.append(Look(entry: entry, isBehind: isBehind, isNegative: isNegative))
            return try append(.look(looks.count - 1, next: next))
        case .backReference: throw PatternParser.unsupported("a back reference")
        }
    }

    private mutating func addRepetition(
        _ part: PatternTree, _ minimum: Int, _ maximum: Int?, before next: Int, isBackwards: Bool
    ) throws(PatternError) -> Int {
        var entry = next
        if let maximum {
            for _ in 0..<(maximum - minimum) {
                entry = try append(.split(try add(part, before: entry, isBackwards: isBackwards), next))
            }
        } else {
            let loop = try append(.split(next, next))
            instructions[loop] = .split(try add(part, before: loop, isBackwards: isBackwards), next)
            entry = loop
        }
        for _ in 0..<minimum { entry = try add(part, before: entry, isBackwards: isBackwards) }
        return entry
    }

    private mutating func index(of set: ScalarSet) -> Int {
        if let known = indexOfSet[set] { return known }
        sets.append(set)
        indexOfSet[set] = sets.count - 1
        return sets.count - 1
    }
}

/// Code points that no set of a pattern tells apart, as one class: the alphabet of its automaton.
struct ScalarClasses: Sendable {
    /// The classes of ASCII.
    private let ascii: [UInt16]
    /// Where in the code points another class begins, from 0 on.
    private let starts: [UInt32]
    /// The class that begins at each start.
    private let classes: [UInt16]
    /// For each class the sets (by index) that contain it.
    let members: [Set<Int>]

    init(_ sets: [ScalarSet]) throws(PatternError) {
        var starts: Set<UInt32> = [0]
        for range in sets.flatMap(\.ranges) {
            starts.insert(range.lowerBound)
            starts.insert(range.upperBound + 1)
        }
        self.starts = starts.sorted()
        var classes: [UInt16] = []
        var members: [Set<Int>] = []
        var known: [Set<Int>: Int] = [:]
        for start in self.starts {
            let containing = Set(sets.indices.filter { sets[$0].contains(start) })
            let index = known[containing] ?? members.count
            if index == members.count {
                members.append(containing)
                known[containing] = index
            }
            guard let narrow = UInt16(exactly: index) else {
                throw PatternError(sentence: "the pattern is too large; use fewer different characters")
            }
            classes.append(narrow)
        }
        self.classes = classes
        self.members = members
        var ascii: [UInt16] = []
        for value: UInt32 in 0..<128 {
            ascii.append(classes[Self.position(of: value, in: self.starts)])
        }
        self.ascii = ascii
    }

    /// The class of the code point that begins at `offset`, which moves behind it.
    @inline(__always)
    func next(_ storage: RawSpan, _ offset: inout Int) -> Int {
        let byte = storage.byte(at: offset)
        if byte < 0x80 {
            offset &+= 1
            return Int(ascii[Int(byte)])
        }
        return nextBeyondASCII(storage, &offset, byte)
    }

    private func nextBeyondASCII(_ storage: RawSpan, _ offset: inout Int, _ lead: UInt8) -> Int {
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        var scalar = UInt32(lead) & (0xFF >> (UInt32(length) + 1))
        for position in 1..<length { scalar = scalar << 6 | UInt32(storage.byte(at: offset + position) & 0x3F) }
        offset += length
        return Int(classes[Self.position(of: scalar, in: starts)])
    }

    /// The last start that is not behind `value`.
    private static func position(of value: UInt32, in starts: [UInt32]) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= value { low = middle } else { high = middle }
        }
        return low
    }
}
