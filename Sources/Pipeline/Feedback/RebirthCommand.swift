import Telemetry

/// The NCMD payload that asks a Sparkplug edge node for its birth certificates: `Node Control/Rebirth` = true.
///
/// Sparkplug 3.0, sections 6.4.24 and 5.4; the field numbers are those of `sparkplug_b.proto`.
enum RebirthCommand {
    private static let metricName = "Node Control/Rebirth"
    /// Sparkplug's number for the type Boolean.
    private static let boolean: UInt64 = 11

    static func payload(at time: EventTime) -> [UInt8] {
        let milliseconds = UInt64(clamping: floorDivide(time.microsecondsSinceEpoch, 1000))
        var metric: [UInt8] = []
        metric.append(field: 1, bytes: Array(metricName.utf8))
        metric.append(field: 3, number: milliseconds)
        metric.append(field: 4, number: boolean)
        metric.append(field: 14, number: 1)
        var payload: [UInt8] = []
        payload.append(field: 1, number: milliseconds)
        payload.append(field: 2, bytes: metric)
        return payload
    }
}

/// Protocol Buffers' wire format: a tag of field number and kind, then the value.
extension [UInt8] {
    fileprivate mutating func append(field: UInt64, number: UInt64) {
        append(varint: field << 3)
        append(varint: number)
    }

    fileprivate mutating func append(field: UInt64, bytes: [UInt8]) {
        append(varint: field << 3 | 2)
        append(varint: UInt64(bytes.count))
        append(contentsOf: bytes)
    }

    private mutating func append(varint number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
}
