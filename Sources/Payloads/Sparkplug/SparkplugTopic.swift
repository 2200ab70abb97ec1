import Telemetry

/// A topic of Sparkplug B, taken apart: `spBv1.0/group/type/edge[/device]`.
struct SparkplugTopic {
    /// What the message is, by the third level of its topic.
    enum Kind {
        case nodeBirth, nodeDeath, nodeData, nodeCommand
        case deviceBirth, deviceDeath, deviceData, deviceCommand
        /// A host application says whether it is there; the second level is `STATE`.
        case hostState

        var isBirth: Bool { self == .nodeBirth || self == .deviceBirth }
        var isOfDevice: Bool {
            self == .deviceBirth || self == .deviceDeath || self == .deviceData || self == .deviceCommand
        }
    }

    let kind: Kind
    /// Where in the topic the group's name is.
    let group: Range<Int>
    /// Where the edge node's name is.
    let edge: Range<Int>
    /// Where the edge node's name is, and behind it that of the device if there is one.
    let source: Range<Int>

    /// The key of the edge node, and of the device or, without one, the edge node again.
    let edgeKey: Fingerprint
    let sourceKey: Fingerprint

    /// Takes `topic` apart; nil when it is none of Sparkplug B.
    init?(_ topic: RawSpan) {
        var levels = InlineArray<6, Int>(repeating: 0)
        var count = 0
        for offset in 0..<topic.byteCount where topic.octet(at: offset) == UInt8(ascii: "/") {
            guard count < 5 else { return nil }
            levels[count] = offset
            count += 1
        }
        guard count >= 2, topic.hasText("spBv1.0", at: 0..<levels[0]) else { return nil }
        group = (levels[0] + 1)..<levels[1]
        if count == 2, topic.hasText("STATE", at: group) {
            kind = .hostState
            edge = (levels[1] + 1)..<topic.byteCount
            source = edge
        } else {
            guard count == 3 || count == 4, let kind = Self.kind(topic, at: (levels[1] + 1)..<levels[2]),
                kind.isOfDevice == (count == 4)
            else { return nil }
            self.kind = kind
            edge = (levels[2] + 1)..<(count == 4 ? levels[3] : topic.byteCount)
            source = edge.lowerBound..<topic.byteCount
            guard !group.isEmpty, !edge.isEmpty, count == 3 || levels[3] + 1 < topic.byteCount else { return nil }
        }
        var key = Fingerprint(topic.extracting(group))
        key.combine(Fingerprint(topic.extracting(edge)))
        edgeKey = key
        if source != edge { key.combine(Fingerprint(topic.extracting(source))) }
        sourceKey = key
    }

    private static func kind(_ topic: RawSpan, at level: Range<Int>) -> Kind? {
        let isOfDevice = topic.octet(at: level.lowerBound) == UInt8(ascii: "D")
        guard isOfDevice || topic.octet(at: level.lowerBound) == UInt8(ascii: "N") else { return nil }
        let rest = (level.lowerBound + 1)..<level.upperBound
        if topic.hasText("DATA", at: rest) { return isOfDevice ? .deviceData : .nodeData }
        if topic.hasText("BIRTH", at: rest) { return isOfDevice ? .deviceBirth : .nodeBirth }
        if topic.hasText("DEATH", at: rest) { return isOfDevice ? .deviceDeath : .nodeDeath }
        if topic.hasText("CMD", at: rest) { return isOfDevice ? .deviceCommand : .nodeCommand }
        return nil
    }

    /// Names the edge node or device for people and notes: `group/edge` or `group/edge/device`.
    func name(in topic: RawSpan) -> String {
        "\(String(decoding: topic.extracting(group)))/\(String(decoding: topic.extracting(source)))"
    }

    /// The topic of commands to the edge node.
    func commandTopic(in topic: RawSpan) -> String {
        "spBv1.0/\(String(decoding: topic.extracting(group)))/NCMD/\(String(decoding: topic.extracting(edge)))"
    }
}

extension RawSpan {
    /// Whether the bytes at `range` are those of `text`.
    fileprivate func hasText(_ text: StaticString, at range: Range<Int>) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for place in 0..<range.count {
            // Safe: a static string of ASCII has as many bytes as it says.
            guard unsafe octet(at: range.lowerBound + place) == text.utf8Start[place] else { return false }
        }
        return true
    }
}
