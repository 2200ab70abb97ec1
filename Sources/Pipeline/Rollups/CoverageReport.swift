package import Geography
package import Rollups
import Streams
package import Telemetry

/// How far wards are covered: three numbers side by side that are never mixed, and the places where nobody has service.
///
/// The sample share is what QCVN 81 asks for, and says where people measured; the area share says of the ground that was
/// measured how much is covered; the unknown share says how much of the ward that leaves out.
package struct CoverageReport: Sendable {
    /// What is known of one ward.
    package struct Ward: Sendable {
        package let area: AreaID
        /// Of samples in the ward that tell, those above the threshold.
        package let coveredSampleCount: Int64
        package let sampleCount: Int64
        /// In square metres: the parts of the ward's tiles, by their states.
        package let squareMetres: CoverageShares

        package var sampleShare: Double? {
            sampleCount == 0 ? nil : Double(coveredSampleCount) / Double(sampleCount)
        }
    }

    /// A tile where every operator is known to fail.
    package struct DeadZone: Sendable {
        package let tile: Tile
        package let ward: AreaID?
        package let neighbourhood: AreaID?
        package let sampleCount: Int64
    }

    package let atlas: AreaAtlas
    package let map: CoverageMap
    /// By code.
    package let wards: [Ward]
    package let deadZones: [DeadZone]
    package let tableVersion: Int64

    /// Works out the coverage by the share `measure` of a rollup with tiles.
    ///
    /// Only the operator `network` counts; nil stands for whoever has a contract with any. Days count from the one that
    /// begins at `from` to the one that ends at `to`; nil counts all.
    /// - Throws: `CoverageError`, or why the rollup's table cannot be read.
    package init(
        of rollup: RollupCatalog.Entry, measure: String, network: String?, from: EventTime?, to: EventTime?,
        rule: CoverageRule, areas: AreaReference, reader: RollupReader
    ) throws {
        guard let tiles = rollup.tiles else { throw CoverageError.noTiles(rollup.plan.name) }
        guard let atlas = areas.atlas, let version = areas.version(at: to) else { throw CoverageError.noAreas }
        guard case .share? = rollup.plan.measures.first(where: { $0.name == measure }) else {
            throw CoverageError.noShare(measure, known: rollup.plan.shareNames)
        }
        let voices = try Voices(rollup, tiles, measure, network: network, from: from, to: to, reader: reader)
        let map = CoverageMap(voices.voices, rule: rule)
        var shares: [AreaID: [(tile: Tile, weight: Double)]] = [:]
        for share in atlas.tileShares(of: version.wards, zoom: tiles.zoom.value) {
            shares[share.area, default: []].append((share.tile, share.squareMetres))
        }
        wards = version.wards.map { id in
            let samples = voices.samples[atlas[id].code] ?? (0, 0)
            return Ward(
                area: id, coveredSampleCount: samples.yes, sampleCount: samples.known,
                squareMetres: map.shares(of: shares[id] ?? [], network: network))
        }
        deadZones = map.deadZones.map { tile in
            let centre = tile.bounds.centre
            return DeadZone(
                tile: tile, ward: centre.flatMap { version.ward(at: $0) },
                neighbourhood: centre.flatMap { version.neighbourhood(at: $0) },
                sampleCount: map.evidence[tile]?.values.reduce(0) { $0 + $1.sampleCount } ?? 0)
        }
        self.atlas = atlas
        self.map = map
        tableVersion = voices.tableVersion
    }
}

/// Why coverage cannot be worked out.
package enum CoverageError: Error, CustomStringConvertible {
    case noTiles(String)
    case noAreas
    case noShare(String, known: [String])

    package var description: String {
        switch self {
        case .noTiles(let name): "the rollup \(name) has no tiles: add `tiles: 17` to it in stream.yaml"
        case .noAreas: "no wards are known: put their outlines into the areas folder of the schemas"
        case .noShare(let name, let known):
            "the rollup has no share \(name); its shares are \(known.joined(separator: ", "))"
        }
    }
}

/// What the rollup by tile, device and day says, as voices, and the samples of each ward.
private struct Voices {
    private(set) var voices: [CoverageMap.Voice] = []
    /// By the code of the ward.
    private(set) var samples: [String: (yes: Int64, known: Int64)] = [:]
    let tableVersion: Int64

    init(
        _ rollup: RollupCatalog.Entry, _ tiles: RollupDefinition.Tiles, _ measure: String, network: String?,
        from: EventTime?, to: EventTime?, reader: RollupReader
    ) throws(RollupReadError) {
        let keys = rollup.plan.keyNames
        let place = (
            tile: keys.firstIndex(of: "tile"), device: keys.firstIndex(of: tiles.voice.value),
            network: keys.firstIndex(of: "operator") ?? keys.firstIndex(of: "provider"),
            area: keys.firstIndex(of: "area")
        )
        let wanted = [place.tile, place.device, place.network, place.area].compactMap(\.self)
        var question = RollupQuestion(
            keys: wanted, window: .localDay, figures: [RollupFigure(measure, .yes), RollupFigure(measure, .known)])
        (question.from, question.to) = (from, to)
        let result = try reader.answer(question, of: rollup.plan.name)
        tableVersion = result.tableVersion
        /// What a device said in a tile on a day, whatever ward the tile's part is in.
        struct Key: Hashable {
            let day: EventTime
            let tile: Tile
            let device: String
            let network: String
        }
        var sums: [Key: (yes: Int64, known: Int64)] = [:]
        for row in result.answer.rows {
            guard case .time(let day)? = row[0], case .integer(let id)? = row[1],
                let tile = Tile(id: UInt64(clamping: id))
            else { continue }
            let name = place.network == nil ? "" : row[3].map(\.text) ?? "unknown"
            if let network, name != network { continue }
            let (yes, known) = (Self.count(row[row.count - 2]), Self.count(row[row.count - 1]))
            let key = Key(day: day, tile: tile, device: row[2].map(\.text) ?? "", network: name)
            let sum = sums[key] ?? (0, 0)
            sums[key] = (sum.yes + yes, sum.known + known)
            if place.area != nil, case .text(let code)? = row[wanted.count] {
                let sum = samples[code] ?? (0, 0)
                samples[code] = (sum.yes + yes, sum.known + known)
            }
        }
        voices = sums.map { key, sum in
            CoverageMap.Voice(
                tile: key.tile, network: key.network, device: key.device, covered: sum.yes, known: sum.known)
        }
    }

    private static func count(_ value: RollupValue?) -> Int64 {
        if case .integer(let count)? = value { count } else { 0 }
    }
}

extension RollupPlan {
    /// The measures that are shares.
    package var shareNames: [String] {
        measures.compactMap { if case .share(let name, _) = $0 { name } else { nil } }
    }
}

extension TileBounds {
    fileprivate var centre: Position? { Position(longitude: (west + east) / 2, latitude: (south + north) / 2) }
}

extension AreaReference {
    /// The areas in force just before `time`, or those in force last.
    fileprivate func version(at time: EventTime?) -> AreaVersion? {
        guard let time else { return periods.last?.version }
        return periods.last { $0.start < time.microsecondsSinceEpoch }?.version ?? periods.first?.version
    }
}
