import Glibc

/// What the system calls of a connection need beside libmosquitto.
enum Poll {
    /// Linux's POLLRDHUP, which Swift's Glibc module leaves out.
    private static let peerHasClosed: Int16 = 0x2000

    struct Found {
        var isReadable = false
        var isWritable = false
        var isClosed = false
        var isWoken = false
    }

    /// Waits for the socket (-1 for none) and the wakeup.
    static func wait(socket: CInt, wantsOutput: Bool, wakeup: CInt, timeout: Duration) -> Found {
        let output = wantsOutput ? Int16(POLLOUT) : 0
        var descriptors: InlineArray<2, pollfd> = [
            pollfd(fd: socket, events: Int16(POLLIN) | peerHasClosed | output, revents: 0),
            pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0),
        ]
        // Rounded up: a time that is nearly over must not become a busy loop.
        let (seconds, attoseconds) = timeout.components
        let milliseconds = min(
            Int64(CInt.max), seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
        var span = descriptors.mutableSpan
        // Safe: two descriptors that outlive the call. A signal counts as nothing found.
        let count = unsafe span.withUnsafeMutableBufferPointer { unsafe poll($0.baseAddress, 2, CInt(milliseconds)) }
        guard count > 0 else { return Found() }
        let seen = descriptors[0].revents
        return Found(
            isReadable: seen & Int16(POLLIN) != 0,
            isWritable: seen & Int16(POLLOUT) != 0,
            isClosed: seen & (peerHasClosed | Int16(POLLHUP) | Int16(POLLERR) | Int16(POLLNVAL)) != 0,
            isWoken: descriptors[1].revents != 0)
    }

    /// Lets the other end read everything that was written before the connection ends: says that no more will come, and
    /// throws away what arrives until it closes too.
    static func closeGently(_ socket: CInt, patience: Duration) {
        defer { close(socket) }
        shutdown(socket, CInt(SHUT_WR))
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            _ = wait(socket: socket, wantsOutput: false, wakeup: -1, timeout: .milliseconds(100))
            // With MSG_TRUNC, TCP throws the bytes away and needs no place for them (tcp(7)).
            let count = recv(socket, nil, 1 << 20, CInt(MSG_DONTWAIT) | CInt(MSG_TRUNC))
            if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { return }
        }
    }

    /// Makes TCP wait for full segments, or send what it has gathered.
    static func gather(on socket: CInt, _ isOn: Bool) {
        var value: CInt = isOn ? 1 : 0
        // Safe: reads one CInt. Where it fails, packets leave one by one.
        _ = unsafe setsockopt(
            socket, CInt(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Sends DISCONNECT with no more to say, which both versions of MQTT understand.
    static func sendDisconnect(to socket: CInt) {
        let packet: InlineArray<2, UInt8> = [0xE0, 0x00]
        // Safe: sends the two bytes. If it fails, the connection ends without the word, and the session stays as well.
        _ = unsafe packet.span.withUnsafeBufferPointer {
            unsafe send(socket, $0.baseAddress, 2, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
        }
    }
}
