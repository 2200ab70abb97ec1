import JSONDocument
import Telemetry

/// Writes the values of metrics as JSON.
enum SparkplugValue {
    /// Writes a scalar of a data type; without a type, what needs none to be understood.
    static func write(
        _ scalar: SparkplugScalar, type: SparkplugDataType?, to writer: inout JSONWriter
    ) throws(SparkplugError) {
        guard let type else { return try write(untyped: scalar, to: &writer) }
        switch type {
        case .int8, .int16, .int32, .int64:
            guard let value = signed(try bits(of: scalar, type), type.bitCount) else { throw outOfRange(type) }
            writer.integer(value)
        case .uint8, .uint16, .uint32, .uint64:
            let value = try bits(of: scalar, type).value
            guard type.bitCount == 64 || value < 1 << UInt64(type.bitCount) else { throw outOfRange(type) }
            writer.integer(value)
        case .float, .double: try writeFloat(scalar, type, to: &writer)
        case .boolean:
            guard case .boolean(let value) = scalar else { throw mismatch(type) }
            writer.bool(value)
        case .string, .text, .uuid:
            guard case .string(let value) = scalar else { throw mismatch(type) }
            writer.string(value)
        case .dateTime: try writeTime(bits(of: scalar, type).value, to: &writer)
        case .bytes, .file:
            guard case .bytes(let value) = scalar else { throw mismatch(type) }
            // Safe: every byte of the array is initialized.
            BinaryText.base64url.write(unsafe value.span.bytes, to: &writer)
        case .dataSet, .template, .propertySet, .propertySetList: throw mismatch(type)
        default:
            guard case .bytes(let value) = scalar else { throw mismatch(type) }
            try SparkplugArray.write(value, type, to: &writer)
        }
    }

    /// A value whose data type nobody told: integers may be signed or not, or times, and so need it.
    private static func write(untyped scalar: SparkplugScalar, to writer: inout JSONWriter) throws(SparkplugError) {
        switch scalar {
        case .float: try write(scalar, type: .float, to: &writer)
        case .double: try write(scalar, type: .double, to: &writer)
        case .boolean: try write(scalar, type: .boolean, to: &writer)
        case .string: try write(scalar, type: .string, to: &writer)
        default:
            throw SparkplugError(.birthMissing, "only the birth certificate tells the data type of this metric")
        }
    }

    private static func writeFloat(
        _ scalar: SparkplugScalar, _ type: SparkplugDataType, to writer: inout JSONWriter
    ) throws(SparkplugError) {
        switch scalar {
        case .float(let value):
            guard value.isFinite else { throw notFinite }
            // The type says that this is single precision, so what reads back as the same single is exact.
            writer.raw(value.description.utf8Bytes)
        case .double(let value):
            guard value.isFinite else { throw notFinite }
            writer.double(value)
        default: throw mismatch(type)
        }
    }

    /// Milliseconds from 1970 as a time.
    static func writeTime(_ milliseconds: UInt64, to writer: inout JSONWriter) throws(SparkplugError) {
        guard let time = time(milliseconds) else {
            throw SparkplugError(.numberOutOfRange, "the time lies outside of the years 0000 to 9999")
        }
        writer.time(time)
    }

    /// The time that is so many milliseconds after 1970, or before, as two's complement.
    static func time(_ milliseconds: UInt64) -> EventTime? {
        EventTime(Int64(bitPattern: milliseconds), unit: 1000)
    }

    // MARK: Integers

    /// An integer's bits and how many protobuf carried.
    private static func bits(
        of scalar: SparkplugScalar, _ type: SparkplugDataType
    ) throws(SparkplugError) -> (value: UInt64, carried: Int) {
        switch scalar {
        case .int(let value): (UInt64(value), 32)
        case .long(let value): (value, 64)
        default: throw mismatch(type)
        }
    }

    /// The number that bits stand for: senders extend the sign to all bits carried, or only to those of the type.
    private static func signed(_ bits: (value: UInt64, carried: Int), _ bitCount: Int) -> Int64? {
        if bitCount == 64 { return Int64(bitPattern: bits.value) }
        let shift = Int64(64 - bitCount)
        let value = Int64(bitPattern: bits.value << UInt64(shift)) >> shift
        let extended = UInt64(bitPattern: value)
        let matches =
            bits.value >> UInt64(bitCount) == 0 || bits.value == extended
            || (bits.carried == 32 && bits.value == extended & 0xFFFF_FFFF)
        return matches ? value : nil
    }

    private static func outOfRange(_ type: SparkplugDataType) -> SparkplugError {
        SparkplugError(.range, "the value is beyond the \(type.bitCount) bits of its data type \(type)")
    }

    private static func mismatch(_ type: SparkplugDataType) -> SparkplugError {
        SparkplugError(.type, "the value is not of the kind that its data type \(type) asks for")
    }

    static let notFinite = SparkplugError(.numberOutOfRange, "NaN and infinity are no values of a reading")
}
