import Telemetry

/// Devices that measure coverage in turn, each every `interval`, and write what they measure as JSON.
///
/// The same seed, wards and settings give the same bytes. Readings come in nearly the order of their times: a device
/// keeps its place in the turn, and each reading is under way for some tenths of a second.
struct CoverageFleet: ~Copyable, Fleet {
    /// How long a reading is under way, microseconds: mean and standard deviation.
    private static let delay = (mean: 350_000.0, deviation: 150_000.0)

    let topics: [String]
    private(set) var lastDevice = 0
    private(set) var nextTime: EventTime

    private let intervalSeconds: Double
    private var random: SeededRandom
    private var meters: [CoverageMeter]
    private var schedule: TurnSchedule
    private var load = 0.5
    private var text = ReadingText()
    private var clock = ReadingClock()

    /// A fleet of `deviceCount` devices in `wards`, whose first reading is at about `start`.
    init(
        seed: UInt64, deviceCount: Int, wards: [Ward], start: EventTime, interval: Duration = .seconds(5)
    ) {
        require(deviceCount > 0 && !wards.isEmpty, "a fleet has devices and wards to measure in")
        var random = SeededRandom(seed: seed, part: 1)
        intervalSeconds = Double(interval.microseconds) * 1e-6
        var meters: [CoverageMeter] = []
        var topics: [String] = []
        for number in (1...deviceCount).shuffled(using: &random) {
            let ward = wards[random.index(below: wards.count)]
            let name = "\(ward.city.devicePrefix)-cov-\(padded(number, 5))"
            meters.append(CoverageMeter(name: name, ward: ward, seed: seed, random: &random))
            topics.append("telemetry/\(ward.city.topicLevel)/coverage/\(name)")
        }
        self.meters = meters
        self.topics = topics
        schedule = TurnSchedule(count: deviceCount, start: start, interval: interval, random: &random)
        nextTime = schedule.next
        self.random = random
    }

    /// Adds the next reading to `bytes`, without a line end.
    mutating func next(into bytes: inout [UInt8]) {
        lastDevice = schedule.index
        if lastDevice == 0 { load = DayCurve.networkLoad(at: nextTime) }
        let delay = max(5000, Self.delay.mean + Self.delay.deviation * random.normal())
        let time = EventTime(microsecondsSinceEpoch: nextTime.microsecondsSinceEpoch - Int64(delay))
        meters[lastDevice].step(seconds: intervalSeconds, load: load, using: &random)
        write(lastDevice, at: time)
        text.append(to: &bytes)
        schedule.advance()
        nextTime = schedule.next
    }

    private mutating func write(_ index: Int, at time: EventTime) {
        text.removeAll()
        text.write(Names.time)
        clock.write(time, to: &text)
        text.write(Names.device)
        text.write(meters[index].head)
        text.write(meters[index].sequence)
        text.write(Names.latitude)
        text.write(scaled: Int((meters[index].latitude * 1e6).rounded()), digits: 6)
        text.write(Names.longitude)
        text.write(scaled: Int((meters[index].longitude * 1e6).rounded()), digits: 6)
        text.write(Names.mobileOperator)
        text.write(meters[index].operatorText)
        text.write(meters[index].is5G ? Names.technology5G : Names.technology4G)
        text.write(Names.rsrp)
        text.write(meters[index].rsrp)
        text.write(Names.rsrq)
        text.write(scaled: meters[index].rsrqTwice * 5, digits: 1)
        text.write(Names.sinr)
        text.write(scaled: meters[index].sinrTwice * 5, digits: 1)
        text.write(Names.cell)
        text.write(meters[index].cell)
        text.write(Names.speed)
        text.write(scaled: Int((meters[index].speed * 10).rounded()), digits: 1)
        text.write(meters[index].tail)
    }

    private enum Names {
        static let time = ReadingText.Fixed("{\"ts\":\"")
        static let device = ReadingText.Fixed("\",\"device\":\"")
        static let latitude = ReadingText.Fixed(",\"lat\":")
        static let longitude = ReadingText.Fixed(",\"lon\":")
        static let mobileOperator = ReadingText.Fixed(",\"operator\":\"")
        static let technology4G = ReadingText.Fixed("\"technology\":\"4G\"")
        static let technology5G = ReadingText.Fixed("\"technology\":\"5G\"")
        static let rsrp = ReadingText.Fixed(",\"rsrp\":")
        static let rsrq = ReadingText.Fixed(",\"rsrq\":")
        static let sinr = ReadingText.Fixed(",\"sinr\":")
        static let cell = ReadingText.Fixed(",\"cell\":")
        static let speed = ReadingText.Fixed(",\"speed_kmh\":")
    }
}
