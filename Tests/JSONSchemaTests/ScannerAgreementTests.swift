import JSONDocument
import JSONSchema
import TestSupport
import Testing

/// What the scanner takes straight from the text must be what parser and general program say, to the value.
struct ScannerAgreementTests {
    @Test(
        "a record that the scanner takes is valid, and its values are the document's", arguments: [UInt64(1), 2, 3, 4])
    func agreement(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var takenCount = 0
        var valueCount = 0
        for _ in 0..<300 {
            let text = RandomRecords.schema(&random)
            let schema = try CompiledSchema(JSONTree(parsing: text), assertsFormat: true)
            let fields = RandomRecords.names.map { JSONPointer([$0]) }
            var absent: [JSONPointer: [JSONTree]] = [:]
            for name in RandomRecords.names where random.chance(1, in: 6) {
                absent[JSONPointer([name])] = [try JSONTree(parsing: RandomRecords.value(&random))]
            }
            var scanner = RecordScanner(RecordSchema(schema, fields: fields, absent: absent))
            var general = RecordValidator(RecordSchema(schema, fields: fields, absent: absent).withoutFlatPath)
            let suitable = try Self.suitableValues(&general)
            for _ in 0..<60 {
                let record = Self.record(&random, suitable)
                guard let scanned = Self.scan(record, &scanner, fields.count, &random) else { continue }
                takenCount += 1
                valueCount += scanned.count
                let failure = Self.disagreement(scanned, record, &general)
                #expect(failure == nil, "\(failure ?? ""): \(String(decoding: record, as: UTF8.self)) by \(text)")
            }
        }
        print("Scanner of seed \(seed): \(takenCount) records taken with \(valueCount) values")
        #expect(takenCount > 200)
        #expect(valueCount > 300)
    }

    private static let plainValues = RandomRecords.values.filter { !$0.hasPrefix("{") && !$0.hasPrefix("[") }

    private static let plainestValues: Set<String> = [
        "0", "1", "-1", "5", "5.0", "5.5", "6", "-0.5", "0.3", "1.000001", "10.776889", "2147483647", "true", "false",
        "null", "\"\"", "\"a\"", "\"ab\"", "\"5G\"", "\"12345\"", "\"-\"", "\"2026-11-21T08:00:00Z\"",
    ]

    /// For each name the plain values that no rule of its own forbids.
    private static func suitableValues(_ validator: inout RecordValidator) throws -> [String: [String]] {
        var suitable: [String: [String]] = [:]
        for name in RandomRecords.names {
            for value in plainValues {
                var parser = JSONParser()
                let document = try parser.parse("{\"\(name)\":\(value)}")
                var storage = [UInt32](repeating: 0, count: validator.schema.fields.count)
                var slots = storage.mutableSpan
                let isValid = validator.validate(document, slots: &slots).isValid
                // A violation of the whole is that another member is missing.
                guard isValid || validator.violation(in: document).instance.tokens.isEmpty else { continue }
                suitable[name, default: []].append(value)
            }
        }
        return suitable
    }

    /// A record of plain values in any white space, in one case of four with a byte that is another one.
    private static func record(_ random: inout SeededRandom, _ suitable: [String: [String]]) -> [UInt8] {
        func space() -> String { ["", "", "", " ", "\n", "\t \r"].randomElement(using: &random) ?? "" }
        var text = space() + "{" + space()
        let count = Int.random(in: 0...6, using: &random)
        for (position, name) in RandomRecords.names.shuffled(using: &random).prefix(count).enumerated() {
            if position > 0 { text += "," + space() }
            // Most are of the plainest kind, or hardly any record would be taken as a whole.
            let suitable = suitable[name] ?? plainValues
            let plainest = suitable.filter(plainestValues.contains)
            var value = RandomRecords.pick(plainest.isEmpty || random.chance(1, in: 10) ? suitable : plainest, &random)
            if random.chance(1, in: 12) { value = number(&random) }
            text += "\"\(name)\"" + space() + ":" + space() + value + space()
        }
        var bytes = Array((text + "}" + space()).utf8)
        if random.chance(1, in: 4), let index = bytes.indices.randomElement(using: &random) {
            bytes[index] = Array("0123456789.eE+-\"\\{}[]:, \nntf\u{1}".utf8).randomElement(using: &random) ?? 0x80
        }
        return bytes
    }

    private static func number(_ random: inout SeededRandom) -> String {
        let digits = Int64.random(in: -99_999_999_999...99_999_999_999, using: &random)
        let scale = Int.random(in: 0...11, using: &random)
        let text = String(digits.magnitude)
        guard scale > 0, scale < text.count else { return String(digits) }
        return (digits < 0 ? "-" : "") + "\(text.dropLast(scale)).\(text.suffix(scale))"
    }

    private struct Scanned {
        let values: [ScannedValue]
        let buffer: [UInt8]
        var count: Int { values.count }
    }

    /// What lies behind the text must not matter, so it is something else each time.
    private static func scan(
        _ record: [UInt8], _ scanner: inout RecordScanner, _ fieldCount: Int, _ random: inout SeededRandom
    ) -> Scanned? {
        let fill = Array("}\",0 \u{0}a".utf8).randomElement(using: &random) ?? 0
        let buffer = record + [UInt8](repeating: fill, count: RecordScanner.paddingByteCount)
        var values = [ScannedValue](repeating: .nothing, count: fieldCount)
        var span = values.mutableSpan
        // Safe: every byte of the array is initialized.
        let count = unsafe scanner.scan(buffer.span.bytes, 0..<record.count, into: &span)
        guard let count else { return nil }
        return Scanned(values: Array(values.prefix(count)), buffer: buffer)
    }

    /// What the general program says that the scanner does not; nil when they agree.
    private static func disagreement(_ scanned: Scanned, _ record: [UInt8], _ general: inout RecordValidator) -> String?
    {
        var parser = JSONParser()
        do throws(JSONParseError) {
            let document = try parser.parse(record)
            var storage = [UInt32](repeating: 0, count: general.schema.fields.count)
            var slots = storage.mutableSpan
            let outcome = general.validate(document, slots: &slots)
            guard outcome.isValid else { return general.violation(in: document).sentence }
            guard outcome.extraMemberCount == 0 else { return "there are members that are no fields" }
            guard storage.count(where: { $0 > 0 }) == scanned.count else { return "there are other fields" }
            for value in scanned.values {
                let index = Int(storage[Int(value.slot)])
                guard index > 0, isSame(value, scanned.buffer, document, index) else {
                    return "field \(value.slot) has another value"
                }
            }
            return nil
        } catch {
            return error.sentence
        }
    }

    private static func isSame(_ value: ScannedValue, _ buffer: [UInt8], _ document: JSONDocument, _ index: Int) -> Bool
    {
        switch value.kind {
        case .number:
            // The parser reads the same decimal, rounded once.
            return document.number(at: index) == Double("\(value.word)e-\(value.places)")
        case .string:
            let start = Int(value.word)
            return document.string(at: index)
                == String(decoding: buffer[start..<(start + Int(value.byteCount))], as: UTF8.self)
        case .time: return RFC3339.microseconds(document.stringBytes(at: index)) == value.word
        case .boolean: return document.bool(at: index) == (value.word == 1)
        }
    }
}
