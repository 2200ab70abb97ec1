import Telemetry

/// The first bytes of every journal file; the layout stands in `FileFormat.md`.
struct JournalFileHeader: Equatable {
    static let byteCount = 32
    private static let magic: [UInt8] = Array("PHUSAJ01".utf8)

    let firstOffset: JournalOffset
    /// Where the checksums of the file's records start from, so that records of an earlier use do not count.
    let salt: UInt32

    init(firstOffset: JournalOffset, salt: UInt32) {
        self.firstOffset = firstOffset
        self.salt = salt
    }

    /// Reads the header at the start of `bytes`; nil when there is no good one.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.byteCount, bytes.starts(with: Self.magic) else { return nil }
        let header = Array(bytes[..<Self.byteCount])
        guard Self.checksum(of: header) == UInt32(littleEndian: header, at: 28) else { return nil }
        firstOffset = JournalOffset(UInt64(littleEndian: header, at: 8))
        salt = UInt32(littleEndian: header, at: 16)
    }

    var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: firstOffset.number)
        bytes.append(littleEndian: salt)
        bytes.append(littleEndian: UInt64(0))
        bytes.append(littleEndian: Self.checksum(of: bytes))
        return bytes
    }

    /// Of the first 28 bytes.
    private static func checksum(of bytes: [UInt8]) -> UInt32 {
        // Safe: UInt8 has no padding.
        unsafe CRC32C.extend(0, by: bytes.span.bytes.extracting(0..<28))
    }
}

extension FixedWidthInteger {
    fileprivate init(littleEndian bytes: [UInt8], at index: Int) {
        self = 0
        for byte in bytes[index..<index + Self.bitWidth / 8].reversed() { self = self << 8 | Self(byte) }
    }
}

extension [UInt8] {
    fileprivate mutating func append(littleEndian number: some FixedWidthInteger) {
        for shift in stride(from: 0, to: type(of: number).bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
