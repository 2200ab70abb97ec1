import Journal
import MQTTSource
import Pipeline

/// Everything that `phusa run` can be told; `Setting.all` says how each value is named and read.
struct RunConfiguration {
    var data = "var"
    var schemas = "Schemas"
    /// Files of areas beside those in the definition folder.
    var areas: [String] = []
    var node = "phusa"
    var lanes = 1
    /// Topic filters instead of those that the streams name, so that topics without a stream are seen and kept too.
    var subscribe: [String] = []
    var qualityOfService = QualityOfService.atLeastOnce
    var clientID: String?
    /// Host, version, session and the rest; subscriptions and client id are filled in for each lane.
    var broker = MQTTConfiguration(host: "127.0.0.1", clientID: "phusa")
    var security = MQTTSecurity()
    var usesTLS = false
    var journalFileByteCount = 64 << 20
    var journalByteLimit = 8 << 30
    var diskReserve = 1 << 30
    var cadence = CommitCadence()
    var maximumPayloadByteCount = 256 << 10
    var compressionLevel: Int32 = 3
    var upkeep = UpkeepConfiguration()
    var feedbackTopic: FeedbackTopic?
    var feedbackLanguage = FeedbackConfiguration.Language.both
    var feedbackNotesPerMinute = 10
    var feedbackQualityOfService = QualityOfService.atMostOnce
    var asksForRebirths = true

    init() {
        // 8 MiB: a broker silently drops what exceeds the packet limit of an MQTT 5 client, so it lies well above what
        // any fleet sends, and what exceeds `message.limit` is kept as a dead letter.
        broker.maximumPacketByteCount = 8 << 20
    }

    var pipeline: PipelineConfiguration {
        var pipeline = PipelineConfiguration(dataDirectory: data, node: node)
        pipeline.cadence = cadence
        pipeline.maximumPayloadByteCount = maximumPayloadByteCount
        pipeline.compressionLevel = compressionLevel
        pipeline.upkeep = upkeep
        pipeline.upkeep.compaction.compressionLevel = Int(compressionLevel)
        pipeline.journal = JournalWriter.Configuration(
            fileByteCount: journalFileByteCount, byteLimit: journalByteLimit, diskReserve: diskReserve)
        return pipeline
    }

    /// What is sent back to fleets: notes where a topic is set, and requests to Sparkplug nodes where a stream has some.
    func feedback(hasSparkplug: Bool) -> FeedbackConfiguration? {
        guard feedbackTopic != nil || (hasSparkplug && asksForRebirths) else { return nil }
        var connection = connection(lane: "feedback", filters: [])
        connection.clientID = "\(clientID ?? node)-feedback"
        connection.sessionExpirySeconds = 0
        connection.sharedGroup = nil
        var feedback = FeedbackConfiguration(connection: connection)
        feedback.topic = feedbackTopic
        feedback.language = feedbackLanguage
        feedback.notesPerMinute = feedbackNotesPerMinute
        feedback.qualityOfService = feedbackQualityOfService
        feedback.asksForRebirths = hasSparkplug && asksForRebirths
        return feedback
    }

    /// What does not fit together although each value is right by itself.
    var contradiction: String? {
        guard !usesTLS, security.isConfigured else { return nil }
        return "broker.tls.… is set, and broker.tls.enabled is not: set it to true, or nothing is encrypted"
    }

    /// The connection of a lane.
    ///
    /// Lanes share the messages of a process through a shared subscription.
    func connection(lane: String, filters: [String]) -> MQTTConfiguration {
        var connection = broker
        connection.clientID = clientID.map { lanes == 1 ? $0 : "\($0)-\(lane)" } ?? "\(node)-\(lane)"
        connection.subscriptions = filters.map { MQTTSubscription($0, qualityOfService: qualityOfService) }
        if lanes > 1, connection.sharedGroup == nil { connection.sharedGroup = node }
        connection.security = usesTLS ? security : nil
        return connection
    }
}

extension MQTTSecurity {
    /// Whether anything was said about TLS.
    fileprivate var isConfigured: Bool {
        let texts = [
            authorityFile, authorityFolder, certificateFile, keyFile, keyPassword, version, ciphers,
            applicationProtocol,
        ]
        return acceptsAnyHostName || texts.contains { $0 != nil }
    }
}
