package import MQTTSource

/// What is sent back to fleets, and how; without one, nothing is.
package struct FeedbackConfiguration: Sendable {
    /// The language of the sentences in notes.
    package enum Language: String, CaseIterable, Sendable {
        case english = "en"
        case vietnamese = "vi"
        case both
    }

    /// A connection of its own: what waits there delays no acknowledgement.
    package var connection: MQTTConfiguration
    /// Where senders are told of refusals; nil for not at all.
    package var topic: FeedbackTopic?
    package var language = Language.both
    /// How many notes a minute for messages of one topic, which is mostly one device.
    package var notesPerMinute = 10
    package var qualityOfService = QualityOfService.atMostOnce
    /// Whether Sparkplug's edge nodes are asked for birth certificates that are missing.
    package var asksForRebirths = true

    package init(connection: MQTTConfiguration) {
        self.connection = connection
    }
}
