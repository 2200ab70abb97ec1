import CMosquitto

/// Asks for the topic filters on every connection and gathers the answers.
struct Subscriptions {
    private let asked: [MQTTSubscription]
    private let filters: [String]
    private let version: MQTTVersion
    /// The index of the filter that each request was about.
    private var waiting: [Int32: Int] = [:]
    private var granted: [MQTTGrant] = []
    private var wereGranted = false

    init(configuration: MQTTConfiguration, isEmpty: Bool) {
        asked = isEmpty ? [] : configuration.subscriptions
        filters = isEmpty ? [] : configuration.sentFilters
        version = configuration.version
    }

    mutating func didConnect(sessionPresent: Bool, on handle: borrowing ClientHandle) {
        waiting = [:]
        granted = []
        // MQTT 3.1.1 sends retained messages again on every SUBSCRIBE, so a session of ours is left as it is. The first
        // time it may be of an earlier process with other filters. MQTT 5 is told to send them only when it is new.
        if version == .version311 && sessionPresent && wereGranted { return }
        for (index, subscription) in asked.enumerated() {
            var packetID: Int32 = 0
            let code = handle.subscribe(
                filters[index], qualityOfService: min(subscription.qualityOfService, .atLeastOnce),
                packetID: &packetID)
            // The filters were checked, and the connection stands. If it just broke, the next one subscribes.
            if code == MOSQ_ERR_SUCCESS.rawValue { waiting[packetID] = index }
        }
    }

    mutating func didAnswer(_ answer: Inbox.SubscribeAnswer, events: inout [MQTTEvent]) {
        guard let index = waiting.removeValue(forKey: answer.packetID), let code = answer.codes.first else { return }
        if let quality = UInt8(exactly: code).flatMap(QualityOfService.init(rawValue:)) {
            granted.append(MQTTGrant(filter: filters[index], qualityOfService: quality))
        } else {
            events.append(
                .subscriptionRefused(
                    filter: filters[index], sentence: Reasons.refusedSubscription(code, filter: filters[index])))
        }
        guard waiting.isEmpty else { return }
        wereGranted = true
        events.append(.subscribed(granted))
    }
}
