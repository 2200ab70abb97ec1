import TestSupport
import Testing

@testable import JSONDocument

@Suite("Names of members")
struct JSONNamesTests {
    /// Names that differ late, early or in the middle only, of all lengths around the words that are compared.
    private static func name(_ random: inout SeededRandom) -> String {
        let length = Int.random(in: 0...26, using: &random)
        var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
        if length > 0 {
            bytes[Int.random(in: 0..<length, using: &random)] = UInt8.random(in: 0x61...0x64, using: &random)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "a member is found by its name alone, and the first name that stands twice is told",
        arguments: [UInt64(1), 2, 3])
    func property(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var parser = JSONParser()
        var duplicateCount = 0
        for _ in 0..<2000 {
            let names = (0..<Int.random(in: 0...80, using: &random)).map { _ in Self.name(&random) }
            let distinct = random.chance(1, in: 2) ? names : Array(Set(names)).sorted()
            let json = "{\(distinct.enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ","))}"
            let document = try parser.parse(json)
            let wanted = Self.name(&random)
            let found = document.member(wanted, of: document.root).map { document.int64(at: $0) }
            #expect(found == distinct.firstIndex(of: wanted).map { Int64($0) })
            let second = distinct.indices.first { distinct[..<$0].contains(distinct[$0]) }
            let told = document.firstDuplicateName(in: document.root).map { document.int64(at: $0 + 1) }
            #expect(told == second.map { Int64($0) })
            if second != nil { duplicateCount += 1 }
        }
        #expect(duplicateCount > 500)
    }

    @Test("a pointer can begin inside the document")
    func pointer() throws {
        var parser = JSONParser()
        let document = try parser.parse(#"[{"a":1},{"b":{"c/d":[1,2]}}]"#)
        let start = document.element(1, of: document.root) ?? 0
        let value = document.value(at: JSONPointer(["1", "b", "c/d", "1"])) ?? 0
        #expect(document.pointer(to: value, from: start).description == "/b/c~1d/1")
        #expect(document.pointer(to: value).description == "/1/b/c~1d/1")
        #expect(document.pointer(to: start, from: start).description == "")
    }
}
