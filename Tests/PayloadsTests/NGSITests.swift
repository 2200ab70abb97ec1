import Foundation
import Telemetry
import Testing

@testable import Payloads

@Suite("NGSI entities")
struct NGSITests {
    private func outcomes(_ json: String, _ entries: [RecordMapping.Entry]? = nil) throws -> [String] {
        var reader = PayloadReader(format: .ngsi, mapping: try entries.map { try RecordMapping($0, rest: .drop) })
        return reader.records(of: Array(json.utf8)).outcomes
    }

    /// Flattens the example by itself and compares.
    private static let judge = """
        import datetime, json, sys
        folder = sys.argv[1]
        def plain(v):
            if isinstance(v, dict):
                for key in ('value', 'object', 'Object'):
                    if key in v and (key == 'value' or v.get('type') == 'Relationship'): v = v[key]; break
            if isinstance(v, dict) and '@value' in v: v = v['@value']
            if isinstance(v, dict) and v.get('type') == 'DateTime': v = v['value']
            return v
        count = wrong = 0
        for line in sys.stdin:
            name, text = line.split('\\t')
            record = json.loads(text)
            entity = json.load(open(folder + '/' + name))
            want = {'device': entity['id']}
            source = entity['properties'] if entity['type'] == 'Feature' else entity
            for key, value in source.items():
                if key not in ('id', '@context'): want[key] = plain(value)
            place = want.get('location') or plain(entity.get('geometry'))
            if place and place['type'] == 'Point':
                want['lon'], want['lat'] = place['coordinates']
                want.pop('location', None)
            times = [want[k] for k in ('dateObserved', 'dateObservedFrom', 'observationDateTime') if k in want]
            time = (times or ['2026-11-21T08:00:00Z'])[0]
            start = time.split('/')[0]
            try:
                moment = datetime.datetime.fromisoformat(start.replace('.00Z', 'Z').replace('Z', '+00:00'))
                zoned = moment.tzinfo is not None
            except ValueError: zoned = False
            got = record.pop('ts')
            good = got == time if not zoned else datetime.datetime.fromisoformat(got.replace('Z', '+00:00')) == moment
            count += 1
            if not good or record != want:
                wrong += 1
                print(name, got, time, {k: (record.get(k), want.get(k)) for k in {**record, **want} if record.get(k) != want.get(k)})
        print(count, wrong)
        """

    @Test(
        "every example of the fourteen city models becomes one record with the model's fields, in all its forms",
        .enabled(if: SharedData.folder != nil, "\(SharedData.absence)"),
        .enabled(if: Python.interpreter != nil, "\(Python.absence)"))
    func examples() throws {
        let folder = "\(SharedData.folder ?? "")/payloads/fiware"
        var reader = PayloadReader(format: .ngsi)
        var input = ""
        var models: Set<String> = []
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
        for name in names where name.contains("/example") {
            let outcomes = reader.records(of: try SharedData.bytes("payloads/fiware/\(name)")).outcomes
            try #require(outcomes.count == 1, "\(name)")
            input += "\(name)\t\(outcomes[0])\n"
            models.insert(String(name.prefix { $0 != "/" }))
        }
        #expect(models.count == 14)
        let verdict = try Python.run(Self.judge, input: input, arguments: [folder])
        #expect(verdict == "\(names.filter { $0.contains("/example") }.count) 0\n", "\(verdict.prefix(3000))")
    }

    @Test(
        "the same entity in four forms is the same record",
        arguments: [
            #"{"id":"a","type":"T","dateObserved":{"type":"DateTime","value":"2026-11-21T08:00:00Z"},"co":{"type":"Number","value":500,"metadata":{"unitCode":{"value":"GP"}}},"location":{"type":"geo:json","value":{"type":"Point","coordinates":[106.7,10.8]}}}"#,
            #"{"id":"a","type":"T","dateObserved":{"type":"Property","value":{"@type":"DateTime","@value":"2026-11-21T15:00:00+07:00"}},"co":{"type":"Property","value":500,"unitCode":"GP"},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[106.7,10.8]}},"@context":["x"]}"#,
            #"{"id":"a","type":"T","dateObserved":"2026-11-21T08:00:00Z/2026-11-21T09:00:00Z","co":500,"location":{"type":"Point","coordinates":[106.7,10.8]}}"#,
            #"{"id":"a","type":"Feature","geometry":{"type":"Point","coordinates":[106.7,10.8]},"properties":{"type":"T","dateObserved":"2026-11-21T08:00:00Z","co":500}}"#,
        ])
    func forms(json: String) throws {
        let entries: [RecordMapping.Entry] = [
            .init("co", from: .document([try SourcePath("co")])),
            .init("longitude", from: .document([try SourcePath("lon")])),
            .init("ts", from: .document([try SourcePath("ts")])), .init("id", from: .document([try SourcePath("id")])),
        ]
        #expect(try outcomes(json, entries) == [#"{"co":500,"longitude":106.7,"ts":"2026-11-21T08:00:00Z","id":"a"}"#])
        #expect(
            try outcomes(json).first?.hasPrefix(#"{"device":"a","ts":"2026-11-21T08:00:00Z","lat":10.8,"lon":106.7,"#)
                == true)
    }

    @Test("mapped, an attribute gives its value and what stands beside and inside it")
    func paths() throws {
        let linked =
            #"{"id":"a","co":{"type":"Property","value":500,"unitCode":"GP","observedAt":"2026-11-21T08:00:00Z"},"address":{"type":"Property","value":{"street":"Lê Lợi"}}}"#
        let version2 =
            #"{"id":"a","co":{"type":"Number","value":500,"metadata":{"unitCode":{"value":"GP"},"observedAt":{"value":"2026-11-21T08:00:00Z"}}},"address":{"type":"X","value":{"street":"Lê Lợi"}}}"#
        let entries: [RecordMapping.Entry] = try [
            ("co", "co"), ("raw", "co.value"), ("unit", "co_unit"), ("code", "co.unitCode"), ("at", "co.observedAt"),
            ("street", "address.street"), ("none", "co.x"), ("nothing", "no2_unit"),
        ].map { .init($0.0, from: .document([try SourcePath($0.1)])) }
        for json in [linked, version2] {
            #expect(
                try outcomes(json, entries) == [
                    #"{"co":500,"raw":500,"unit":"GP","code":"GP","at":"2026-11-21T08:00:00Z","street":"Lê Lợi"}"#
                ])
        }
    }

    @Test(
        "arrays, notifications and feature collections hold many entities; a bad one does not take the good ones along")
    func many() throws {
        let good = #"{"id":"a","t":1}"#
        let record = #"{"device":"a","ts":"2026-11-21T08:00:00Z","t":1}"#
        #expect(try outcomes("[\(good),\(good)]") == [record, record])
        #expect(
            try outcomes(#"{"subscriptionId":"s","data":[\#(good),{"t":2},\#(good)]}"#) == [
                record, "!not-a-reading /data/1", record,
            ])
        let notification = #"{"id":"n","type":"Notification","notifiedAt":"2026-11-20T08:00:00Z","data":[\#(good)]}"#
        let notified = #"{"device":"a","ts":"2026-11-20T08:00:00Z","t":1}"#
        #expect(try outcomes(notification) == [notified])
        #expect(
            try outcomes(#"{"metadata":{"Content-Type":"application/json"},"body":\#(notification)}"#) == [notified])
        #expect(try outcomes("[\(notification),\(good),\(notification)]") == [notified, record, notified])
        #expect(
            try outcomes("[\(good),[\(good),{\"t\":2}],[]]") == [record, record, "!not-a-reading /1/1", "!empty /2"])
        let feature = #"{"id":"a","type":"Feature","geometry":null,"properties":{"t":1}}"#
        #expect(
            try outcomes(#"{"type":"FeatureCollection","features":[\#(feature),7]}"#) == [
                record, "!not-a-reading /features/1",
            ])
        #expect(try outcomes(#"{"subscriptionId":"s","data":[]}"#) == ["!empty /data"])
    }

    @Test("times beside attributes count where the entity has none; text points are points; other shapes stay")
    func oddities() throws {
        #expect(
            try outcomes(#"{"id":"a","t":{"type":"Property","value":1,"observedAt":"2026-11-20T08:00:00Z"}}"#) == [
                #"{"device":"a","ts":"2026-11-20T08:00:00Z","t":1}"#
            ])
        #expect(
            try outcomes(#"{"id":"a","location":{"type":"geo:point","value":"10.80, 106.7"}}"#) == [
                #"{"device":"a","ts":"2026-11-21T08:00:00Z","lat":10.80,"lon":106.7}"#
            ])
        #expect(
            try outcomes(#"{"id":"a","location":{"type":"Polygon","coordinates":[[[1,2]]]}}"#) == [
                #"{"device":"a","ts":"2026-11-21T08:00:00Z","location":{"type":"Polygon","coordinates":[[[1,2]]]}}"#
            ])
        #expect(
            try outcomes(
                #"{"id":"a","t":[{"type":"Property","value":1,"datasetId":"x"},{"type":"Property","value":2}]}"#) == [
                    #"{"device":"a","ts":"2026-11-21T08:00:00Z","t":2}"#
                ])
        // Without a zone nobody knows when it was: the schema refuses it, or a mapping says the zone.
        #expect(
            try outcomes(#"{"id":"a","dateObserved":"2016-03-15T11:00:00"}"#) == [
                #"{"device":"a","ts":"2016-03-15T11:00:00","dateObserved":"2016-03-15T11:00:00"}"#
            ])
        let zone = try TimeRuleTests.zone("Europe/Madrid")
        let entries: [RecordMapping.Entry] = [
            .init(
                "ts", from: .document([try SourcePath("dateObserved")]),
                try RecordConversion(time: TimeRule(zone: zone, part: .end)))
        ]
        let interval = #"{"id":"a","dateObserved":{"value":"2016-03-15T11:00:00/2016-03-15T12:00:00"}}"#
        #expect(try outcomes(interval, entries) == [#"{"ts":"2016-03-15T11:00:00Z"}"#])
        #expect(
            try outcomes(#"[{"id":"a","dateObserved":{"value":true}}]"#, entries) == ["!mapping /0/dateObserved/value"])
    }
}
