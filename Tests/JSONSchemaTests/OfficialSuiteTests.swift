import Foundation
import JSONDocument
import JSONSchema
import Testing

/// Checkouts of github.com/json-schema-org/JSON-Schema-Test-Suite, or folders with a part of it, separated by colons.
private let suitePaths = ProcessInfo.processInfo.environment["PHUSA_JSON_SCHEMA_SUITE"]?.split(separator: ":") ?? []

struct OfficialSuiteTests {
    @Test(
        "agrees with every mandatory test of the official suite",
        .enabled(if: !suitePaths.isEmpty, "PHUSA_JSON_SCHEMA_SUITE is not set: the path of JSON-Schema-Test-Suite"),
        arguments: SchemaDraft.allCases)
    func mandatory(draft: SchemaDraft) throws {
        guard let root = Self.root(with: "tests/\(draft.rawValue)") else {
            // The part of the suite that lies beside the project has 2020-12 only; Tests/run brings the others along.
            print("JSON Schema test suite, \(draft.rawValue): absent in \(suitePaths.joined(separator: ":"))")
            #expect(draft != .draft202012)
            return
        }
        let folder = root.appending(path: "tests/\(draft.rawValue)")
        let files = try Self.files(in: folder).filter { !$0.contains("/") }
        let results = try Self.run(files, in: folder, draft, remotes: Self.remotes(of: root), assertsFormat: false)
        let failures = results.filter { !$0.isPassed }
        print(
            "JSON Schema test suite, \(draft.rawValue): \(results.count - failures.count) passed, \(failures.count) "
                + "failed, 0 skipped")
        #expect(results.count > 900)
        for failure in failures { Issue.record("\(failure.name): \(failure.finding)") }
    }

    /// What is optional and not supported, by the beginning of the test's name.
    ///
    /// - Numbers beyond 64 bits: the parser refuses them, with a reason.
    /// - `dependencies` in drafts that have replaced it: other validators take it for an annotation too.
    private static let unsupported = [
        "bignum.json: integer: a bignum", "bignum.json: integer: a negative bignum",
        "bignum.json: number: a bignum", "bignum.json: number: a negative bignum", "bignum.json: string: a bignum",
        "bignum.json: minimum integer comparison: comparison works for very negative numbers",
        "dependencies-compatibility.json: ",
    ]

    @Test(
        "agrees with the optional tests of the official suite, but for a list that is exact",
        .enabled(
            if: root(with: "tests/draft2020-12/optional") != nil,
            "PHUSA_JSON_SCHEMA_SUITE is not set, or has no optional tests"),
        arguments: SchemaDraft.allCases)
    func optional(draft: SchemaDraft) throws {
        let root = try #require(Self.root(with: "tests/\(draft.rawValue)/optional"))
        let folder = root.appending(path: "tests/\(draft.rawValue)/optional")
        let results = try Self.run(
            Self.files(in: folder), in: folder, draft, remotes: Self.remotes(of: root), assertsFormat: true)
        let failures = results.filter { !$0.isPassed }
        print(
            "JSON Schema test suite, \(draft.rawValue), optional: \(results.count - failures.count) passed, "
                + "\(failures.count) failed, 0 skipped")
        for failure in failures where !Self.unsupported.contains(where: failure.name.hasPrefix) {
            Issue.record("\(failure.name): \(failure.finding)")
        }
        // So that the list stays true.
        for name in Self.unsupported where !failures.contains(where: { $0.name.hasPrefix(name) }) {
            #expect(draft == .draft7 && name.hasPrefix("dependencies"), "now passes: \(name)")
        }
    }

    private static func run(
        _ files: [String], in folder: URL, _ draft: SchemaDraft, remotes: [String: JSONTree], assertsFormat: Bool
    ) throws -> [SchemaTestFile.Result] {
        var results: [SchemaTestFile.Result] = []
        for file in files {
            let text = try [UInt8](Data(contentsOf: folder.appending(path: file)))
            let tests = try SchemaTestFile(text)
            // Every test of the suite has this member once, and no schema or document has it in this form.
            let count = String(decoding: text, as: UTF8.self).ranges(of: /"valid": (true|false)/).count
            #expect(tests.testCount == count, "\(file)")
            results += tests.run(draft: draft, documents: remotes, assertsFormat: assertsFormat).map {
                SchemaTestFile.Result(name: "\(file): \($0.name)", isPassed: $0.isPassed, finding: $0.finding)
            }
        }
        return results
    }

    private static func root(with folder: String) -> URL? {
        suitePaths.lazy.map { URL(filePath: String($0)) }
            .first { FileManager.default.fileExists(atPath: $0.appending(path: folder).path()) }
    }

    /// The suite takes its folder `remotes` to stand at this address.
    private static func remotes(of root: URL) throws -> [String: JSONTree] {
        let folder = root.appending(path: "remotes")
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
