import Glibc

/// The mobile operators of the fleet, by MCC and MNC.
enum MobileOperator: String, CaseIterable, Sendable {
    case mobiFone = "45201"
    case vinaPhone = "45202"
    case viettel = "45204"
    case vietnamobile = "45205"

    /// Rough shares of subscribers.
    static let weights: [Double] = [20, 22, 50, 8]

    /// Which share of the operator's sites has 5G.
    var share5G: Double {
        switch self {
        case .mobiFone: 0.35
        case .vinaPhone: 0.45
        case .viettel: 0.6
        case .vietnamobile: 0
        }
    }
}

/// One site of an operator: where it stands and how it sounds.
struct RadioSite {
    /// Metres east and north of the origin of `RadioNetwork`.
    let east: Double
    let north: Double
    /// What this site is louder or fainter than the model says, dB.
    let offset: Double
    let has5G: Bool
    /// The base station's number, 20 bits.
    let number: Int
}

/// The sites of one operator: one at a random point of every square of a grid, made from the seed when it is asked for.
struct RadioNetwork {
    /// Sites of a dense city stand some hundred metres apart, those of villages over a kilometre.
    static func spacing(isUrban: Bool) -> Double { isUrban ? 450 : 1300 }

    let seed: UInt64
    let spacing: Double
    let share5G: Double

    func site(column: Int, row: Int) -> RadioSite {
        let square = UInt64(bitPattern: Int64(column)) &* 0x9E37_79B9 &+ UInt64(bitPattern: Int64(row))
        var random = SeededRandom(seed: seed, part: mixed(square))
        return RadioSite(
            east: (Double(column) + random.number(in: 0.2...0.8)) * spacing,
            north: (Double(row) + random.number(in: 0.2...0.8)) * spacing,
            offset: 3 * random.normal(),
            has5G: random.happens(withProbability: share5G),
            number: 1 + random.index(below: 1 << 20 - 1))
    }
}

/// Received power by distance.
enum PathLoss {
    /// The power of one resource element with antenna gain, less what cables, bodies and clutter take, dBm.
    private static let radiated4G = 18.0
    /// 3.5 GHz instead of 1.8 GHz, partly made good by beams.
    private static let radiated5G = 13.0

    /// RSRP in dBm at the square of a distance in metres: 3GPP TR 36.942, macro cell, 128.1 + 37.6 log10(km).
    static func rsrp(squareMetres: Double, is5G: Bool) -> Double {
        // 25 m: the height of the antenna, which also keeps the logarithm finite.
        let squareKilometres = (squareMetres + 25 * 25) * 1e-6
        return (is5G ? radiated5G : radiated4G) - 128.1 - 18.8 * log10(squareKilometres)
    }
}
