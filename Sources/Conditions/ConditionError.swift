/// Why a condition was not understood, with the place in it.
package struct ConditionError: Error, Equatable, CustomStringConvertible {
    /// The condition as it was given.
    package let text: String
    /// The character at which it went wrong, from 0; the text's length for its end.
    package let characterOffset: Int
    /// What is wrong and what to do, as one sentence.
    package let sentence: String

    /// The sentence, and below it the condition with a caret under the character.
    package var description: String {
        // A line break or tab would put the caret elsewhere.
        let line = String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
        return "\(sentence)\n  \(line)\n  \(String(repeating: " ", count: characterOffset))^"
    }
}
