import JSONDocument
import Telemetry

/// Writes the array types of metrics, which are packed into bytes: Sparkplug 3.0.0, section 6.4.17.
///
///     integers, floats, times  little endian, one behind the other
///     booleans                 UInt32 count, then bits, the highest of each byte first
///     strings                  each with a zero behind it
enum SparkplugArray {
    static func write(
        _ bytes: [UInt8], _ type: SparkplugDataType, to writer: inout JSONWriter
    ) throws(SparkplugError) {
        writer.beginArray()
        switch type {
        case .booleanArray: try writeBooleans(bytes, to: &writer)
        case .stringArray: try writeStrings(bytes, to: &writer)
        default:
            let width = type.bitCount / 8
            guard width > 0, bytes.count % width == 0 else {
                throw SparkplugError(.type, "\(bytes.count) bytes are no whole number of elements of \(type)")
            }
            for start in stride(from: 0, to: bytes.count, by: width) {
                var bits: UInt64 = 0
                for place in (0..<width).reversed() { bits = bits << 8 | UInt64(bytes[start + place]) }
                try write(bits, type, to: &writer)
            }
        }
        writer.endArray()
    }

    private static func write(
        _ bits: UInt64, _ type: SparkplugDataType, to writer: inout JSONWriter
    ) throws(SparkplugError) {
        switch type {
        case .floatArray:
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
            try SparkplugValue.write(.float(value), type: .float, to: &writer)
        case .doubleArray:
            try SparkplugValue.write(.double(Double(bitPattern: bits)), type: .double, to: &writer)
        case .dateTimeArray: try SparkplugValue.writeTime(bits, to: &writer)
        default:
            if type.isSigned {
                let shift = Int64(64 - type.bitCount)
                writer.integer(Int64(bitPattern: bits << UInt64(shift)) >> shift)
            } else {
                writer.integer(bits)
            }
        }
    }

    private static func writeBooleans(_ bytes: [UInt8], to writer: inout JSONWriter) throws(SparkplugError) {
        var count = 0
        for place in (0..<4).reversed() where bytes.count >= 4 { count = count << 8 | Int(bytes[place]) }
        guard bytes.count >= 4, bytes.count - 4 == (count + 7) / 8 else {
            throw SparkplugError(.type, "\(bytes.count) bytes do not hold the \(count) booleans that they announce")
        }
        for index in 0..<count {
            writer.bool(bytes[4 + index / 8] & (0x80 >> UInt8(index % 8)) != 0)
        }
    }

    private static func writeStrings(_ bytes: [UInt8], to writer: inout JSONWriter) throws(SparkplugError) {
        guard bytes.last ?? 0 == 0 else { throw SparkplugError(.type, "the last string of an array has no end") }
        var start = 0
        for end in bytes.indices where bytes[end] == 0 {
            // Safe: every byte of the array is initialized.
            let text = unsafe bytes.span.bytes.extracting(start..<end)
            guard UTF8Check.firstInvalidByte(of: text) == nil else {
                throw SparkplugError(.invalidUTF8, "a string of an array is not UTF-8")
            }
            writer.string(text)
            start = end + 1
        }
    }
}
