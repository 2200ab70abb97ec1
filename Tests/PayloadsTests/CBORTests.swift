import JSONDocument
import Telemetry
import TestSupport
import Testing

@testable import Payloads

@Suite("CBOR payloads")
struct CBORTests {
    @Test("every example of RFC 8949, appendix A, is written as the JSON it stands for", arguments: cborVectors)
    func vectors(hex: String, json: String) throws {
        // In an array of arrays: the item is a member of the record then, and its refusal has a place.
        let outcome = read("8181" + hex)
        if json.hasPrefix("!") {
            #expect(outcome == [json + " /0/0"])
        } else {
            let text = try #require(outcome.first)
            #expect(try JSONTree(parsing: text) == JSONTree(parsing: "[\(json)]"))
        }
    }

    @Test("every example of RFC 8949, appendix F, is refused as a whole", arguments: malformedCBOR)
    func malformed(hex: String) {
        // Within an array, too; a break alone would end it.
        for prefix in ["", "9f", "a100"] where prefix + hex != "9fff" {
            var reader = PayloadReader(format: .cbor)
            let records = reader.records(of: bytes(prefix + hex))
            #expect(records.records.count == 1)
            let refusal = records.records.first?.refusal
            #expect(refusal?.reason == .notCBOR || refusal?.reason == .truncated)
            #expect(refusal?.byteOffset != nil)
        }
    }

    @Test("a map is a record, and each map of an array; a bad one leaves the good ones")
    func records() {
        #expect(read("a16161f93c00") == [#"{"a":1.0}"#])
        #expect(read("d9d9f7a1616101") == [#"{"a":1}"#])
        let outcome = read("d9d9f785" + "a1616101" + "a16161f97e00" + "a261610161610a" + "a16161 62c328" + "9f02ff")
        let expected = [
            #"{"a":1}"#, "!number-out-of-range /1/a", "!duplicate-key /2/a", "!invalid-utf8 /3/a", "[2]",
        ]
        #expect(outcome == expected)
    }

    @Test("a refusal says where: byte and pointer, with names escaped")
    func places() {
        var reader = PayloadReader(format: .cbor)
        let refusal = reader.records(of: bytes("a2 6161 01 63612f7e 82 01 fb7ff8000000000000")).records.first?.refusal
        #expect(refusal?.pointer == "/a~1~0/1")
        #expect(refusal?.byteOffset == 10)
    }

    @Test(
        "tags make numbers and times, and tell how bytes are written",
        arguments: [
            ("c48221196ab3", "273.15"), ("c4821903e801", "!number-out-of-range"), ("c4820203", "300"),
            ("c4823802 1903e8", "1.000"), ("c4821464 00010203", "!type"), ("c482182803", "3e40"),
            ("c4823803 0c", "0.0012"), ("c4822020", "-0.1"), ("c5822003", "1.5"),
            ("c582391fff01", "!number-out-of-range"), ("c5823b7fffffffffffffff03", "!number-out-of-range"),
            ("c5821b7fffffffffffffff03", "!number-out-of-range"), ("c4823b7fffffffffffffff03", "!number-out-of-range"),
            ("c24102", "2"), ("c34102", "-3"), ("c2420000", "0"), ("c249ffffffffffffffffff", "!number-out-of-range"),
            ("c48221c2421000", "40.96"), ("3b7fffffffffffffff", "-9223372036854775808"),
            ("c101", "\"1970-01-01T00:00:01Z\""), ("c120", "\"1969-12-31T23:59:59Z\""),
            ("c1f93e00", "\"1970-01-01T00:00:01.500Z\""), ("c11bffffffffffffffff", "!number-out-of-range"),
            ("c1fb7ff8000000000000", "!number-out-of-range"), ("c16161", "!type"), ("c001", "!type"),
            ("d543fbff01", "\"-_8B\""), ("d643fbff01", "\"+/8B\""), ("d642fbff", "\"+/8=\""), ("d742fbff", "\"FBFF\""),
            ("d6a2616141ff61628141fe", #"{"a":"/w==","b":["/g=="]}"#), ("d81843820102", "[1,2]"),
            ("d8184182", "!truncated"), ("d818420102", "!not-cbor"), ("d81801", "!type"), ("d8185f41 01ff", "!type"),
            ("fa4144cccd", "12.3"), ("fa42d56000", "106.6875"), ("d9d9f7d9d9f705", "5"),
        ])
    func tags(hex: String, json: String) throws {
        let outcome = read("8181" + hex)
        if json.hasPrefix("!") {
            #expect(outcome.first?.hasPrefix(json) == true)
        } else {
            #expect(outcome == ["[\(json)]"])
        }
    }

    @Test("bombs are refused: depth of arrays, maps and tags, counts and lengths beyond the payload")
    func bombs() {
        #expect(read(String(repeating: "81", count: 100) + "00") == ["!too-deep "])
        #expect(read(String(repeating: "a100", count: 100) + "00") == ["!too-deep "])
        #expect(read(String(repeating: "c1", count: 10_000) + "00") == ["!too-deep "])
        #expect(read("9b7fffffffffffffff") == ["!truncated "])
        #expect(read("bbffffffffffffffff00") == ["!truncated "])
        #expect(read("7b7fffffffffffffff61") == ["!truncated "])
        // Each embedded item holds the next one.
        var nested = [UInt8](bytes("00"))
        for _ in 0..<100 { nested = bytes("d8185a") + bigEndian(UInt32(nested.count)) + nested }
        var reader = PayloadReader(format: .cbor)
        #expect(reader.records(of: nested).outcomes == ["!too-deep "])
    }

    @Test("a map of many keys is checked for a repeated one without comparing each with each")
    func manyKeys() {
        var payload = bytes("ba") + bigEndian(UInt32(40_000))
        for key in 0..<UInt32(39_999) { payload += bytes("1a") + bigEndian(key) + [0] }
        payload += bytes("1a") + bigEndian(UInt32(17)) + [0]
        var reader = PayloadReader(format: .cbor)
        let clock = ContinuousClock()
        let duration = clock.measure {
            #expect(reader.records(of: payload).outcomes == ["!duplicate-key /17"])
        }
        #expect(duration < .seconds(2))
    }

    @Test("bytes behind the item are refused with their place")
    func trailing() {
        var reader = PayloadReader(format: .cbor)
        let refusal = reader.records(of: bytes("a16161 01 00")).records.first?.refusal
        #expect(refusal?.reason == .notCBOR)
        #expect(refusal?.byteOffset == 4)
    }

    @Test("random values read back as they were", arguments: [UInt64(1), 2, 3, 4])
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var reader = PayloadReader(format: .cbor)
        for _ in 0..<2000 {
            let tree = randomTree(depth: 0, &random)
            var payload: [UInt8] = [0x81]
            encode(tree, into: &payload, &random)
            let records = reader.records(of: payload)
            let text = try #require(records.outcomes.first)
            #expect(try JSONTree(parsing: text) == tree, "seed \(seed): \(hexadecimal(payload))")
        }
    }

    private func read(_ hex: String) -> [String] {
        var reader = PayloadReader(format: .cbor)
        return reader.records(of: bytes(hex)).outcomes
    }

    private func bigEndian(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    private func randomTree(depth: Int, _ random: inout SeededRandom) -> JSONTree {
        switch Int.random(in: 0..<(depth < 4 ? 9 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2:
            let shift = Int.random(in: 0..<64, using: &random)
            return .integer(Int64.random(in: .min ... .max, using: &random) >> Int64(shift))
        case 3: return .unsigned(UInt64.random(in: 1 << 63 ... .max, using: &random))
        case 4:
            let value = Double(bitPattern: UInt64.random(in: 0 ... .max, using: &random))
            return .double(value.isFinite ? value : 0.5)
        case 5:
            let letters = ["a", "\"", "\\", "\n", "\u{1}", "ế", "水", "🙂"]
            let count = Int.random(in: 0..<30, using: &random)
            return .string((0..<count).map { _ in letters.randomElement(using: &random) ?? "" }.joined())
        case 6, 7:
            return .array(
                (0..<Int.random(in: 0..<5, using: &random)).map { _ in randomTree(depth: depth + 1, &random) })
        default:
            let count = Int.random(in: 0..<30, using: &random)
            return .object(
                (0..<count).map { .init(name: "k\($0)", value: randomTree(depth: depth + 1, &random)) })
        }
    }

    /// Encodes with heads of any allowed length, and lengths of both kinds.
    private func encode(_ tree: JSONTree, into bytes: inout [UInt8], _ random: inout SeededRandom) {
        func head(_ major: UInt8, _ argument: UInt64) {
            var lengths = [1, 2, 4, 8].filter { $0 == 8 || argument < 1 << (8 * UInt64($0)) }
            if argument < 24 { lengths.append(0) }
            let length = lengths.randomElement(using: &random) ?? 8
            guard length > 0 else { return bytes.append(major << 5 | UInt8(argument)) }
            bytes.append(major << 5 | UInt8([1: 24, 2: 25, 4: 26, 8: 27][length] ?? 27))
            for place in (0..<length).reversed() { bytes.append(UInt8(truncatingIfNeeded: argument >> (8 * place))) }
        }
        let isIndefinite = Bool.random(using: &random)
        func container(_ major: UInt8, _ count: Int) {
            if isIndefinite { bytes.append(major << 5 | 31) } else { head(major, UInt64(count)) }
        }
        switch tree {
        case .null: bytes.append(0xF6)
        case .bool(let value): bytes.append(value ? 0xF5 : 0xF4)
        case .integer(let value): value >= 0 ? head(0, UInt64(value)) : head(1, UInt64(-1 - value))
        case .unsigned(let value): head(0, value)
        case .double(let value):
            bytes.append(0xFB)
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(shift)))
            }
        case .string(let value):
            guard isIndefinite else {
                head(3, UInt64(value.utf8.count))
                return bytes.append(contentsOf: value.utf8)
            }
            bytes.append(0x7F)
            for character in value {
                head(3, UInt64(character.utf8.count))
                bytes.append(contentsOf: character.utf8)
            }
            bytes.append(0xFF)
        case .array(let elements):
            container(4, elements.count)
            for element in elements { encode(element, into: &bytes, &random) }
            if isIndefinite { bytes.append(0xFF) }
        case .object(let members):
            container(5, members.count)
            for member in members {
                encode(.string(member.name), into: &bytes, &random)
                encode(member.value, into: &bytes, &random)
            }
            if isIndefinite { bytes.append(0xFF) }
        }
    }
}
