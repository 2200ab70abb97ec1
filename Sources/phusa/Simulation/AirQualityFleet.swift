import Glibc
import Telemetry

/// A sensor for particles and weather.
private struct AirSensor {
    let name: String
    let ward: String
    let city: City
    let latitude: Double
    let longitude: Double
    /// How dusty the place is compared with its city, around 1.
    let dustiness: Double
    let warmth: Double
    var sequence: Int
    var local = 0.0

    init(number: Int, ward: Ward, random: inout SeededRandom) {
        name = "\(ward.city.devicePrefix)-air-\(padded(number, 4))"
        self.ward = ward.code
        city = ward.city
        let place = ward.place(using: &random)
        latitude = place.latitude
        longitude = place.longitude
        dustiness = exp(0.25 * random.normal())
        warmth = 0.8 * random.normal()
        sequence = random.index(below: 50_000)
    }
}

/// Sensors that measure the air in turn.
struct AirQualityFleet: ~Copyable, Fleet {
    let topics: [String]
    private(set) var lastDevice = 0
    private(set) var nextTime: EventTime

    private var random: SeededRandom
    private var sensors: [AirSensor] = []
    private var schedule: TurnSchedule
    private var text = ReadingText()
    private var clock = ReadingClock()
    /// The weather of the day that all sensors of a city share: logarithm of the dust, by city.
    private var weather = [0.0, 0.0]

    init(seed: UInt64, deviceCount: Int, wards: [Ward], start: EventTime, interval: Duration) {
        require(deviceCount > 0 && !wards.isEmpty, "a fleet has devices and wards to measure in")
        var random = SeededRandom(seed: seed, part: 4)
        var topics: [String] = []
        for number in (1...deviceCount).shuffled(using: &random) {
            let ward = wards[random.index(below: wards.count)]
            let device = AirSensor(number: number, ward: ward, random: &random)
            topics.append("telemetry/\(ward.city.topicLevel)/air_quality/\(device.name)")
            sensors.append(device)
        }
        self.topics = topics
        schedule = TurnSchedule(count: deviceCount, start: start, interval: interval, random: &random)
        nextTime = schedule.next
        self.random = random
    }

    mutating func next(into bytes: inout [UInt8]) {
        let time = nextTime
        lastDevice = schedule.index
        if lastDevice == 0 {
            for city in weather.indices { weather[city] = 0.98 * weather[city] + 0.05 * random.normal() }
        }
        sensors[lastDevice].sequence += 1
        sensors[lastDevice].local = 0.9 * sensors[lastDevice].local + 0.06 * random.normal()
        text.removeAll()
        text.write(text: "{\"ts\":\"")
        clock.write(time, to: &text)
        write(sensors[lastDevice], at: time)
        text.append(to: &bytes)
        schedule.advance()
        nextTime = schedule.next
    }

    private mutating func write(_ sensor: AirSensor, at time: EventTime) {
        let isHanoi = sensor.city == .hanoi
        let still = DayCurve.stillAir(at: time)
        // Hanoi's autumn and winter are dustier than those of Ho Chi Minh City.
        let usual = (isHanoi ? 46.0 : 24.0) * (0.7 + 0.6 * still) * sensor.dustiness
        let fine = min(900, usual * exp(weather[isHanoi ? 1 : 0] + sensor.local))
        let coarse = fine * (1.35 + 0.1 * random.normal())
        let warmest = cos((DayCurve.hour(at: time) - 14) / 24 * 2 * .pi)
        let temperature = (isHanoi ? 23 : 28.5) + 3.8 * warmest + sensor.warmth + 0.2 * random.normal()
        let humidity = min(99, max(35, (isHanoi ? 74 : 76) - 11 * warmest + 1.2 * random.normal()))
        let pressure = (isHanoi ? 1015 : 1009.5) + 1.4 * cos((DayCurve.hour(at: time) - 10) / 12 * 2 * .pi)

        text.write(text: "\",\"device\":\"\(sensor.name)\",\"seq\":\(sensor.sequence)")
        text.write(text: ",\"sensor_type\":\"SDS011\",\"pm25\":")
        text.write(fine, digits: 1)
        text.write(text: ",\"pm10\":")
        text.write(coarse, digits: 1)
        text.write(text: ",\"temperature\":")
        text.write(temperature, digits: 1)
        text.write(text: ",\"humidity\":")
        text.write(humidity, digits: 1)
        text.write(text: ",\"pressure\":")
        text.write(pressure, digits: 1)
        text.write(text: ",\"lat\":")
        text.write(sensor.latitude, digits: 6)
        text.write(text: ",\"lon\":")
        text.write(sensor.longitude, digits: 6)
        text.write(text: ",\"ward\":\"\(sensor.ward)\"}")
    }
}
