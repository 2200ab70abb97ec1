import JSONDocument
import Telemetry
import Testing

@testable import Payloads

@Suite("SenML payloads")
struct SenMLTests {
    /// 2017-06-29T23:49:39Z, the "now" of the RFC's resolved examples.
    private static let now = EventTime(microsecondsSinceEpoch: 1_498_780_179_000_000)

    @Test(
        "every example of RFC 8428 resolves as the working group's own program resolves it",
        .enabled(if: SharedData.folder != nil, Comment(rawValue: SharedData.absence)),
        arguments: 1...12)
    func examples(number: Int) throws {
        let folder = "payloads/senml/ex\(number)"
        let resolved = try JSONTree(parsing: SharedData.bytes(folder + ".gen.resolved.json"))
        guard case .array(var expected) = resolved else { throw ExampleError() }
        // Example 7 was resolved a fortnight after the others; the program leaves its data value out.
        var now = Self.now
        if number == 7 {
            now = EventTime(microsecondsSinceEpoch: 1_499_109_309_000_000)
            expected.append(
                try JSONTree(
                    parsing: #"{"n":"urn:dev:ow:10e2073a01080063:nfv-reader","t":1499109309,"vd":"aGkgCg"}"#))
        }
        for file in [".json", ".gen.json"] {
            let records = resolve(try SharedData.bytes(folder + file), .senml, now)
            #expect(records.count == expected.count)
            for (record, expectation) in zip(records, expected) {
                #expect(try normalized(JSONTree(parsing: record)) == normalized(expectation), "example \(number)")
            }
        }
    }

    @Test(
        "the examples in CBOR resolve as those in JSON",
        .enabled(if: SharedData.folder != nil, Comment(rawValue: SharedData.absence)), arguments: [3, 5])
    func binaryExamples(number: Int) throws {
        let folder = "payloads/senml/ex\(number).gen"
        let fromCBOR = resolve(try SharedData.bytes(folder + ".cbor"), .senmlCBOR, Self.now)
        let fromJSON = resolve(try SharedData.bytes(folder + ".json"), .senml, Self.now)
        #expect(fromCBOR.count == fromJSON.count)
        for (binary, text) in zip(fromCBOR, fromJSON) {
            #expect(try normalized(JSONTree(parsing: binary)) == normalized(JSONTree(parsing: text)))
        }
    }

    @Test(
        "the last example, which has no resolved form there, gives one reading for each device and time",
        .enabled(if: SharedData.folder != nil, Comment(rawValue: SharedData.absence)))
    func lastExample() throws {
        var reader = PayloadReader(format: .senml)
        let expected = [
            #"{"device":"2001:db8::3","ts":"2011-10-31T16:27:09Z","/":0.5}"#,
            #"{"device":"2001:db8::4","ts":"2011-10-31T16:27:09Z","/":0.5}"#,
            #"{"device":"2001:db8::3","ts":"2011-10-31T16:27:09.100Z","/":0}"#,
            #"{"device":"2001:db8::4","ts":"2011-10-31T16:27:09.100Z","/":0}"#,
        ]
        #expect(reader.records(of: try SharedData.bytes("payloads/senml/ex13.gen.json")).outcomes == expected)
    }

    @Test("values of one device and time are one reading, whatever their kind")
    func readings() {
        let pack = """
            [{"bn":"urn:dev:ow:1:","bt":1498780179,"n":"temp","u":"Cel","v":23.1},{"n":"label","vs":"Room \\"1\\""},
             {"n":"open","vb":false},{"n":"raw","vd":"aGkgCg"},{"n":"energy","v":5,"s":12.5},{"n":"rain","s":3},
             {"n":"temp","t":60,"v":23.2},{"bn":"urn:dev:ow:2/","n":"temp","v":7},{"bn":"urn:dev:ow:1:","n":"hum","v":50}]
            """
        var reader = PayloadReader(format: .senml)
        let records = reader.records(of: Array(pack.utf8))
        let expected = [
            #"{"device":"urn:dev:ow:1","ts":"2017-06-29T23:49:39Z","temp":23.1,"label":"Room \"1\"","open":false,"#
                + #""raw":"aGkgCg","energy":5,"energy_sum":12.5,"rain_sum":3,"hum":50}"#,
            #"{"device":"urn:dev:ow:1","ts":"2017-06-29T23:50:39Z","temp":23.2}"#,
            #"{"device":"urn:dev:ow:2","ts":"2017-06-29T23:49:39Z","temp":7}"#,
        ]
        #expect(records.outcomes == expected)
        #expect(records.records.map(\.place) == ["/0", "/6", "/7"])
    }

    @Test("without names of their own, values are called by their unit")
    func units() {
        let pack = #"[{"bn":"urn:dev:ow:1","bt":1320067464,"bu":"%RH","v":20},{"u":"lon","v":24.3},{"u":"lat","v":60}]"#
        var reader = PayloadReader(format: .senml)
        #expect(
            reader.records(of: Array(pack.utf8)).outcomes == [
                #"{"device":"urn:dev:ow:1","ts":"2011-10-31T13:24:24Z","%RH":20,"lon":24.3,"lat":60}"#
            ])
        #expect(
            reader.records(of: Array(#"[{"n":"urn:dev:ow:1","t":1320067464,"v":1}]"#.utf8)).outcomes == [
                #"{"device":"urn:dev:ow:1","ts":"2011-10-31T13:24:24Z","value":1}"#
            ])
    }

    @Test(
        "base values are added as decimals, and relative times to the arrival",
        arguments: [
            (#"[{"bn":"a:","bv":24.1,"n":"x","v":0.2}]"#, #""v":24.3"#),
            (#"[{"bn":"a:","bv":20,"n":"x"}]"#, #""v":20"#),
            (#"[{"bn":"a:","bv":20,"n":"x","v":-21}]"#, #""v":-1"#),
            (#"[{"bn":"a:","bv":1e300,"n":"x","v":1}]"#, #""v":1e+300"#),
            (#"[{"bn":"a:","bv":9223372036854775807,"n":"x","v":1}]"#, #""v":9.223372036854775807e+18"#),
            (#"[{"bn":"a:","bs":0.1,"n":"x","s":0.2}]"#, #""s":0.3"#), (#"[{"bn":"a:","bs":7,"n":"x"}]"#, #""s":7"#),
            (#"[{"bn":"a:","n":"x","v":1,"t":-5}]"#, #""t":1498780174"#),
            (#"[{"bn":"a:","n":"x","v":1,"t":-0.25}]"#, #""t":1498780178.75"#),
            (#"[{"bn":"a:","n":"x","v":1,"t":268435455}]"#, #""t":1767215634"#),
            (#"[{"bn":"a:","n":"x","v":1,"t":268435456}]"#, #""t":268435456"#),
            (#"[{"bn":"a:","bt":268435450,"n":"x","v":1,"t":6}]"#, #""t":268435456"#),
            (#"[{"bn":"a:","n":"x","v":1,"ut":300,"extra":[1]}]"#, #""ut":300,"extra":[1]"#),
        ])
    func arithmetic(pack: String, expected: String) throws {
        let record = try #require(resolve(Array(pack.utf8), .senml, Self.now).first)
        guard case .object(let members) = try JSONTree(parsing: "{\(expected)}") else { throw ExampleError() }
        let tree = try JSONTree(parsing: record)
        for member in members { #expect(tree[member.name] == member.value, "\(record)") }
    }

    @Test(
        "what cannot be resolved is refused, one by one",
        arguments: [
            (#"{}"#, ["!not-senml "]), (#"[]"#, ["!empty "]), (#"[{"bn":"a"}]"#, ["!empty "]),
            (#"[1,{"n":"a","v":1}]"#, ["!not-senml /0", "1"]), (#"[{"v":1}]"#, ["!not-senml /0"]),
            (#"[{"n":"a"}]"#, ["!not-senml /0"]), (#"[{"n":"a","v":1,"vs":"x"}]"#, ["!not-senml /0/vs"]),
            (#"[{"n":"a","v":"1"},{"n":"b","v":2}]"#, ["!not-senml /0/v", "2"]),
            (
                #"[{"n":"a","vb":1},{"n":"b","vs":2},{"n":"c","vd":"a+b"},{"n":"d","vd":"abcde"}]"#,
                ["!not-senml /0/vb", "!not-senml /1/vs", "!not-senml /2/vd", "!not-senml /3/vd"]
            ),
            (
                #"[{"n":"a b","v":1},{"n":"-a","v":1},{"n":"Đ","v":1}]"#,
                ["!not-senml /0", "!not-senml /1", "!not-senml /2"]
            ),
            (#"[{"n":"a","v":1,"must_":1},{"n":"b","v":2}]"#, ["!not-senml /0/must_", "2"]),
            (#"[{"n":"a","v":1,"base_":1},{"n":"b","v":2}]"#, ["!not-senml /0/base_", "!not-senml /1"]),
            (#"[{"bver":11,"n":"a","v":1},{"n":"b","v":2}]"#, ["!not-senml /0/bver", "!not-senml /1"]),
            (#"[{"bver":10,"n":"a","v":1}]"#, ["1"]), (#"[{"bver":0,"n":"a","v":1}]"#, ["!not-senml /0/bver"]),
            (#"[{"bn":7,"n":"a","v":1},{"n":"b","v":2}]"#, ["!not-senml /0/bn", "!not-senml /1"]),
            (#"[{"bn":7,"n":8,"v":1}]"#, ["!not-senml /0/bn"]),
            (#"[{"n":"a","v":1,"t":1e30}]"#, ["!number-out-of-range /0/t"]),
            (#"[{"n":"a","v":1,"t":1e12}]"#, ["!number-out-of-range /0"]),
            (
                #"[{"bn":"a:","bv":1.7e308,"n":"x","v":1.7e308},{"n":"y","v":-1e308}]"#,
                ["!number-out-of-range /0", "7e+307"]
            ),
            (#"[{"n":"a","v":1,"v":2}]"#, ["!duplicate-key /0/v"]),
            (#"[{"bn":"a:","n":"x","v":1},{"n":"x","v":2},{"n":"y","t":1,"v":3}]"#, ["!duplicate-key /1", "3"]),
            (#"[{"bn":"a:","n":"ts","v":1}]"#, ["!duplicate-key /0"]),
            (#"[{"n":"a","v":1e999}]"#, ["!number-out-of-range "]),
            // Wrong besides: what comes behind depends on the base field that is not known.
            (#"[{"n":"a","v":"1","bx_":3},{"n":"b","v":2}]"#, ["!not-senml /0/bx_", "!not-senml /1"]),
        ])
    func refusals(pack: String, expected: [String]) throws {
        var reader = PayloadReader(format: .senml)
        let outcomes = reader.records(of: Array(pack.utf8)).outcomes.map { outcome in
            // Of a good record only the value is compared.
            guard let tree = try? JSONTree(parsing: outcome), case .object(let members) = tree else { return outcome }
            return members.last?.value.text ?? ""
        }
        #expect(outcomes == expected)
    }

    @Test("CBOR has the same rules: labels are integers, and a value that JSON lacks refuses the pack")
    func binary() {
        var reader = PayloadReader(format: .senmlCBOR)
        let good = bytes("82 a3 21 62613a 22 1a59559153 00 6178" + "a2 00 6179 02 f93e00")
        // The first has a name but no value.
        #expect(
            reader.records(of: good).outcomes == [
                "!not-senml /0", #"{"device":"a","ts":"2017-06-29T23:46:27Z","y":1.5}"#,
            ])
        let decimal = bytes("81 a3 21 62613a 00 6178 02 c48221196ab3")
        #expect(reader.records(of: decimal).outcomes.first?.contains(#""x":273.15"#) == true)
        #expect(
            reader.records(of: bytes("81 a3 21 62613a 00 6178 02 f97e00")).outcomes == ["!number-out-of-range /0/2"])
        let data = bytes("81 a3 21 62613a 00 6178 08 43686920")
        #expect(reader.records(of: data).outcomes.first?.contains(#""x":"aGkg""#) == true)
        #expect(reader.records(of: bytes("81 a3 21 62613a 00 6178 08 4268690a")).outcomes == ["!not-cbor "])
    }

    @Test("long names and units that many records repeat are stopped at the limit, and soon")
    func bombs() {
        let name = String(repeating: "x", count: 50_000)
        let many = Array(repeating: #"{"v":1}"#, count: 20_000).joined(separator: ",")
        let clock = ContinuousClock()
        for member in ["bn", "bu"] {
            let pack = Array(#"[{"n":"a","bn":"b","\#(member)":"\#(name)"},\#(many)]"#.utf8)
            var reader = PayloadReader(format: .senml, limits: PayloadLimits(maximumByteCount: 1 << 20))
            let duration = clock.measure {
                let records = reader.records(of: pack)
                #expect(records.hasRefusal)
                #expect(records.bytes.count < 10 << 20)
            }
            #expect(duration < .seconds(5))
        }
    }

    private func resolve(_ pack: [UInt8], _ format: PayloadFormat, _ now: EventTime) -> [String] {
        var reader = PayloadReader(format: format, senMLForm: .resolved)
        return reader.records(of: pack, arrival: now).outcomes
    }

    /// Members by name, numbers as doubles: what is compared is the content.
    private func normalized(_ tree: JSONTree) -> [String: String] {
        guard case .object(let members) = tree else { return [:] }
        return members.reduce(into: [:]) { result, member in
            switch member.value {
            case .integer(let value): result[member.name] = Double(value).description
            default: result[member.name] = member.value.text
            }
        }
    }

    private struct ExampleError: Error {}
}
