/// When a tile counts as covered: configuration, each part with its source in the definition that sets it.
package struct CoverageRule: Hashable, Sendable {
    /// The share of votes that must be above the threshold.
    ///
    /// 0.95 by default: QCVN 81:2019/BTTTT, 2.1.1, asks that of samples.
    package var share = 0.95
    /// With fewer samples the state of a tile is unknown.
    package var minimumSampleCount: Int64 = 10
    /// With fewer devices, too: one device can be wrong, or stand in a cellar.
    package var minimumDeviceCount = 2
    /// The most samples of a device in a tile and a day that have weight: one voice per device, and a parked phone does not
    /// outvote the rest.
    package var voiceLimit: Int64 = 10

    package init() {}
}

/// What is known of a tile.
package enum CoverageState: String, Hashable, Sendable, CaseIterable {
    case covered
    case notCovered = "not covered"
    /// There is not enough evidence; it is folded into neither of the others.
    case unknown
}

/// What was measured of one operator in one tile, device by device and day by day.
///
/// Whole numbers only, so that it does not matter in which order voices come.
package struct CoverageEvidence: Hashable, Sendable {
    /// Samples that tell, and of these those above the threshold.
    package private(set) var sampleCount: Int64 = 0
    package private(set) var coveredSampleCount: Int64 = 0
    package private(set) var deviceCount = 0
    /// Weights of the voices, and of these what is above the threshold, in millionths of a sample.
    private var weight: Int64 = 0
    private var coveredWeight: Int64 = 0

    package init() {}

    /// Takes in what one device said on one day: `known` samples, `covered` of them above the threshold.
    package mutating func add(covered: Int64, known: Int64, limit: Int64) {
        guard known > 0 else { return }
        sampleCount += known
        coveredSampleCount += covered
        let voice = min(known, max(1, limit)) * 1_000_000
        weight += voice
        // Rounded to the millionth, voice by voice, which no order changes.
        coveredWeight += Int64((Int128(voice) * Int128(covered) + Int128(known) / 2) / Int128(known))
    }

    /// Says how many devices the voices came from.
    package mutating func setDeviceCount(_ count: Int) { deviceCount = count }

    /// The weighted share above the threshold; nil without samples.
    package var share: Double? { weight == 0 ? nil : Double(coveredWeight) / Double(weight) }

    package func state(by rule: CoverageRule) -> CoverageState {
        guard let share, sampleCount >= rule.minimumSampleCount, deviceCount >= rule.minimumDeviceCount else {
            return .unknown
        }
        return share >= rule.share ? .covered : .notCovered
    }
}
