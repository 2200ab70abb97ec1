import DurableFiles
import JSONDocument
import Telemetry
import TestSupport
import Testing

@testable import JSONSchema
@testable import Streams

/// The short way for plain readings must decide as the document does, cell by cell.
struct PlainReadingTests {
    private static let arrival = "2026-11-21T08:01:00Z"

    private static let numbers = [
        "0", "-0", "0.0", "-0.0", "1", "-1", "-95", "-95.0", "-95.5", "-95.05", "-11.5", "13.50", "007", "1.", ".5",
        "1e2", "1E-2", "-", "--1", "+1", "10.776889", "106.7008061234", "106.70080612345678", "-200", "-200.0", "-204",
        "2147483647", "2147483648", "9223372036854775807", "9007199254740991", "9007199254740992", "123456789012345",
        "1234567890123456", "12345678901234567", "0.1", "0.15", "0.25", "0.05", "1.25", "1.35", "0.000001",
        "0.0000005", "0.00000049999", "89.9999995", "90", "90.0000001", "99999999.99", "0.3", "12345678.12345678",
        "1x", "1 2", "1,", "12345678", "1234567.8", "100.000000000000",
    ]
    private static let strings = [
        "", "a", "hcm-cov-00412", "45204", "5G", "4G", "6G", "none", "2026-11-21T08:00:00Z", "2026-11-21T08:00:00.123Z",
        "2026-11-21T15:00:00+07:00", "2026-11-21T08:00:00", "2026-13-21T08:00:00Z", "2016-12-31T23:59:60Z",
        "2020-01-01T00:00:00Z", "é", "a\\\"b", "a\\\\", "\\u0041", "tab\there", "26740", "2674", "267401", "x/y",
        "1234567", "12345678", "123456789", "a string of more than sixteen bytes", "\u{7F}",
    ]
    private static let others = ["null", "true", "false", "nul", "truest", "[]", "{}", "[1]", "{\"a\":1}", ""]

    @Test("agrees with the document on readings made of the schema's members", arguments: [UInt64(1), 2, 3, 4])
    func agreement(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var (plainCount, storedCount) = (0, 0)
        for plan in try StreamCatalog.load(shippedStreams).streams {
            var scanner = RecordScanner(plan.schema)
            for _ in 0..<300 {
                let text = Self.reading(plan, &random)
                if Self.isPlain(text, plan, &scanner) { plainCount += 1 }
                storedCount += try Self.compare(Array(text.utf8), plan)
            }
        }
        #expect(plainCount > 300)
        #expect(storedCount >= plainCount)
    }

    @Test("agrees with the document on damaged examples", arguments: [UInt64(11), 12])
    func damage(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let store = SystemFileStore()
        for plan in try StreamCatalog.load(shippedStreams).streams {
            let folder = "\(shippedStreams)/\(plan.name)/examples/valid"
            for name in try store.list(folder) {
                let whole = try store.read("\(folder)/\(name)")
                for _ in 0..<60 {
                    var bytes = whole
                    for _ in 0..<Int.random(in: 0...2, using: &random) where !bytes.isEmpty {
                        let place = Int.random(in: 0..<bytes.count, using: &random)
                        switch Int.random(in: 0..<4, using: &random) {
                        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                        case 1: bytes.remove(at: place)
                        case 2: bytes.insert(UInt8(ascii: " "), at: place)
                        default: bytes.removeLast(bytes.count - place)
                        }
                    }
                    _ = try Self.compare(bytes, plan)
                }
            }
        }
    }

    @Test("takes the coverage reading of the benchmark, and with spaces")
    func takesThem() throws {
        let plan = try #require(try StreamCatalog.load(shippedStreams).stream(named: "coverage"))
        var scanner = RecordScanner(plan.schema)
        let reading = #"{"ts":"2026-11-21T08:00:00.123Z","device":"d","seq":18234,"lat":10.776889,"lon":106.700806}"#
        for text in [reading, reading.replacing(":", by: ": ").replacing(",", by: ", ") + "\n"] {
            let isPlain = Self.isPlain(text.replacing("08: 00: 00", by: "08:00:00"), plan, &scanner)
            #expect(isPlain, "\(text)")
        }
    }

    /// Decodes both ways; returns how many readings were good.
    private static func compare(_ payload: [UInt8], _ plan: StreamPlan) throws -> Int {
        let expected = decode(payload, plan, arrival: arrival, scansPlainReadings: false)
        let found = decode(payload, plan, arrival: arrival)
        #expect(found == expected, "\(String(decoding: payload, as: UTF8.self))")
        return expected.count { $0.refusal == nil }
    }

    private static func isPlain(_ text: String, _ plan: StreamPlan, _ scanner: inout RecordScanner) -> Bool {
        let padded = Array(text.utf8) + [UInt8](repeating: UInt8(ascii: "}"), count: RecordScanner.paddingByteCount)
        var values = [ScannedValue](repeating: .nothing, count: plan.newestVersion.cells.count)
        var span = values.mutableSpan
        // Safe: every byte of the array is initialized.
        return unsafe scanner.scan(padded.span.bytes, 0..<text.utf8.count, into: &span) != nil
    }

    /// A reading that took in mostly what left it good.
    private static func reading(_ plan: StreamPlan, _ random: inout SeededRandom) -> String {
        let required = plan.properties.filter(\.isRequired).map(\.column)
        let others = plan.properties.indices.filter { !required.contains($0) && random.chance(1, in: 3) }
        let order = random.chance(1, in: 2) ? required + others : (required + others).shuffled(using: &random)
        let separator = random.chance(1, in: 10) ? " ,\n" : ","
        let isGrown = random.chance(5, in: 6)
        var members = required.map { member($0, plan, &random) }
        for _ in 0..<8 where isGrown && !isGood(members, plan) { members = required.map { member($0, plan, &random) } }
        for index in order where !required.contains(index) {
            for _ in 0..<4 {
                let grown = members + [member(index, plan, &random)]
                guard !isGrown || isGood(grown, plan) else { continue }
                members = grown
                break
            }
        }
        if random.chance(1, in: 50), let first = members.first { members.append(first) }
        return "{" + members.joined(separator: separator) + "}"
    }

    private static func isGood(_ members: [String], _ plan: StreamPlan) -> Bool {
        let payload = Array(("{" + members.joined(separator: ",") + "}").utf8)
        return decode(payload, plan, arrival: arrival, scansPlainReadings: false).allSatisfy { $0.refusal == nil }
    }

    private static func member(_ index: Int, _ plan: StreamPlan, _ random: inout SeededRandom) -> String {
        let cell = plan.newestVersion.cells[index]
        var value = quoted(strings, &random)
        if index == plan.timeColumn, random.chance(9, in: 10) {
            value = "\"2026-11-21T08:00:0\(Int.random(in: 0...9, using: &random)).5Z\""
        } else if random.chance(1, in: 15) {
            value = pick(Self.others + numbers, &random)
        } else if cell.rule.isNumeric {
            value = random.chance(1, in: 2) ? pick(numbers, &random) : String(Int.random(in: -99...99, using: &random))
        }
        return
            "\"\(random.chance(1, in: 200) ? "other" : plan.properties[index].name)\":\(random.chance(1, in: 10) ? " " : "")\(value)"
    }

    private static func quoted(_ list: [String], _ random: inout SeededRandom) -> String {
        "\"\(pick(list, &random))\""
    }

    private static func pick(_ list: [String], _ random: inout SeededRandom) -> String {
        list[Int.random(in: 0..<list.count, using: &random)]
    }
}

extension String {
    fileprivate func replacing(_ part: String, by other: String) -> String {
        var rest = self[...]
        var result = ""
        while let range = rest.firstRange(of: part) {
            result += rest[..<range.lowerBound] + other
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}
