import Foundation
import JSONDocument
import JSONSchema
import Testing

/// The path of a checkout of github.com/json-schema-org/JSON-Schema-Test-Suite, from the environment.
private let suitePath = ProcessInfo.processInfo.environment["PHUSA_JSON_SCHEMA_SUITE"]

struct OfficialSuiteTests {
    /// What is not supported yet: these refer to the metaschema of the draft, which is not built in.
    ///
    /// A test that begins to pass must leave this list, so that it stays true.
    private static let unsupported: Set<String> = [
        "defs.json: validate definition against metaschema: \"invalid definition schema\"",
        "defs.json: validate definition against metaschema: \"valid definition schema\"",
        "ref.json: remote ref, containing refs itself: \"remote ref invalid\"",
        "ref.json: remote ref, containing refs itself: \"remote ref valid\"",
    ]

    @Test(
        "agrees with the official test suite of draft 2020-12, but for a list that is exact",
        .enabled(if: suitePath != nil, "PHUSA_JSON_SCHEMA_SUITE is not set: the path of JSON-Schema-Test-Suite"))
    func suite() throws {
        let root = URL(filePath: try #require(suitePath))
        let remotes = try Self.remotes(in: root.appending(path: "remotes"))
        let folder = root.appending(path: "tests/draft2020-12")
        var failures: Set<String> = []
        var passedCount = 0
        var totalCount = 0
        for file in try Self.files(in: folder) where !file.contains("/") {
            let groups = try JSONTree(parsing: [UInt8](Data(contentsOf: folder.appending(path: file))))
            guard case .array(let groups) = groups else { continue }
            for group in groups {
                for (name, passed) in Self.run(group, remotes: remotes) {
                    totalCount += 1
                    if passed { passedCount += 1 } else { failures.insert("\(file): \(name)") }
                }
            }
        }
        print("JSON Schema test suite, draft 2020-12: \(passedCount) of \(totalCount) pass")
        #expect(totalCount > 1000)
        for name in failures.subtracting(Self.unsupported).sorted() { Issue.record("fails: \(name)") }
        for name in Self.unsupported.subtracting(failures).sorted() { Issue.record("now passes: \(name)") }
    }

    private static func run(_ group: JSONTree, remotes: [String: JSONTree]) -> [(String, Bool)] {
        guard case .string(let description) = group["description"], case .array(let tests) = group["tests"],
            let schema = group["schema"]
        else { return [("a group without description, schema or tests", false)] }
        var validator: SchemaValidator?
        do throws(SchemaError) {
            validator = SchemaValidator(try CompiledSchema(schema, others: remotes))
        } catch {
            print("not compiled: \(description): \(error)")
            return tests.map { ("\(description): \($0["description"]?.text ?? "?")", false) }
        }
        var results: [(String, Bool)] = []
        for test in tests {
            guard case .string(let name) = test["description"], case .bool(let isValid) = test["valid"],
                let data = test["data"]
            else { continue }
            results.append(("\(description): \"\(name)\"", verdict(on: data, &validator) == isValid))
        }
        return results
    }

    private static func verdict(on data: JSONTree, _ validator: inout SchemaValidator?) -> Bool? {
        var parser = JSONParser()
        guard let document = try? parser.parse(data.text) else { return nil }
        guard let violation = validator?.violation(in: document) else { return true }
        #expect(!violation.sentence.isEmpty)
        return false
    }

    private static func remotes(in folder: URL) throws -> [String: JSONTree] {
        var documents: [String: JSONTree] = [:]
        for file in try files(in: folder) {
            let bytes = try [UInt8](Data(contentsOf: folder.appending(path: file)))
            documents["http://localhost:1234/\(file)"] = try JSONTree(parsing: bytes)
        }
        return documents
    }

    private static func files(in folder: URL) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path()).filter { $0.hasSuffix(".json") }.sorted()
    }
}
