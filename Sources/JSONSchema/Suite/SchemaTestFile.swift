package import JSONDocument

/// A file in the form of the official test suite (github.com/json-schema-org/JSON-Schema-Test-Suite): groups of a
/// schema with tests, each a document and whether it is valid.
package struct SchemaTestFile {
    /// What came of one test.
    package struct Result: Sendable {
        /// The descriptions of the group and of the test.
        package let name: String
        /// Whether the verdict is the one that the test expects.
        package let isPassed: Bool
        /// What was found, as a sentence without a full stop.
        package let finding: String

        /// A result, also of a test that a caller names otherwise.
        package init(name: String, isPassed: Bool, finding: String) {
            self.name = name
            self.isPassed = isPassed
            self.finding = finding
        }
    }

    /// Why a file is none of this form.
    package struct FormError: Error {
        /// What is missing and where.
        package let sentence: String
    }

    private struct Test {
        let name: String
        let data: [UInt8]
        let isValid: Bool
    }

    private struct Group {
        let name: String
        let schema: [UInt8]
        let tests: [Test]
    }

    private var groups: [Group] = []

    /// Reads a file.
    ///
    /// - Throws: ``FormError`` when it is not of the form.
    package init(_ text: [UInt8]) throws(FormError) {
        let slices = JSONSlices(text)
        guard let elements = slices.elements(slices.trimmed()) else {
            throw FormError(sentence: "the file is not a JSON array of groups")
        }
        for (position, element) in elements.enumerated() {
            guard let members = slices.members(element), let schema = members["schema"],
                let name = Self.string(members["description"], slices),
                let tests = members["tests"].flatMap({ slices.elements($0) })
            else {
                throw FormError(sentence: "group \(position + 1) has no description, schema or list of tests")
            }
            var group: [Test] = []
            for (number, test) in tests.enumerated() {
                guard let members = slices.members(test), let data = members["data"],
                    let testName = Self.string(members["description"], slices),
                    let valid = members["valid"].map({ slices[$0] }),
                    valid == Array("true".utf8) || valid == Array("false".utf8)
                else {
                    throw FormError(
                        sentence: "test \(number + 1) of '\(name)' has no description, data or true or false as valid")
                }
                group.append(Test(name: testName, data: slices[data], isValid: valid == Array("true".utf8)))
            }
            groups.append(Group(name: name, schema: slices[schema], tests: group))
        }
    }

    /// The number of tests.
    package var testCount: Int { groups.reduce(0) { $0 + $1.tests.count } }

    /// Runs every test.
    ///
    /// - Parameters:
    ///   - draft: the draft of schemas without `$schema`.
    ///   - documents: what remote references may lead to, by address.
    ///   - assertsFormat: whether a wrong `format` is an error.
    /// - Returns: a result for every test, also where its schema cannot be compiled.
    package func run(
        draft: SchemaDraft, documents: [String: JSONTree], assertsFormat: Bool
    ) -> [Result] {
        var results: [Result] = []
        for group in groups {
            do throws(Refusal) {
                let schema = try Self.compile(group.schema, draft, documents, assertsFormat)
                var validator = SchemaValidator(schema)
                var parser = JSONParser()
                for test in group.tests { results.append(Self.run(test, in: group, &validator, &parser)) }
            } catch {
                for test in group.tests {
                    results.append(
                        Result(name: "\(group.name): \(test.name)", isPassed: false, finding: error.sentence))
                }
            }
        }
        return results
    }

    private struct Refusal: Error {
        let sentence: String
    }

    private static func compile(
        _ text: [UInt8], _ draft: SchemaDraft, _ documents: [String: JSONTree], _ assertsFormat: Bool
    ) throws(Refusal) -> CompiledSchema {
        let tree: JSONTree
        do throws(JSONParseError) {
            tree = try JSONTree(parsing: text)
        } catch {
            throw Refusal(sentence: "the schema cannot be read: \(error)")
        }
        do throws(SchemaError) {
            return try CompiledSchema(tree, others: documents, draft: draft, assertsFormat: assertsFormat)
        } catch {
            throw Refusal(sentence: "the schema cannot be compiled: \(error)")
        }
    }

    private static func run(
        _ test: Test, in group: Group, _ validator: inout SchemaValidator, _ parser: inout JSONParser
    ) -> Result {
        let name = "\(group.name): \(test.name)"
        do throws(JSONParseError) {
            let document = try parser.parse(test.data)
            guard let violation = validator.violation(in: document) else {
                return Result(name: name, isPassed: test.isValid, finding: "found valid")
            }
            return Result(
                name: name, isPassed: !test.isValid && violation.kind != .undecided,
                finding: "found not valid by \(violation.schemaLocation): \(violation.sentence)")
        } catch {
            return Result(name: name, isPassed: false, finding: "the data cannot be read: \(error)")
        }
    }

    private static func string(_ range: Range<Int>?, _ slices: JSONSlices) -> String? {
        // What is no string is not of the form: the caller says what is missing.
        guard let range, case .string(let text)? = try? JSONTree(parsing: slices[range]) else { return nil }
        return text
    }
}
