import JSONDocument

/// How much work the verdict on one value may take, so that no message holds up those behind it.
///
/// A schema that leads back to itself through `anyOf`, or that refers twice to what refers twice, can take time
/// exponential in the depth of a document or of the schema. One step is an application of a subschema, a look at a
/// member or element, or the reading of 64 bytes of a string; it takes about 50 nanoseconds. What remains is a factor
/// that only the schema's author chooses: the number of rules in one subschema.
///
/// The limit is the sum of
/// - 262,144 steps for any value: some 15 milliseconds, and more than two thousand subschemas for each value of a
///   message of 500 bytes;
/// - 64 steps for each word of the value on the tape (a number has two, a string one), since honest work grows with
///   the document: the meta-schemas, which are the most involved ones in use, need about ten;
/// - one step for each byte of its strings, which is to read them 64 times.
struct WorkBudget {
    private static let least = 1 << 18
    private static let stepsPerWord = 64
    private static let stringBytesPerStepExponent = 6

    /// The steps that the verdict may take; without those for strings as long as it does without them.
    private(set) var limit = 0
    private var remaining = 0
    private var coversStrings = false
    private var value = 0

    init() {}

    /// The budget for the value at `index`.
    @inline(__always)
    init(for index: Int, of document: JSONDocument) {
        value = index
        limit = Self.least &+ Self.stepsPerWord &* (document.index(after: index) &- index)
        remaining = limit
    }

    @inline(__always)
    mutating func spend(_ steps: Int = 1) {
        remaining &-= steps
    }

    /// Spends what it takes to read a string of so many bytes.
    @inline(__always)
    mutating func spend(onStringBytes byteCount: Int) {
        remaining &-= byteCount &>> Self.stringBytesPerStepExponent
    }

    /// Whether the limit is exceeded.
    @inline(__always)
    mutating func isExceeded(by document: JSONDocument) -> Bool {
        remaining < 0 && !hasEnoughWithStrings(document)
    }

    /// Whether more than half of it is spent, not counting what there is for strings.
    var isHalfSpent: Bool { coversStrings || remaining < limit / 2 }

    /// The strings are only counted for the few documents that come to need it.
    @inline(never)
    private mutating func hasEnoughWithStrings(_ document: JSONDocument) -> Bool {
        guard !coversStrings else { return false }
        coversStrings = true
        let byteCount = document.stringByteCount(in: value)
        limit += byteCount
        remaining += byteCount
        return remaining >= 0
    }
}

extension JSONDocument {
    /// The bytes of all strings and names in the value at `index`.
    func stringByteCount(in index: Int) -> Int {
        var byteCount = 0
        var position = index
        let end = self.index(after: index)
        while position < end {
            switch tag(at: position) {
            case JSONKind.string.rawValue:
                byteCount += stringByteCount(at: stringOffset(at: position))
                position += 1
            case JSONKind.integer.rawValue, JSONKind.unsigned.rawValue, JSONKind.double.rawValue: position += 2
            default: position += 1
            }
        }
        return byteCount
    }
}
