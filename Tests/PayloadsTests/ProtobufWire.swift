/// Writes protobuf messages by field number, apart from the generated code that reads them.
struct ProtobufWire {
    private(set) var bytes: [UInt8] = []

    static func message(_ fill: (inout ProtobufWire) -> Void) -> [UInt8] {
        var wire = ProtobufWire()
        fill(&wire)
        return wire.bytes
    }

    mutating func varint(_ field: Int, _ value: UInt64) {
        append(UInt64(field) << 3)
        append(value)
    }

    mutating func bytes(_ field: Int, _ value: some Collection<UInt8>) {
        append(UInt64(field) << 3 | 2)
        append(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func text(_ field: Int, _ value: String) {
        bytes(field, Array(value.utf8))
    }

    mutating func float(_ field: Int, _ value: Float) {
        append(UInt64(field) << 3 | 5)
        for shift in stride(from: 0, to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(shift)))
        }
    }

    mutating func double(_ field: Int, _ value: Double) {
        append(UInt64(field) << 3 | 1)
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(shift)))
        }
    }

    private mutating func append(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// A Sparkplug metric for tests, written with the field numbers of the specification.
struct MetricWire {
    enum Value {
        case int(UInt32)
        case long(UInt64)
        case float(Float)
        case double(Double)
        case boolean(Bool)
        case string(String)
        case bytes([UInt8])
        case dataSet([UInt8])
        case template([UInt8])
    }

    var name: String?
    var alias: UInt64?
    var timestamp: UInt64?
    var type: UInt32?
    var isHistorical = false
    var isNull = false
    var value: Value?

    var bytes: [UInt8] {
        ProtobufWire.message { wire in
            if let name { wire.text(1, name) }
            if let alias { wire.varint(2, alias) }
            if let timestamp { wire.varint(3, timestamp) }
            if let type { wire.varint(4, UInt64(type)) }
            if isHistorical { wire.varint(5, 1) }
            if isNull { wire.varint(7, 1) }
            switch value {
            case .int(let value): wire.varint(10, UInt64(value))
            case .long(let value): wire.varint(11, value)
            case .float(let value): wire.float(12, value)
            case .double(let value): wire.double(13, value)
            case .boolean(let value): wire.varint(14, value ? 1 : 0)
            case .string(let value): wire.text(15, value)
            case .bytes(let value): wire.bytes(16, value)
            case .dataSet(let value): wire.bytes(17, value)
            case .template(let value): wire.bytes(18, value)
            case nil: break
            }
        }
    }
}

/// A Sparkplug payload of these metrics.
func sparkplugPayload(
    _ metrics: [MetricWire], timestamp: UInt64? = 1_486_144_502_122, sequence: UInt64? = nil
) -> [UInt8] {
    ProtobufWire.message { wire in
        if let timestamp { wire.varint(1, timestamp) }
        for metric in metrics { wire.bytes(2, metric.bytes) }
        if let sequence { wire.varint(3, sequence) }
    }
}
