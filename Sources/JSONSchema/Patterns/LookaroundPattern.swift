/// A pattern with look-around or word boundaries, matched in time linear in the length of the string.
///
/// For each look, inner ones first, one pass over the string tells at which places it holds; after that it is a
/// condition like `^`. Nothing is tried twice, so there is no pattern and no string that takes unduly long.
struct LookaroundPattern: Sendable {
    private let instructions: [PatternProgram.Instruction]
    private let entry: Int
    private let looks: [PatternProgram.Look]
    private let wordSet: Int?
    private let classes: ScalarClasses

    init(_ program: PatternProgram, _ classes: ScalarClasses) {
        instructions = program.instructions
        entry = program.entry
        looks = program.looks
        wordSet = program.wordSet
        self.classes = classes
    }

    /// Whether the pattern matches anywhere in the bytes `range` of `storage`.
    func matches(_ storage: RawSpan, _ range: Range<Int>) -> Bool {
        var text = Text()
        var offset = range.lowerBound
        while offset < range.upperBound { text.classes.append(classes.next(storage, &offset)) }
        for look in looks { text.found.append(places(of: look.entry, in: text, isBackwards: !look.isBehind)) }
        return places(of: entry, in: text, isBackwards: false, isFirstEnough: true).contains(true)
    }

    /// A string as classes of code points, and for each look where it holds.
    private struct Text {
        var classes: [Int] = []
        var found: [[Bool]] = []

        var count: Int { classes.count }
    }

    /// The places between code points at which a match of the part that begins at `entry` ends, wherever it began;
    /// backwards, at which it begins.
    private func places(
        of entry: Int, in text: Text, isBackwards: Bool, isFirstEnough: Bool = false
    ) -> [Bool] {
        var places = [Bool](repeating: false, count: text.count + 1)
        var states = StateSet(count: instructions.count)
        var next = StateSet(count: instructions.count)
        for step in 0...text.count {
            let place = isBackwards ? text.count - step : step
            states.insert(entry)
            var position = 0
            // Grows while it is gone through.
            while position < states.members.count {
                let index = states.members[position]
                position += 1
                switch instructions[index] {
                case .match:
                    places[place] = true
                    if isFirstEnough { return places }
                case .set(let set, let target):
                    guard step < text.count else { break }
                    let scalarClass = text.classes[isBackwards ? place - 1 : place]
                    if classes.members[scalarClass].contains(set) { next.insert(target) }
                case .split(let first, let second):
                    states.insert(first)
                    states.insert(second)
                case .start(let target): if place == 0 { states.insert(target) }
                case .end(let target): if place == text.count { states.insert(target) }
                case .boundary(let isNegative, let target):
                    if isBoundary(place, text) != isNegative { states.insert(target) }
                case .look(let look, let target):
                    if text.found[look][place] != looks[look].isNegative { states.insert(target) }
                }
            }
            swap(&states, &next)
            next.removeAll()
        }
        return places
    }

    private func isBoundary(_ place: Int, _ text: Text) -> Bool {
        func isWord(_ index: Int) -> Bool {
            guard let wordSet, text.classes.indices.contains(index) else { return false }
            return classes.members[text.classes[index]].contains(wordSet)
        }
        return isWord(place - 1) != isWord(place)
    }
}

/// The instructions at which a match can be, each once.
private struct StateSet {
    private(set) var members: [Int] = []
    private var isMember: [Bool]

    init(count: Int) {
        isMember = [Bool](repeating: false, count: count)
    }

    mutating func insert(_ member: Int) {
        guard !isMember[member] else { return }
        isMember[member] = true
        members.append(member)
    }

    mutating func removeAll() {
        for member in members { isMember[member] = false }
        members.removeAll(keepingCapacity: true)
    }
}
