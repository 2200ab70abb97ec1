import DurableFiles
import Telemetry
import TestSupport
import Testing

@testable import Journal

struct FileFormatTests {
    /// RFC 3720, appendix B.4, and the usual check value.
    private static let vectors: [([UInt8], UInt32)] = [
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        (Array(0..<32), 0x46DD_794E), (Array((0..<32).reversed()), 0x113F_DB5C),
        (Array("123456789".utf8), 0xE306_9283), ([], 0),
    ]

    @Test("computes the checksums of RFC 3720 both ways", arguments: vectors)
    func checksumVectors(bytes: [UInt8], checksum: UInt32) {
        let byInstruction = unsafe CRC32C.extend(0, by: bytes.span.bytes)
        let portable = unsafe CRC32C.extendPortably(0, by: bytes.span.bytes)
        #expect(byInstruction == checksum)
        #expect(portable == checksum)
    }

    @Test("computes the same both ways and in pieces, for every length and alignment")
    func checksumPaths() {
        var random = SeededRandom(seed: 5)
        let bytes = random.bytes(300)
        let all = unsafe bytes.span.bytes
        for start in 0..<9 {
            for end in start...bytes.count {
                let part = all.extracting(start..<end)
                let checksum = CRC32C.extend(7, by: part)
                #expect(CRC32C.extendPortably(7, by: part) == checksum)
                let middle = part.byteCount / 3
                let first = CRC32C.extend(7, by: part.extracting(first: middle))
                #expect(CRC32C.extend(first, by: part.extracting(droppingFirst: middle)) == checksum)
            }
        }
    }

    @Test("writes the bytes that FileFormat.md describes")
    func goldenBytes() throws {
        let header = JournalFileHeader(firstOffset: JournalOffset(258), salt: 0xA1B2_C3D4)
        #expect(
            hexadecimal(header.bytes)
                == Self.header.filter { $0 != " " })
        #expect(JournalFileHeader(header.bytes) == header)

        var batch = MessageBatch([
            SampleMessage(
                topic: "a/b", payload: "{\"n\":1}", arrival: 1_795_248_000_123_000,
                flags: MessageFlags(qualityOfService: 1, isRetained: true))
        ])
        batch.firstOffset = JournalOffset(258)
        var records = RecordBuffer()
        let byteCount = RecordBuffer.byteCount(of: batch)
        records.encode(batch, byteCount: byteCount, durableThrough: JournalOffset(255), salt: header.salt)
        let bytes = unsafe records.bytes.withUnsafeBytes { unsafe Array($0) }
        #expect(hexadecimal(bytes) == Self.record.filter { $0 != " " })
        // And a journal in which they lie reads as that message.
        let store = SimulatedFileStore(seed: 1)
        try store.createDirectory("/journal")
        try store.createAtomically("/journal/00000000000000000258.journal", header.bytes + bytes)
        var reader = JournalReader(store, directory: "/journal", from: JournalOffset(258))
        #expect(try reader.readAll() == [258: batch.message(at: 0)])
    }

    @Test("does not take a payload for a record, even in a file that is used again")
    func forgedRecords() throws {
        let store = SimulatedFileStore(seed: 1)
        let path = "/journal"
        var writer = try JournalWriter(store, directory: path, configuration: .small)
        let first = try #require(JournalFileHeader(try store.read("\(path)/00000000000000000001.journal")))
        // 60 records of 40 bytes that say to be message 5, with the checksum that this file's records have.
        var forgery = MessageBatch([SampleMessage(topic: "", payload: "forgery!")])
        forgery.firstOffset = JournalOffset(5)
        var records = RecordBuffer()
        records.encode(forgery, byteCount: 40, durableThrough: JournalOffset(4), salt: first.salt)
        let forged = unsafe records.bytes.withUnsafeBytes { unsafe Array($0) }
        var batch = MessageBatch(byteCapacity: 4096, messageCapacity: 1)
        let payload = [[UInt8]](repeating: forged, count: 60).flatMap { $0 }
        unsafe batch.append(
            topic: "".utf8Bytes, payload: payload.span.bytes, arrival: EventTime(microsecondsSinceEpoch: 0), flags: [])
        try writer.append(&batch)
        // Two messages fill a second file, so that the fourth lies in the first one again, right in front of a forgery.
        try writer.append([SampleMessage(topic: "", payload: String(repeating: "2", count: 2400))])
        try writer.append([SampleMessage(topic: "", payload: String(repeating: "3", count: 1590))])
        try writer.synchronize()
        try writer.cut(behind: JournalOffset(1))
        try writer.append([SampleMessage(topic: "", payload: String(repeating: "4", count: 40))])
        try writer.synchronize()
        let bytes = try store.read("\(path)/00000000000000000004.journal")
        #expect(Array(bytes[104..<144]) == forged)
        var reader = JournalReader(store, directory: path, from: JournalOffset(2))
        #expect(try reader.readAll().keys.sorted() == [2, 3, 4])
        _ = consume writer
        let reopened = try JournalWriter(store, directory: path, configuration: .small)
        #expect(reopened.nextOffset == JournalOffset(5))
    }

    /// Both made by a few lines of Python from FileFormat.md, bit by bit checksum included.
    private static let header = "50485553414a3031 0201000000000000 d4c3b2a1 0000000000000000 f6b9de5f"
    private static let record =
        "79286e4a 22000000 0201000000000000 78c054bfc4600600 05 00 0300 0000 0300 612f627b226e223a317d000000000000"

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
