import ArgumentParser
import Glibc
import JSONSchema

/// `phusa schema test`: runs tests in the form of the official suite.
struct SchemaTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Runs tests in the form of the official JSON Schema test suite.",
        discussion: """
            A file holds groups of a schema with tests, as github.com/json-schema-org/JSON-Schema-Test-Suite has them. \
            Of a folder all .json files run, also in folders in it; a folder called optional is left out unless it is \
            given itself or --optional is. In it, format is an assertion, as the suite has it. Every test that fails is \
            printed, and at the end how many did. Exit code 0: all passed; 1: at least one failed; 2: something given \
            is no test file.

            EXAMPLES
              phusa schema test --remotes Suite/remotes Suite/tests/draft2020-12
              phusa schema test --draft 7 --remotes Suite/remotes Suite/tests/draft7 Suite/tests/draft7/optional/format
            """)

    @Argument(help: ArgumentHelp("Test files, or folders with them.", valueName: "path"))
    var paths: [String]

    @Option(
        help: ArgumentHelp(
            "Draft of schemas without $schema: 2020-12, 2019-09 or 7 (default: the one that the path names).",
            valueName: "draft"),
        transform: { try SchemaDocumentOptions.draft($0) })
    var draft: SchemaDraft?

    @Option(
        help: ArgumentHelp(
            "The suite's folder remotes, which the tests take to be at http://localhost:1234/.", valueName: "folder"))
    var remotes: String?

    @Flag(help: "Runs tests in folders called optional too.")
    var optional = false

    @Flag(help: "A string that is not of its format is an error, in all files.")
    var assertFormat = false

    func run() throws {
        var documents = SchemaDocuments()
        if let remotes { try documents.add(folder: remotes, at: "http://localhost:1234/") }
        var output = Output()
        var passedCount = 0
        var failedCount = 0
        for file in try files() {
            let text = try InputFile.bytes(of: file)
            let tests: SchemaTestFile
            do throws(SchemaTestFile.FormError) {
                tests = try SchemaTestFile(text)
            } catch {
                throw CommandFailure.usage("\(file) is no file of the test suite's form: \(error.sentence).")
            }
            let folders = SchemaDocuments.address(of: file).split(separator: "/").map(String.init)
            let named = folders.lazy.compactMap { SchemaDraft(rawValue: $0) }.first
            let results = tests.run(
                draft: draft ?? named ?? .draft202012, documents: documents.trees,
                assertsFormat: assertFormat || folders.contains("optional"))
            for result in results where !result.isPassed {
                try output.write(line: "\(file): \(result.name): \(result.finding)")
            }
            let count = results.count { $0.isPassed }
            passedCount += count
            failedCount += results.count - count
        }
        try output.write(line: "\(passedCount) passed, \(failedCount) failed")
        try output.flush()
        if failedCount > 0 { throw ExitCode(1) }
    }

    private func files() throws(CommandFailure) -> [String] {
        var files: [String] = []
        for path in paths {
            guard Self.isFolder(path) else {
                files.append(path)
                continue
            }
            let all = try SchemaDocuments.files(below: path)
            let chosen = optional ? all : try SchemaDocuments.files(below: path, except: "optional")
            guard !chosen.isEmpty else { throw .usage("There are no .json files in \(path).") }
            if chosen.count < all.count {
                note("Left out: \(all.count - chosen.count) files of optional tests in \(path); --optional runs them.")
            }
            files += chosen.map { "\(path)/\($0)" }
        }
        return files
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        // Safe: the path is passed as a C string and not kept, and `stat` fills in the status.
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
