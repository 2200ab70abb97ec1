import Telemetry

/// When a simulation begins and ends.
struct SimulationPlan {
    /// What is sent when nothing is said.
    private static let usualReadings = 100_000

    private(set) var settings: SimulationSettings
    /// Nil when only time or the user ends it.
    let readings: Int?
    let isLive: Bool
    private let end: EventTime?

    init(
        settings: SimulationSettings, readings: Int?, duration: Duration?, isLive: Bool, rate: Double?, hasStart: Bool
    ) {
        self.settings = settings
        self.isLive = isLive
        let count = readings ?? (duration == nil && !isLive ? Self.usualReadings : nil)
        self.readings = count
        if !isLive, !hasStart {
            // The last reading is of the moment at which it is sent; nothing comes from the future.
            let perSecond = settings.readingsPerSecond
            let simulatedSeconds =
                duration.map { Double($0.microseconds) * 1e-6 } ?? Double(count ?? 0) / perSecond
            let sendingSeconds = rate.map { simulatedSeconds * perSecond / $0 } ?? 0
            let lead = max(0, simulatedSeconds - sendingSeconds)
            self.settings.start = settings.start.advanced(by: .microseconds(-Int64(lead * 1e6)))
        }
        end = duration.map { [start = self.settings.start] in start.advanced(by: $0) }
    }

    /// Whether another reading follows after `count`, the next one being of `time`.
    func continues(after count: Int, next time: EventTime) -> Bool {
        if let readings, count >= readings { return false }
        if let end, time >= end { return false }
        return true
    }
}
