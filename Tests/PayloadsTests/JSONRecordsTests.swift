import JSONDocument
import Telemetry
import Testing

@testable import Payloads

@Suite("Plain JSON payloads")
struct JSONRecordsTests {
    @Test("an object is a record as it stands, also with spaces around it")
    func object() {
        var reader = PayloadReader(format: .json)
        let records = reader.records(of: Array(#" {"a": 1.50, "b":[1]} "#.utf8))
        #expect(records.outcomes == [#" {"a": 1.50, "b":[1]} "#])
        #expect(records.records.first?.place == "")
        #expect(records.bytes.count == 22 + JSONParser.paddingByteCount)
    }

    @Test("each element of an array is a record with its place")
    func array() {
        var reader = PayloadReader(format: .json)
        let records = reader.records(of: Array(#"[{"a":1}, {"a":18446744073709551615,"b":null}, 7]"#.utf8))
        #expect(records.outcomes == [#"{"a":1}"#, #"{"a":18446744073709551615,"b":null}"#, "7"])
        #expect(records.records.map(\.place) == ["/0", "/1", "/2"])
    }

    @Test(
        "what is no JSON document is refused as a whole",
        arguments: [
            ("", "empty"), ("[]", "empty"), (#"{"a""#, "truncated"), ("hello", "not-json"),
            ("[1e999]", "number-out-of-range"),
        ])
    func refusals(text: String, reason: String) {
        var reader = PayloadReader(format: .json)
        #expect(reader.records(of: Array(text.utf8)).outcomes == ["!\(reason) "])
    }

    @Test("the limits hold: bytes, depth, count and bytes of the records")
    func limits() {
        let limits = PayloadLimits(
            maximumDepth: 3, maximumByteCount: 200, maximumExpandedByteCount: 100, maximumRecordCount: 20)
        var reader = PayloadReader(format: .json, limits: limits)
        let long = Array("\"\(String(repeating: "x", count: 200))\"".utf8)
        #expect(reader.records(of: long).outcomes == ["!too-large "])
        #expect(reader.records(of: Array("[[[[1]]]]".utf8)).outcomes == ["!too-deep "])
        let many = reader.records(of: Array("[\(Array(repeating: "1", count: 30).joined(separator: ","))]".utf8))
        #expect(many.records.count == 21)
        #expect(many.outcomes.last == "!too-large /20")
        let elements = Array(repeating: "\"\(String(repeating: "x", count: 38))\"", count: 4).joined(separator: ",")
        let large = reader.records(of: Array("[\(elements)]".utf8))
        #expect(large.records.map { $0.refusal?.reason } == [nil, nil, .expandedTooLarge])
    }

    @Test("a mapping without entries keeps the record")
    func emptyMapping() {
        var reader = PayloadReader(format: .json, mapping: RecordMapping())
        #expect(reader.records(of: Array(#"[{"a": 1.50}]"#.utf8)).outcomes == [#"{"a":1.5}"#])
    }

    @Test("a reader forgets one message before the next")
    func reuse() {
        var reader = PayloadReader(format: .json)
        var records = PayloadRecords()
        reader.read(Array("[1,2,3]".utf8), into: &records)
        reader.read(Array(#"{"b":2}"#.utf8), into: &records)
        #expect(records.outcomes == [#"{"b":2}"#])
    }
}
