import JSONDocument
import JSONSchema
import Testing

/// Schemas that take time exponential in the depth of the document or of themselves.
struct WorkBudgetTests {
    static func recursive(_ combination: String = "anyOf") -> String {
        let branch = ##"{"type":"object","properties":{"a":{"$ref":"#/$defs/n"}}}"##
        let node = ##"{"\##(combination)":[{"type":"integer"},\##(branch),\##(branch)]}"##
        return ##"{"$defs":{"n":\##(node)},"$ref":"#/$defs/n"}"##
    }

    /// Each of 40 levels applies the next one twice; the last one is `leaf`.
    static func doubling(_ leaf: String = #"{"type":"integer"}"#) -> String {
        let levels = (0..<40).map { level in
            let next = ##"{"$ref":"#/$defs/d\##(level + 1)"}"##
            return #""d\#(level)":{"allOf":[\#(next),\#(next)]}"#
        }
        return ##"{"$defs":{\##(levels.joined(separator: ",")),"d40":\##(leaf)},"$ref":"#/$defs/d0"}"##
    }

    static func nested(_ depth: Int, _ value: String = #""x""#) -> String {
        String(repeating: #"{"a":"#, count: depth) + value + String(repeating: "}", count: depth)
    }

    private static func violation(_ text: String, by schema: String) throws -> SchemaViolation? {
        var validator = SchemaValidator(try CompiledSchema(JSONTree(parsing: schema)))
        var parser = JSONParser()
        let violation = try validator.violation(in: parser.parse(text))
        // The next document has a budget of its own.
        _ = validator.isValid(try parser.parse("{}"))
        return violation
    }

    private static let letters = "\"" + String(repeating: "a", count: 100_000) + "\""
    private static let members = #"{"a":1,"# + (0..<1000).map { "\"m\($0)\":1" }.joined(separator: ",") + "}"
    private static let negated = ##"{"not":\##(recursive().replacing("#/", with: "#/not/"))}"##

    private static let costly: [(schema: String, text: String)] = [
        (recursive(), nested(60)), (recursive("oneOf"), nested(60)), (negated, nested(60)), (doubling(), "1"),
        (doubling(#"{"pattern":"^a*$"}"#), letters), (doubling(#"{"uniqueItems":true}"#), "[" + letters + "]"),
        (doubling(#"{"required":["a"]}"#), members), (doubling(#"{"maxProperties":9999}"#), members),
        (doubling(#"{"properties":{"a":{}}}"#), members),
    ]

    @Test("a document that takes too much work is undecided within a second", arguments: costly)
    func undecided(schema: String, text: String) throws {
        var violation: SchemaViolation?
        let time = try ContinuousClock().measure { violation = try Self.violation(text, by: schema) }
        #expect(time < .seconds(1))
        #expect(violation?.kind == .undecided)
        #expect(violation?.instance == JSONPointer())
        let sentence = violation?.sentence ?? ""
        #expect(sentence.hasPrefix("the document takes more than "))
        #expect(sentence.hasSuffix(" steps to check, the limit for its size, so whether it is valid was not decided"))
    }

    @Test("the same schemas decide documents that take less")
    func decided() throws {
        #expect(try Self.violation(Self.nested(12), by: Self.recursive())?.kind == .combination)
        #expect(try Self.violation(Self.nested(60, "1"), by: Self.recursive()) == nil)
    }

    @Test("the sentence names the limit: 262144, and 64 for each word of the document")
    func limit() throws {
        #expect(
            try Self.violation("1", by: Self.doubling())?.sentence
                == "the document takes more than 262272 steps to check, the limit for its size, so whether it is valid "
                + "was not decided")
    }

    @Test("long strings and large documents have a budget that grows with them")
    func large() throws {
        let letters = String(repeating: "a", count: 8 << 20)
        // 40 times 8 MiB: more than the budget for any value, less than for this one.
        let parts = Array(repeating: #"{"maxLength":9000000}"#, count: 40).joined(separator: ",")
        #expect(try Self.violation("\"\(letters)\"", by: #"{"allOf":[\#(parts)]}"#) == nil)
        let checks = Array(repeating: #"{"minimum":0}"#, count: 20).joined(separator: ",")
        let numbers = Array(repeating: "1", count: 100_000).joined(separator: ",")
        #expect(try Self.violation("[\(numbers)]", by: #"{"items":{"allOf":[\#(checks)]}}"#) == nil)
    }

    @Test("the flat and the general path agree around the limit, also where only a member takes the work")
    func agreement() throws {
        let head = Self.recursive().dropLast(##","$ref":"#/$defs/n"}"##.count)
        let plain = head + ##","type":"object","properties":{"v":{"$ref":"#/$defs/n"},"w":{}}}"##
        let inverse = head + ##","type":"object","properties":{"v":{"not":{"$ref":"#/$defs/n"}},"w":{}}}"##
        var kinds: Set<SchemaViolation.Kind?> = []
        for text in [plain, inverse] {
            let schema = try CompiledSchema(JSONTree(parsing: String(text)))
            let record = RecordSchema(schema, fields: [JSONPointer(["v"]), JSONPointer(["w"])])
            #expect(record.isFlat)
            var flat = RecordValidator(record)
            var general = RecordValidator(record.withoutFlatPath)
            for depth in 13..<18 {
                // Each number beside it moves the limit by 128 steps.
                for count in stride(from: 0, to: 1200, by: 150) {
                    let numbers = (0..<count).map(String.init).joined(separator: ",")
                    let text = #"{"w":[\#(numbers)],"v":\#(Self.nested(depth))}"#
                    let found = try Self.run(&flat, text)
                    #expect(try found == Self.run(&general, text), "depth \(depth), \(count) numbers")
                    kinds.insert(found.violation?.kind)
                }
            }
        }
        #expect(kinds == [nil, .combination, .undecided])
    }

    private struct Verdict: Equatable {
        let outcome: RecordOutcome
        let slots: [UInt32]
        let violation: SchemaViolation?
    }

    private static func run(_ validator: inout RecordValidator, _ text: String) throws -> Verdict {
        var parser = JSONParser()
        let document = try parser.parse(text)
        var storage = [UInt32](repeating: 0, count: 2)
        var slots = storage.mutableSpan
        let outcome = validator.validate(document, slots: &slots)
        guard outcome.isValid else {
            return Verdict(outcome: outcome, slots: [], violation: validator.violation(in: document))
        }
        return Verdict(outcome: outcome, slots: storage, violation: nil)
    }

    @Test("a member whose schema doubles itself compiles, and its record is undecided")
    func doublingMember() throws {
        let text = Self.doubling().replacing(##""$ref":"#/$defs/d0"}"##, with: "")
        let schema = try CompiledSchema(
            JSONTree(parsing: text + ##""type":"object","properties":{"v":{"$ref":"#/$defs/d0"}}}"##))
        let record = RecordSchema(schema, fields: [JSONPointer(["v"])])
        #expect(record.isFlat)
        var validator = RecordValidator(record)
        #expect(try Self.run(&validator, #"{"v":1}"#).violation?.kind == .undecided)
        #expect(try Self.run(&validator, #"{}"#).violation == nil)
    }
}
