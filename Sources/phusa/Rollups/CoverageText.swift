import Geography
import JSONDocument
import Pipeline
import Rollups

/// A coverage report as the command prints it.
struct CoverageText {
    let wards: [CoverageReport.Ward]
    private let report: CoverageReport
    private let zones: [CoverageReport.DeadZone]

    /// With `city`, only wards and zones of that city.
    init(_ report: CoverageReport, city: String?) {
        func isMeant(_ ward: AreaID?) -> Bool {
            guard let city else { return true }
            return ward.flatMap { report.atlas[$0].parent }.map { report.atlas[$0].code } == city
        }
        self.report = report
        wards = report.wards.filter { isMeant($0.area) }
        zones = report.deadZones.filter { isMeant($0.ward) }
    }

    // MARK: Wards

    private static let wardColumns = [
        "area", "name", "city", "samples", "sample_share", "area_share", "unknown_share", "covered_km2",
        "not_covered_km2", "unknown_km2",
    ]

    func wards(_ format: CoverageCommand.Format) -> String {
        switch format {
        case .json, .geojson: return wardJSON
        case .csv:
            let lines = wards.map { cells($0).map { $0 ?? "" }.joined(separator: ",") }
            return ([Self.wardColumns.joined(separator: ",")] + lines).map { $0 + "\r\n" }.joined()
        case .table: return wardTable
        }
    }

    private func cells(_ ward: CoverageReport.Ward) -> [String?] {
        let area = report.atlas[ward.area]
        let shares = ward.squareMetres
        return [
            area.code, area.name, area.parent.map { report.atlas[$0].code }, "\(ward.sampleCount)",
            ward.sampleShare.map { "\($0)" }, shares.share.map { "\($0)" }, shares.unknownShare.map { "\($0)" },
        ] + [shares.covered, shares.notCovered, shares.unknown].map { Format.decimal($0 / 1e6, digits: 6) }
    }

    private var wardJSON: String {
        var writer = JSONWriter()
        writer.beginArray()
        for ward in wards {
            writer.beginObject()
            for (index, cell) in cells(ward).enumerated() {
                writer.name(Self.wardColumns[index])
                if let cell {
                    if index < 3 { writer.string(cell) } else { writer.double(Double(cell) ?? 0) }
                } else {
                    writer.null()
                }
            }
            writer.endObject()
        }
        writer.endArray()
        return writer.text + "\n"
    }

    private var wardTable: String {
        var table = TextTable([
            .init("ward"), .init("name"), .init("samples", .right), .init("of samples", .right),
            .init("of area", .right),
            .init("unknown", .right), .init("km²", .right),
        ])
        func percent(_ share: Double?) -> TextTable.Cell { .init(share.map(Format.percent) ?? "–") }
        for ward in wards {
            let area = report.atlas[ward.area]
            table.add([
                .init(area.code, tint: .accent), .init(area.fullName), .init(Int(ward.sampleCount)),
                percent(ward.sampleShare), percent(ward.squareMetres.share), percent(ward.squareMetres.unknownShare),
                .init(Format.decimal(ward.squareMetres.total / 1e6, digits: 2)),
            ])
        }
        let all = CoverageShares(
            covered: wards.reduce(0) { $0 + $1.squareMetres.covered },
            notCovered: wards.reduce(0) { $0 + $1.squareMetres.notCovered },
            unknown: wards.reduce(0) { $0 + $1.squareMetres.unknown })
        let (yes, known) = wards.reduce((Int64(0), Int64(0))) {
            ($0.0 + $1.coveredSampleCount, $0.1 + $1.sampleCount)
        }
        table.setFooter([
            "all", .init(Format.counted(wards.count, "ward")), .init(Int(known)),
            percent(known == 0 ? nil : Double(yes) / Double(known)), percent(all.share), percent(all.unknownShare),
            .init(Format.decimal(all.total / 1e6, digits: 2)),
        ])
        return table.linesForStandardOutput.map { $0 + "\n" }.joined()
    }

    // MARK: Dead zones

    func deadZones(_ format: CoverageCommand.Format) -> String {
        switch format {
        case .json, .geojson: return zoneJSON(isGeographic: format == .geojson)
        case .csv:
            let lines = zones.map { zone in
                "\(zone.tile.quadkey),\(code(zone.ward)),\(code(zone.neighbourhood)),\(zone.sampleCount)"
            }
            return (["quadkey,area,neighbourhood,samples"] + lines).map { $0 + "\r\n" }.joined()
        case .table:
            var table = TextTable([
                .init("tile"), .init("ward"), .init("name"), .init("neighbourhood"), .init("samples", .right),
            ])
            for zone in zones {
                table.add([
                    .init(zone.tile.quadkey, tint: .accent), .init(code(zone.ward)),
                    .init(zone.ward.map { report.atlas[$0].fullName } ?? ""), .init(code(zone.neighbourhood)),
                    .init(Int(zone.sampleCount)),
                ])
            }
            return table.linesForStandardOutput.map { $0 + "\n" }.joined()
        }
    }

    private func code(_ area: AreaID?) -> String { area.map { report.atlas[$0].code } ?? "" }

    private func zoneJSON(isGeographic: Bool) -> String {
        var writer = JSONWriter()
        if isGeographic {
            writer.beginObject()
            writer.name("type")
            writer.string("FeatureCollection")
            writer.name("features")
        }
        writer.beginArray()
        for zone in zones {
            if isGeographic { begin(zone.tile, &writer) }
            writer.beginObject()
            for (name, text) in [
                ("quadkey", zone.tile.quadkey), ("area", code(zone.ward)), ("neighbourhood", code(zone.neighbourhood)),
            ] {
                writer.name(name)
                if text.isEmpty { writer.null() } else { writer.string(text) }
            }
            writer.name("samples")
            writer.integer(zone.sampleCount)
            writer.endObject()
            if isGeographic { writer.endObject() }
        }
        writer.endArray()
        if isGeographic { writer.endObject() }
        return writer.text + "\n"
    }

    /// A Feature of RFC 7946 up to its properties; the ring runs counterclockwise.
    private func begin(_ tile: Tile, _ writer: inout JSONWriter) {
        let bounds = tile.bounds
        writer.beginObject()
        writer.name("type")
        writer.string("Feature")
        writer.name("geometry")
        writer.beginObject()
        writer.name("type")
        writer.string("Polygon")
        writer.name("coordinates")
        writer.beginArray()
        writer.beginArray()
        for (longitude, latitude) in [
            (bounds.west, bounds.south), (bounds.east, bounds.south), (bounds.east, bounds.north),
            (bounds.west, bounds.north), (bounds.west, bounds.south),
        ] {
            writer.beginArray()
            writer.double(longitude)
            writer.double(latitude)
            writer.endArray()
        }
        writer.endArray()
        writer.endArray()
        writer.endObject()
        writer.name("properties")
    }
}
