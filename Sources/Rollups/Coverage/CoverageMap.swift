package import Geography

/// The states of the tiles of an area, operator by operator, and what they add up to.
///
/// Made of voices: what one device said in one tile on one day. Order and repetition of batches do not matter, as long as
/// each voice comes once.
package struct CoverageMap: Sendable {
    /// What a device said in a tile on a day.
    package struct Voice: Sendable {
        package let tile: Tile
        package let network: String
        package let device: String
        package let covered: Int64
        package let known: Int64

        package init(tile: Tile, network: String, device: String, covered: Int64, known: Int64) {
            self.tile = tile
            self.network = network
            self.device = device
            self.covered = covered
            self.known = known
        }
    }

    package let rule: CoverageRule
    /// Every operator that was measured anywhere, in order.
    package let networks: [String]
    /// By tile and then by operator; what was not measured is not there.
    package let evidence: [Tile: [String: CoverageEvidence]]

    package init(_ voices: some Sequence<Voice>, rule: CoverageRule) {
        var evidence: [Tile: [String: CoverageEvidence]] = [:]
        var devices: [Tile: [String: Set<String>]] = [:]
        for voice in voices where voice.known > 0 {
            evidence[voice.tile, default: [:]][voice.network, default: CoverageEvidence()].add(
                covered: voice.covered, known: voice.known, limit: rule.voiceLimit)
            devices[voice.tile, default: [:]][voice.network, default: []].insert(voice.device)
        }
        for (tile, networks) in devices {
            for (network, names) in networks { evidence[tile]?[network]?.setDeviceCount(names.count) }
        }
        self.rule = rule
        self.evidence = evidence
        networks = Set(evidence.values.flatMap(\.keys)).sorted()
    }

    /// The state of a tile for one operator.
    package func state(of tile: Tile, network: String) -> CoverageState {
        evidence[tile]?[network]?.state(by: rule) ?? .unknown
    }

    /// The state for whoever has a contract with any operator: covered where one covers, not covered where all are known
    /// not to.
    package func state(of tile: Tile) -> CoverageState {
        let states = networks.map { state(of: tile, network: $0) }
        if states.contains(.covered) { return .covered }
        return states.isEmpty || states.contains(.unknown) ? .unknown : .notCovered
    }

    /// Tiles with enough evidence, below the threshold for every operator: nobody has service there.
    package var deadZones: [Tile] {
        evidence.keys.filter { state(of: $0) == .notCovered }.sorted()
    }

    /// Adds tiles up with weights, of which each is the share of an area: square metres, households or people.
    ///
    /// `network` nil is the state for any operator.
    package func shares(of weights: some Sequence<(tile: Tile, weight: Double)>, network: String?) -> CoverageShares {
        var sums: [CoverageState: Double] = [:]
        for (tile, weight) in weights.sorted(by: { $0.tile < $1.tile }) {
            let state = network.map { self.state(of: tile, network: $0) } ?? self.state(of: tile)
            sums[state, default: 0] += weight
        }
        return CoverageShares(
            covered: sums[.covered] ?? 0, notCovered: sums[.notCovered] ?? 0, unknown: sums[.unknown] ?? 0)
    }
}

/// How much of an area is covered, is not, and is not known, in the unit of the weights.
package struct CoverageShares: Hashable, Sendable {
    package let covered: Double
    package let notCovered: Double
    package let unknown: Double

    package init(covered: Double, notCovered: Double, unknown: Double) {
        self.covered = covered
        self.notCovered = notCovered
        self.unknown = unknown
    }

    package var total: Double { covered + notCovered + unknown }

    /// Of what is known, the part that is covered; nil when nothing is known.
    package var share: Double? {
        let known = covered + notCovered
        return known > 0 ? covered / known : nil
    }

    /// Of all, the part of which nothing is known; nil without weights.
    package var unknownShare: Double? { total > 0 ? unknown / total : nil }
}
