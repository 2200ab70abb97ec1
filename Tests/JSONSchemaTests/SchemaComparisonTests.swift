import JSONDocument
import TestSupport
import Testing

@testable import JSONSchema

struct SchemaComparisonTests {
    private static func schema(_ text: String) throws -> CompiledSchema {
        try CompiledSchema(JSONTree(parsing: text), assertsFormat: true)
    }

    private static func record(_ properties: String, _ rest: String = "") throws -> CompiledSchema {
        try schema(##"{"type":"object","properties":{\##(properties)}\##(rest)}"##)
    }

    @Test(
        "a change of a field is called what it is, with the limits named",
        arguments: [
            ("\"minimum\":0", "\"minimum\":-5", .backward, "minimum 0 becomes -5"),
            ("\"minimum\":0", "\"minimum\":5", .forward, "minimum 0 becomes 5"),
            ("\"minimum\":0", "\"exclusiveMinimum\":0", .forward, "minimum 0 becomes above 0"),
            ("\"minimum\":0,\"maximum\":9", "\"minimum\":1,\"maximum\":10", .breaking, "maximum 9 becomes 10"),
            ("\"type\":\"integer\"", "\"type\":\"number\"", .backward, "type integer becomes number"),
            ("\"type\":\"number\"", "\"type\":[\"number\",\"null\"]", .backward, "type number becomes number or null"),
            ("\"type\":\"string\"", "\"type\":\"number\"", .breaking, "type string becomes number"),
            ("\"enum\":[\"4G\"]", "\"enum\":[\"4G\",\"5G\"]", .backward, "enum [\"4G\"] becomes [\"4G\", \"5G\"]"),
            ("\"type\":\"string\"", "\"enum\":[\"a\"]", .forward, "enum [\"a\"] is new"),
            ("\"enum\":[1,2]", "\"type\":\"integer\",\"maximum\":5", .backward, "enum [1, 2] is gone"),
            ("\"enum\":[1,7]", "\"type\":\"integer\",\"maximum\":5", .breaking, "maximum 5 is new"),
            ("\"multipleOf\":0.1", "\"multipleOf\":0.01", .backward, "multipleOf 0.1 becomes 0.01"),
            ("\"multipleOf\":0.3", "\"multipleOf\":0.2", .breaking, "multipleOf 0.3 becomes 0.2"),
            (
                "\"type\":\"integer\"", "\"type\":\"integer\",\"multipleOf\":0.5", nil, ""
            ),
            ("\"maxLength\":5", "\"maxLength\":9", .backward, "maxLength 5 becomes 9"),
            ("\"format\":\"date\"", "\"format\":\"date-time\"", .breaking, "format date becomes date-time"),
            ("\"type\":\"string\"", "\"type\":\"string\",\"pattern\":\"^a\"", .forward, "pattern ^a is new"),
            (
                "\"type\":\"integer\",\"exclusiveMinimum\":4", "\"type\":\"integer\",\"minimum\":5", nil, ""
            ),
            ("\"items\":{\"maximum\":5}", "\"items\":{\"maximum\":6}", .backward, "'items' differs"),
            ("\"title\":\"a\"", "\"title\":\"b\"", nil, ""),
        ] as [(String, String, SchemaComparison.Compatibility?, String)])
    func fields(old: String, new: String, expected: SchemaComparison.Compatibility?, text: String) throws {
        let comparison = SchemaComparison(
            from: try Self.record("\"x\":{\(old)}"), to: try Self.record("\"x\":{\(new)}"))
        guard let expected else {
            #expect(comparison.differences.isEmpty)
            #expect(comparison.compatibility == .full)
            return
        }
        let difference = try #require(comparison.differences.first)
        #expect(comparison.differences.count == 1)
        #expect(difference.field.description == "/x")
        #expect(difference.compatibility == expected)
        #expect(difference.sentence.contains(text), "\(difference.sentence)")
        #expect(comparison.compatibility == expected)
    }

    @Test("fields that come, go, or become required")
    func presence() throws {
        let old = try Self.record("\"a\":{\"type\":\"string\"}")
        let wide = try Self.record("\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"integer\"}")
        // Old documents could have anything under this name.
        #expect(SchemaComparison(from: old, to: wide).compatibility == .forward)
        let closed = try Self.record("\"a\":{\"type\":\"string\"}", ",\"additionalProperties\":false")
        let closedWide = try Self.record(
            "\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"integer\"}", ",\"additionalProperties\":false")
        let added = SchemaComparison(from: closed, to: closedWide)
        #expect(added.compatibility == .backward)
        #expect(added.differences.map(\.field.description) == ["/b"])
        #expect(added.differences[0].sentence.contains("is new"))
        #expect(SchemaComparison(from: closedWide, to: closed).compatibility == .forward)
        let required = SchemaComparison(
            from: old, to: try Self.record("\"a\":{\"type\":\"string\"}", ",\"required\":[\"a\"]"))
        #expect(required.differences.map(\.keywords) == [["required"]])
        #expect(required.compatibility == .forward)
        #expect(required.differences[0].sentence.hasPrefix("becomes required: some of what was valid no longer is"))
        let dependent = SchemaComparison(
            from: old, to: try Self.record("\"a\":{\"type\":\"string\"}", ",\"dependentRequired\":{\"u\":[\"a\"]}"))
        #expect(dependent.compatibility == .forward)
        #expect(dependent.differences.map(\.field.description) == ["/u"])
        let both = SchemaComparison(from: closed, to: try Self.record("", ",\"required\":[\"c\"]"))
        #expect(both.compatibility == .breaking)
    }

    @Test("what cannot be decided is breaking, and said so")
    func undecided() throws {
        let old = try Self.record("\"x\":{\"anyOf\":[{\"minimum\":5},{\"type\":\"string\"}]}")
        let new = try Self.record("\"x\":{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":5}]}")
        let comparison = SchemaComparison(from: old, to: new)
        #expect(comparison.compatibility == .breaking)
        #expect(comparison.differences.map(\.isDecided) == [false])
        #expect(comparison.differences[0].sentence.contains("cannot be decided"))
        #expect(comparison.sentence.contains("/x"))
        #expect(SchemaComparison(from: old, to: old).compatibility == .full)
        let dynamic = try Self.schema(##"{"$dynamicAnchor":"a","properties":{"x":{"$dynamicRef":"#a"}}}"##)
        #expect(SchemaComparison(from: dynamic, to: dynamic).compatibility == .full)
        let patterns = ["^a+$", "^a*$"].map { "\"x\":{\"type\":\"string\",\"pattern\":\"\($0)\"}" }
        let changed = SchemaComparison(from: try Self.record(patterns[0]), to: try Self.record(patterns[1]))
        #expect(changed.compatibility == .breaking)
        #expect(changed.differences.map(\.isDecided) == [false])
    }

    @Test("another unit is another meaning; records inside are compared member by member")
    func meaningAndNesting() throws {
        let old = try Self.record("\"p\":{\"type\":\"object\",\"properties\":{\"v\":{\"unit\":\"m\",\"maximum\":5}}}")
        let new = try Self.record("\"p\":{\"type\":\"object\",\"properties\":{\"v\":{\"unit\":\"km\",\"maximum\":9}}}")
        let plain = SchemaComparison(from: old, to: new)
        #expect(plain.compatibility == .backward)
        #expect(plain.differences.map(\.field.description) == ["/p/v"])
        let meaning = SchemaComparison(from: old, to: new, meanings: ["unit"])
        #expect(meaning.compatibility == .breaking)
        #expect(meaning.differences[0].sentence.contains("the unit \"m\" becomes \"km\""))
        #expect(meaning.differences[0].isDecided)
    }

    @Test("no document contradicts what a comparison says", arguments: [UInt64(1), 2, 3, 4])
    func soundness(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var found: [SchemaComparison.Compatibility: Int] = [:]
        var contradictableCount = 0
        for _ in 0..<400 {
            let oldText = RandomRecords.schema(&random)
            let newText = random.chance(1, in: 8) ? RandomRecords.schema(&random) : Self.changed(oldText, &random)
            let (old, new) = (try Self.schema(oldText), try Self.schema(newText))
            let comparison = SchemaComparison(from: old, to: new)
            found[comparison.compatibility, default: 0] += 1
            guard comparison.compatibility != .breaking else { continue }
            var oldValidator = SchemaValidator(old)
            var newValidator = SchemaValidator(new)
            for _ in 0..<60 {
                let record = RandomRecords.record(&random)
                guard Self.hasDistinctNames(record) else { continue }
                var parser = JSONParser()
                let document = try parser.parse(record)
                let (wasValid, isValid) = (oldValidator.isValid(document), newValidator.isValid(document))
                if wasValid != isValid { contradictableCount += 1 }
                let isKept =
                    (!wasValid || isValid || !comparison.compatibility.isBackward)
                    && (!isValid || wasValid || !comparison.compatibility.isForward)
                #expect(isKept, "\(comparison.compatibility): \(record) from \(oldText) to \(newText)")
            }
        }
        print("Comparisons of seed \(seed): \(found), \(contradictableCount) documents told the schemas apart")
        for compatibility in SchemaComparison.Compatibility.allCases { #expect(found[compatibility, default: 0] > 10) }
        #expect(contradictableCount > 100)
    }

    private static func hasDistinctNames(_ record: String) -> Bool {
        (try? JSONTree(parsing: record)) != nil
    }

    /// The schema with one or two keywords that are others, more or fewer.
    private static func changed(_ text: String, _ random: inout SeededRandom) -> String {
        guard let tree = try? JSONTree(parsing: text), case .object(var keywords) = tree else { return text }
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            let index = Int.random(in: 0..<keywords.count, using: &random)
            guard keywords[index].name == "properties", case .object(var members) = keywords[index].value,
                let position = members.indices.randomElement(using: &random)
            else {
                if keywords[index].name != "type", keywords[index].name != "$defs" { keywords.remove(at: index) }
                continue
            }
            let name = members[position].name
            switch Int.random(in: 0..<4, using: &random) {
            case 0: members.remove(at: position)
            case 1: members[position] = JSONTree.Member(name: name, value: other(&random))
            default: members[position] = JSONTree.Member(name: name, value: nudged(members[position].value, &random))
            }
            keywords[index] = JSONTree.Member(name: "properties", value: .object(members))
        }
        return JSONTree.object(keywords).text
    }

    private static func other(_ random: inout SeededRandom) -> JSONTree {
        (try? JSONTree(parsing: RandomRecords.member(&random))) ?? .bool(true)
    }

    /// A field's schema without one of its keywords, or with another value of it.
    private static func nudged(_ tree: JSONTree, _ random: inout SeededRandom) -> JSONTree {
        guard case .object(var keywords) = tree, let index = keywords.indices.randomElement(using: &random) else {
            return other(&random)
        }
        let keyword = keywords[index]
        if random.chance(1, in: 3), case .object(let others) = other(&random) {
            for member in others where !keywords.contains(where: { $0.name == member.name }) { keywords.append(member) }
            return .object(keywords)
        }
        switch keyword.value {
        case .integer(let value) where value > 0 && value < 1000:
            keywords[index] = JSONTree.Member(name: keyword.name, value: .integer(value + 1))
        case .double(let value) where keyword.name != "multipleOf":
            keywords[index] = JSONTree.Member(name: keyword.name, value: .double(value * 2))
        default: keywords.remove(at: index)
        }
        return .object(keywords)
    }
}
