import JSONDocument
import JSONSchema
import Testing

struct RecordValidatorTests {
    static let coverage = #"""
        {
          "type": "object",
          "required": ["ts", "device"],
          "dependentRequired": {"lat": ["lon"], "lon": ["lat"]},
          "properties": {
            "ts": {"type": "string", "format": "date-time"},
            "device": {"type": "string", "minLength": 1, "maxLength": 12},
            "seq": {"type": ["integer", "null"], "minimum": 0},
            "lat": {"type": ["number", "null"], "minimum": -90, "maximum": 90, "multipleOf": 1e-6},
            "lon": {"type": ["number", "null"], "minimum": -180, "maximum": 180, "multipleOf": 1e-6},
            "technology": {"type": ["string", "null"], "enum": ["5G", "4G", "none", null]},
            "rsrp": {"type": ["number", "null"], "minimum": -156, "maximum": -31, "multipleOf": 0.1},
            "ward": {"type": "string", "pattern": "^[0-9]{5}$"},
            "indoor": {"type": "boolean"}
          }
        }
        """#

    private static func record(_ text: String) throws -> RecordSchema {
        let schema = try CompiledSchema(JSONTree(parsing: text), assertsFormat: true)
        return RecordSchema(
            schema, fields: schema.fields.map(\.pointer),
            absent: [JSONPointer(["rsrp"]): [.integer(-200), .string("-")]])
    }

    /// The verdict, the texts of the fields' values (nil for slot 0), and the number of extra members.
    private func run(
        _ text: String, _ validator: inout RecordValidator
    ) throws -> (values: [String?], extraCount: Int, violation: SchemaViolation?) {
        var parser = JSONParser()
        let document = try parser.parse(text)
        var storage = [UInt32](repeating: 99, count: validator.schema.fields.count)
        var slots = storage.mutableSpan
        let outcome = validator.validate(document, slots: &slots)
        guard outcome.isValid else { return ([], 0, validator.violation(in: document)) }
        var values: [String?] = []
        for slot in storage { values.append(slot == 0 ? nil : document.text(of: Int(slot))) }
        return (values, outcome.extraMemberCount, nil)
    }

    @Test("finds the fields of a record in any order")
    func slots() throws {
        let schema = try Self.record(Self.coverage)
        #expect(schema.isFlat)
        var validator = RecordValidator(schema)
        let texts = [
            #"{"ts":"2026-11-21T08:00:00Z","device":"d","seq":7,"lat":10.5,"lon":106.5,"technology":"5G","rsrp":-95}"#,
            #"{"rsrp":-95,"technology":"5G","lon":106.5,"lat":10.5,"seq":7,"device":"d","ts":"2026-11-21T08:00:00Z"}"#,
            #"{"ts":"2026-11-21T08:00:00Z","seq":7,"rsrp":-95,"lat":10.5,"device":"d","lon":106.5,"technology":"5G"}"#,
        ]
        for text in texts + texts.reversed() {
            let result = try run(text, &validator)
            #expect(
                result.values == ["\"2026-11-21T08:00:00Z\"", "\"d\"", "7", "10.5", "106.5", "\"5G\"", "-95", nil, nil])
            #expect(result.extraCount == 0)
        }
    }

    @Test("null and absent values leave their slot empty; unknown members are counted and written")
    func absence() throws {
        var validator = RecordValidator(try Self.record(Self.coverage))
        let head = #"{"ts":"2026-11-21T08:00:00Z","device":"d""#
        for rsrp in ["null", "-200", "-200.0", "-2e2", "\"-\""] {
            let result = try run(head + ",\"rsrp\":\(rsrp),\"x\":{\"a\":[1]},\"seq\":null,\"y\":2}", &validator)
            #expect(result.violation == nil)
            #expect(result.values[6] == nil)
            #expect(result.values[2] == nil)
            #expect(result.extraCount == 2)
        }
        var parser = JSONParser()
        let document = try parser.parse(head + #","x":{"a":[1,"é"]},"seq":null,"y":2}"#)
        var bytes: [UInt8] = []
        validator.writeExtra(of: document, into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"x":{"a":[1,"é"]},"y":2}"#)
    }

    @Test(
        "names the rule, the limit and the value",
        arguments: [
            (#""rsrp":-300"#, "/rsrp", .range, "/rsrp is -300, the minimum is -156"),
            (#""rsrp":-30.9"#, "/rsrp", .range, "/rsrp is -30.9, the maximum is -31"),
            (#""rsrp":-95.55"#, "/rsrp", .multiple, "/rsrp is -95.55, which is not a multiple of 0.1"),
            (#""rsrp":"-95""#, "/rsrp", .type, "/rsrp is \"-95\" (string), the type must be number or null"),
            (#""seq":1.5"#, "/seq", .type, "/seq is 1.5 (not whole), the type must be integer or null"),
            (
                #""technology":"6G""#, "/technology", .enumeration,
                "/technology is \"6G\", allowed are \"5G\", \"4G\", \"none\", null"
            ),
            (#""ward":"2674""#, "/ward", .pattern, "/ward is \"2674\", which does not match the pattern ^[0-9]{5}$"),
            (#""lat":1"#, "", .required, "the document lacks the member 'lon', which 'lat' requires"),
            (#""x":{"b":1,"b":2}"#, "/x/b", .duplicate, "/x/b is the name of two members of one object"),
            (#""device":"e""#, "/device", .duplicate, "/device is the name of two members of one object"),
            (#""x":1,"y":2,"x":3"#, "/x", .duplicate, "/x is the name of two members of one object"),
            (#""indoor":0"#, "/indoor", .type, "/indoor is 0 (number), the type must be boolean"),
            (#""ward":null"#, "/ward", .type, "/ward is null (null), the type must be string"),
        ] as [(String, String, SchemaViolation.Kind, String)])
    func violations(member: String, pointer: String, kind: SchemaViolation.Kind, sentence: String) throws {
        var validator = RecordValidator(try Self.record(Self.coverage))
        let result = try run(#"{"ts":"2026-11-21T08:00:00Z","device":"d","# + member + "}", &validator)
        let violation = try #require(result.violation)
        #expect(violation.instance.description == pointer)
        #expect(violation.kind == kind)
        #expect(violation.sentence == sentence)
    }

    @Test("a record that is no object, or lacks members, is refused")
    func shape() throws {
        var validator = RecordValidator(try Self.record(Self.coverage))
        for (text, kind) in [("[]", SchemaViolation.Kind.type), ("1", .type), ("{}", .required)] {
            #expect(try run(text, &validator).violation?.kind == kind)
        }
        let date = try run(#"{"ts":"2026-11-21T08:00:00","device":"d"}"#, &validator).violation
        #expect(date?.kind == .format)
        let length = try run(#"{"ts":"2026-11-21T08:00:00Z","device":"ééééééééééééé"}"#, &validator).violation
        #expect(length?.sentence == "/device has 13 characters, the maximum is 12")
        let exact = try run(#"{"ts":"2026-11-21T08:00:00Z","device":"éééééééééééé"}"#, &validator).violation
        #expect(exact == nil)
    }

    @Test("fields inside other objects are found too")
    func nested() throws {
        let text = #"""
            {"type":"object","properties":{"place":{"type":"object","properties":{"lat":{"type":"number"}}},
             "v":{"$ref":"#/$defs/v"}},"$defs":{"v":{"type":"integer","maximum":5}}}
            """#
        let schema = try CompiledSchema(JSONTree(parsing: text))
        let fields = [JSONPointer(["place", "lat"]), JSONPointer(["v"]), JSONPointer(["place", "list", "1"])]
        let flat = RecordSchema(schema, fields: fields)
        #expect(flat.isFlat)
        let general = RecordSchema(schema, fields: fields, absent: [JSONPointer(["place", "lat"]): [.integer(0)]])
        #expect(!general.isFlat)
        for record in [flat, general] {
            var validator = RecordValidator(record)
            let result = try run(#"{"place":{"lat":1.5,"list":[1,2]},"v":5,"w":0}"#, &validator)
            #expect(result.values == ["1.5", "5", "2"])
            #expect(result.extraCount == 1)
            #expect(try run(#"{"v":6}"#, &validator).violation?.sentence == "/v is 6, the maximum is 5")
        }
        var validator = RecordValidator(general)
        #expect(try run(#"{"place":{"lat":0.0}}"#, &validator).values == [nil, nil, nil])
    }

    @Test("tells what the schema says about each member")
    func facts() throws {
        let schema = try CompiledSchema(JSONTree(parsing: Self.coverage))
        let fields = Dictionary(uniqueKeysWithValues: schema.fields.map { ($0.pointer.description, $0) })
        #expect(fields.count == 9)
        let rsrp = try #require(fields["/rsrp"])
        #expect(rsrp.types == [.number, .integer] || rsrp.types == .number)
        #expect(rsrp.isNullable)
        #expect(!rsrp.isRequired)
        #expect(rsrp.minimum == .integer(-156))
        #expect(rsrp.multipleOf?.decimalPlaces == 1)
        let technology = try #require(fields["/technology"])
        #expect(technology.enumeratedStrings == ["5G", "4G", "none"])
        #expect(technology.isNullable)
        let device = try #require(fields["/device"])
        #expect(device.isRequired)
        #expect(!device.isNullable)
        #expect(device.types == .string)
        #expect(fields["/ts"]?.format == "date-time")
    }
}
