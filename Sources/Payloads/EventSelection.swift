import Telemetry

/// The kinds of events that a source takes for readings, of servers that send other events beside uplinks.
package struct EventSelection: Equatable, Sendable {
    /// The words of `stream.yaml`, which are those of the servers' topics.
    package let names: [String]

    /// What devices have measured, which is all that a source takes unless it says otherwise.
    package static let uplinks = EventSelection(["up"])

    /// Selects by the words that ``PayloadFormat/eventNames`` of the source's format gives.
    package init(_ names: [String]) {
        self.names = names
    }

    /// The names as a sentence has them.
    var list: String { names.map { "\"\($0)\"" }.joined(separator: ", ") }
}

extension PayloadFormat {
    /// The kinds of events that payloads of the format can be; none where there is one kind only.
    package var eventNames: [String] {
        switch self {
        case .chirpstack: ChirpStackRecords.Kind.allCases.map(\.rawValue)
        case .theThingsStack: TheThingsStackRecords.Kind.allCases.map(\.rawValue)
        case .json, .senml, .senmlCBOR, .cbor, .sparkplug, .helium, .ngsi, .tr369: []
        }
    }

    /// The event that all messages of a topic filter are, where its last level says so.
    package func event(ofTopicFilter filter: String) -> String? {
        self == .chirpstack ? ChirpStackRecords.Kind(toldBy: filter.utf8Bytes)?.rawValue : nil
    }
}

/// What of a source decides whether an envelope holds a reading.
struct SourceTraits {
    /// Whether a mapping may make a reading of what is none by itself.
    let isMapped: Bool
    let events: EventSelection

    func takes(_ event: String) -> Bool { events.names.contains(event) }
}
