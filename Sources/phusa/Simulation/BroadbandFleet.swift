import Glibc
import Telemetry

/// A line with its contract and the probe at its end.
private struct Probe {
    enum Technology: String, CaseIterable {
        case fibre
        case cable
        case wireless = "fixed_wireless"
        case satellite

        static let weights: [Double] = [90, 5, 4, 1]

        /// Round-trip time to a server in the city, ms.
        var ping: Double {
            switch self {
            case .fibre: 3.5
            case .cable: 11
            case .wireless: 24
            case .satellite: 42
            }
        }

        /// How much of the contract's rate gets through when nobody else is on the line.
        var efficiency: Double {
            switch self {
            case .fibre: 0.97
            case .cable: 0.9
            case .wireless: 0.62
            case .satellite: 0.7
            }
        }

        var providers: (names: [String], weights: [Double]) {
            switch self {
            case .fibre: (["VNPT", "Viettel", "FPT Telecom", "CMC Telecom"], [37, 38, 22, 3])
            case .cable: (["SCTV", "VTVcab"], [70, 30])
            case .wireless: (["Viettel", "VNPT", "MobiFone"], [50, 30, 20])
            case .satellite: (["VNPT"], [1])
            }
        }
    }

    static let plans: [Double] = [100, 150, 200, 300, 500, 1000]
    static let planWeights: [Double] = [14, 34, 26, 18, 5, 3]

    let name: String
    let ward: String
    let latitude: Double
    let longitude: Double
    let technology: Technology
    let provider: String
    let server: String
    let advertised: Double
    /// This line compared with others, around 1.
    let quality: Double
    var sequence: Int

    init(name: String, ward: Ward, random: inout SeededRandom) {
        self.name = name
        self.ward = ward.code
        let place = ward.place(using: &random)
        latitude = place.latitude
        longitude = place.longitude
        technology = Technology.allCases[random.index(weightedBy: Technology.weights)]
        let (names, weights) = technology.providers
        provider = names[random.index(weightedBy: weights)]
        server = "\(provider) (\(ward.city == .hanoi ? "Hanoi" : "Ho Chi Minh City"))"
        advertised = technology == .satellite ? 50 : Self.plans[random.index(weightedBy: Self.planWeights)]
        quality = 1 + 0.06 * random.normal()
        sequence = random.index(below: 2000)
    }
}

/// Probes that test fixed lines in turn.
struct BroadbandFleet: ~Copyable, Fleet {
    let topics: [String]
    private(set) var lastDevice = 0
    private(set) var nextTime: EventTime

    private var random: SeededRandom
    private var probes: [Probe] = []
    private var schedule: TurnSchedule
    private var text = ReadingText()
    private var clock = ReadingClock()

    init(seed: UInt64, deviceCount: Int, wards: [Ward], start: EventTime, interval: Duration) {
        require(deviceCount > 0 && !wards.isEmpty, "a fleet has devices and wards to measure in")
        var random = SeededRandom(seed: seed, part: 2)
        var topics: [String] = []
        for number in (1...deviceCount).shuffled(using: &random) {
            let ward = wards[random.index(below: wards.count)]
            let name = "\(ward.city.devicePrefix)-probe-\(padded(number, 4))"
            probes.append(Probe(name: name, ward: ward, random: &random))
            topics.append("telemetry/\(ward.city.topicLevel)/broadband/\(name)")
        }
        self.topics = topics
        schedule = TurnSchedule(count: deviceCount, start: start, interval: interval, random: &random)
        nextTime = schedule.next
        self.random = random
    }

    mutating func next(into bytes: inout [UInt8]) {
        let time = nextTime
        lastDevice = schedule.index
        probes[lastDevice].sequence += 1
        text.removeAll()
        text.write(text: "{\"ts\":\"")
        clock.write(time, to: &text)
        write(probes[lastDevice], at: time)
        text.append(to: &bytes)
        schedule.advance()
        nextTime = schedule.next
    }

    private mutating func write(_ probe: Probe, at time: EventTime) {
        let load = DayCurve.networkLoad(at: time)
        // One test in two hundred does not reach its server.
        let fails = random.happens(withProbability: 0.005)
        let share = min(1.05, probe.technology.efficiency * probe.quality * (1 - 0.2 * load) + 0.04 * random.normal())
        let download = fails ? 0 : max(0.3, probe.advertised * share)
        let advertisedUpload = probe.technology == .fibre ? probe.advertised : probe.advertised * 0.2
        let upload = fails ? 0 : max(0.1, advertisedUpload * (share - 0.03 * random.fraction()))
        let ping = probe.technology.ping * (1 + 0.5 * load) * exp(0.25 * random.normal())
        let seconds = 18 + 9 * random.fraction()
        let lost = random.happens(withProbability: 0.06) ? 3 * random.fraction() : 0

        text.write(text: "\",\"device\":\"\(probe.name)\",\"seq\":\(probe.sequence),\"ended\":\"")
        clock.write(
            EventTime(microsecondsSinceEpoch: time.microsecondsSinceEpoch + Int64(seconds * 1e6)), to: &text)
        text.write(text: "\",\"duration_s\":")
        text.write(seconds, digits: 1)
        text.write(text: ",\"provider\":\"\(probe.provider)\",\"server\":\"\(probe.server)\"")
        text.write(text: ",\"technology\":\"\(probe.technology.rawValue)\",\"download_mbps\":")
        text.write(download, digits: 2)
        text.write(text: ",\"upload_mbps\":")
        text.write(upload, digits: 2)
        text.write(text: ",\"ping_ms\":")
        text.write(fails ? nil : ping, digits: 3)
        text.write(text: ",\"jitter_ms\":")
        text.write(fails ? nil : ping * 0.15 * (0.5 + random.fraction()), digits: 3)
        text.write(text: ",\"loss_percent\":")
        text.write(fails ? 100 : lost, digits: 1)
        text.write(text: ",\"advertised_download_mbps\":\(Int(probe.advertised))")
        text.write(text: ",\"advertised_upload_mbps\":\(Int(advertisedUpload)),\"lat\":")
        text.write(probe.latitude, digits: 6)
        text.write(text: ",\"lon\":")
        text.write(probe.longitude, digits: 6)
        text.write(text: ",\"ward\":\"\(probe.ward)\"}")
    }
}
