import Telemetry
import Testing

@testable import Payloads

@Suite("Bulk data of TR-369")
struct BulkDataTests {
    private func outcomes(
        _ json: String, _ entries: [RecordMapping.Entry]? = nil, limits: PayloadLimits = PayloadLimits()
    ) throws -> [String] {
        let mapping = try entries.map { try RecordMapping($0, rest: .drop) }
        var reader = PayloadReader(format: .tr369, mapping: mapping, limits: limits)
        return reader.records(of: Array(json.utf8)).outcomes
    }

    @Test("each collection is a record at its own time")
    func collections() throws {
        let json = """
            {"Report":[{"CollectionTime":1364529149,"Device.DeviceInfo.SerialNumber":"S1","Device.UpTime":5},
            {"CollectionTime":1364529449,"Device.DeviceInfo.SerialNumber":"S1","Device.UpTime":305},
            7,{"CollectionTime":"2013-03-29T12:00:00+07:00","Device.UpTime":1},{"Device.UpTime":2}]}
            """
        #expect(
            try outcomes(json) == [
                #"{"device":"S1","ts":"2013-03-29T03:52:29Z","Device.DeviceInfo.SerialNumber":"S1","Device.UpTime":5}"#,
                #"{"device":"S1","ts":"2013-03-29T03:57:29Z","Device.DeviceInfo.SerialNumber":"S1","Device.UpTime":305}"#,
                "!not-a-reading /Report/2", #"{"ts":"2013-03-29T05:00:00Z","Device.UpTime":1}"#,
                #"{"ts":"2026-11-21T08:00:00Z","Device.UpTime":2}"#,
            ])
    }

    @Test(
        "name-value pairs and the hierarchy of objects give the same record, by default and through a mapping",
        .enabled(if: SharedData.folder != nil, "\(SharedData.absence)"))
    func forms() throws {
        let pairs = String(decoding: try SharedData.bytes("payloads/tr369/bulkdata_namevaluepair.json"), as: UTF8.self)
        let tree = String(decoding: try SharedData.bytes("payloads/tr369/bulkdata_objecthierarchy.json"), as: UTF8.self)
        let records = try outcomes(pairs)
        #expect(records == (try outcomes(tree)))
        #expect(
            records.first?.hasPrefix(
                #"{"ts":"2013-03-29T03:52:29Z","Device.MoCA.Interface.1.Stats.BroadPktSent":25248,"#) == true)
        let entries: [RecordMapping.Entry] = [
            .init("sent", from: .document([try SourcePath("Device.MoCA.Interface.2.Stats.BytesSent")])),
            .init(
                "ts", from: .document([try SourcePath("CollectionTime")]),
                try RecordConversion(time: TimeRule(epoch: .seconds))),
        ]
        for json in [pairs, tree] {
            #expect(try outcomes(json, entries) == [#"{"sent":93247,"ts":"2013-03-29T03:52:29Z"}"#])
        }
    }

    @Test("what is no report is refused")
    func refusals() throws {
        #expect(try outcomes("{}") == ["!not-a-reading "])
        #expect(try outcomes("[]") == ["!not-a-reading "])
        #expect(try outcomes(#"{"Report":[]}"#) == ["!empty /Report"])
        #expect(try outcomes("ReportTimestamp,BytesSent\n1364529149,25248\n") == ["!not-json "])
        #expect(
            try outcomes(#"{"Report":{"Device.UpTime":2}}"#) == [#"{"ts":"2026-11-21T08:00:00Z","Device.UpTime":2}"#])
    }

    @Test("long names over many leaves cost no more than the limit")
    func expansion() throws {
        let leaves = (0..<2000).map { "\"\($0)\":1" }.joined(separator: ",")
        let json = #"{"Report":[{"\#(String(repeating: "n", count: 20_000))":{\#(leaves)}},{"a":1}]}"#
        let limits = PayloadLimits(maximumExpandedByteCount: 1 << 20)
        #expect(
            try outcomes(json, limits: limits) == [
                "!expanded-too-large /Report/0", #"{"ts":"2026-11-21T08:00:00Z","a":1}"#,
            ])
    }
}
