/// Why a command ends early, as one sentence for the person who gave it.
///
/// The sentence says what is wrong, where, and what to do about it.
struct CommandFailure: Error, Equatable, CustomStringConvertible {
    enum Kind: Int32 {
        /// The command ran and did not succeed.
        case failure = 1
        /// Arguments, configuration or the definition of the input are wrong; nothing was done.
        case usage = 2
    }

    let kind: Kind
    let sentence: String

    /// The argument parser quotes it where an option's value is wrong.
    var description: String { sentence }

    static func failure(_ sentence: String) -> CommandFailure {
        CommandFailure(kind: .failure, sentence: sentence)
    }

    static func usage(_ sentence: String) -> CommandFailure {
        CommandFailure(kind: .usage, sentence: sentence)
    }
}
