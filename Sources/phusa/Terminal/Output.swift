import Glibc

/// Where a command writes its result: standard output or a file, in large blocks.
struct Output: ~Copyable {
    private static let blockByteCount = 64 << 10

    private let descriptor: Int32
    private let name: String
    private var pending: [UInt8] = []

    init(standard descriptor: Int32 = STDOUT_FILENO) {
        self.descriptor = descriptor
        name = "standard output"
    }

    /// Writes to `path`, which is replaced; `-` is standard output.
    init(path: String) throws(CommandFailure) {
        guard path != "-" else {
            descriptor = STDOUT_FILENO
            name = "standard output"
            return
        }
        name = path
        // Safe: the path is passed as a C string and not kept.
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw .usage("\(path) cannot be written: \(systemText(errno)).")
        }
    }

    deinit {
        if descriptor > STDERR_FILENO { close(descriptor) }
    }

    mutating func write(_ text: String) throws(CommandFailure) {
        pending.append(contentsOf: text.utf8)
        if pending.count >= Self.blockByteCount { try flush() }
    }

    mutating func write(_ bytes: [UInt8]) throws(CommandFailure) {
        pending.append(contentsOf: bytes)
        if pending.count >= Self.blockByteCount { try flush() }
    }

    mutating func write(line: String) throws(CommandFailure) {
        try write(line)
        try write("\n")
    }

    /// Gives everything to the system; the caller does this at the end.
    mutating func flush() throws(CommandFailure) {
        var start = 0
        while start < pending.count {
            // Safe: the slice lies in the array.
            let count = unsafe pending[start...].withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                // The reader of a pipe has seen enough: not an error worth a word.
                if errno == EPIPE { exit(0) }
                throw .failure("\(name) cannot be written: \(systemText(errno)).")
            }
            start += count
        }
        pending.removeAll(keepingCapacity: true)
    }
}

/// Writes a line for people to standard error, which is never part of a result.
func note(_ line: String) {
    writeToStandardError(line + "\n")
}

/// Writes text for people; when nobody reads it, that is no reason to fail.
func writeToStandardError(_ text: String) {
    let bytes = Array(text.utf8)
    // Safe: the buffer lives through the call.
    _ = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
