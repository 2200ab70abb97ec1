internal import CChecksum

/// The Castagnoli checksum of RFC 3720, appendix B.4.
enum CRC32C {
    /// The checksum of `bytes` behind what `checksum` covers already.
    @inline(always)
    static func extend(_ checksum: UInt32, by bytes: RawSpan) -> UInt32 {
        // Safe: the C function reads the buffer's bytes during the call.
        unsafe bytes.withUnsafeBytes { unsafe crc32c_extend(checksum, $0.baseAddress, $0.count) }
    }

    /// The same without the processor's instruction.
    static func extendPortably(_ checksum: UInt32, by bytes: RawSpan) -> UInt32 {
        // Safe: as above.
        unsafe bytes.withUnsafeBytes { unsafe crc32c_extend_portable(checksum, $0.baseAddress, $0.count) }
    }
}
