import Geography
import Rollups
import TestSupport
import Testing

struct CoverageTests {
    private func tile(_ column: Int, _ row: Int) throws -> Tile {
        try #require(Tile(column: 104_000 + column, row: 61_000 + row, zoom: 17))
    }

    private func rule() -> CoverageRule {
        var rule = CoverageRule()
        rule.minimumSampleCount = 10
        rule.minimumDeviceCount = 2
        return rule
    }

    @Test("a parked phone with a thousand samples has the weight of ten")
    func parkedPhone() throws {
        let place = try tile(0, 0)
        var voices = [CoverageMap.Voice(tile: place, network: "A", device: "parked", covered: 0, known: 1000)]
        for number in 0..<19 {
            voices.append(.init(tile: place, network: "A", device: "d\(number)", covered: 10, known: 10))
        }
        let map = CoverageMap(voices, rule: rule())
        let evidence = try #require(map.evidence[place]?["A"])
        // 19 of 20 voices; of the samples it would be 190 of 1190.
        #expect(evidence.share == 0.95 && evidence.sampleCount == 1190 && evidence.coveredSampleCount == 190)
        #expect(map.state(of: place, network: "A") == .covered)
    }

    @Test(
        "too few samples or devices are no evidence, in neither direction",
        arguments: [(9, 2, CoverageState.unknown), (10, 1, .unknown), (10, 2, .notCovered)])
    func evidence(sampleCount: Int64, deviceCount: Int, state: CoverageState) throws {
        let place = try tile(0, 0)
        let voices = (0..<deviceCount).map { device in
            let part = sampleCount / Int64(deviceCount) + (device == 0 ? sampleCount % Int64(deviceCount) : 0)
            return CoverageMap.Voice(tile: place, network: "A", device: "d\(device)", covered: 0, known: part)
        }
        #expect(CoverageMap(voices, rule: rule()).state(of: place, network: "A") == state)
        #expect(CoverageMap(voices, rule: rule()).state(of: try tile(5, 5), network: "A") == .unknown)
    }

    @Test("a dead zone is where every operator is known to fail, and an unknown one makes it none")
    func deadZones() throws {
        let (dead, gap, half) = (try tile(1, 0), try tile(2, 0), try tile(3, 0))
        var voices: [CoverageMap.Voice] = []
        for device in 0..<3 {
            for (place, network, covered) in [
                (dead, "A", Int64(0)), (dead, "B", 1), (gap, "A", 0), (gap, "B", 5), (half, "A", 0),
            ] {
                voices.append(.init(tile: place, network: network, device: "d\(device)", covered: covered, known: 5))
            }
        }
        let map = CoverageMap(voices, rule: rule())
        #expect(map.networks == ["A", "B"] && map.deadZones == [dead])
        #expect(map.state(of: gap) == .covered && map.state(of: half) == .unknown)
        let shares = map.shares(of: [(dead, 3.0), (gap, 5), (half, 2), (try tile(9, 9), 10)], network: nil)
        #expect(shares == CoverageShares(covered: 5, notCovered: 3, unknown: 12))
        #expect(shares.share == 5.0 / 8 && shares.unknownShare == 0.6)
        #expect(map.shares(of: [(dead, 1), (gap, 1)], network: "A") == .init(covered: 0, notCovered: 2, unknown: 0))
    }

    @Test("the order of voices does not matter", arguments: 1...20 as ClosedRange<UInt64>)
    func order(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let voices = try (0..<500).map { _ in
            let known = Int64.random(in: 0...40, using: &random)
            return CoverageMap.Voice(
                tile: try tile(Int.random(in: 0..<4, using: &random), 0),
                network: ["A", "B", "C"].randomElement(using: &random) ?? "A",
                device: "d\(Int.random(in: 0..<9, using: &random))",
                covered: Int64.random(in: 0...known, using: &random),
                known: known)
        }
        let (map, other) = (
            CoverageMap(voices, rule: rule()), CoverageMap(voices.shuffled(using: &random), rule: rule())
        )
        #expect(map.evidence == other.evidence && map.networks == other.networks)
        // Against the definition, in plain floating point.
        for (place, networks) in map.evidence {
            for (network, evidence) in networks {
                let own = voices.filter { $0.tile == place && $0.network == network && $0.known > 0 }
                let weights = own.map { Double(min($0.known, 10)) }
                let covered = zip(own, weights).reduce(0) { $0 + Double($1.0.covered) / Double($1.0.known) * $1.1 }
                let share = try #require(evidence.share)
                #expect(abs(share - covered / weights.reduce(0, +)) < 1e-6)
                #expect(evidence.deviceCount == Set(own.map(\.device)).count)
            }
        }
    }
}
