import ArgumentParser
import Payloads
import Telemetry
import Testing

@testable import phusa

@Suite("decode")
struct DecodeTests {
    @Test("the excerpt shows the place in a long line with a caret under it")
    func excerpt() {
        let payload =
            "{\"filler\":\"\(String(repeating: "x", count: 300))\",\"rsrp\":42,\"more\":\"\(String(repeating: "y", count: 300))\"}"
        let refusal = Refusal(.range, pointer: "/rsrp", sentence: "too high")
        let lines = RefusalText(refusal, payload: Array(payload.utf8)).lines(source: "f", width: 80, isColoured: false)
        #expect(lines[0] == "f: refused, range at /rsrp, line 1, column 314")
        #expect(lines[1] == "  too high")
        let caret = lines[3].firstIndex(of: "^").map { lines[3].distance(from: lines[3].startIndex, to: $0) }
        let place = lines[2].count - (lines[2].split(separator: ",\"rsrp\"", maxSplits: 1).last?.count ?? 0) - 6
        #expect(caret != nil && caret == place)
        #expect(lines.allSatisfy { $0.count <= 80 })
    }

    @Test("the caret stands on the byte where reading stopped, on its own line")
    func byteOffset() {
        let payload = "{\n  \"a\": 1,\n  \"b\"\n"
        let refusal = Refusal(.truncated, byteOffset: 17, sentence: "ends")
        let lines = RefusalText(refusal, payload: Array(payload.utf8)).lines(source: "f", width: 80, isColoured: false)
        #expect(lines[0].hasSuffix("line 3, column 6"))
        #expect(lines[2] == "  3 |   \"b\"")
        #expect(lines[3] == "    |      ^")
    }

    @Test("bytes that are no text and control characters can be shown")
    func unprintable() {
        let refusal = Refusal(.invalidUTF8, byteOffset: 2, sentence: "no UTF-8")
        let lines = RefusalText(refusal, payload: [0x7B, 0x09, 0xFF, 0xFE]).lines(
            source: "f", width: 80, isColoured: false)
        #expect(lines[2] == "  1 | {␉\u{FFFD}\u{FFFD}")
        #expect(lines[3] == "    |   ^")
    }

    @Test("decimals are written with exactly their digits")
    func decimals() {
        #expect(CellText.decimal(-1205, scale: 1) == "-120.5")
        #expect(CellText.decimal(5, scale: 3) == "0.005")
        #expect(CellText.decimal(-5, scale: 1) == "-0.5")
        #expect(CellText.decimal(42, scale: 0) == "42")
    }

    @Test("an identity is a duplicate the second time")
    func seen() {
        var seen = SeenReadings()
        var first = Fingerprint.start
        first.combine(1)
        var second = Fingerprint.start
        second.combine(2)
        #expect(!seen.insert(first) && !seen.insert(second) && seen.insert(first))
    }
}

@Suite("decode of any format")
struct RecordReaderTests {
    private func records(_ payload: [UInt8], _ format: PayloadFormat, topic: String = "") -> [String] {
        var reader = RecordReader(format)
        return reader.read(payload, topic: topic, arrival: EventTime(microsecondsSinceEpoch: 0)).map { outcome in
            switch outcome {
            case .reading(let text): text
            case .refused(let refusal): refusal.reason.rawValue
            }
        }
    }

    @Test("shows the records that the format gives, bad ones among them")
    func shows() {
        #expect(records(Array(#"[{"a":1},{"a":2.50}]"#.utf8), .json) == [#"{"a":1}"#, #"{"a":2.5}"#])
        // {"a": 1} in CBOR.
        #expect(records([0xA1, 0x61, 0x61, 0x01], .cbor) == [#"{"a":1}"#])
        #expect(records(Array("hello".utf8), .json) == ["not-json"])
        #expect(records([0xFF], .cbor) == ["not-cbor"])
        let pack = #"[{"bn":"d:","bt":1700000000,"n":"t","v":20.5},{"n":"t","t":1}]"#
        #expect(records(Array(pack.utf8), .senml).first == #"{"device":"d","ts":"2023-11-14T22:13:20Z","t":20.5}"#)
    }

    @Test("a format of the output is told apart from one of the payloads")
    func options() throws {
        #expect(throws: (any Error).self) { try Decode.parse(["--format", "table", "x"]) }
        #expect(throws: (any Error).self) { try Decode.parse(["x"]) }
        #expect(throws: (any Error).self) { try Decode.parse(["--stream", "s", "--map", "m.yaml", "x"]) }
        #expect(throws: (any Error).self) { try Decode.parse(["--format", "json", "--resolved", "x"]) }
        #expect(try Decode.parse(["--format", "senml-cbor", "--resolved", "x"]).format == .senmlCBOR)
        #expect(try Decode.parse(["--stream", "s", "--refusals", "json", "x"]).refusals == .json)
    }
}
