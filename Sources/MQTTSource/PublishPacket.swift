import Telemetry

/// The first bytes of any packet: what it is and how long it is.
///
/// MQTT 5, section 2.1.
struct PacketHeader {
    let firstByte: UInt8
    /// The first byte and the length bytes.
    let byteCount: Int
    /// Header and everything behind it.
    let packetByteCount: Int

    var isPublish: Bool { Self.isPublish(firstByte: firstByte) }

    static func isPublish(firstByte: UInt8) -> Bool { firstByte >> 4 == 3 }

    enum Parsed {
        case header(PacketHeader)
        case incomplete
        /// More than four length bytes.
        case malformed
    }

    /// Reads the header of the packet that starts at `start`.
    static func parse(_ bytes: RawSpan, at start: Int) -> Parsed {
        guard start < bytes.byteCount else { return .incomplete }
        let first = bytes.byte(at: start)
        var length = 0
        for index in 0..<4 {
            guard start + 1 + index < bytes.byteCount else { return .incomplete }
            let byte = bytes.byte(at: start + 1 + index)
            length |= Int(byte & 0x7F) << (7 * index)
            if byte & 0x80 == 0 {
                let byteCount = 2 + index
                return .header(
                    PacketHeader(firstByte: first, byteCount: byteCount, packetByteCount: byteCount + length))
            }
        }
        return .malformed
    }
}

/// Where the parts of a PUBLISH lie.
///
/// MQTT 5 and 3.1.1, section 3.3.
struct PublishPacket {
    let topic: Range<Int>
    /// MQTT 5's properties; empty for most messages.
    let properties: Range<Int>
    let payload: Range<Int>
    /// 0 for quality of service 0.
    let packetID: UInt16
    let flags: MessageFlags

    /// Takes apart the packet that starts at `start` and whose bytes end at `end`: earlier than its header says when it
    /// was cut.
    ///
    /// - Returns: Nil when it breaks the protocol. A topic must be there, since we allow the broker no aliases.
    init?(_ bytes: RawSpan, at start: Int, header: PacketHeader, end: Int, version: MQTTVersion) {
        let qualityOfService = header.firstByte >> 1 & 0b11
        var position = start + header.byteCount
        guard qualityOfService < 3, position + 2 <= end else { return nil }
        let topicByteCount = Int(bytes.bigEndianUInt16(at: position))
        position += 2
        guard topicByteCount > 0, position + topicByteCount <= end else { return nil }
        topic = position..<position + topicByteCount
        position += topicByteCount
        if qualityOfService > 0 {
            guard position + 2 <= end else { return nil }
            packetID = bytes.bigEndianUInt16(at: position)
            guard packetID != 0 else { return nil }
            position += 2
        } else {
            packetID = 0
        }
        if version == .version5 {
            var propertiesByteCount = 0
            var shift = 0
            while true {
                guard position < end, shift <= 21 else { return nil }
                let byte = bytes.byte(at: position)
                position += 1
                propertiesByteCount |= Int(byte & 0x7F) << shift
                shift += 7
                if byte & 0x80 == 0 { break }
            }
            guard position + propertiesByteCount <= end else { return nil }
            properties = position..<position + propertiesByteCount
            position += propertiesByteCount
        } else {
            properties = position..<position
        }
        payload = position..<end
        flags = MessageFlags(qualityOfService: qualityOfService, isRetained: header.firstByte & 1 != 0)
    }
}

extension RawSpan {
    @inline(__always)
    func byte(at index: Int) -> UInt8 {
        // Safe: the function checks the bounds, and every bit pattern is a UInt8.
        unsafe unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }

    @inline(__always)
    func bigEndianUInt16(at index: Int) -> UInt16 {
        UInt16(byte(at: index)) << 8 | UInt16(byte(at: index + 1))
    }
}
