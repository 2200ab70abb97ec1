/// What a pattern is made of.
indirect enum PatternTree: Equatable {
    case empty
    case set(ScalarSet)
    case sequence([PatternTree])
    case choice([PatternTree])
    case repetition(PatternTree, minimum: Int, maximum: Int?)
    case start
    case end
    /// `\b`, or `\B` when negative: a word character on one side only.
    case boundary(isNegative: Bool)
    /// `(?=…)`, `(?!…)`, `(?<=…)` and `(?<!…)`.
    case look(PatternTree, isBehind: Bool, isNegative: Bool)
    /// `\1` or `\k<name>`: understood, so that it can be told from what is no pattern, but not compiled.
    case backReference
}

/// Why a pattern cannot be compiled.
struct PatternError: Error, Equatable {
    let sentence: String
}
