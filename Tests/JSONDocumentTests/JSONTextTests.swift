import JSONDocument
import TestSupport
import Testing

struct JSONTextTests {
    @Test("finds a name that its object has twice")
    func duplicates() throws {
        let many = (0..<100).map { "\"k\($0)\":0" }.joined(separator: ",")
        let cases: [(String, String?)] = [
            (#"{"a":1,"b":2}"#, nil), (#"{"a":1,"b":2,"a":3}"#, "/a"), (#"{"x":[{"é":1,"\u00e9":2}]}"#, "/x/0/é"),
            (#"{"a":{"a":{"a":1}}}"#, nil), ("{\(many)}", nil), ("{\(many),\"k57\":1}", "/k57"),
            (#"[{"a":1},{"a":1}]"#, nil), ("7", nil),
        ]
        var parser = JSONParser()
        for (text, pointer) in cases {
            let document = try parser.parse(text)
            let name = document.firstDuplicateName(in: document.root)
            let value = name.map { document.pointer(to: $0).description }
            #expect(value == pointer, "\(text)")
        }
    }

    @Test("the locator finds the line of a pointer")
    func places() {
        let text = """
            {
              "a": 1,
              "list": [
                {"x": 1},
                {"y\\u0041": 2}
              ]
            }
            """
        let bytes = Array(text.utf8)
        // Safe: every byte of the array is initialized.
        let locator = JSONLocator(unsafe bytes.span.bytes)
        let expected: [(String, Int, Int)] = [
            ("", 1, 1), ("/a", 2, 3), ("/list", 3, 3), ("/list/0", 4, 5), ("/list/0/x", 4, 6), ("/list/1/yA", 5, 6),
            ("/list/7", 3, 3), ("/nothing", 1, 1),
        ]
        for (pointer, line, column) in expected {
            let place = JSONPointer(text: pointer).flatMap { locator.place(of: $0) }
            #expect(place?.line == line, "\(pointer)")
            #expect(place?.column == column, "\(pointer)")
        }
    }

    @Test("a writer separates and escapes")
    func writer() throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("a\"")
        writer.beginArray()
        writer.integer(-1)
        writer.double(0.1)
        writer.double(.nan)
        writer.string("\u{1}\n\u{1F}é\\")
        writer.beginObject()
        writer.endObject()
        writer.endArray()
        writer.name("b")
        writer.bool(true)
        writer.name("c")
        writer.null()
        writer.endObject()
        #expect(writer.text == #"{"a\"":[-1,0.1,null,"\u0001\n\u001fé\\",{}],"b":true,"c":null}"#)
        #expect(try JSONTree(parsing: writer.text).text == writer.text)
    }

    @Test("doubles read back as they were", arguments: [UInt64(7), 8])
    func doubles(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var parser = JSONParser()
        for _ in 0..<20_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            var writer = JSONWriter()
            writer.double(value)
            let document = try parser.parse(writer.bytes)
            let read = document.number(at: document.root)?.bitPattern
            #expect(read == value.bitPattern)
        }
    }

    @Test("a tree refuses duplicate names with their place")
    func tree() throws {
        #expect(
            try JSONTree(parsing: #"{"a":[1,{"b":"c"}]}"#)["a"]
                == .array([.integer(1), .object([.init(name: "b", value: .string("c"))])]))
        do throws(JSONParseError) {
            _ = try JSONTree(parsing: "{\"a\":1,\n\"a\":2}")
            Issue.record("this must not be read")
        } catch {
            #expect(error.kind == .duplicateName)
        }
    }

    @Test("pointers escape and refuse")
    func pointers() {
        #expect(JSONPointer(text: "/a~1b/m~0n")?.tokens == ["a/b", "m~n"])
        #expect(JSONPointer(["a/b", "m~n", ""]).description == "/a~1b/m~0n/")
        #expect(JSONPointer(text: "a") == nil)
        #expect(JSONPointer(text: "/~2") == nil)
        #expect(JSONPointer(text: "/~") == nil)
        #expect(JSONPointer(text: "")?.tokens == [])
    }
}
