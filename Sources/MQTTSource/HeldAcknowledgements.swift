import Glibc

/// PUBACK and PUBREC packets that wait until what they acknowledge is durable, and then leave in one piece.
@safe
struct HeldAcknowledgements: ~Copyable {
    private static let packetByteCount = 4

    // Packet ids have 16 bits and are not used again before their acknowledgement left.
    private let bytes: UnsafeMutableRawBufferPointer = .allocate(byteCount: 65_536 * packetByteCount, alignment: 4)
    private var sentByteCount = 0
    /// Up to here they may leave.
    private var releasedByteCount = 0
    private var byteCount = 0

    deinit {
        unsafe bytes.deallocate()
    }

    /// Those that were not released yet.
    var heldCount: Int { (byteCount - releasedByteCount) / Self.packetByteCount }

    /// Whether some were released but not taken by the socket.
    var arePending: Bool { sentByteCount < releasedByteCount }

    /// Whether the socket took only a part of a packet: nothing else may be written then.
    var areMidPacket: Bool { sentByteCount % Self.packetByteCount != 0 }

    /// Only a broker that uses packet ids twice fills it.
    var isFull: Bool { unsafe byteCount + Self.packetByteCount > bytes.count }

    mutating func append(packetID: UInt16, qualityOfService: UInt8) {
        // PUBACK answers quality of service 1 (section 3.4), PUBREC 2 (section 3.5).
        let packet: UInt32 = (qualityOfService == 1 ? 0x40_02_00_00 : 0x50_02_00_00) | UInt32(packetID)
        // Safe: `isFull` was asked, and byteCount is a multiple of four.
        unsafe bytes.storeBytes(of: packet.bigEndian, toByteOffset: byteCount, as: UInt32.self)
        byteCount += Self.packetByteCount
    }

    mutating func release() {
        releasedByteCount = byteCount
    }

    /// Sends what was released and the socket takes.
    ///
    /// An error is left to the next read, which ends the connection.
    mutating func send(to socket: CInt) {
        while arePending {
            // Safe: released bytes are initialised.
            let pending = unsafe UnsafeRawBufferPointer(rebasing: bytes[sentByteCount..<releasedByteCount])
            let count = unsafe Glibc.send(
                socket, pending.baseAddress, pending.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
            guard count > 0 else { break }
            sentByteCount += count
        }
        if sentByteCount == byteCount { forget() }
        if sentByteCount > byteCount / 2 { moveDown() }
    }

    /// Makes room behind what has not left yet, which keeps its place in its packet.
    private mutating func moveDown() {
        let start = sentByteCount - sentByteCount % Self.packetByteCount
        guard start > 0, let base = unsafe bytes.baseAddress else { return }
        // Safe: both ranges lie in the buffer, and memmove allows them to overlap.
        unsafe memmove(base, base + start, byteCount - start)
        sentByteCount -= start
        releasedByteCount -= start
        byteCount -= start
    }

    /// The connection ended: its packet ids mean nothing on the next.
    mutating func forget() {
        sentByteCount = 0
        releasedByteCount = 0
        byteCount = 0
    }
}
