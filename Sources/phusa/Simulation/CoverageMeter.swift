import Glibc

/// One device that measures coverage: where it is, how it moves and what it hears.
struct CoverageMeter {
    /// How a device moves about.
    enum Motion: CaseIterable {
        case parked
        case indoors
        case walking
        case motorbike
        case bus

        static let weights: [Double] = [8, 17, 25, 38, 12]

        var usualSpeed: Double {
            switch self {
            case .parked, .indoors: 0
            case .walking: 4.5
            case .motorbike: 27
            case .bus: 19
            }
        }

        /// What walls and vehicles take, dB.
        var loss: Double {
            switch self {
            case .indoors: 15
            case .bus: 7
            default: 0
            }
        }

        /// How much of the shadowing stays from one reading to the next.
        var memory: Double {
            switch self {
            case .parked, .indoors: 0.97
            case .walking: 0.93
            case .bus, .motorbike: 0.8
            }
        }
    }

    /// Standard deviation of the shadowing around the path loss, dB.
    private static let shadowing = 6.0
    /// 5G is left below this, dBm.
    private static let lowest5G = -112.0

    /// The constant texts between the numbers.
    let head: ReadingText.Fixed
    let operatorText: ReadingText.Fixed
    let tail: ReadingText.Fixed
    private(set) var sequence: Int

    private let network: RadioNetwork
    private let supports5G: Bool
    private let motion: Motion
    private let metresPerDegreeEast: Double
    private let homeEast: Double
    private let homeNorth: Double
    private let freeMetres: Double

    /// Metres from home.
    private var east = 0.0
    private var north = 0.0
    private var headingEast: Double
    private var headingNorth: Double
    private var shadow: Double
    private var column = Int.min
    private var row = Int.min
    private var site = RadioSite(east: 0, north: 0, offset: 0, has5G: false, number: 0)

    // What the last step measured.
    private(set) var speed: Double
    private(set) var is5G = false
    private(set) var rsrp = 0
    /// Half decibels.
    private(set) var rsrqTwice = 0
    private(set) var sinrTwice = 0
    private(set) var cell = 0

    var latitude: Double { (homeNorth + north) * (1 / Place.metresPerDegree) }
    var longitude: Double { (homeEast + east) / metresPerDegreeEast }

    init(name: String, ward: Ward, seed: UInt64, random: inout SeededRandom) {
        let place = ward.place(using: &random)
        let mobileOperator = MobileOperator.allCases[random.index(weightedBy: MobileOperator.weights)]
        motion = Motion.allCases[random.index(weightedBy: Motion.weights)]
        head = ReadingText.Fixed("\(name)\",\"seq\":")
        operatorText = ReadingText.Fixed("\(mobileOperator.rawValue)\",")
        tail = ReadingText.Fixed(",\"ward\":\"\(ward.code)\"}")
        sequence = random.index(below: 40_000)
        // One scale for a city, so that all its devices see the same sites.
        metresPerDegreeEast = Place.metresPerDegree * (ward.city == .hanoi ? 0.9336 : 0.9823)
        homeEast = place.longitude * metresPerDegreeEast
        homeNorth = place.latitude * Place.metresPerDegree
        freeMetres = min(place.freeMetres, 1500) * 0.95
        network = RadioNetwork(
            seed: mixed(seed ^ mixed(UInt64(mobileOperator.rawValue) ?? 0)),
            spacing: RadioNetwork.spacing(isUrban: ward.isUrban), share5G: mobileOperator.share5G)
        supports5G = random.happens(withProbability: 0.6)
        let direction = random.number(in: 0...(2 * .pi))
        headingEast = cos(direction)
        headingNorth = sin(direction)
        shadow = Self.shadowing * random.normal()
        speed = motion.usualSpeed
    }

    /// Moves on for some seconds and measures; the load from 0 to 1 says how busy the cells are.
    mutating func step(seconds: Double, load: Double, using random: inout SeededRandom) {
        sequence &+= 1
        move(seconds: seconds, using: &random)
        findSite()

        let siteEast = homeEast + east - site.east
        let siteNorth = homeNorth + north - site.north
        let squareMetres = siteEast * siteEast + siteNorth * siteNorth
        let memory = motion.memory
        shadow = memory * shadow + (1 - memory * memory).squareRoot() * Self.shadowing * random.normal()
        let surroundings = site.offset + shadow - motion.loss + random.normal()
        var power = PathLoss.rsrp(squareMetres: squareMetres, is5G: true) + surroundings
        is5G = supports5G && site.has5G && power > Self.lowest5G
        if !is5G { power = PathLoss.rsrp(squareMetres: squareMetres, is5G: false) + surroundings }

        rsrp = Int(min(-44, max(-139, power)).rounded())
        let interference = 6 * load + 2 * random.normal()
        let sinr = min(32, max(-18, 20 + 0.55 * (power + 88) - interference))
        sinrTwice = Int((sinr * 2).rounded())
        let rsrq = min(-5, max(-19.5, -10.5 + 0.22 * (sinr - 13) + 0.6 * random.normal()))
        rsrqTwice = Int((rsrq * 2).rounded())
        let sector = siteNorth > 0.577 * abs(siteEast) ? 1 : siteEast > 0 ? 2 : 3
        cell = is5G ? (site.number << 14 | sector) : (site.number << 8 | sector)
    }

    private mutating func move(seconds: Double, using random: inout SeededRandom) {
        let usual = motion.usualSpeed
        guard usual > 0 else { return }
        speed = max(0, speed + 0.2 * (usual - speed) + 0.055 * usual * random.normal())
        let turn = 0.25 * random.normal()
        let turnedEast = headingEast - turn * headingNorth
        let turnedNorth = headingNorth + turn * headingEast
        // One Newton step towards length 1: the turn is small.
        let scale = 1.5 - 0.5 * (turnedEast * turnedEast + turnedNorth * turnedNorth)
        headingEast = turnedEast * scale
        headingNorth = turnedNorth * scale
        let metres = speed * seconds / 3.6
        east += headingEast * metres
        north += headingNorth * metres
        let square = east * east + north * north
        if square > freeMetres * freeMetres {
            // At the ward's boundary: back towards home.
            let distance = square.squareRoot()
            headingEast = -east / distance
            headingNorth = -north / distance
            east *= freeMetres / distance
            north *= freeMetres / distance
        }
    }

    private mutating func findSite() {
        let column = Int(((homeEast + east) / network.spacing).rounded(.down))
        let row = Int(((homeNorth + north) / network.spacing).rounded(.down))
        if column == self.column && row == self.row { return }
        self.column = column
        self.row = row
        site = network.site(column: column, row: row)
    }
}
