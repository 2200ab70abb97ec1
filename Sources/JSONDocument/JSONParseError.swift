/// Why a text is not an acceptable JSON document, and where.
public struct JSONParseError: Error, Equatable, Sendable {
    /// The kinds of refusal; their raw values are stable codes for machines.
    public enum Kind: String, Sendable, CaseIterable {
        /// There is nothing but white space.
        case empty
        /// The text is not JSON.
        case syntax
        /// The text ends within a value: it was JSON as far as it goes.
        case truncated
        /// The bytes are not UTF-8.
        case invalidUTF8
        /// Arrays and objects are nested deeper than the limit.
        case tooDeep
        /// The text is longer than the limit.
        case tooLarge
        /// An integer outside -2^63 ..< 2^64, or a fraction beyond what a double holds.
        case numberOutOfRange
        /// An object has the same name twice.
        case duplicateName
    }

    /// The kind of error.
    public let kind: Kind
    /// The place of the first offending byte, from 0.
    public let byteOffset: Int
    /// The line of that byte, from 1.
    public let line: Int
    /// The column of that byte within its line, in bytes, from 1.
    public let column: Int
    /// One sentence for people: what was found and what was expected.
    public let sentence: String

    /// An error at a place.
    public init(kind: Kind, byteOffset: Int, line: Int, column: Int, sentence: String) {
        self.kind = kind
        self.byteOffset = byteOffset
        self.line = line
        self.column = column
        self.sentence = sentence
    }
}

extension JSONParseError: CustomStringConvertible {
    /// Line, column and sentence.
    public var description: String { "\(line):\(column): \(sentence)" }
}
