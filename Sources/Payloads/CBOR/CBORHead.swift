import Telemetry

/// The first bytes of a data item: RFC 8949, section 3.
///
///     byte 0  upper 3 bits: major type; lower 5 bits: additional information
///     0, 1, 2, 4 or 8 further bytes: the argument, big endian, where the additional information is 24 to 27
struct CBORHead {
    /// The additional information that stands for indefinite length, and in major type 7 for the break.
    static let indefinite: UInt8 = 31

    let major: UInt8
    let information: UInt8
    /// The value, length, count or tag; the bits of a float.
    let argument: UInt64

    var isIndefinite: Bool { information == Self.indefinite }
    var isBreak: Bool { major == 7 && information == Self.indefinite }

    /// Reads the head at `offset`, which moves behind it.
    @inline(__always)
    init(_ bytes: RawSpan, at offset: inout Int) throws(CBORError) {
        guard offset < bytes.byteCount else { throw Self.truncated(bytes) }
        let first = bytes.octet(at: offset)
        major = first &>> 5
        information = first & 0x1F
        if information < 24 {
            argument = UInt64(information)
            offset &+= 1
            return
        }
        (argument, offset) = try Self.argument(bytes, information, major, at: offset)
    }

    private static func argument(
        _ bytes: RawSpan, _ information: UInt8, _ major: UInt8, at offset: Int
    ) throws(CBORError) -> (UInt64, Int) {
        if information == indefinite {
            guard major != 0, major != 1, major != 6 else {
                throw CBORError(.notCBOR, at: offset, "an item of major type \(major) has no length to be indefinite")
            }
            return (0, offset + 1)
        }
        guard information < 28 else {
            throw CBORError(.notCBOR, at: offset, "the additional information \(information) is reserved")
        }
        let byteCount = 1 << (Int(information) - 24)
        guard byteCount < bytes.byteCount - offset else { throw truncated(bytes) }
        // Safe: that many bytes follow, as was just checked, and any bytes are an integer.
        let argument: UInt64 =
            switch byteCount {
            case 1: UInt64(bytes.octet(at: offset + 1))
            case 2: UInt64(unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset + 1, as: UInt16.self).bigEndian)
            case 4: UInt64(unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset + 1, as: UInt32.self).bigEndian)
            default: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset + 1, as: UInt64.self).bigEndian
            }
        if major == 7, information == 24, argument < 32 {
            throw CBORError(.notCBOR, at: offset, "the simple value \(argument) must be written in one byte")
        }
        return (argument, offset + 1 + byteCount)
    }

    static func truncated(_ bytes: RawSpan) -> CBORError {
        CBORError(.truncated, at: bytes.byteCount, "the payload ends within a data item")
    }
}
