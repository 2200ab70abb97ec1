import JSONDocument
import JSONSchema
import Testing

struct CompiledSchemaTests {
    @Test(
        "an error of the schema's author has a place and says what to do",
        arguments: [
            (##"{"type":"strin"}"##, "/type"), (##"{"properties":{"a":{"minimum":"5"}}}"##, "/properties/a/minimum"),
            (##"{"multipleOf":0}"##, "/multipleOf"), (##"{"required":"a"}"##, "/required"), (##"{"enum":1}"##, "/enum"),
            (##"{"pattern":"(a)\\1"}"##, "/pattern"), (##"{"patternProperties":{"[":true}}"##, "/patternProperties/["),
            (##"{"$ref":"#/$defs/a"}"##, "/$ref"), (##"{"$ref":"other.json"}"##, "/$ref"),
            (##"{"$ref":"#a"}"##, "/$ref"),
            (##"{"items":[true]}"##, "/items"), (##"{"allOf":[]}"##, "/allOf"), (##"{"minLength":-1}"##, "/minLength"),
            (##"{"minLength":1.5}"##, "/minLength"), (##"{"$defs":{"x":{"type":7}}}"##, "/$defs/x/type"), ("7", ""),
            (##"{"$id":"a#b"}"##, "/$id"), (##"{"$anchor":"1"}"##, "/$anchor"),
            (##"{"uniqueItems":1}"##, "/uniqueItems"),
            (##"{"$schema":"http://json-schema.org/draft-04/schema#"}"##, "/$schema"), (##"{"$ref":"#"}"##, ""),
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

    @Test("a schema that stands in itself many times over is compiled quickly, and its facts end")
    func recursiveFacts() throws {
        for draft in SchemaDraft.allCases {
            let schema = try CompiledSchema(JSONTree(parsing: ##"{"$ref":"\##(draft.uri)"}"##), draft: draft)
            #expect(schema.fields.count < 4097)
        }
        let list = try CompiledSchema(
            JSONTree(parsing: ##"{"properties":{"next":{"$ref":"#"},"v":{"contentEncoding":"base64"}}}"##))
        #expect(list.fields.map(\.pointer.description) == ["/next", "/v"])
        #expect(list.fields[1].contentEncoding == "base64")
    }

    @Test(
        "a schema of each draft is held to its own rules",
        arguments: [
            ("draft7", ##"{"$ref":"#/definitions/a","maximum":1,"definitions":{"a":true}}"##, "5", true),
            ("draft2020-12", ##"{"$ref":"#/$defs/a","maximum":1,"$defs":{"a":true}}"##, "5", false),
            ("draft7", ##"{"items":[{"type":"string"}],"additionalItems":false}"##, ##"["a",1]"##, false),
            ("draft2019-09", ##"{"items":[{"type":"string"}],"additionalItems":false}"##, ##"["a"]"##, true),
            ("draft7", ##"{"dependencies":{"a":["b"],"c":{"required":["d"]}}}"##, ##"{"a":1}"##, false),
            ("draft7", ##"{"dependencies":{"a":["b"],"c":{"required":["d"]}}}"##, ##"{"c":1,"d":1}"##, true),
            ("draft7", ##"{"dependentRequired":{"a":["b"]},"unevaluatedProperties":false}"##, ##"{"a":1}"##, true),
            ("draft7", ##"{"$ref":"#x","definitions":{"a":{"$id":"#x","type":"string"}}}"##, "1", false),
            ("draft2020-12", ##"{"dependencies":{"a":["b"]}}"##, ##"{"a":1}"##, true),
        ])
    func drafts(draft: String, text: String, document: String, isValid: Bool) throws {
        let draft = try #require(SchemaDraft(name: draft))
        for text in [text, text.replacing("{", with: ##"{"$schema":"\##(draft.uri)","##, maxReplacements: 1)] {
            let schema = try CompiledSchema(
                JSONTree(parsing: text), draft: text.contains("$schema") ? .draft202012 : draft)
            var validator = SchemaValidator(schema)
            var parser = JSONParser()
            let found = try validator.isValid(parser.parse(document))
            #expect(found == isValid)
        }
    }

    @Test("a document that no reference leads to may be broken; a part of one is found by its own address")
    func unusedDocuments() throws {
        let broken = try JSONTree(parsing: ##"{"$schema":"https://example.com/unknown","$anchor":7}"##)
        let bundle = try JSONTree(
            parsing: ##"{"$defs":{"part":{"$id":"https://b.vn/part.json","type":"string"}}}"##)
        let schema = try CompiledSchema(
            JSONTree(parsing: ##"{"$ref":"https://b.vn/part.json"}"##),
            others: ["https://a.vn/broken.json": broken, "https://a.vn/bundle.json": bundle])
        var validator = SchemaValidator(schema)
        var parser = JSONParser()
        let violation = try validator.violation(in: parser.parse("1"))
        #expect(violation?.schemaLocation == "https://a.vn/bundle.json#/$defs/part/type")
        #expect(throws: SchemaError.self) {
            try CompiledSchema(
                JSONTree(parsing: ##"{"$ref":"https://a.vn/broken.json"}"##),
                others: ["https://a.vn/broken.json": broken])
        }
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
