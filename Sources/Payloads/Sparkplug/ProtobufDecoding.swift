import SwiftProtobuf
import Telemetry

/// Decodes protobuf messages whose number of fields is known to be bounded before memory is taken for them.
enum ProtobufDecoding {
    private static let options: BinaryDecodingOptions = {
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        // What is nested deeper is declared as bytes, and decoded by itself.
        options.messageDepthLimit = 8
        return options
    }()

    static func decode<Decoded: Message>(
        _ bytes: RawSpan, as type: Decoded.Type, fieldLimit: Int
    ) throws(SparkplugError) -> Decoded {
        try checkFields(of: bytes, limit: fieldLimit)
        do {
            return try Decoded(serializedBytes: bytes, partial: true, options: options)
        } catch BinaryDecodingError.truncated {
            throw SparkplugError(.truncated, "the protobuf message ends within a field")
        } catch BinaryDecodingError.invalidUTF8 {
            throw SparkplugError(.invalidUTF8, "a text of the protobuf message is not UTF-8")
        } catch {
            throw SparkplugError(.notProtobuf, "the payload is no protobuf message of this kind: \(error)")
        }
    }

    static func decode<Decoded: Message>(
        _ bytes: [UInt8], as type: Decoded.Type, fieldLimit: Int
    ) throws(SparkplugError) -> Decoded {
        // Safe: every byte of the array is initialized.
        try decode(unsafe bytes.span.bytes, as: type, fieldLimit: fieldLimit)
    }

    /// Goes over the outermost fields: two bytes can make an object of a hundred, so they are counted first.
    private static func checkFields(of bytes: RawSpan, limit: Int) throws(SparkplugError) {
        var offset = 0
        var count = 0
        while offset < bytes.byteCount {
            let start = offset
            count += 1
            guard count <= limit else {
                throw SparkplugError(.tooLarge, at: start, "the protobuf message has more than \(limit) fields")
            }
            let tag = try varint(bytes, &offset)
            guard tag >> 3 != 0, tag <= UInt64(UInt32.max) else {
                throw SparkplugError(.notProtobuf, at: start, "\(tag >> 3) is no field number")
            }
            let byteCount: UInt64
            switch tag & 7 {
            case 0:
                _ = try varint(bytes, &offset)
                continue
            case 1: byteCount = 8
            case 2: byteCount = try varint(bytes, &offset)
            case 5: byteCount = 4
            default: throw SparkplugError(.notProtobuf, at: start, "the wire type \(tag & 7) is not used by Sparkplug")
            }
            guard byteCount <= UInt64(bytes.byteCount - offset) else {
                throw SparkplugError(
                    .truncated, at: bytes.byteCount,
                    "a field of \(byteCount) bytes begins where \(bytes.byteCount - offset) are left")
            }
            offset += Int(byteCount)
        }
    }

    private static func varint(_ bytes: RawSpan, _ offset: inout Int) throws(SparkplugError) -> UInt64 {
        let start = offset
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.byteCount {
            let byte = bytes.octet(at: offset)
            offset += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            guard shift < 70 else { throw SparkplugError(.notProtobuf, at: start, "a number has more than ten bytes") }
        }
        throw SparkplugError(.truncated, at: bytes.byteCount, "the protobuf message ends within a number")
    }
}
