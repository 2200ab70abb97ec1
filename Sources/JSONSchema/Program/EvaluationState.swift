import JSONDocument

/// What changes while a program runs on one document; its memory is reused.
struct EvaluationState {
    /// Values (by index) that other rules have evaluated; nodes that need it look behind their own mark.
    var evaluated: [Int] = []
    /// The resources entered, outermost first, for dynamic references.
    var scope: [Int] = []
    /// Members (by the index of their value) that count as absent.
    var hidden: [Int] = []
    /// Nested applications, to stop schemas that lead back to themselves through dynamic references.
    var depth = 0
    /// What the verdict may still cost.
    var budget = WorkBudget()
    /// The rule that failed last; when the whole fails, it is the one to report.
    var failedStep = 0
    /// The value at which it failed.
    var failedInstance = 0

    /// Deeper than any sensible schema over a document of 64 levels.
    static let maximumDepth = 2000

    /// Prepares for the verdict on the value at `index`.
    mutating func reset(for index: Int, of document: JSONDocument) {
        budget = WorkBudget(for: index, of: document)
        evaluated.removeAll(keepingCapacity: true)
        scope.removeAll(keepingCapacity: true)
        depth = 0
    }

    func isHidden(_ value: Int) -> Bool { !hidden.isEmpty && hidden.contains(value) }

    /// Notes a failure; returns false.
    mutating func fail(_ step: Int, _ instance: Int) -> Bool {
        failedStep = step
        failedInstance = instance
        return false
    }
}
