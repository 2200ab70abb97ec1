import JSONDocument
import JSONSchema
import TestSupport
import Testing

/// The table of checks and the general program must never differ.
struct RecordAgreementTests {
    @Test(
        "the flat and the general path give the same verdict, slots and number of extra members",
        arguments: [UInt64(1), 2, 3, 4])
    func agreement(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var validCount = 0
        var invalidCount = 0
        for _ in 0..<150 {
            let text = RandomRecords.schema(&random)
            let schema = try CompiledSchema(JSONTree(parsing: text), assertsFormat: true)
            let fields = RandomRecords.names.filter { _ in random.chance(2, in: 3) }.map { JSONPointer([$0]) }
            var absent: [JSONPointer: [JSONTree]] = [:]
            for name in RandomRecords.names where random.chance(1, in: 4) {
                let values = try (0..<2).map { _ in try JSONTree(parsing: RandomRecords.value(&random)) }
                absent[JSONPointer([name])] = values
            }
            let flatSchema = RecordSchema(schema, fields: fields, absent: absent)
            #expect(flatSchema.isFlat)
            var flat = RecordValidator(flatSchema)
            var general = RecordValidator(
                RecordSchema(schema, fields: fields, absent: absent).withoutFlatPath)
            for _ in 0..<40 {
                let record = try random.chance(1, in: 2) ? RandomRecords.record(&random) : Self.grown(&random, &general)
                let expected = try Self.run(&general, record)
                let found = try Self.run(&flat, record)
                #expect(found == expected, "seed \(seed): \(record) by \(text), absent \(absent)")
                if expected.isEmpty { invalidCount += 1 } else { validCount += 1 }
            }
        }
        #expect(validCount > 500)
        #expect(invalidCount > 500)
    }

    /// The slots and the extra count; empty when the record is not valid.
    private static func run(_ validator: inout RecordValidator, _ record: String) throws -> [Int] {
        var parser = JSONParser()
        let document = try parser.parse(record)
        var storage = [UInt32](repeating: 0, count: validator.schema.fields.count)
        var slots = storage.mutableSpan
        let outcome = validator.validate(document, slots: &slots)
        guard outcome.isValid else {
            let sentence = validator.violation(in: document).sentence
            #expect(sentence != "the document is valid")
            return []
        }
        return storage.map(Int.init) + [outcome.extraMemberCount]
    }

    /// A record that took in only what left it valid, as far as that is possible.
    private static func grown(_ random: inout SeededRandom, _ validator: inout RecordValidator) throws -> String {
        var members: [String] = []
        for name in RandomRecords.names.shuffled(using: &random) {
            for _ in 0..<4 {
                let grown = members + ["\"\(name)\":\(RandomRecords.pick(RandomRecords.values, &random))"]
                guard try !run(&validator, "{" + grown.joined(separator: ",") + "}").isEmpty else { continue }
                members = grown
                break
            }
        }
        return "{" + members.joined(separator: ",") + "}"
    }
}
