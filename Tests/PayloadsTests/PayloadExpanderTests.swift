import CZlib
import CZstd
import JSONDocument
import Telemetry
import TestSupport
import Testing

@testable import Payloads

@Suite("Compressed payloads")
struct PayloadExpanderTests {
    private static let text = Array(#"[{"a":1},{"a":2,"b":"\#(String(repeating: "phu sa ", count: 50))"}]"#.utf8)

    @Test("gzip and zstd are undone before the format is read", arguments: [PayloadFormat.json, .senml])
    func reads(format: PayloadFormat) {
        let pack = Array(#"[{"n":"a","t":1320067464,"v":1}]"#.utf8)
        let payload = format == .json ? Self.text : pack
        var reader = PayloadReader(format: format)
        let expected = reader.records(of: payload).outcomes
        #expect(reader.records(of: gzip(payload)).outcomes == expected)
        #expect(reader.records(of: zstd(payload)).outcomes == expected)
        #expect(reader.records(of: payload).outcomes == expected)
    }

    @Test("several gzip members and several zstd frames are one payload")
    func members() {
        let (first, second) = (Array(Self.text[..<10]), Array(Self.text[10...]))
        var reader = PayloadReader(format: .json)
        #expect(reader.records(of: gzip(first) + gzip(second)).records.count == 2)
        #expect(reader.records(of: zstd(first) + zstd(second)).records.count == 2)
    }

    @Test("every cut is told as truncated, with the byte at which the data ends")
    func cuts() {
        for payload in [gzip(Self.text), zstd(Self.text)] {
            var expander = PayloadExpander(limit: 1 << 16)
            for count in 4..<payload.count {
                let refusal = expand(Array(payload[..<count]), with: &expander)
                #expect(refusal?.reason == .truncated)
                #expect(refusal?.byteOffset ?? -1 <= count && refusal?.byteOffset ?? -1 >= 0)
            }
            #expect(expand(payload, with: &expander) == nil)
            let whole = content(of: expander)
            #expect(whole == Self.text)
        }
    }

    @Test("what ends early is called by the name of its compression")
    func names() {
        for (payload, compression) in [
            (gzip(Self.text), PayloadExpander.Compression.gzip), (zlib(Self.text), .zlib), (zstd(Self.text), .zstd),
        ] {
            var expander = PayloadExpander(limit: 1 << 16)
            let cut = Array(payload.dropLast(5))
            // Safe: every byte of the array is initialized.
            let refusal = expander.expand(unsafe cut.span.bytes, compression)
            #expect(refusal?.sentence == "the \(compression) data ends within a frame")
        }
    }

    @Test("damage is told with its byte; no damaged byte gives wrong content")
    func damage() {
        for (payload, reason) in [(gzip(Self.text), RefusalReason.notGzip), (zstd(Self.text), .notZstd)] {
            var expander = PayloadExpander(limit: 1 << 16)
            var refusedCount = 0
            for index in 4..<payload.count {
                var damaged = payload
                damaged[index] ^= 0x55
                guard let refusal = expand(damaged, with: &expander) else {
                    // Some bytes of the headers carry nothing: time and system of gzip.
                    let whole = content(of: expander)
                    #expect(whole == Self.text)
                    continue
                }
                refusedCount += 1
                #expect([reason, .truncated, .expandedTooLarge].contains(refusal.reason))
                #expect(refusal.byteOffset != nil)
            }
            #expect(refusedCount > payload.count / 2)
        }
        var expander = PayloadExpander(limit: 1 << 16)
        #expect(expand(gzip(Self.text) + [1, 2, 3, 4, 5], with: &expander)?.reason == .notGzip)
        #expect(expand(zstd(Self.text) + [1, 2, 3, 4, 5], with: &expander)?.reason == .notZstd)
    }

    @Test("what expands to the limit is taken, and one byte more is refused")
    func limit() {
        let payload = [UInt8](repeating: 0x20, count: 70_000)
        for compressed in [gzip(payload), zstd(payload), zstd(payload, announcesCount: false)] {
            var exact = PayloadExpander(limit: 70_000)
            #expect(expand(compressed, with: &exact) == nil)
            let whole = content(of: exact)
            #expect(whole == payload)
            var tight = PayloadExpander(limit: 69_999)
            #expect(expand(compressed, with: &tight)?.reason == .expandedTooLarge)
        }
    }

    @Test("bombs cost no more than the limit: a gigabyte of zeros, and a window of a gigabyte")
    func bombs() {
        let clock = ContinuousClock()
        var expander = PayloadExpander(limit: 4 << 20)
        let zeros = [UInt8](repeating: 0, count: 64 << 20)
        let bomb = gzip(zeros)
        let frames = zstd(zeros, announcesCount: false)
        // A frame header that announces a window of 1 GiB and no content size: RFC 8878, section 3.1.1.1.
        let window = bytes("28b52ffd 00 a0") + bytes("030000 ffff") + [UInt8](repeating: 7, count: 100)
        let duration = clock.measure {
            for _ in 0..<10 {
                #expect(expand(bomb, with: &expander)?.reason == .expandedTooLarge)
                #expect(expand(frames, with: &expander)?.reason == .expandedTooLarge)
                #expect(expand(window, with: &expander)?.reason == .expandedTooLarge)
            }
        }
        #expect(duration < .seconds(5))
        #expect(expand(gzip(Self.text), with: &expander) == nil)
    }

    @Test("a bomb within a bomb is not opened: the content is read as it is")
    func nested() {
        var reader = PayloadReader(format: .json)
        #expect(reader.records(of: gzip(gzip(Self.text))).records.first?.refusal?.reason == .notJSON)
    }

    @Test("a refusal of what was expanded says which bytes it counts")
    func offsets() {
        var reader = PayloadReader(format: .json)
        let refusal = reader.records(of: gzip(Array("[1,".utf8))).records.first?.refusal
        #expect(refusal?.reason == .truncated)
        #expect(refusal?.byteOffset == 3)
        #expect(refusal?.sentence.hasSuffix("(the byte is counted in the expanded payload)") == true)
    }

    private func expand(_ bytes: [UInt8], with expander: inout PayloadExpander) -> Refusal? {
        // Safe: every byte of the array is initialized.
        let span = unsafe bytes.span.bytes
        guard let compression = PayloadExpander.compression(of: span) else {
            return Refusal(.notGzip, sentence: "no magic number")
        }
        return expander.expand(span, compression)
    }

    private func content(of expander: borrowing PayloadExpander) -> [UInt8] {
        let padded = expander.padded
        return (0..<(padded.byteCount - JSONParser.paddingByteCount)).map { padded.octet(at: $0) }
    }
}
