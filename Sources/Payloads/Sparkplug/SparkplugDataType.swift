/// The data types of metrics, Sparkplug 3.0.0, section 6.4.16.
enum SparkplugDataType: UInt32 {
    case int8 = 1
    case int16, int32, int64, uint8, uint16, uint32, uint64, float, double, boolean, string, dateTime, text
    case uuid, dataSet, bytes, file, template
    /// Only values of properties have these two.
    case propertySet, propertySetList
    case int8Array, int16Array, int32Array, int64Array, uint8Array, uint16Array, uint32Array, uint64Array
    case floatArray, doubleArray, booleanArray, stringArray, dateTimeArray

    /// The bits of an integer type, and of the elements of an array of integers; 0 for others.
    var bitCount: Int {
        switch self {
        case .int8, .uint8, .int8Array, .uint8Array: 8
        case .int16, .uint16, .int16Array, .uint16Array: 16
        case .int32, .uint32, .int32Array, .uint32Array, .floatArray: 32
        case .int64, .uint64, .int64Array, .uint64Array, .doubleArray, .dateTimeArray: 64
        default: 0
        }
    }

    var isSigned: Bool {
        switch self {
        case .int8, .int16, .int32, .int64, .int8Array, .int16Array, .int32Array, .int64Array: true
        default: false
        }
    }
}

/// A value as protobuf carries it, whichever message it is of.
enum SparkplugScalar {
    case int(UInt32)
    case long(UInt64)
    case float(Float)
    case double(Double)
    case boolean(Bool)
    case string(String)
    case bytes([UInt8])
    case dataSet([UInt8])
    case template([UInt8])

    init(_ value: Phusa_Sparkplug_SparkplugMetric.OneOf_Value) {
        self =
            switch value {
            case .intValue(let value): .int(value)
            case .longValue(let value): .long(value)
            case .floatValue(let value): .float(value)
            case .doubleValue(let value): .double(value)
            case .booleanValue(let value): .boolean(value)
            case .stringValue(let value): .string(value)
            case .bytesValue(let value): .bytes([UInt8](value))
            case .datasetValue(let value): .dataSet([UInt8](value))
            case .templateValue(let value): .template([UInt8](value))
            }
    }

    init(_ value: Phusa_Sparkplug_SparkplugCell.OneOf_Value) {
        self =
            switch value {
            case .intValue(let value): .int(value)
            case .longValue(let value): .long(value)
            case .floatValue(let value): .float(value)
            case .doubleValue(let value): .double(value)
            case .booleanValue(let value): .boolean(value)
            case .stringValue(let value): .string(value)
            }
    }

    init(_ value: Phusa_Sparkplug_SparkplugParameter.OneOf_Value) {
        self =
            switch value {
            case .intValue(let value): .int(value)
            case .longValue(let value): .long(value)
            case .floatValue(let value): .float(value)
            case .doubleValue(let value): .double(value)
            case .booleanValue(let value): .boolean(value)
            case .stringValue(let value): .string(value)
            }
    }
}
