import Foundation
import JSONDocument
import JSONSchema
import Testing

private let sharedData = ProcessInfo.processInfo.environment["PHUSA_SHARED_DATA"]

/// The smart data models of FIWARE: schemas of draft 2020-12 with remote references, and examples beside them.
struct FIWARETests {
    private static let weather = "https://smart-data-models.github.io/dataModel.Weather/weather-schema.json"
    private static let environment =
        "https://raw.githubusercontent.com/smart-data-models/dataModel.Environment/master/Environment-schema.json"

    /// What breaks its own schema as published: 73.3 particles where the schema wants a whole number.
    private static let flaws = ["AirQualityObserved/example.json": "/tsp is 73.3 (not whole), the type must be integer"]

    @Test(
        "the examples are valid by their own schemas, with remote references mapped to local files",
        .enabled(if: sharedData != nil, "PHUSA_SHARED_DATA is not set: the folder with recordings of others"))
    func examples() throws {
        let root = URL(filePath: try #require(sharedData)).appending(path: "payloads/fiware")
        var remotes: [String: JSONTree] = [:]
        remotes[Self.environment] = try Self.tree(root.appending(path: "Environment-schema.json"))
        // Found by its `$id`.
        remotes["common-schema.json"] = try Self.tree(root.appending(path: "common-schema.json"))
        var validCount = 0
        var modelCount = 0
        for model in try FileManager.default.contentsOfDirectory(atPath: root.path()).sorted() {
            let folder = root.appending(path: model)
            let path = folder.appending(path: "schema.json")
            guard FileManager.default.fileExists(atPath: path.path()) else { continue }
            modelCount += 1
            var others = remotes
            if model == "RainFallRadarObserved" {
                // Its reference to the weather models leads to a file that is not among the recordings.
                let error = #expect(throws: SchemaError.self) {
                    try CompiledSchema(Self.tree(path), others: remotes, assertsFormat: false)
                }
                #expect(error?.sentence.contains(Self.weather) == true)
                others[Self.weather] = try JSONTree(parsing: #"{"definitions":{"Weather-Commons":true}}"#)
            }
            let schema = try CompiledSchema(Self.tree(path), others: others)
            var validator = SchemaValidator(schema)
            for example in ["example.json", "example.jsonld"] {
                var parser = JSONParser()
                let document = try parser.parse([UInt8](Data(contentsOf: folder.appending(path: example))))
                let violation = validator.violation(in: document)
                #expect(violation?.sentence == Self.flaws["\(model)/\(example)"], "\(model)/\(example)")
                if violation == nil { validCount += 1 }
            }
        }
        print("FIWARE: \(validCount) examples of \(modelCount) models are valid by their own schemas")
        #expect(modelCount == 14)
        #expect(validCount == 27)
    }

    private static func tree(_ path: URL) throws -> JSONTree {
        try JSONTree(parsing: [UInt8](Data(contentsOf: path)))
    }
}
