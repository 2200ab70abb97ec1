import Telemetry
import Testing

@testable import phusa

@Suite("Rows to messages")
struct RowEncoderTests {
    /// The message, or what is wrong, of the first row of `text`.
    private func encode(
        _ text: String, shift: Duration = .zero, _ change: (inout RecordMapping) throws -> Void
    ) throws -> (topic: String, payload: String, outcome: RowEncoder.Outcome) {
        var mapping = RecordMapping()
        mapping.topic = try TopicTemplate("t")
        try change(&mapping)
        var reader = CSVReader(text: text)
        var record = CSVRecord()
        _ = try reader.next(into: &record)
        var encoder = try RowEncoder(mapping, header: record.texts, timeField: "ts", file: "rows.csv")
        encoder.shift = shift
        _ = try reader.next(into: &record)
        let outcome = encoder.encode(record, number: 1)
        return (encoder.topic, String(decoding: encoder.payload, as: UTF8.self), outcome)
    }

    @Test("a drive test's row becomes a reading")
    func driveTest() throws {
        let text = "trace,Timestamp,RSRP,SNR,NetworkMode,CQI\nLTE/a+b,2019.12.01_12.11.21,-92,2.0,HSPA+,-\n"
        let result = try encode(text) { mapping in
            mapping.topic = try TopicTemplate("telemetry/cork/coverage/{device}")
            mapping.timeFormat = "%Y.%m.%d_%H.%M.%S"
            mapping.timeZone = "+00:00"
            for map in [
                "device=trace:string", "ts=Timestamp:time", "rsrp=RSRP:int", "sinr=SNR", "technology=NetworkMode",
                "cqi=CQI:int", "seq=#",
            ] { try mapping.map(map) }
            try mapping.set("operator=45204")
            try mapping.translate("technology:LTE=4G,5G=5G,HSPA+=3G")
        }
        #expect(result.topic == "telemetry/cork/coverage/LTE-a-b")
        #expect(
            result.payload == """
                {"device":"LTE/a+b","ts":"2019-12-01T12:11:21Z","rsrp":-92,"sinr":2.0,"technology":"3G","seq":1,\
                "operator":"45204"}
                """)
    }

    @Test("a local time is moved to UTC and then by the shift")
    func shift() throws {
        let text = "datetimestart\n2017-10-13 23:30:01\n"
        let result = try encode(text, shift: .seconds(86_400)) { mapping in
            mapping.timeFormat = "%Y-%m-%d %H:%M:%S"
            mapping.timeZone = "+10:00"
            try mapping.map("ts=datetimestart:time")
        }
        #expect(result.payload == "{\"ts\":\"2017-10-14T13:30:01Z\"}")
    }

    @Test(
        "each type writes what it should",
        arguments: [
            ("number", "12.50", "12.50"), ("number", "+5", "5"), ("number", ".5", "0.5"), ("number", "007", "7"),
            ("number", "1e3", "1e3"), ("number*1.609344", "10", "16.09344"), ("number*0.01", "7.42", "0.0742"),
            ("int", "5.0", "5"), ("int", "-7", "-7"), ("string", "00004", "\"00004\""),
            ("string", "a\"b\\c", "\"a\\\"b\\\\c\""), ("bool", "Yes", "true"), ("bool", "0", "false"),
            ("time", "2026-11-21T15:00:00+07:00", "\"2026-11-21T08:00:00Z\""),
        ])
    func types(type: String, text: String, expected: String) throws {
        let quoted = text.replacing("\"", with: "\"\"")
        let result = try encode("a\n\"\(quoted)\"\n") { try $0.map("x=a:\(type)") }
        #expect(result.payload == "{\"x\":\(expected)}")
    }

    @Test(
        "without a type, numbers are numbers and codes stay text",
        arguments: [
            ("5.31", "5.31"), ("00004", "\"00004\""), ("-0.5", "-0.5"), ("4G", "\"4G\""), ("1.", "\"1.\""),
            ("2019.12.01", "\"2019-12-01T00:00:00Z\""),
        ])
    func automatic(text: String, expected: String) throws {
        let result = try encode("a\n\(text)\n") { mapping in
            mapping.timeFormat = "%Y.%m.%d"
            mapping.timeZone = "Z"
            try mapping.map("x=a")
        }
        #expect(result.payload == "{\"x\":\(expected)}")
    }

    @Test(
        "what does not fit its type is named",
        arguments: [("number", "abc"), ("int", "5.5"), ("bool", "maybe"), ("time", "yesterday"), ("number", "0x10")])
    func bad(type: String, text: String) throws {
        let result = try encode("a\n\(text)\n") { try $0.map("x=a:\(type)") }
        guard case .bad(let complaint) = result.outcome else {
            Issue.record("\(text) was taken as \(type)")
            return
        }
        #expect(complaint.hasPrefix("x is '\(text)', "))
    }

    @Test("empty fields and texts that stand for nothing are left out")
    func nulls() throws {
        let usual = try encode("a,b,c,d\n1,-,,NaN\n") { _ in }
        #expect(usual.payload == "{\"a\":1}")
        let own = try encode("a,b,c\n-999,-,\n") { $0.nulls = ["-999"] }
        #expect(own.payload == "{\"b\":\"-\"}")
        let translated = try encode("a\nnothing\n") {
            try $0.map("x=a")
            try $0.translate("x:nothing=")
        }
        #expect(translated.payload == "{}")
    }

    @Test("a row with too few fields is bad, one that the filter leaves out is filtered")
    func outcomes() throws {
        let short = try encode("a,b\n1\n") { _ in }
        #expect(short.outcome == .bad("it has 1 fields, and the header has 2"))
        let filtered = try encode("series,value\noccupancy_6005,1\n") { try $0.filter("series=speed_*") }
        #expect(filtered.outcome == .filtered)
        let kept = try encode("series,value\nspeed_6005,1\n") { try $0.filter("series=sp*_60*5") }
        #expect(kept.outcome == .message)
    }

    @Test("a topic without its field makes the row bad")
    func topicField() throws {
        let result = try encode("device,a\n,1\n") { $0.topic = try TopicTemplate("x/{device}") }
        #expect(result.outcome == .bad("the topic x/{device} needs a field that has no value here"))
    }

    @Test(
        "wrong mappings are refused with what to write",
        arguments: [
            ("--map", "rsrp"), ("--map", "=RSRP"), ("--set", "technology="), ("--translate", "technology=LTE"),
            ("--translate", "unknown:a=b"), ("--where", "series"),
        ])
    func refused(option: String, text: String) throws {
        #expect {
            var mapping = RecordMapping()
            switch option {
            case "--map": try mapping.map(text)
            case "--set": try mapping.set(text)
            case "--where": try mapping.filter(text)
            default: try mapping.translate(text)
            }
        } throws: { error in
            guard let failure = error as? CommandFailure else { return false }
            return failure.kind == .usage && failure.sentence.contains(option)
        }
    }

    @Test("a column that is not there is named, and a swapped mapping is put right")
    func columns() throws {
        #expect {
            try encode("Timestamp,a\nx,y\n") { try $0.map("ts=Time") }
        } throws: { ($0 as? CommandFailure)?.sentence.contains("its columns are Timestamp, a") == true }
        #expect {
            try encode("Timestamp,a\nx,y\n") { try $0.map("Timestamp=ts") }
        } throws: { ($0 as? CommandFailure)?.sentence.contains("--map ts=Timestamp") == true }
    }

    @Test("wildcards and empty levels cannot be published to", arguments: ["a/+/b", "a/#", "", "a/{", "a/{}"])
    func topics(pattern: String) {
        #expect(throws: CommandFailure.self) { try TopicTemplate(pattern) }
    }
}

@Suite("Mapping files")
struct MappingFileTests {
    @Test("say the same as the options")
    func same() throws {
        let file = try MappingFile.parse(
            """
            translate:
              technology: { LTE: 4G, HSPA+: 3G }
            topic: telemetry/cork/coverage/{device}
            delimiter: ";"
            time: { format: "%Y.%m.%d_%H.%M.%S", zone: +00:00 }
            null: ["-", "NA"]
            where: { series: "speed_*" }
            map:
              ts: Timestamp:time
              technology: NetworkMode:string
              seq: "#"
            set:
              operator: "45204"
              period_s: 300
              indoor: true
            """, name: "m.yaml")
        var options = RecordMapping()
        options.topic = try TopicTemplate("telemetry/cork/coverage/{device}")
        options.delimiter = CSVReader.semicolon
        options.timeFormat = "%Y.%m.%d_%H.%M.%S"
        options.timeZone = "+00:00"
        options.nulls = ["-", "NA"]
        try options.filter("series=speed_*")
        for map in ["ts=Timestamp:time", "technology=NetworkMode:string", "seq=#"] { try options.map(map) }
        try options.set("operator=45204")
        try options.set("period_s=300:number")
        try options.set("indoor=true:bool")
        try options.translate("technology:LTE=4G,HSPA+=3G")
        var expected = options
        expected.fields[4].type = .automatic
        #expect(file == expected)
    }

    @Test(
        "name the line of a mistake",
        arguments: [
            ("topic: a/+\n", "m.yaml, line 1"), ("topic: a\nmapp: {}\n", "m.yaml, line 2: mapp"),
            ("map: [a]\n", "m.yaml, line 1"), ("time: { format: \"%W\" }\n", "m.yaml, line 1"),
            ("time: { zone: Brisbane }\n", "Brisbane"), ("translate: { x: { a: b } }\n", "no field x"),
            ("- a\n", "holds something else"), ("a: [\n", "not YAML: line 2"),
        ])
    func mistakes(text: String, expected: String) {
        #expect {
            try MappingFile.parse(text, name: "m.yaml")
        } throws: { error in
            guard let failure = error as? CommandFailure else { return false }
            return failure.kind == .usage && failure.sentence.contains(expected)
        }
    }
}

@Suite("Lines to messages")
struct LineEncoderTests {
    private func encode(_ line: String, topic: String?) throws -> (topic: String, payload: String, complaint: String?) {
        var encoder = LineEncoder(topic: try topic.map { try TopicTemplate($0) }, timeField: "ts")
        let complaint = encoder.encode(Array(line.utf8))
        return (encoder.topic, String(decoding: encoder.payload, as: UTF8.self), complaint)
    }

    @Test("a fixed topic takes any line, even one that is no JSON")
    func fixed() throws {
        let result = try encode("{\"broken\":", topic: "a/b")
        #expect(result == ("a/b", "{\"broken\":", nil))
    }

    @Test("a field of the topic comes from the line")
    func field() throws {
        #expect(try encode("{\"device\":\"x/1\",\"n\":5}", topic: "a/{device}/{n}").topic == "a/x-1/5")
        #expect(try encode("{\"n\":5}", topic: "a/{device}").complaint != nil)
        #expect(try encode("no", topic: "a/{device}").complaint != nil)
    }

    @Test("without a topic, the line holds topic and payload")
    func envelope() throws {
        let result = try encode("{\"topic\":\"a/b\",\"payload\":\"{\\\"x\\\":1\"}", topic: nil)
        #expect(result == ("a/b", "{\"x\":1", nil))
        #expect(try encode("{\"x\":1}", topic: nil).complaint?.contains("--topic") == true)
    }
}
