import JSONDocument
import Telemetry
import Testing

@testable import phusa

@Suite("Simulation")
struct SimulationTests {
    private static let start = EventTime(microsecondsSinceEpoch: 1_795_248_000_000_000)

    /// Two square wards of about 4 km, one in each city.
    static let wards: [Ward] = [
        ward("26740", .hoChiMinhCity, latitude: 10.777, longitude: 106.7),
        ward("00004", .hanoi, latitude: 21.039, longitude: 105.836),
    ]

    private static func ward(_ code: String, _ city: City, latitude: Double, longitude: Double) -> Ward {
        let corners = [(-0.02, -0.02), (-0.02, 0.02), (0.02, 0.02), (0.02, -0.02)].map {
            WardOutline.Point(longitude: longitude + $0.0, latitude: latitude + $0.1)
        }
        return Ward(
            code: code, city: city, isUrban: true, latitude: latitude, longitude: longitude,
            outline: WardOutline(rings: [corners]))
    }

    private func messages(
        count: Int, _ change: (inout SimulationSettings) -> Void = { _ in }
    ) -> (messages: [SimulatedMessage], truth: SimulationTruth) {
        var settings = SimulationSettings(start: Self.start)
        settings.deviceCount = 200
        change(&settings)
        var fleet = CityFleet(settings: settings, wards: Self.wards)
        var message = SimulatedMessage()
        var all: [SimulatedMessage] = []
        while fleet.readingCount < count {
            fleet.next(into: &message)
            all.append(message)
        }
        while fleet.nextCopy(into: &message) { all.append(message) }
        return (all, fleet.truth)
    }

    @Test("the same seed gives the same bytes, another seed others", arguments: [UInt64(1), 2, 77])
    func determinism(seed: UInt64) {
        let first = messages(count: 3000) { $0.seed = seed }
        let second = messages(count: 3000) { $0.seed = seed }
        let other = messages(count: 3000) { $0.seed = seed + 1 }
        #expect(first.messages.map(\.payload) == second.messages.map(\.payload))
        #expect(first.messages.map(\.topic) == second.messages.map(\.topic))
        #expect(first.truth == second.truth)
        #expect(first.messages.map(\.payload) != other.messages.map(\.payload))
    }

    @Test("duplicates, late and bad readings come in the shares asked for")
    func shares() {
        let truth = messages(count: 40_000) {
            $0.duplicateShare = 0.05
            $0.lateShare = 0.1
            $0.badShare = 0.06
        }.truth.total
        let bad = truth.bad.values.reduce(0, +)
        #expect((2200...2600).contains(bad))
        #expect((3500...4000).contains(truth.late))
        #expect((1700...2060).contains(truth.duplicates))
        #expect(truth.readings + bad == 40_000)
        #expect(truth.messages == 40_000 + truth.duplicates)
        for defect in Defect.allCases { #expect((300...500).contains(truth.bad[defect, default: 0])) }
    }

    @Test("what the truth says is what was sent")
    func truth() {
        let (messages, truth) = messages(count: 20_000) {
            $0.duplicateShare = 0.03
            $0.badShare = 0.03
        }
        var parser = JSONParser()
        var payloads: [[UInt8]: Int] = [:]
        var broken = 0
        for message in messages {
            do {
                _ = try parser.parse(message.payload)
                payloads[message.payload, default: 0] += 1
            } catch {
                broken += 1
            }
        }
        #expect(messages.count == truth.total.messages)
        #expect(payloads.values.reduce(0) { $0 + $1 - 1 } == truth.total.duplicates)
        #expect(broken == truth.total.bad[.truncated])
    }

    @Test("without disturbances every reading is valid JSON of its device, in its ward")
    func readings() throws {
        let (messages, truth) = messages(count: 5000) {
            $0.duplicateShare = 0
            $0.lateShare = 0
            $0.badShare = 0
        }
        #expect(truth.total.readings == 5000 && truth.total.messages == 5000)
        for message in messages {
            let reading = try JSONTree(parsing: message.payload)
            func member(_ name: String) -> JSONTree? { reading.value(at: JSONPointer([name])) }
            guard case .string(let device) = member("device"), case .string(let code) = member("ward"),
                case .double(let latitude) = member("lat"), case .double(let longitude) = member("lon")
            else {
                Issue.record("a member is missing in \(String(decoding: message.payload, as: UTF8.self))")
                continue
            }
            let city = device.hasPrefix("hcm-") ? "hcm" : "hanoi"
            #expect(message.topic == "telemetry/\(city)/\(message.stream.rawValue)/\(device)")
            let ward = Self.wards.first { $0.code == code }
            #expect(ward?.outline?.contains(longitude: longitude, latitude: latitude) == true)
            guard case .string(let time) = member("ts") else { continue }
            let parsed = try #require(TimePattern.iso.parse(time, defaultOffsetSeconds: nil))
            #expect(abs(parsed.microsecondsSinceEpoch - message.time.microsecondsSinceEpoch) < 1_000_000)
        }
    }

    @Test("each defect is where its name says")
    func defects() throws {
        var random = SeededRandom(seed: 3)
        for stream in SimulatedStream.allCases {
            let good = try #require(
                messages(count: 3000) {
                    $0.streams = [stream]
                    $0.badShare = 0
                }.messages.first?.payload)
            for defect in Defect.allCases {
                var bad = good
                Spoiling.apply(defect, to: &bad, of: stream, random: &random)
                let text = String(decoding: bad, as: UTF8.self)
                switch defect {
                case .wrongType: #expect(text.contains("\"\(stream.fragileMember.name)\":\""))
                case .outOfRange:
                    #expect(text.contains("\"\(stream.fragileMember.name)\":\(stream.fragileMember.forbidden)"))
                case .truncated: #expect(good.starts(with: bad) && bad.count < good.count)
                case .clockFuture: #expect(text.hasPrefix("{\"ts\":\"2037-"))
                case .clockPast: #expect(text.hasPrefix("{\"ts\":\"1970-"))
                case .missing: #expect(!text.contains("device") && (try? JSONTree(parsing: bad)) != nil)
                }
            }
        }
    }

    @Test("a coverage reading has exactly the members of the agreed form, in their order")
    func form() throws {
        var fleet = CoverageFleet(seed: 4, deviceCount: 50, wards: Self.wards, start: Self.start)
        var bytes: [UInt8] = []
        for _ in 0..<500 {
            bytes.removeAll()
            fleet.next(into: &bytes)
            guard case .object(let members) = try JSONTree(parsing: bytes) else {
                Issue.record("a reading is an object")
                return
            }
            #expect(
                members.map(\.name) == [
                    "ts", "device", "seq", "lat", "lon", "operator", "technology", "rsrp", "rsrq", "sinr", "cell",
                    "speed_kmh", "ward",
                ])
            #expect((205...240).contains(bytes.count))
        }
    }

    @Test("without a start, the last reading is of now; with a rate, of when it is sent")
    func plan() {
        let settings = SimulationSettings(start: Self.start)
        func first(rate: Double?, hasStart: Bool = false) -> Double {
            let plan = SimulationPlan(
                settings: settings, readings: 100_000, duration: nil, isLive: false, rate: rate, hasStart: hasStart)
            return Double(plan.settings.start.microsecondsSinceEpoch - Self.start.microsecondsSinceEpoch) * 1e-6
        }
        let simulated = 100_000 / settings.readingsPerSecond
        #expect(abs(first(rate: nil) + simulated) < 0.01)
        #expect(abs(first(rate: 1000) + simulated - 100) < 0.01)
        #expect(first(rate: 10) == 0)
        #expect(first(rate: nil, hasStart: true) == 0)
    }
}
