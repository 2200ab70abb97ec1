import DurableFiles
import Geography
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// The files of areas, read at the start.
struct AreaReferenceTests {
    @Test("files are told by their names and columns, and others may lie there too")
    func folder() throws {
        let reference = try TestAreas.reference()
        #expect(AreaLevel.allCases.map { reference.count(of: $0) } == [1, 2, 2])
        #expect(reference.former.count == 2 && reference.zone.name == "Asia/Ho_Chi_Minh")
        #expect(reference.periods.map { $0.version.wards.count } == [2, 2])
        #expect(reference.periods.first?.end == reference.periods.last?.start)
    }

    @Test("further files and folders come on top, each once")
    func further() throws {
        let store = try TestAreas.folder(["khu_pho.geojson": TestAreas.neighbourhoods])
        try store.createDirectory("/more")
        let more = TestAreas.neighbourhoods.replacing("grove", with: "meadow").replacing("105.25", with: "105.1")
        try store.createAtomically("/more/meadow.geojson", Array(more.utf8))
        try store.createAtomically("/more/old.csv", Array("new_code,old_code\nwest,eldest\neast,whole\n".utf8))
        let paths = ["/more", "/areas/khu_pho.geojson", "/more/meadow.geojson"]
        let reference = try AreaReference.load(folder: "/areas", further: paths, from: store)
        #expect(reference.count(of: .neighbourhood) == 3)
        #expect(reference.former.count == 3 && reference.former.successors(of: "whole") == ["east", "west"])
    }

    @Test("without a folder no areas are known, and that is no mistake")
    func absent() throws {
        let reference = try AreaReference.load(folder: "/nowhere", from: SimulatedFileStore(seed: 1))
        #expect(reference.atlas == nil && reference.periods.isEmpty && reference.count(of: .ward) == 0)
    }

    @Test(
        "each mistake is told with its file and what to do, and all of them at once",
        arguments: [
            ("a.csv", "name\nx\n", "/areas/a.csv, line 1: there is neither a column code nor a column old_code"),
            ("a.csv", "", "/areas/a.csv: the file is empty"),
            ("a.csv", "old_code\nx\n", "/areas/a.csv, line 1: there is no column new_code"),
            ("a.geojson", "{", "/areas/a.geojson, line 1"),
            (
                "a.geojson", #"{"type":"FeatureCollection","features":[\#(TestAreas.feature("x", 105, 106, ""))]}"#,
                "/areas/a.geojson, /features/0: nothing says whether x is a ward or a neighbourhood. Give all such"
            ),
            ("a.csv", "code,parent\nx,nobody\n", "/areas/a.csv, line 2: its parent nobody is described nowhere"),
        ])
    func mistakes(name: String, text: String, message: String) throws {
        let store = try TestAreas.folder([name: text])
        var errors: [AreaError] = []
        let reference = AreaReference.read(folder: "/areas", errors: &errors, from: store)
        #expect(errors.count == 1 && reference.atlas == nil)
        #expect(errors.first?.description.hasPrefix(message) == true, "\(errors)")
        let second = try TestAreas.folder([name: text, "b.csv": "nothing\n1\n"])
        errors = []
        _ = AreaReference.read(folder: "/areas", errors: &errors, from: second)
        let isFound = errors.contains { $0.file == "/areas/b.csv" }
        #expect(isFound)
    }

    @Test("a file that is named and not there is a mistake")
    func missing() throws {
        let store = try TestAreas.folder()
        let error = try #require(throws: AreaError.self) {
            try AreaReference.load(folder: "/areas", further: ["/khu_pho.geojson"], from: store)
        }
        #expect(error.description == "/khu_pho.geojson: there is no such file. Correct the setting `areas`.")
    }

    @Test("what is shipped is both cities and their 294 wards since July 2025")
    func shipped() throws {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let reference = try AreaReference.load(folder: "/\(path)/Schemas/areas")
        #expect(AreaLevel.allCases.map { reference.count(of: $0) } == [2, 294, 0])
        // 2025-07-01T00:00:00+07:00.
        #expect(reference.periods.map(\.start) == [1_751_302_800_000_000])
    }
}
