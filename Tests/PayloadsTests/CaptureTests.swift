import Telemetry
import Testing

@testable import Payloads

@Suite(
    "Recorded LoRaWAN uplinks", .enabled(if: SharedData.folder != nil, "\(SharedData.absence)"),
    .enabled(if: Python.interpreter != nil, "\(Python.absence)"))
struct CaptureTests {
    /// Reads the recording again and compares record by record; prints counts of records, refusals and differences.
    private static let judge = """
        import datetime, gzip, json, sys
        path, kind, arrival = sys.argv[1:]
        def instant(text): return datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))
        def expected(m):
            if kind == 'helium':
                record = dict(m['decoded']['payload'])
                time = datetime.datetime.fromtimestamp(m['reported_at'] / 1000, datetime.timezone.utc)
                return record, m['dev_eui'].lower(), m['fcnt'], m['port'], time
            if 'object' not in m: return None
            times = [g['time'] for g in m['rxInfo'] if 'time' in g] + [arrival]
            return dict(m['object']), m['devEUI'].lower(), m['fCnt'], m['fPort'], instant(times[0])
        taken = refused = wrong = 0
        for line, got in zip(gzip.open(path, 'rt'), sys.stdin, strict=True):
            want = expected(json.loads(line))
            if want is None:
                refused += 1
                if not got.startswith('!not-a-reading'): wrong += 1; print(got, end='')
                continue
            taken += 1
            record = json.loads(got)
            envelope = [record.pop(name) for name in ('device', 'seq', 'port')]
            time = instant(record.pop('ts'))
            if record != want[0] or envelope != list(want[1:4]) or time != want[4]: wrong += 1; print(got, line)
        print(taken, refused, wrong)
        """

    @Test(
        "every message of a recording is understood, and each record is what Python makes of it",
        arguments: [
            ("lorawan_campusiot_sainteynard_chirpstack_v3", PayloadFormat.chirpstack, "9418 368 0\n"),
            ("lorawan_campusiot_helium_ems", .helium, "8110 0 0\n"),
        ])
    func recording(name: String, format: PayloadFormat, expected: String) throws {
        let path = "telemetry/\(name).ndjson.gz"
        var reader = PayloadReader(format: format)
        var output = ""
        for line in try SharedData.lines(path) {
            let outcomes = reader.records(of: line).outcomes
            #expect(outcomes.count == 1)
            output += outcomes.joined() + "\n"
        }
        let arguments = ["\(SharedData.folder ?? "")/\(path)", format.rawValue, "2026-11-21T08:00:00Z"]
        let verdict = try Python.run(Self.judge, input: output, arguments: arguments)
        #expect(verdict == expected, "\(verdict.prefix(2000))")
    }

    @Test("a mapping reaches into the whole envelope, also into what the network added")
    func mapped() throws {
        let lines = try SharedData.lines("telemetry/lorawan_campusiot_sainteynard_chirpstack_v3.ndjson.gz")
        let entries: [RecordMapping.Entry] = [
            .init("sensor", from: .document([try SourcePath("deviceName")])),
            .init("ts", from: .document([try SourcePath("_date")]), try RecordConversion(time: TimeRule())),
            .init("rssi", from: .document([try SourcePath("rxInfo.0.rssi")])),
            .init(
                "pressure", from: .document([try SourcePath("object.pressure")]),
                try RecordConversion(unit: ("hPa", "Pa"))),
        ]
        var reader = PayloadReader(format: .chirpstack, mapping: try RecordMapping(entries, rest: .keep))
        #expect(
            reader.records(of: lines[0]).outcomes == [
                #"{"sensor":"WYRES_32_SAINTEYNARD_DOOR","ts":"2023-06-23T09:10:28.896Z","rssi":-120,"pressure":87903,"#
                    + #""device":"d1d1e80000000032","seq":1143,"port":3,"payloadVersion":1,"willListen":true,"light":15,"#
                    + #""temperature":25.19}"#
            ])
        let reasons = lines.flatMap { reader.records(of: $0).records.compactMap(\.refusal?.reason) }
        #expect(reasons == Array(repeating: .notAReading, count: 368), "a mapping makes no readings of status events")
        var statuses = PayloadReader(
            format: .chirpstack, mapping: try RecordMapping(entries), events: EventSelection(["status"]))
        let taken = lines.count { statuses.records(of: $0).records.allSatisfy { $0.refusal == nil } }
        #expect(taken == 368)
    }

    @Test("the examples are messages of the recordings' form")
    func examples() throws {
        var chirpstack = PayloadReader(format: .chirpstack)
        #expect(
            chirpstack.records(of: try SharedData.bytes("payloads/chirpstack_v3/up_campusiot.json")).outcomes == [
                #"{"device":"d1d1e80000000032","ts":"2023-06-23T09:10:28.649Z","seq":1143,"port":3,"payloadVersion":1,"#
                    + #""willListen":true,"light":15,"temperature":25.19,"pressure":879.03}"#
            ])
        var helium = PayloadReader(format: .helium)
        #expect(
            helium.records(of: try SharedData.bytes("payloads/helium/up_campusiot.json")).outcomes == [
                #"{"device":"a81758fffe04b1c1","ts":"2023-01-04T21:31:22.173Z","seq":71,"port":5,"temperature":7,"#
                    + #""humidity":83,"accMotion":0,"x":59,"y":15,"z":-3,"vdd":3616,"digital":0,"pulseAbs":0,"#
                    + #""waterleak":0}"#
            ])
    }
}
