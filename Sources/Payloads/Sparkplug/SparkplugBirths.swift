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
        /// Of a device: the session of its edge node in which it was born.
        fileprivate var session = 0

        /// What the certificate says of a metric.
        subscript(metric: Phusa_Sparkplug_SparkplugMetric) -> Metric? {
            let index = metric.hasAlias ? byAlias[metric.alias] : byName[Fingerprint(metric.name.utf8Bytes)]
            return index.map { metrics[$0] }
        }
    }

    /// What is known of an edge node besides its metrics.
    private struct Node {
        /// Counts births and deaths of the node, which end its devices' births.
        var session = 0
        var lastSequence: UInt8?
        /// The number by which a death belongs to a birth.
        var birthNumber: UInt64?
        var rebirthAskedAt: EventTime?
    }

    /// What came of a message's sequence number.
    enum Sequence: Equatable {
        case expected
        case gap(expected: UInt8)
    }

    /// A minute: an edge node needs that long to answer, and a fleet of them must not be asked with every message.
    private static let rebirthInterval: Int64 = 60_000_000

    /// 262,144 metrics of all births together, about 40 MiB: thousands of edge nodes with dozens of metrics each.
    private let metricLimit: Int
    private var metricCount = 0
    private var births: [Fingerprint: Birth] = [:]
    private var nodes: [Fingerprint: Node] = [:]

    init(metricLimit: Int = 1 << 18) {
        self.metricLimit = metricLimit
    }

    // MARK: Births and deaths

    /// Keeps a birth certificate; returns false when there is no room.
    ///
    /// Of a restored one, which comes from where the caller keeps them, it is not known what followed it.
    mutating func keep(_ payload: Phusa_Sparkplug_SparkplugPayload, of topic: SparkplugTopic, isRestored: Bool) -> Bool
    {
        end(topic.sourceKey)
        guard metricCount + payload.metrics.count <= metricLimit, births.count < metricLimit, nodes.count < metricLimit
        else { return false }
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
            if !isRestored { node.session += 1 }
            node.birthNumber = payload.birthNumber
            node.lastSequence = nil
            node.rebirthAskedAt = nil
        }
        birth.session = node.session
        nodes[topic.edgeKey] = node
        metricCount += birth.metrics.count
        births[topic.sourceKey] = birth
        return true
    }

    /// Ends a birth; that of an edge node ends those of its devices too.
    ///
    /// - Returns: false when the death is that of an earlier session: a broker may send it after the new birth.
    mutating func bury(_ payload: Phusa_Sparkplug_SparkplugPayload, of topic: SparkplugTopic) -> Bool {
        if topic.kind == .nodeDeath, var node = nodes[topic.edgeKey] {
            if let number = payload.birthNumber, let current = node.birthNumber, number != current { return false }
            node.session += 1
            node.lastSequence = nil
            node.birthNumber = nil
            nodes[topic.edgeKey] = node
        }
        end(topic.sourceKey)
        return true
    }

    private mutating func end(_ key: Fingerprint) {
        guard let birth = births.removeValue(forKey: key) else { return }
        metricCount -= birth.metrics.count
    }

    // MARK: Look-ups

    /// The birth of the edge node or device of a message, while it is in force.
    func birth(of topic: SparkplugTopic) -> Birth? {
        guard let birth = births[topic.sourceKey] else { return nil }
        return topic.edgeKey == topic.sourceKey || birth.session == nodes[topic.edgeKey]?.session ? birth : nil
    }

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
        guard nodes[topic.edgeKey] != nil || nodes.count < metricLimit else { return false }
        let asked = nodes[topic.edgeKey]?.rebirthAskedAt
        if let asked, arrival.microsecondsSinceEpoch &- asked.microsecondsSinceEpoch < Self.rebirthInterval,
            arrival >= asked
        {
            return false
        }
        nodes[topic.edgeKey, default: Node()].rebirthAskedAt = arrival
        return true
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
