import Glibc
import Synchronization

/// Accepts one client, grants what it subscribes to, and then sends given bytes in pieces of its own choosing.
final class ScriptedBroker: Sendable {
    let port: Int
    private let listener: CInt
    /// All packets of the client after SUBSCRIBE, as bytes.
    private let answers = Mutex<[UInt8]>([])

    var acknowledgements: [UInt8] { answers.withLock { $0 } }

    init() {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(UInt32(0x7F00_0001).bigEndian)
        var byteCount = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        // Safe: the address is seen as the general type for the calls only, with its own size.
        unsafe withUnsafeMutableBytes(of: &address) { bytes in
            guard let general = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return }
            unsafe bind(listener, general, byteCount)
            listen(listener, 1)
            unsafe getsockname(listener, general, &byteCount)
        }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit {
        close(listener)
    }

    /// Serves the one client: `connected` is CONNACK, `pieces` follow the answer to its SUBSCRIBE.
    ///
    /// Ends when `answerByteCount` bytes came back, the client is gone, or nothing comes for `patienceSeconds`.
    func serve(
        connected: [UInt8], pieces: [[UInt8]], hasProperties: Bool, answerByteCount: Int, patienceSeconds: Int = 5
    ) {
        // No address is asked for.
        let client = accept(listener, nil, nil)
        defer { close(client) }
        var patience = timeval(tv_sec: patienceSeconds, tv_usec: 0)
        var noDelay: CInt = 1
        // Safe: each option is read with its own size.
        unsafe setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        unsafe setsockopt(client, CInt(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<CInt>.size))
        guard packet(from: client) != nil else { return }
        write(connected, to: client)
        guard let subscribe = packet(from: client), subscribe.count > 4 else { return }
        write(
            hasProperties
                ? [0x90, 4, subscribe[2], subscribe[3], 0, 1] : [0x90, 3, subscribe[2], subscribe[3], 1],
            to: client)
        for piece in pieces {
            write(piece, to: client)
            sched_yield()
        }
        while answers.withLock({ $0.count }) < answerByteCount {
            guard let packet = packet(from: client) else { return }
            answers.withLock { $0 += packet }
        }
    }

    /// Reads one short packet.
    private func packet(from client: CInt) -> [UInt8]? {
        guard let head = bytes(2, from: client), let rest = bytes(Int(head[1]), from: client) else { return nil }
        return head + rest
    }

    private func bytes(_ count: Int, from client: CInt) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        // Safe: receives into the array, which has this many bytes.
        let received = unsafe recv(client, &bytes, count, CInt(MSG_WAITALL))
        return received == count ? bytes : nil
    }

    private func write(_ bytes: [UInt8], to client: CInt) {
        // Safe: sends the bytes of the array. A client that is gone is noticed by the next read.
        _ = unsafe send(client, bytes, bytes.count, CInt(MSG_NOSIGNAL))
    }
}
