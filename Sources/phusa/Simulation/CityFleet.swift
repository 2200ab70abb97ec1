import Telemetry

/// Everything that a simulation is told; with the same settings it sends the same bytes.
struct SimulationSettings: Sendable {
    var seed: UInt64 = 1
    var deviceCount = 2000
    var streams = SimulatedStream.allCases
    var start: EventTime
    var duplicateShare = 0.01
    var lateShare = 0.02
    var badShare = 0.005
    /// By how much a late reading is late at the most.
    var latest: Duration = .seconds(7200)

    init(start: EventTime) {
        self.start = start
    }

    /// How often a device of `stream` sends.
    static func interval(of stream: SimulatedStream) -> Duration {
        switch stream {
        case .coverage: .seconds(5)
        case .trafficFlow: .seconds(60)
        case .airQuality: .seconds(60)
        case .broadband: .seconds(300)
        }
    }

    /// The share of the devices that belongs to `stream` when all are there.
    private static func weight(of stream: SimulatedStream) -> Double {
        switch stream {
        case .coverage: 0.5
        case .trafficFlow: 0.2
        case .airQuality: 0.15
        case .broadband: 0.15
        }
    }

    /// How many devices `stream` has: at least one when it is simulated at all.
    func deviceCount(of stream: SimulatedStream) -> Int {
        guard streams.contains(stream) else { return 0 }
        let all = streams.reduce(0) { $0 + Self.weight(of: $1) }
        return max(1, Int((Double(deviceCount) * Self.weight(of: stream) / all).rounded()))
    }

    /// Readings of all devices in a simulated second.
    var readingsPerSecond: Double {
        streams.reduce(0) {
            $0 + Double(deviceCount(of: $1)) / (Double(Self.interval(of: $1).microseconds) * 1e-6)
        }
    }
}

/// One message of the simulation.
struct SimulatedMessage {
    var topic = ""
    var payload: [UInt8] = []
    var stream = SimulatedStream.coverage
    /// When it is sent, by the simulated clock.
    var time = EventTime(microsecondsSinceEpoch: 0)
}

/// The devices of both cities together, in the order of time, with what goes wrong on the way.
struct CityFleet: ~Copyable {
    private var coverage: CoverageFleet
    private var broadband: BroadbandFleet
    private var traffic: TrafficFleet
    private var air: AirQualityFleet

    private let settings: SimulationSettings
    private var random: SeededRandom
    private(set) var truth: SimulationTruth
    private var clock = ReadingClock()
    private var timeText = ReadingText()
    /// Copies that wait to be sent again: the reading at which each is due, in rising order.
    private var copies: [(due: Int, message: SimulatedMessage)] = []
    private var generatedCount = 0

    init(settings: SimulationSettings, wards: [Ward]) {
        require(!settings.streams.isEmpty, "a simulation has a stream")
        self.settings = settings
        // A stream that is not wanted keeps one device, which never gets its turn.
        func count(_ stream: SimulatedStream) -> Int { max(1, settings.deviceCount(of: stream)) }
        func interval(_ stream: SimulatedStream) -> Duration { SimulationSettings.interval(of: stream) }
        coverage = CoverageFleet(
            seed: settings.seed, deviceCount: count(.coverage), wards: wards, start: settings.start,
            interval: interval(.coverage))
        broadband = BroadbandFleet(
            seed: settings.seed, deviceCount: count(.broadband), wards: wards, start: settings.start,
            interval: interval(.broadband))
        traffic = TrafficFleet(
            seed: settings.seed, deviceCount: count(.trafficFlow), wards: wards, start: settings.start,
            interval: interval(.trafficFlow))
        air = AirQualityFleet(
            seed: settings.seed, deviceCount: count(.airQuality), wards: wards, start: settings.start,
            interval: interval(.airQuality))
        random = SeededRandom(seed: settings.seed, part: 9)
        truth = SimulationTruth(seed: settings.seed)
        for stream in settings.streams { truth.streams[stream] = SimulationTruth.Counts() }
    }

    /// When the next reading is due, by the simulated clock.
    var nextTime: EventTime { nextTime(of: nextStream) }

    /// Puts the next message into `message`: a copy that is due, or what the next device measured.
    mutating func next(into message: inout SimulatedMessage) {
        if let copy = copies.first, copy.due <= generatedCount {
            sendCopy(to: &message)
        } else {
            generate(into: &message)
        }
    }

    /// The last copies, when no further reading follows; false when there are none.
    mutating func nextCopy(into message: inout SimulatedMessage) -> Bool {
        guard !copies.isEmpty else { return false }
        sendCopy(to: &message)
        return true
    }

    /// How many readings have been generated, copies not counted.
    var readingCount: Int { generatedCount }

    private mutating func sendCopy(to message: inout SimulatedMessage) {
        let time = nextTime
        message = copies.removeFirst().message
        message.time = time
        truth.streams[message.stream, default: .init()].messages += 1
        truth.streams[message.stream, default: .init()].duplicates += 1
    }

    private mutating func generate(into message: inout SimulatedMessage) {
        let stream = nextStream
        message.stream = stream
        message.time = nextTime(of: stream)
        message.payload.removeAll(keepingCapacity: true)
        switch stream {
        case .coverage:
            coverage.next(into: &message.payload)
            message.topic = coverage.topics[coverage.lastDevice]
        case .broadband:
            broadband.next(into: &message.payload)
            message.topic = broadband.topics[broadband.lastDevice]
        case .trafficFlow:
            traffic.next(into: &message.payload)
            message.topic = traffic.topics[traffic.lastDevice]
        case .airQuality:
            air.next(into: &message.payload)
            message.topic = air.topics[air.lastDevice]
        }
        generatedCount += 1
        disturb(&message)
    }

    /// Lets the reading be bad, late or sent again, each as often as the settings say.
    private mutating func disturb(_ message: inout SimulatedMessage) {
        var counts = truth.streams[message.stream] ?? SimulationTruth.Counts()
        counts.messages += 1
        if random.happens(withProbability: settings.badShare) {
            let defect = Defect.allCases[random.index(below: Defect.allCases.count)]
            Spoiling.apply(defect, to: &message.payload, of: message.stream, random: &random)
            counts.bad[defect, default: 0] += 1
            truth.streams[message.stream] = counts
            return
        }
        counts.readings += 1
        if random.happens(withProbability: settings.lateShare) {
            counts.late += 1
            delay(&message)
        }
        if random.happens(withProbability: settings.duplicateShare) {
            let due = generatedCount + 1 + random.index(below: 200)
            let position = copies.firstIndex { $0.due > due } ?? copies.count
            copies.insert((due, message), at: position)
        }
        truth.streams[message.stream] = counts
    }

    /// Dates the reading back, as if the device had kept it while it had no network.
    private mutating func delay(_ message: inout SimulatedMessage) {
        // From a minute up; short gaps are more frequent than long ones.
        let longest = max(60_000_000, Double(settings.latest.microseconds))
        let chance = random.fraction()
        let delay = 60_000_000 + (longest - 60_000_000) * chance * chance
        timeText.removeAll()
        clock.write(
            EventTime(microsecondsSinceEpoch: message.time.microsecondsSinceEpoch - Int64(delay)), to: &timeText)
        var time: [UInt8] = []
        timeText.append(to: &time)
        Spoiling.setTime(time, in: &message.payload)
    }

    private var nextStream: SimulatedStream {
        var earliest = settings.streams[0]
        for stream in settings.streams.dropFirst() where nextTime(of: stream) < nextTime(of: earliest) {
            earliest = stream
        }
        return earliest
    }

    private func nextTime(of stream: SimulatedStream) -> EventTime {
        switch stream {
        case .coverage: coverage.nextTime
        case .broadband: broadband.nextTime
        case .trafficFlow: traffic.nextTime
        case .airQuality: air.nextTime
        }
    }
}
