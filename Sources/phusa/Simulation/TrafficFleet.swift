import Glibc
import Telemetry

/// A detector over one lane.
private struct Detector {
    let name: String
    let road: String
    let lane: Int
    let direction: String
    let vehicleType: String
    let ward: String
    let latitude: Double
    let longitude: Double
    /// Vehicles in an hour at the most.
    let capacity: Double
    let freeSpeed: Double
    /// How much of the city's load this road has, around 1.
    let popularity: Double
    var sequence: Int
    /// What the last periods left over, so that counts of a detector hang together.
    var mood = 0.0

    init(number: Int, ward: Ward, random: inout SeededRandom) {
        name = "\(ward.city.devicePrefix)-loop-\(padded(number, 4))"
        road = "\(ward.code)-R\(padded(1 + random.index(below: 24), 2))"
        self.ward = ward.code
        let place = ward.place(using: &random)
        latitude = place.latitude
        longitude = place.longitude
        lane = 1 + random.index(below: 3)
        direction = random.happens(withProbability: 0.5) ? "forward" : "backward"
        let isForMotorbikes = random.happens(withProbability: 0.6)
        vehicleType = isForMotorbikes ? "motorcycle" : "car"
        capacity = isForMotorbikes ? 5200 : 1500
        freeSpeed = (ward.isUrban ? 38 : 55) + 5 * random.normal()
        popularity = 0.55 + 0.6 * random.fraction()
        sequence = random.index(below: 20_000)
    }
}

/// Detectors that count vehicles, period by period.
struct TrafficFleet: ~Copyable, Fleet {
    let topics: [String]
    private(set) var lastDevice = 0
    private(set) var nextTime: EventTime

    private var random: SeededRandom
    private var detectors: [Detector] = []
    private let periodSeconds: Double
    private var schedule: TurnSchedule
    private var text = ReadingText()
    private var clock = ReadingClock()

    init(seed: UInt64, deviceCount: Int, wards: [Ward], start: EventTime, interval: Duration) {
        require(deviceCount > 0 && !wards.isEmpty, "a fleet has devices and wards to measure in")
        var random = SeededRandom(seed: seed, part: 3)
        var topics: [String] = []
        for number in (1...deviceCount).shuffled(using: &random) {
            let ward = wards[random.index(below: wards.count)]
            let device = Detector(number: number, ward: ward, random: &random)
            topics.append("telemetry/\(ward.city.topicLevel)/traffic_flow/\(device.name)")
            detectors.append(device)
        }
        self.topics = topics
        periodSeconds = Double(interval.microseconds) * 1e-6
        schedule = TurnSchedule(count: deviceCount, start: start, interval: interval, random: &random)
        nextTime = schedule.next
        self.random = random
    }

    mutating func next(into bytes: inout [UInt8]) {
        let time = nextTime
        lastDevice = schedule.index
        detectors[lastDevice].sequence += 1
        detectors[lastDevice].mood = 0.8 * detectors[lastDevice].mood + 0.06 * random.normal()
        text.removeAll()
        text.write(text: "{\"ts\":\"")
        clock.write(time, to: &text)
        write(detectors[lastDevice], at: time)
        text.append(to: &bytes)
        schedule.advance()
        nextTime = schedule.next
    }

    private mutating func write(_ detector: Detector, at time: EventTime) {
        let demand = max(0, DayCurve.roadLoad(at: time) * detector.popularity + detector.mood)
        // Up to the capacity the count follows the demand; beyond it the road slows and passes fewer.
        let flow = demand < 0.85 ? demand / 0.85 : max(0.35, 1 - 1.6 * (demand - 0.85))
        let expected = detector.capacity * flow * periodSeconds / 3600
        let count = Int(max(0, expected + expected.squareRoot() * random.normal()).rounded())
        let slowing = demand < 0.85 ? 0.35 * demand * demand : 0.25 + 1.4 * (demand - 0.85)
        let speed = max(4, detector.freeSpeed * (1 - slowing) + 1.5 * random.normal())
        let occupancy = min(0.95, max(0, 0.42 * demand * demand + (demand > 0.85 ? 0.3 : 0.02) * demand))

        text.write(text: "\",\"device\":\"\(detector.name)\",\"seq\":\(detector.sequence),\"period_s\":")
        text.write(periodSeconds, digits: 1)
        text.write(text: ",\"road\":\"\(detector.road)\",\"lane_id\":\(detector.lane)")
        text.write(text: ",\"lane_direction\":\"\(detector.direction)\",\"vehicle_type\":\"\(detector.vehicleType)\"")
        text.write(text: ",\"vehicle_count\":\(count),\"average_speed_kmh\":")
        text.write(count == 0 ? nil : speed, digits: 1)
        text.write(text: ",\"occupancy\":")
        text.write(count == 0 ? 0 : occupancy, digits: 3)
        text.write(text: ",\"congested\":\(demand > 0.85),\"lat\":")
        text.write(detector.latitude, digits: 6)
        text.write(text: ",\"lon\":")
        text.write(detector.longitude, digits: 6)
        text.write(text: ",\"ward\":\"\(detector.ward)\"}")
    }
}
