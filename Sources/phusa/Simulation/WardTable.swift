import JSONDocument
import Telemetry

/// The wards of both cities, read from `Schemas/areas`.
enum WardTable {
    /// Reads `units.csv` in `folder`, with the outlines of `wards.geojson` beside it where that file is there.
    ///
    /// - Throws: a sentence that names the file and what is wrong with it.
    static func load(folder: String) throws(CommandFailure) -> [Ward] {
        let path = "\(folder)/units.csv"
        guard InputFile.exists(path) else {
            throw .usage(
                "The table of wards \(path) was not found; run this in the project's folder, or give --areas FOLDER.")
        }
        var reader = CSVReader(try InputFile(path: path))
        let outlinePath = "\(folder)/wards.geojson"
        let outlines = InputFile.exists(outlinePath) ? try readOutlines(path: outlinePath) : [:]
        return try wards(from: &reader, path: path, outlines: outlines)
    }

    /// The wards in a table with the columns `code`, `kind`, `parent`, `lat` and `lon`.
    static func wards(
        from reader: inout CSVReader, path: String, outlines: [String: WardOutline]
    ) throws(CommandFailure) -> [Ward] {
        var record = CSVRecord()
        guard try reader.next(into: &record) else { throw .usage("\(path) is empty; it should hold the wards.") }
        let header = record.texts
        func column(_ name: String) throws(CommandFailure) -> Int {
            guard let index = header.firstIndex(of: name) else {
                throw .usage("\(path), line 1: there is no column \(name) among \(header.joined(separator: ", ")).")
            }
            return index
        }
        let (code, kind, parent) = (try column("code"), try column("kind"), try column("parent"))
        let (latitude, longitude) = (try column("lat"), try column("lon"))
        var wards: [Ward] = []
        while try reader.next(into: &record) {
            guard record.count == header.count else {
                throw .usage("\(path), line \(record.line): \(record.count) fields where \(header.count) are expected.")
            }
            // Rows without a parent are the cities themselves.
            guard let city = City(rawValue: record.text(parent)) else { continue }
            guard let lat = Double(record.text(latitude)), let lon = Double(record.text(longitude)) else {
                throw .usage("\(path), line \(record.line): lat and lon must be degrees, such as 10.77,106.70.")
            }
            let wardCode = record.text(code)
            wards.append(
                Ward(
                    code: wardCode, city: city, isUrban: record.text(kind) == "phuong", latitude: lat, longitude: lon,
                    outline: outlines[wardCode]))
        }
        guard !wards.isEmpty else { throw .usage("\(path) holds no ward of parent 79 or 01.") }
        return wards
    }

    /// The rings of every feature of a GeoJSON file by its property `code`.
    private static func readOutlines(path: String) throws(CommandFailure) -> [String: WardOutline] {
        let bytes = try InputFile.bytes(of: path)
        var parser = JSONParser()
        let document: JSONDocument
        do throws(JSONParseError) {
            document = try parser.parse(bytes)
        } catch {
            throw .usage("\(path), line \(error.line): \(error.sentence)")
        }
        var outlines: [String: WardOutline] = [:]
        guard document.kind(at: document.root) == .object,
            let features = document.member("features", of: document.root), document.kind(at: features) == .array
        else { throw .usage("\(path) is not a GeoJSON feature collection.") }
        var elements = document.elements(of: features)
        while let feature = elements.next() {
            guard let properties = document.member("properties", of: feature),
                let code = document.member("code", of: properties), document.kind(at: code) == .string,
                let geometry = document.member("geometry", of: feature),
                let coordinates = document.member("coordinates", of: geometry)
            else { continue }
            var rings: [[WardOutline.Point]] = []
            collectRings(at: coordinates, of: document, into: &rings)
            outlines[document.string(at: code)] = WardOutline(rings: rings)
        }
        return outlines
    }

    /// The rings in the coordinates of a Polygon or MultiPolygon: arrays of arrays that begin with a number.
    private static func collectRings(
        at index: Int, of document: borrowing JSONDocument, into rings: inout [[WardOutline.Point]]
    ) {
        var ring: [WardOutline.Point] = []
        var elements = document.elements(of: index)
        while let element = elements.next() {
            if let first = document.element(0, of: element), let longitude = document.number(at: first),
                let second = document.element(1, of: element), let latitude = document.number(at: second)
            {
                ring.append(WardOutline.Point(longitude: longitude, latitude: latitude))
            } else {
                collectRings(at: element, of: document, into: &rings)
            }
        }
        if !ring.isEmpty { rings.append(ring) }
    }
}
