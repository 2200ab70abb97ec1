/// How the values of a column in a file become words or byte strings.
struct ColumnLayout {
    var column: ParquetColumn
    /// As in the file, where lists of old writers have other names than ours.
    var path: [String]
    var physicalType: PhysicalType
    /// Of a fixed-length byte array.
    var typeByteCount: Int
    /// Nil for booleans and byte strings.
    var plain: PlainDecoder.Layout?

    init(_ element: SchemaElement, path: [String]) throws(ParquetReadError) {
        let name = path.joined(separator: ".")
        guard let number = element.physicalType, let physicalType = PhysicalType(rawValue: number) else {
            throw .malformed("column \"\(name)\" has no known physical type")
        }
        typeByteCount = element.typeByteCount ?? 0
        if physicalType == .fixedLengthByteArray, !(1...(1 << 20)).contains(typeByteCount) {
            throw .malformed("column \"\(name)\" has values of \(typeByteCount) bytes")
        }
        self.path = path
        self.physicalType = physicalType
        let type = try Self.type(of: element, physicalType: physicalType)
        // Its levels are known when the whole schema is.
        column = ParquetColumn(name: name, type: type, isNullable: false)
        switch physicalType {
        case .int32: plain = .signed32
        case .int64, .double: plain = .signed64
        case .float: plain = .float
        case .fixedLengthByteArray where !type.isByteArray: plain = .bigEndian(byteCount: typeByteCount)
        default: plain = nil
        }
    }

    private static func type(
        of element: SchemaElement, physicalType: PhysicalType
    ) throws(ParquetReadError) -> ParquetType {
        var logical = element.logicalType
        if logical == nil { logical = try Self.logicalType(ofConverted: element) }
        switch (physicalType, logical) {
        case (.boolean, nil): return .boolean
        case (.int32, nil), (.int32, .integer(_, isSigned: true)): return .int32
        case (.int32, .integer(8, isSigned: false)), (.int32, .integer(16, isSigned: false)): return .int32
        case (.int64, nil), (.int64, .integer(_, isSigned: true)): return .int64
        case (.int32, .date): return .date
        case (.int64, .timestamp(isUTC: true, unit: .microseconds)): return .timestampMicros
        case (.float, nil), (.double, nil): return .double
        case (.byteArray, .string), (.byteArray, .enumeration), (.byteArray, .json): return .string
        case (.byteArray, nil), (.byteArray, .bson), (.fixedLengthByteArray, nil), (.fixedLengthByteArray, .uuid):
            return .binary
        case (.int32, .decimal(let scale, let precision)), (.int64, .decimal(let scale, let precision)),
            (.fixedLengthByteArray, .decimal(let scale, let precision)):
            guard (1...38).contains(precision), (0...precision).contains(scale) else {
                throw .malformed("column \"\(element.name)\": decimal(\(precision), \(scale))")
            }
            guard precision <= 18 else {
                throw .unsupported(column: element.name, feature: "decimals of more than 18 digits")
            }
            return .decimal(precision: precision, scale: scale)
        default:
            let meaning = logical.map { " as \($0)" } ?? ""
            throw .unsupported(column: element.name, feature: "\(physicalType)\(meaning)")
        }
    }

    /// The meaning in files older than logical types.
    private static func logicalType(ofConverted element: SchemaElement) throws(ParquetReadError) -> LogicalType? {
        switch element.convertedType {
        case nil: return nil
        case ConvertedType.utf8: return .string
        case ConvertedType.enumeration: return .enumeration
        case ConvertedType.json: return .json
        case ConvertedType.bson: return .bson
        case ConvertedType.date: return .date
        case ConvertedType.timestampMillis: return .timestamp(isUTC: true, unit: .milliseconds)
        case ConvertedType.timestampMicros: return .timestamp(isUTC: true, unit: .microseconds)
        case ConvertedType.decimal:
            return .decimal(scale: element.scale ?? 0, precision: element.precision ?? 0)
        case .some(let number) where ConvertedType.signedIntegers.contains(number):
            return .integer(bitWidth: 8 << (number - 15), isSigned: true)
        case .some(let number) where ConvertedType.unsignedIntegers.contains(number):
            return .integer(bitWidth: 8 << (number - 11), isSigned: false)
        case .some(let number):
            throw .unsupported(column: element.name, feature: "converted type \(number)")
        }
    }
}
