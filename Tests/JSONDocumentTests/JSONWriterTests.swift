import JSONDocument
import TestSupport
import Testing

/// JSON texts made the obvious way, byte by byte.
private enum PlainText {
    static func string(_ utf8: some Sequence<UInt8>) -> [UInt8] {
        var text = [UInt8(ascii: "\"")]
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "\""): text += #"\""#.utf8
            case UInt8(ascii: "\\"): text += #"\\"#.utf8
            case 0x0A: text += #"\n"#.utf8
            case 0x0D: text += #"\r"#.utf8
            case 0x09: text += #"\t"#.utf8
            case 0..<0x10: text += "\\u000\(String(byte, radix: 16))".utf8
            case 0x10..<0x20: text += "\\u00\(String(byte, radix: 16))".utf8
            default: text.append(byte)
            }
        }
        return text + [UInt8(ascii: "\"")]
    }

    static func of(_ tree: JSONTree) -> [UInt8] {
        switch tree {
        case .null: Array("null".utf8)
        case .bool(let value): Array("\(value)".utf8)
        case .integer(let value): Array("\(value)".utf8)
        case .unsigned(let value): Array("\(value)".utf8)
        case .double(let value): Array("\(value)".utf8)
        case .string(let value): string(value.utf8)
        case .array(let elements): Array("[".utf8) + elements.map(of).joined(separator: ",".utf8) + Array("]".utf8)
        case .object(let members):
            Array("{".utf8)
                + members.map { string($0.name.utf8) + Array(":".utf8) + of($0.value) }.joined(separator: ",".utf8)
                + Array("}".utf8)
        }
    }
}

private func written(_ utf8: [UInt8]) -> [UInt8] {
    var writer = JSONWriter()
    // Safe: every byte of the array is initialized.
    writer.string(unsafe utf8.span.bytes)
    return writer.bytes
}

/// The writer takes strings eight bytes at a time; what it writes is what going byte by byte gives.
struct JSONWriterTests {
    @Test("every Unicode scalar, wherever it stands, is written as the plain way does and reads back")
    func scalars() throws {
        var parser = JSONParser()
        var texts: [String] = [""]
        // 251 is prime to 8, so neighbours stand at all offsets within a word.
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            texts[texts.count - 1].unicodeScalars.append(scalar)
            if texts[texts.count - 1].unicodeScalars.count == 251 {
                texts.append(String(repeating: "a", count: texts.count % 8))
            }
        }
        var count = 0
        for text in texts {
            let bytes = written(Array(text.utf8))
            if bytes != PlainText.string(text.utf8) { Issue.record("\(text.unicodeScalars.map(\.value))") }
            let document = try parser.parse(bytes)
            if !document.string(at: document.root).utf8.elementsEqual(text.utf8) { Issue.record("\(text) is another") }
            count += text.unicodeScalars.count { $0 != "a" }
        }
        #expect(count == 0x110000 - 0x800 - 1, "all but the surrogates, and \"a\"")
    }

    @Test("two bytes that need an escape, or nearly, beside each other at every offset of a word")
    func neighbours() {
        let fillers: [UInt8] = [UInt8(ascii: "a"), 0x20, 0x7F]
        var wrong = 0
        for filler in fillers {
            for first in UInt8(0)..<0x80 {
                for second in UInt8(0)..<0x80 {
                    for offset in 0..<8 {
                        var text = [UInt8](repeating: filler, count: 17)
                        text[offset] = first
                        text[offset + 1] = second
                        if written(text) != PlainText.string(text) { wrong += 1 }
                    }
                }
            }
        }
        #expect(wrong == 0)
    }

    @Test("every length up to four words, with one byte to escape at every place and with none")
    func lengths() {
        for length in 0...33 {
            let plain = [UInt8](repeating: UInt8(ascii: "x"), count: length)
            #expect(written(plain) == PlainText.string(plain))
            for place in 0..<length {
                for byte in [UInt8(0), 0x1F, 0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x7F] {
                    var text = plain
                    text[place] = byte
                    #expect(written(text) == PlainText.string(text), "\(byte) at \(place) of \(length)")
                }
            }
        }
    }

    @Test(
        "integers of every number of digits and bits, as the plain way writes them, in an array", arguments: [UInt64(5)]
    )
    func integers(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var magnitudes: Set<UInt64> = [0, .max]
        for power in sequence(
            first: UInt64(1), next: { $0.multipliedReportingOverflow(by: 10).overflow ? nil : $0 * 10 })
        {
            magnitudes.formUnion([power - 1, power, power + 1])
        }
        for bit in 0..<64 {
            let power = UInt64(1) << bit
            magnitudes.formUnion([power - 1, power, power + 1])
        }
        for _ in 0..<200_000 { magnitudes.insert(random.next() >> UInt64.random(in: 0..<64, using: &random)) }
        var writer = JSONWriter()
        var plain: [String] = []
        writer.beginArray()
        for magnitude in magnitudes {
            writer.integer(magnitude)
            let signed = Int64(bitPattern: magnitude)
            writer.integer(signed)
            writer.integer(0 &- signed)
            writer.integer(Int32(truncatingIfNeeded: signed))
            writer.integer(UInt8(truncatingIfNeeded: magnitude))
            plain += ["\(magnitude)", "\(signed)", "\(0 &- signed)"]
            plain += ["\(Int32(truncatingIfNeeded: signed))", "\(UInt8(truncatingIfNeeded: magnitude))"]
        }
        writer.endArray()
        #expect(magnitudes.count > 100_000)
        #expect(writer.bytes == Array("[\(plain.joined(separator: ","))]".utf8))
    }

    @Test("whole documents: names, commas, colons and values of all kinds", arguments: [UInt64(1), 2, 3, 4])
    func documents(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<5000 {
            let tree = Self.tree(depth: 0, &random)
            var writer = JSONWriter()
            Self.write(tree, to: &writer)
            try #require(writer.bytes == PlainText.of(tree), "\(tree)")
        }
    }

    private static func write(_ tree: JSONTree, to writer: inout JSONWriter) {
        switch tree {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .integer(let value): writer.integer(value)
        case .unsigned(let value): writer.integer(value)
        case .double(let value): writer.double(value)
        case .string(let value): writer.string(value)
        case .array(let elements):
            writer.beginArray()
            for element in elements { write(element, to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for member in members {
                writer.name(member.name)
                write(member.value, to: &writer)
            }
            writer.endObject()
        }
    }

    private static func tree(depth: Int, _ random: inout SeededRandom) -> JSONTree {
        switch Int.random(in: 0..<(depth < 5 ? 9 : 6), using: &random) {
        case 0: .null
        case 1: .bool(random.chance(1, in: 2))
        case 2: .integer(Int64(bitPattern: random.next()) >> Int64.random(in: 0..<64, using: &random))
        case 3: .unsigned(random.next() | 1 << 63)
        case 4: .double(Double.random(in: -1e6...1e6, using: &random))
        case 5: .string(text(&random))
        case 6, 7:
            .object(
                (0..<Int.random(in: 0..<6, using: &random)).map { _ in
                    .init(name: text(&random), value: tree(depth: depth + 1, &random))
                })
        default: .array((0..<Int.random(in: 0..<6, using: &random)).map { _ in tree(depth: depth + 1, &random) })
        }
    }

    private static func text(_ random: inout SeededRandom) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0..<24, using: &random) {
            let value: UInt32 =
                switch Int.random(in: 0..<10, using: &random) {
                case 0: .random(in: 0..<0x20, using: &random)
                case 1: random.chance(1, in: 2) ? 0x22 : 0x5C
                case 2: .random(in: 0x80..<0x800, using: &random)
                case 3: .random(in: 0x800..<0xD800, using: &random)
                case 4: .random(in: 0x10000..<0x110000, using: &random)
                default: .random(in: 0x20..<0x80, using: &random)
                }
            text.unicodeScalars.append(Unicode.Scalar(value) ?? "a")
        }
        return text
    }
}
