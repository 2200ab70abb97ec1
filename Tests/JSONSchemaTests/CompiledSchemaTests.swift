import JSONDocument
import JSONSchema
import Testing

struct CompiledSchemaTests {
    @Test(
        "an error of the schema's author has a place and says what to do",
        arguments: [
            (##"{"type":"strin"}"##, "/type"), (##"{"properties":{"a":{"minimum":"5"}}}"##, "/properties/a/minimum"),
            (##"{"multipleOf":0}"##, "/multipleOf"), (##"{"required":"a"}"##, "/required"), (##"{"enum":1}"##, "/enum"),
            (##"{"pattern":"(?=a)"}"##, "/pattern"), (##"{"patternProperties":{"[":true}}"##, "/patternProperties/["),
            (##"{"$ref":"#/$defs/a"}"##, "/$ref"), (##"{"$ref":"other.json"}"##, "/$ref"),
            (##"{"$ref":"#a"}"##, "/$ref"),
            (##"{"items":[true]}"##, "/items"), (##"{"allOf":[]}"##, "/allOf"), (##"{"minLength":-1}"##, "/minLength"),
            (##"{"minLength":1.5}"##, "/minLength"), (##"{"$defs":{"x":{"type":7}}}"##, "/$defs/x/type"), ("7", ""),
            (##"{"$id":"a#b"}"##, "/$id"), (##"{"$anchor":"1"}"##, "/$anchor"),
            (##"{"uniqueItems":1}"##, "/uniqueItems"),
            (##"{"$schema":"http://json-schema.org/draft-07/schema#"}"##, "/$schema"), (##"{"$ref":"#"}"##, ""),
            (##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"allOf":[{"$ref":"#/$defs/a"}]}}}"##, nil),
        ] as [(String, String?)])
    func errors(text: String, pointer: String?) throws {
        let tree = try JSONTree(parsing: text)
        do throws(SchemaError) {
            _ = try CompiledSchema(tree)
            Issue.record("this must not compile")
        } catch {
            #expect(!error.sentence.isEmpty)
            if let pointer { #expect(error.pointer.description == pointer) }
        }
    }

    @Test("other documents are found by their address, and recursion goes as deep as the document")
    func references() throws {
        let tree = try JSONTree(
            parsing: ##"{"$id":"https://a.vn/s/main.json","$ref":"node.json#/$defs/node"}"##)
        let other = try JSONTree(
            parsing:
                ##"{"$defs":{"node":{"type":"object","required":["v"],"properties":{"next":{"$ref":"#/$defs/node"}}}}}"##
        )
        let schema = try CompiledSchema(tree, others: ["https://a.vn/s/node.json": other])
        var validator = SchemaValidator(schema)
        var parser = JSONParser()
        var violations: [SchemaViolation?] = []
        for text in [##"{"v":1,"next":{"v":2,"next":{"v":3}}}"##, ##"{"v":1,"next":{"v":2,"next":{}}}"##] {
            let document = try parser.parse(text)
            violations.append(validator.violation(in: document))
        }
        #expect(violations[0] == nil)
        let found = violations[1]
        let violation = try #require(found)
        #expect(violation.instance.description == "/next/next")
        #expect(violation.schemaLocation == "https://a.vn/s/node.json#/$defs/node/required")
        #expect(violation.keyword == "required")
    }

    @Test("a dynamic reference that leads back to itself ends")
    func endless() throws {
        let schema = try CompiledSchema(
            JSONTree(parsing: ##"{"$dynamicAnchor":"a","allOf":[{"$dynamicRef":"#a"}]}"##))
        var validator = SchemaValidator(schema)
        var parser = JSONParser()
        let document = try parser.parse("1")
        let violation = validator.violation(in: document)
        #expect(violation?.kind == .combination)
    }

    @Test(
        "the violation reported is one that makes the document invalid",
        arguments: [
            (##"{"anyOf":[{"type":"string"},{"minimum":5}]}"##, "3", "anyOf"),
            (##"{"oneOf":[{"type":"number"},{"minimum":5}]}"##, "7", "oneOf"), (##"{"not":{"const":1}}"##, "1", "not"),
            (##"{"anyOf":[{"type":"string"},true],"maximum":2}"##, "3", "maximum"),
            (##"{"if":{"minimum":5},"then":{"maximum":6}}"##, "7", "maximum"),
            (##"{"additionalProperties":false}"##, ##"{"a":1}"##, "additionalProperties"),
            (
                ##"{"properties":{"a":true},"unevaluatedProperties":false}"##, ##"{"a":1,"b":2}"##,
                "unevaluatedProperties"
            ),
            (##"{"contains":{"type":"string"}}"##, "[1,2]", "contains"),
            (##"{"uniqueItems":true}"##, "[1,[2],1.0]", "uniqueItems"),
            (##"{"propertyNames":{"maxLength":2}}"##, ##"{"abc":1}"##, "maxLength"),
            (##"{"minItems":2}"##, "[1]", "minItems"),
            (##"{"items":{"type":"string"},"prefixItems":[true]}"##, "[1,2]", "type"), ("false", "1", ""),
        ] as [(String, String, String)])
    func keywords(schema: String, text: String, keyword: String) throws {
        var validator = SchemaValidator(try CompiledSchema(JSONTree(parsing: schema)))
        var parser = JSONParser()
        let document = try parser.parse(text)
        let found = validator.violation(in: document)
        let violation = try #require(found)
        #expect(violation.keyword == keyword)
        #expect(!violation.sentence.isEmpty)
    }
}
