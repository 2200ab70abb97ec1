import JSONDocument

/// Reads outlines from GeoJSON (RFC 7946): a FeatureCollection of Polygons and MultiPolygons.
///
/// The properties are those of `AreaRecord`. A member `valid_from` or `valid_to` of the collection holds for all
/// features that say nothing else. A feature whose geometry is null is known by its code only.
package struct BoundaryFile {
    private let file: String
    private let level: AreaLevel?
    private var validity = Validity.always

    /// The units in the order of the file; `level` is what features are that do not say it themselves.
    package static func read(
        _ bytes: RawSpan, file: String, level: AreaLevel? = nil
    ) throws(AreaError) -> [AreaRecord] {
        // Detailed outlines of a country have some hundred megabytes.
        var parser = JSONParser(limits: JSONLimits(maximumByteCount: 1 << 30), capacity: bytes.byteCount)
        let document: JSONDocument
        do throws(JSONParseError) {
            document = try parser.parse(bytes)
        } catch {
            throw AreaError(
                file: file, place: "line \(error.line)", message: error.sentence, fix: "Correct the GeoJSON")
        }
        var reader = BoundaryFile(file: file, level: level)
        return try reader.records(of: document)
    }

    private init(file: String, level: AreaLevel?) {
        self.file = file
        self.level = level
    }

    private mutating func records(of document: borrowing JSONDocument) throws(AreaError) -> [AreaRecord] {
        let root = document.root
        guard document.kind(at: root) == .object, text("type", of: root, in: document) == "FeatureCollection",
            let features = document.member("features", of: root), document.kind(at: features) == .array
        else {
            throw AreaError(
                file: file, message: "this is no GeoJSON FeatureCollection",
                fix: "Save the areas as one FeatureCollection in WGS 84")
        }
        var collection = AreaRecord(code: "", file: file, place: "")
        for name in ["valid_from", "valid_to"] {
            if let text = text(name, of: root, in: document) { try collection.set(name, to: text) }
        }
        validity = collection.validity
        var records: [AreaRecord] = []
        var elements = document.elements(of: features)
        while let feature = elements.next() {
            records.append(try record(of: feature, number: records.count, in: document))
        }
        return records
    }

    private func record(
        of feature: Int, number: Int, in document: borrowing JSONDocument
    ) throws(AreaError) -> AreaRecord {
        var record = AreaRecord(code: "", file: file, place: "/features/\(number)", validity: validity)
        record.level = level
        guard let properties = document.member("properties", of: feature) else {
            throw record.error("the feature has no properties", "Give it at least a code")
        }
        var members = document.members(of: properties)
        while let member = members.next() {
            let name = document.string(at: member.name)
            switch document.kind(at: member.value) {
            case .string: try record.set(name, to: document.string(at: member.value))
            case .integer where name == "code" || name == "parent":
                throw record.error("\(name) is a number", "Write codes in quotes, for leading zeros belong to them")
            case .integer, .double:
                if let number = document.number(at: member.value) { try record.set(name, to: String(number)) }
            default: break
            }
        }
        guard !record.code.isEmpty else { throw record.error("the feature has no code", "Give it the property code") }
        guard let geometry = document.member("geometry", of: feature) else {
            throw record.error("the feature has no geometry", "Give it one, or null when only the code is known")
        }
        if !document.isNull(at: geometry) { record.shape = try shape(of: geometry, of: record, in: document) }
        return record
    }

    private func shape(
        of geometry: Int, of record: AreaRecord, in document: borrowing JSONDocument
    ) throws(AreaError) -> AreaShape {
        let type = text("type", of: geometry, in: document) ?? "missing"
        guard let coordinates = document.member("coordinates", of: geometry),
            type == "Polygon" || type == "MultiPolygon"
        else { throw record.error("the type of its geometry is \(type)", "Make it a Polygon or MultiPolygon") }
        var rings: [AreaShape.Ring] = []
        if type == "Polygon" {
            try appendRings(of: coordinates, of: record, in: document, to: &rings)
        } else {
            var polygons = document.elements(of: coordinates)
            while let polygon = polygons.next() {
                try appendRings(of: polygon, of: record, in: document, to: &rings)
            }
        }
        guard !rings.isEmpty else { throw record.error("its geometry has no ring", "Remove it or draw it") }
        return AreaShape(rings: rings)
    }

    private func appendRings(
        of polygon: Int, of record: AreaRecord, in document: borrowing JSONDocument, to rings: inout [AreaShape.Ring]
    ) throws(AreaError) {
        var isHole = false
        var elements = document.elements(of: polygon)
        while let ring = elements.next() {
            var corners: [Position] = []
            var points = document.elements(of: ring)
            while let point = points.next() {
                corners.append(try position(of: point, of: record, in: document))
            }
            guard corners.count >= 4, corners.first == corners.last else {
                throw record.error(
                    "a ring is not closed", "Let each ring have at least four positions and end where it starts")
            }
            corners.removeLast()
            rings.append(AreaShape.Ring(corners: corners, isHole: isHole))
            isHole = true
        }
    }

    private func position(
        of point: Int, of record: AreaRecord, in document: borrowing JSONDocument
    ) throws(AreaError) -> Position {
        guard let first = document.element(0, of: point), let longitude = document.number(at: first),
            let second = document.element(1, of: point), let latitude = document.number(at: second),
            let position = Position(longitude: longitude, latitude: latitude)
        else {
            throw record.error(
                "a position is no longitude and latitude in degrees",
                "Write [longitude, latitude] in WGS 84, not in metres of a projection")
        }
        return position
    }

    private func text(_ name: String, of object: Int, in document: borrowing JSONDocument) -> String? {
        guard let value = document.member(name, of: object), document.kind(at: value) == .string else { return nil }
        return document.string(at: value)
    }
}
