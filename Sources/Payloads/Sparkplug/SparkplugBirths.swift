import Telemetry

/// What birth certificates have told: the names and data types of metrics, and where each edge node stands.
struct SparkplugBirths {
    /// A metric as its birth certificate describes it.
    struct Metric {
        let name: String
        let datatype: UInt32
    }

    /// The certificate of an edge node or a device.
    struct Birth {
        fileprivate var metrics: [Metric] = []
        fileprivate var byAlias: [UInt64: Int] = [:]
        /// Those without an alias.
        fileprivate var byName: [Fingerprint: Int] = [:]

        /// What the certificate says of a metric.
        subscript(metric: Phusa_Sparkplug_SparkplugMetric) -> Metric? {
            let index = metric.hasAlias ? byAlias[metric.alias] : byName[Fingerprint(metric.name.utf8Bytes)]
            return index.map { metrics[$0] }
        }
    }

    /// What is known of an edge node besides its metrics, while its birth or that of one of its devices is kept.
    private struct Node {
        var lastSequence: UInt8?
        /// The number by which a death belongs to a birth.
        var birthNumber: UInt64?
        /// The keys of its devices' births, which end with its own.
        var devices: Set<Fingerprint> = []
    }

    /// What came of a message's sequence number.
    enum Sequence: Equatable {
        case expected
        case gap(expected: UInt8)
    }

    /// 262,144 metrics of all births together, about 40 MiB: thousands of edge nodes with dozens of metrics each.
    private let metricLimit: Int
    private var metricCount = 0
    private var births: [Fingerprint: Birth] = [:]
    private var nodes: [Fingerprint: Node] = [:]
    private var rebirths: RebirthRequests

    init(metricLimit: Int = 1 << 18) {
        self.metricLimit = metricLimit
        rebirths = RebirthRequests(limit: metricLimit)
    }

    // MARK: Births and deaths

    /// Keeps a birth certificate; returns false when there is no room.
    ///
    /// Of a restored one, which comes from where the caller keeps them, it is not known what followed it.
    mutating func keep(_ payload: Phusa_Sparkplug_SparkplugPayload, of topic: SparkplugTopic, isRestored: Bool) -> Bool
    {
        end(topic, withDevices: !isRestored)
        guard metricCount + payload.metrics.count <= metricLimit, births.count < metricLimit else { return false }
        var birth = Birth()
        birth.metrics.reserveCapacity(payload.metrics.count)
        for metric in payload.metrics where metric.hasName {
            if metric.hasAlias {
                birth.byAlias[metric.alias] = birth.metrics.count
            } else {
                birth.byName[Fingerprint(metric.name.utf8Bytes)] = birth.metrics.count
            }
            birth.metrics.append(Metric(name: metric.name, datatype: metric.datatype))
        }
        var node = nodes[topic.edgeKey] ?? Node()
        if topic.kind == .nodeBirth {
            node.birthNumber = payload.birthNumber
            node.lastSequence = nil
            rebirths.forget(topic.edgeKey)
        } else {
            node.devices.insert(topic.sourceKey)
        }
        nodes[topic.edgeKey] = node
        metricCount += birth.metrics.count
        births[topic.sourceKey] = birth
        return true
    }

    /// Ends a birth; that of an edge node ends those of its devices too.
    ///
    /// - Returns: false when the death is that of an earlier session: a broker may send it after the new birth.
    mutating func bury(_ payload: Phusa_Sparkplug_SparkplugPayload, of topic: SparkplugTopic) -> Bool {
        if topic.kind == .nodeDeath, let current = nodes[topic.edgeKey]?.birthNumber, let number = payload.birthNumber,
            number != current
        {
            return false
        }
        end(topic, withDevices: true)
        return true
    }

    /// Forgets the birth of the source of a message and, if that is an edge node, those of its devices.
    private mutating func end(_ topic: SparkplugTopic, withDevices: Bool) {
        removeBirth(topic.sourceKey)
        guard var node = nodes[topic.edgeKey] else { return }
        if topic.sourceKey != topic.edgeKey {
            node.devices.remove(topic.sourceKey)
        } else if withDevices {
            for device in node.devices { removeBirth(device) }
            node.devices = []
        }
        let isKnown = births[topic.edgeKey] != nil || !node.devices.isEmpty
        nodes[topic.edgeKey] = isKnown ? node : nil
    }

    private mutating func removeBirth(_ key: Fingerprint) {
        guard let birth = births.removeValue(forKey: key) else { return }
        metricCount -= birth.metrics.count
    }

    // MARK: Look-ups

    /// The birth of the edge node or device of a message, while it is in force.
    func birth(of topic: SparkplugTopic) -> Birth? { births[topic.sourceKey] }

    // MARK: Sequence and rebirths

    /// Notes the sequence number of a message; a birth of an edge node begins anew.
    mutating func note(_ sequence: UInt64, of topic: SparkplugTopic) -> Sequence {
        guard let found = UInt8(exactly: sequence), let node = nodes[topic.edgeKey] else { return .expected }
        nodes[topic.edgeKey]?.lastSequence = found
        // The same number again is the same message again.
        guard topic.kind != .nodeBirth, let last = node.lastSequence, found != last, found != last &+ 1 else {
            return .expected
        }
        return .gap(expected: last &+ 1)
    }

    /// Whether the edge node should be asked for its births now.
    mutating func asksForRebirth(of topic: SparkplugTopic, at arrival: EventTime) -> Bool {
        rebirths.asks(topic.edgeKey, at: arrival)
    }
}

/// Which edge nodes were asked for their births lately.
private struct RebirthRequests {
    /// A minute: an edge node needs that long to answer, and a fleet of them must not be asked with every message.
    private static let interval: Int64 = 60_000_000

    private let limit: Int
    /// Those since `start`, and those of the interval before; older ones are forgotten.
    private var recent: [Fingerprint: EventTime] = [:]
    private var earlier: [Fingerprint: EventTime] = [:]
    private var start = EventTime(microsecondsSinceEpoch: 0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether the edge node should be asked now, which then counts as done.
    mutating func asks(_ edge: Fingerprint, at arrival: EventTime) -> Bool {
        if !Self.isWithinInterval(arrival, after: start) {
            earlier = recent
            recent = [:]
            start = arrival
        }
        if let asked = recent[edge] ?? earlier[edge], Self.isWithinInterval(arrival, after: asked) { return false }
        guard recent.count < limit else { return false }
        recent[edge] = arrival
        return true
    }

    mutating func forget(_ edge: Fingerprint) {
        recent[edge] = nil
        earlier[edge] = nil
    }

    private static func isWithinInterval(_ time: EventTime, after start: EventTime) -> Bool {
        (0..<interval).contains(time.microsecondsSinceEpoch &- start.microsecondsSinceEpoch)
    }
}

extension Phusa_Sparkplug_SparkplugPayload {
    /// The metric `bdSeq`, by which a death belongs to a birth.
    fileprivate var birthNumber: UInt64? {
        for metric in metrics where metric.hasName && metric.name == "bdSeq" {
            switch metric.value {
            case .longValue(let value): return value
            case .intValue(let value): return UInt64(value)
            default: return nil
            }
        }
        return nil
    }
}
