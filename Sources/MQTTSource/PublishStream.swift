import Glibc
import Telemetry

/// Takes PUBLISH packets straight from a TCP socket, hundreds with one system call.
///
/// libmosquitto reads each packet with four system calls and announces each acknowledgement to a thread that does not
/// exist with a fifth. So this looks at what has arrived (`MSG_PEEK`), copies the messages into the batch and takes just
/// their bytes out of the socket. Every other packet is left for libmosquitto, which always finds the socket at the
/// start of a packet. Not with TLS: there the socket holds something else.
///
/// A message that has begun is taken out too, down to its first byte, and gathered. One byte that stays keeps alive the
/// kernel's buffer in which it came, up to 64 KiB; that can be so much of the receive buffer that TCP closes the window,
/// and then the rest never comes. Other packets are few; where one is caught so, the keep-alive ends the connection.
@safe
struct PublishStream: ~Copyable {
    enum Outcome {
        /// Nothing more has arrived.
        case empty
        /// The next message does not fit into the batch; it stays where it is.
        case full
        /// A whole packet of another kind comes next.
        case otherPacket
        /// The first bytes of another packet, whose rest is on its way.
        case partOfOtherPacket
        /// The connection ended.
        case ended
        case malformed
    }

    private static let windowByteCount = 256 << 10

    private let version: MQTTVersion
    private let maximumPacketByteCount: Int
    private let window: UnsafeMutableRawBufferPointer = .allocate(byteCount: windowByteCount, alignment: 64)
    var acknowledgements = HeldAcknowledgements()
    private(set) var truncations: [Inbox.Truncation] = []
    /// Those of the message at hand.
    private var attributes = MessageAttributes()

    // A message that did not arrive in one piece is gathered here.
    private let gathered: UnsafeMutableRawBufferPointer
    private var isGathering = false
    /// Nil until enough of it is there.
    private var gatheredHeader: PacketHeader?
    private var gatheredByteCount = 0
    private var discardedByteCount = 0

    init(configuration: MQTTConfiguration) {
        version = configuration.version
        maximumPacketByteCount = configuration.maximumPacketByteCount
        unsafe gathered = .allocate(byteCount: configuration.maximumPacketByteCount, alignment: 64)
    }

    deinit {
        unsafe window.deallocate()
        unsafe gathered.deallocate()
    }

    /// The connection ended: half a packet and all packet ids of it mean nothing on the next.
    mutating func reset() {
        isGathering = false
        acknowledgements.forget()
    }

    mutating func takeTruncations() -> [Inbox.Truncation] {
        defer { truncations = [] }
        return truncations
    }

    /// Appends messages until there is a reason to stop.
    mutating func receive(from socket: CInt, into batch: inout MessageBatch, arrival: EventTime) -> Outcome {
        while true {
            if isGathering {
                if let outcome = gather(from: socket, into: &batch, arrival: arrival) { return outcome }
                continue
            }
            // Safe: peeks at most the bytes of the window, and only those that were written are looked at.
            let count = unsafe recv(socket, window.baseAddress, window.count, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT))
            if count == 0 { return .ended }
            if count < 0 { return errno == EAGAIN || errno == EINTR ? .empty : .ended }
            let (consumed, outcome) = take(count, into: &batch, arrival: arrival)
            guard consumed == 0 || discard(consumed, from: socket) == consumed else { return .ended }
            if let outcome { return outcome }
        }
    }

    /// Takes the whole messages among the first `count` bytes of the window.
    ///
    /// - Returns: How many bytes they are, and why it stopped; nil to look again.
    private mutating func take(
        _ count: Int, into batch: inout MessageBatch, arrival: EventTime
    ) -> (consumed: Int, outcome: Outcome?) {
        // Safe: the bytes were just received.
        let bytes = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: window[..<count]))
        var position = 0
        while position < count {
            switch PacketHeader.parse(bytes, at: position) {
            case .malformed: return (position, .malformed)
            case .incomplete:
                // Looked at again from its start, unless it is there already.
                guard position == 0 else { return (position, nil) }
                guard PacketHeader.isPublish(firstByte: bytes.byte(at: 0)) else { return (0, .partOfOtherPacket) }
                startGathering(nil)
                return (0, nil)
            case .header(let header):
                let end = position + header.packetByteCount
                guard header.isPublish else {
                    return (position, end <= count ? .otherPacket : position == 0 ? .partOfOtherPacket : nil)
                }
                guard end <= count else {
                    if position == 0 { startGathering(header) }
                    return (position, nil)
                }
                if let outcome = append(bytes, at: position, header: header, end: end, to: &batch, arrival: arrival) {
                    return (position, outcome)
                }
                position = end
            }
        }
        // A window that was not filled was all there is.
        return (position, unsafe count < window.count ? .empty : nil)
    }

    /// - Returns: Nil when the message was appended.
    private mutating func append(
        _ bytes: RawSpan, at start: Int, header: PacketHeader, end: Int, to batch: inout MessageBatch,
        arrival: EventTime
    ) -> Outcome? {
        guard let packet = PublishPacket(bytes, at: start, header: header, end: end, version: version) else {
            return .malformed
        }
        if !attributes.isEmpty { attributes.removeAll() }
        if !packet.properties.isEmpty {
            PublishProperties.keep(bytes.extracting(packet.properties), in: &attributes)
        }
        let byteCount = packet.topic.count + attributes.bytes.count + packet.payload.count
        guard batch.hasRoom(forBytes: byteCount), !acknowledgements.isFull else { return .full }
        // Safe: UInt8 has no padding.
        unsafe batch.append(
            topic: bytes.extracting(packet.topic), attributes: attributes.bytes.span.bytes,
            payload: bytes.extracting(packet.payload), arrival: arrival, flags: packet.flags)
        if packet.packetID != 0 {
            acknowledgements.append(
                packetID: packet.packetID, qualityOfService: packet.flags.qualityOfService)
        }
        let cutByteCount = start + header.packetByteCount - end
        if cutByteCount > 0 {
            truncations.append(
                Inbox.Truncation(
                    topic: String(decoding: bytes.extracting(packet.topic)),
                    byteCount: packet.payload.count + cutByteCount, keptByteCount: packet.payload.count))
        }
        return nil
    }

    private mutating func startGathering(_ header: PacketHeader?) {
        isGathering = true
        gatheredHeader = header
        gatheredByteCount = 0
        discardedByteCount = 0
    }

    /// Goes on with a message that arrives in pieces, and appends it when it is whole.
    ///
    /// - Returns: Nil when there is no reason to stop.
    private mutating func gather(
        from socket: CInt, into batch: inout MessageBatch, arrival: EventTime
    ) -> Outcome? {
        guard let header = gatheredHeader else { return gatherHeader(from: socket) }
        let keptByteCount = min(header.packetByteCount, maximumPacketByteCount)
        while gatheredByteCount < keptByteCount {
            // Safe: the rest of a packet that is kept lies inside the buffer.
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: gathered[gatheredByteCount..<keptByteCount])
            let count = unsafe recv(socket, rest.baseAddress, rest.count, CInt(MSG_DONTWAIT))
            if count == 0 { return .ended }
            if count < 0 { return errno == EAGAIN || errno == EINTR ? .empty : .ended }
            gatheredByteCount += count
        }
        while keptByteCount + discardedByteCount < header.packetByteCount {
            let count = discard(header.packetByteCount - keptByteCount - discardedByteCount, from: socket)
            if count == 0 { return .ended }
            if count < 0 { return errno == EAGAIN || errno == EINTR ? .empty : .ended }
            discardedByteCount += count
        }
        // Safe: all bytes that are kept were received.
        let bytes = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: gathered[..<keptByteCount]))
        let outcome = append(bytes, at: 0, header: header, end: keptByteCount, to: &batch, arrival: arrival)
        if outcome == nil { isGathering = false }
        return outcome
    }

    /// Takes a header byte by byte, since only its bytes say how many they are.
    ///
    /// - Returns: Nil when it is whole.
    private mutating func gatherHeader(from socket: CInt) -> Outcome? {
        while gatheredHeader == nil {
            // Safe: a header is malformed from its fifth byte on, and the buffer holds more.
            let place = unsafe UnsafeMutableRawBufferPointer(rebasing: gathered[gatheredByteCount...])
            let count = unsafe recv(socket, place.baseAddress, 1, CInt(MSG_DONTWAIT))
            if count == 0 { return .ended }
            if count < 0 { return errno == EAGAIN || errno == EINTR ? .empty : .ended }
            gatheredByteCount += count
            // Safe: these bytes were received.
            let bytes = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: gathered[..<gatheredByteCount]))
            switch PacketHeader.parse(bytes, at: 0) {
            case .header(let header): gatheredHeader = header
            case .incomplete: break
            case .malformed: return .malformed
            }
        }
        return nil
    }

    /// Takes bytes out of the socket that are not wanted (any more).
    private func discard(_ byteCount: Int, from socket: CInt) -> Int {
        // With MSG_TRUNC, TCP throws the bytes away and needs no place for them (tcp(7)).
        recv(socket, nil, byteCount, CInt(MSG_DONTWAIT) | CInt(MSG_TRUNC))
    }
}
