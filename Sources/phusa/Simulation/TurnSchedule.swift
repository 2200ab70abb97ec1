import Telemetry

/// When devices are due that each send once in an interval, always in the same order.
struct TurnSchedule {
    /// The device that is due next.
    private(set) var index = 0
    private var turn: Int64 = 0
    private let start: EventTime
    private let interval: Int64
    private let phases: [Int64]

    init(count: Int, start: EventTime, interval: Duration, random: inout SeededRandom) {
        require(count > 0 && interval >= .milliseconds(1), "a turn has devices and takes time")
        self.start = start
        self.interval = interval.microseconds
        let length = Int(interval.microseconds)
        phases = (0..<count).map { _ in Int64(random.index(below: length)) }.sorted()
    }

    /// When device `index` is due.
    var next: EventTime {
        EventTime(microsecondsSinceEpoch: start.microsecondsSinceEpoch + turn * interval + phases[index])
    }

    mutating func advance() {
        index += 1
        if index == phases.count {
            index = 0
            turn += 1
        }
    }
}
