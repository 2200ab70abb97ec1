/// What a payload told besides its records.
package enum PayloadNote: Equatable, Sendable {
    /// The message is a birth certificate: later messages of `edge` (`group/edge` or `group/edge/device`) can only be
    /// read by who has seen it, so it is worth keeping for ``PayloadReader/restore(topic:payload:)``.
    case birth(edge: String)
    /// The message is a death certificate: what was born as `edge` is gone.
    case death(edge: String)
    /// Messages of an edge node are missing between the last one and this.
    case sequenceGap(edge: String, expected: UInt8, found: UInt8)
    /// The edge node should be asked for its birth certificate by a command on this topic.
    case rebirthWanted(commandTopic: String)
}
