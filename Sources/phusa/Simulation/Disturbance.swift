import Telemetry

/// The ways in which a device of the simulation sends something that has to be refused.
enum Defect: String, CaseIterable, Sendable {
    /// A number written as text.
    case wrongType = "type"
    /// A value outside what can be measured.
    case outOfRange = "range"
    /// The end of the message is missing.
    case truncated
    /// A clock that is ahead by years.
    case clockFuture = "clock-future"
    /// A clock that starts at 1970 after every loss of power.
    case clockPast = "clock-past"
    /// The name of the device is missing.
    case missing = "required"
}

/// The streams of the simulation, each with the member that defects of the value go to.
enum SimulatedStream: String, CaseIterable, Sendable {
    case coverage
    case broadband
    case trafficFlow = "traffic_flow"
    case airQuality = "air_quality"

    /// A member that is required to be a number, and a number that its schema forbids.
    var fragileMember: (name: String, forbidden: String) {
        switch self {
        case .coverage: ("rsrp", "42")
        case .broadband: ("download_mbps", "-1")
        case .trafficFlow: ("occupancy", "73.5")
        case .airQuality: ("humidity", "143.0")
        }
    }
}

/// Spoils the text of a reading in one way.
enum Spoiling {
    private static let timeStart = 7
    private static let future: [UInt8] = Array("2037-01-01T00:00:00.000Z".utf8)
    private static let past: [UInt8] = Array("1970-01-01T00:00:42.000Z".utf8)

    /// Writes `defect` into `reading`.
    static func apply(
        _ defect: Defect, to reading: inout [UInt8], of stream: SimulatedStream, random: inout SeededRandom
    ) {
        switch defect {
        case .clockFuture: setTime(future, in: &reading)
        case .clockPast: setTime(past, in: &reading)
        case .truncated: reading.removeSubrange((1 + random.index(below: reading.count - 1))...)
        case .missing:
            if let member = value(of: "device", in: reading) {
                // With its name, the colon and the comma behind it: `"device":"…",`
                reading.removeSubrange((member.lowerBound - 9)..<(member.upperBound + 1))
            }
        case .outOfRange:
            let (name, forbidden) = stream.fragileMember
            if let range = value(of: name, in: reading) { reading.replaceSubrange(range, with: forbidden.utf8) }
        case .wrongType:
            if let range = value(of: stream.fragileMember.name, in: reading) {
                reading.insert(UInt8(ascii: "\""), at: range.upperBound)
                reading.insert(UInt8(ascii: "\""), at: range.lowerBound)
            }
        }
    }

    /// Puts another time of 24 bytes into a reading.
    static func setTime(_ time: [UInt8], in reading: inout [UInt8]) {
        reading.replaceSubrange(timeStart..<(timeStart + ReadingClock.byteCount), with: time)
    }

    /// Where the value of a member of a flat reading lies.
    private static func value(of name: String, in reading: [UInt8]) -> Range<Int>? {
        let key = Array("\"\(name)\":".utf8)
        guard let found = reading.indices.first(where: { reading[$0...].starts(with: key) }) else { return nil }
        let start = found + key.count
        let end = reading[start...].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") }
        return end.map { start..<$0 }
    }
}
