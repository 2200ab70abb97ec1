import Geography
import Testing

struct AtlasTests {
    /// A square with its south-west corner at whole degrees.
    private static func square(_ longitude: Int, _ latitude: Int, width: Int = 1) -> String {
        let (east, north) = (longitude + width, latitude + 1)
        return """
            {"type":"Polygon","coordinates":[[[\(longitude),\(latitude)],[\(east),\(latitude)],[\(east),\(north)],\
            [\(longitude),\(north)],[\(longitude),\(latitude)]]]}
            """
    }

    private static func feature(_ properties: String, _ geometry: String) -> String {
        #"{"type":"Feature","properties":{\#(properties)},"geometry":\#(geometry)}"#
    }

    private static func collection(_ features: [String], members: String = "") -> String {
        #"{"type":"FeatureCollection",\#(members)"features":[\#(features.joined(separator: ","))]}"#
    }

    private static func boundaries(
        _ text: String, file: String = "wards.geojson", level: AreaLevel? = nil
    ) throws(AreaError) -> [AreaRecord] {
        let bytes = Array(text.utf8)
        return try unsafe BoundaryFile.read(bytes.span.bytes, file: file, level: level)
    }

    private static func units(_ text: String) throws(AreaError) -> [AreaRecord] {
        let bytes = Array(text.utf8)
        return try unsafe UnitTable.read(bytes.span.bytes, file: "units.csv")
    }

    private static func place(_ longitude: Double, _ latitude: Double) throws -> Position {
        try #require(Position(longitude: longitude, latitude: latitude))
    }

    @Test("a boundary that changes gives two versions, and a day decides which counts")
    func versions() throws {
        let table = try Self.units("code,name,name_en,parent\n79,Hồ Chí Minh,HCMC,\nA,An,An,79\nB,Bình,Binh,79\n")
        let old = try Self.boundaries(
            Self.collection(
                [
                    Self.feature(#""code":"A""#, Self.square(0, 0)),
                    Self.feature(#""code":"B","valid_to":"2027-01-01""#, Self.square(1, 0)),
                ], members: #""valid_from":"2025-07-01","#))
        let new = try Self.boundaries(
            Self.collection(
                [Self.feature(#""code":"A""#, Self.square(0, 0, width: 2))], members: #""valid_from":"2027-01-01","#))
        let atlas = try AreaAtlas(table + new + old)
        #expect(atlas.versions.map(\.validity.start?.description) == ["2025-07-01", "2027-01-01"])
        let days = try ["2025-06-30", "2026-12-31", "2027-01-01"].map { try #require(CalendarDay($0)) }
        let first = try #require(atlas.version(inForceOn: days[1]))
        let second = try #require(atlas.version(inForceOn: days[2]))
        let place = try Self.place(1.5, 0.5)
        #expect(first.ward(at: place).map { atlas[$0].name } == "Bình")
        #expect(second.ward(at: place).map { atlas[$0].name } == "An")
        #expect(first.wards.count == 2 && second.wards.count == 1)
        #expect(first.area(code: "A") != second.area(code: "A"))
        #expect(second.area(code: "B") == nil)
        let city = try #require(first.area(code: "79"))
        #expect(atlas[city].level == .city && atlas.children(of: city).count == 3)
        #expect(atlas.version(inForceOn: days[0]) == nil)
    }

    @Test("neighbourhoods come with outlines or as codes, and find their ward by either")
    func neighbourhoods() throws {
        let wards =
            try Self.units("code,name,parent\n79,Hồ Chí Minh,\n")
            + Self.boundaries(
                Self.collection([
                    Self.feature(#""code":"A","name":"An","parent":"79""#, Self.square(0, 0)),
                    Self.feature(#""code":"B","name":"Bình","parent":"79""#, Self.square(1, 0)),
                ]))
        let quarter = #"{"type":"Polygon","coordinates":[[[1.2,0.2],[1.4,0.2],[1.4,0.4],[1.2,0.4],[1.2,0.2]]]}"#
        let neighbourhoods = try Self.boundaries(
            Self.collection([
                Self.feature(#""code":"B-1","name":"Khu phố 1","name_en":"Quarter 1""#, quarter),
                Self.feature(#""code":"A-7","name":"Ấp 7","parent":"A""#, "null"),
            ]), file: "neighbourhoods.geojson", level: .neighbourhood)
        let atlas = try AreaAtlas(wards + neighbourhoods)
        let version = try #require(atlas.latestVersion)
        #expect(version.wards.count == 2 && version.neighbourhoods.count == 2)
        let outlined = try #require(version.neighbourhood(at: try Self.place(1.3, 0.3)))
        #expect(atlas[outlined].nameEnglish == "Quarter 1" && atlas[outlined].level == .neighbourhood)
        #expect(version.ward(of: outlined) == version.area(code: "B"))
        let bare = try Self.place(1.5, 0.5)
        #expect(version.neighbourhood(at: bare) == nil)

        let coded = AreaClaim(code: "A-7", in: version, former: .none)
        let there = AreaPlacement(position: try Self.place(0.5, 0.5), claim: coded, in: version)
        #expect(there.ward == version.area(code: "A") && there.neighbourhood == version.area(code: "A-7"))
        #expect(there.agreement == .agrees && there.basis == .location)
        let elsewhere = AreaPlacement(position: try Self.place(1.3, 0.3), claim: coded, in: version)
        #expect(elsewhere.ward == version.area(code: "B") && elsewhere.neighbourhood == outlined)
        #expect(elsewhere.agreement == .contradicts)
        let unlocated = AreaPlacement(position: nil, claim: coded, in: version)
        #expect(unlocated.ward == version.area(code: "A") && unlocated.neighbourhood == version.area(code: "A-7"))
        #expect(unlocated.basis == .code && unlocated.agreement == .unchecked)
    }

    @Test("holes and several parts are kept apart")
    func parts() throws {
        let geometry = """
            {"type":"MultiPolygon","coordinates":[[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,3],[3,3],[3,1],[1,1]]],\
            [[[6,0],[7,0],[7,1],[6,1],[6,0]]]]}
            """
        let records =
            try Self.units("code,parent\n79,\n")
            + Self.boundaries(Self.collection([Self.feature(#""code":"A","parent":"79""#, geometry)]))
        let atlas = try AreaAtlas(records)
        let version = try #require(atlas.latestVersion)
        let id = try #require(version.area(code: "A"))
        let wards = try [(0.5, 2), (6.5, 0.5), (2, 2), (5, 0.5)].map { version.ward(at: try Self.place($0, $1)) }
        #expect(wards == [id, id, nil, nil])
        let shape = try #require(atlas[id].shape)
        let inner = try #require(shape.innerPosition)
        #expect(version.ward(at: inner) == id)
        let tiles = shape.tiles(zoom: 9)
        #expect(abs(tiles.reduce(0) { $0 + $1.squareMetres } / shape.squareMetres - 1) < 1e-8)
    }

    @Test(
        "what is wrong in GeoJSON is said with its place and what to do",
        arguments: [
            (#"{"type":"Feature"}"#, "wards.geojson: this is no GeoJSON FeatureCollection."),
            (#"{"type":"FeatureCollection","features":[{]}"#, "wards.geojson, line 1: "),
            (collection([#"{"type":"Feature"}"#]), "/features/0: the feature has no properties."),
            (collection([feature(#""name":"An""#, "null")]), "/features/0: the feature has no code."),
            (collection([feature(#""code":4"#, "null")]), "/features/0: code is a number."),
            (collection([#"{"properties":{"code":"A"}}"#]), "the feature has no geometry."),
            (collection([feature(#""code":"A""#, #"{"type":"Point","coordinates":[1,2]}"#)]), "geometry is Point."),
            (
                collection([feature(#""code":"A""#, #"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1]]]}"#)]),
                "a ring is not closed."
            ),
            (
                collection([
                    feature(
                        #""code":"A""#, #"{"type":"Polygon","coordinates":[[[681000,0],[1,0],[1,1],[681000,0]]]}"#)
                ]), "no longitude and latitude in degrees."
            ),
            (
                collection([feature(#""code":"A","valid_from":"1/7/2025""#, "null")]),
                "valid_from is 1/7/2025, not a day."
            ),
            (collection([feature(#""code":"A","level":"district""#, "null")]), "level is district."),
        ])
    func brokenBoundaries(text: String, message: String) throws {
        let error = try #require(throws: AreaError.self) { try Self.boundaries(text) }
        #expect(error.description.contains(message), "\(error)")
    }

    @Test(
        "what is wrong in a table or between records is said with its place and what to do",
        arguments: [
            ("", "units.csv: the file is empty."),
            ("name\nAn\n", "units.csv, line 1: there is no column code."),
            ("code,name\nA\n", "units.csv, line 2: 1 fields where line 1 names 2 columns."),
            ("code,name\nA,\"An\n", "units.csv, line 2: a quoted field does not end."),
            ("code,area_km2\n79,big\n", "units.csv, line 2: area_km2 is big"),
            ("code,parent\n79,\nA,80\n", "units.csv, line 3: its parent 80 is described nowhere"),
            ("code,parent\n79,\nA,79\nB,A\nC,B\n", "units.csv, line 5: it lies below more than a city and a ward."),
            ("code,parent\n79,\nA,A\n", "it lies below more than a city and a ward."),
            ("code,parent,level\n79,,\nA,,ward\n", "units.csv, line 3: nothing says in which city A lies."),
            ("code,parent,level\n79,,\nA,79,neighbourhood\n", "its parent 79 is a city."),
            ("code,parent\n79,\n79,\n", "the code 79 stands here and in units.csv, line"),
            ("code,valid_from,valid_to\n79,2026-01-01,2025-01-01\n", "it ends on 2025-01-01, not after its start"),
        ])
    func brokenTables(text: String, message: String) throws {
        let error = try #require(throws: AreaError.self) { try AreaAtlas(Self.units(text)) }
        #expect(error.description.contains(message), "\(error)")
    }

    @Test("quoted fields may hold commas, quotes and line ends")
    func quoting() throws {
        let records = try Self.units("code,name,parent\r\n79,\"Thành phố \"\"Hồ\"\", Chí\nMinh\",\r\nA,An,79")
        #expect(records.map(\.name) == ["Thành phố \"Hồ\", Chí\nMinh", "An"])
        #expect(records.map(\.place) == ["line 2", "line 4"])
    }
}
