import Glibc

/// Bytes of a file, of standard input (`-`) or of what gzip unpacks from a `.gz` file, read in blocks.
struct InputFile: ~Copyable {
    /// 256 KiB: few system calls, and still little beside the caches.
    private static let blockByteCount = 256 << 10

    let path: String
    private let descriptor: Int32
    private var unpacker: pid_t?

    /// Opens `path`.
    ///
    /// - Throws: a sentence that names the file, when it cannot be opened.
    init(path: String) throws(CommandFailure) {
        self.path = path
        unpacker = nil
        if path == "-" {
            descriptor = STDIN_FILENO
            return
        }
        guard !Self.isFolder(path) else { throw .usage("\(path) is a folder; give a file.") }
        // Safe: the path is passed as a C string and not kept.
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Self.openFailure(path) }
        guard path.hasSuffix(".gz") else {
            descriptor = file
            return
        }
        defer { close(file) }
        (descriptor, unpacker) = try Self.unpack(file, path: path)
    }

    deinit {
        if descriptor != STDIN_FILENO { close(descriptor) }
        // Left before the end: gzip ends by itself at its next write, and is only reaped here.
        if let unpacker { _ = waitpid(unpacker, nil, 0) }
    }

    /// Replaces `block` by the next bytes, of which there are none only at the end.
    mutating func read(into block: inout [UInt8]) throws(CommandFailure) {
        if block.count != Self.blockByteCount { block = [UInt8](repeating: 0, count: Self.blockByteCount) }
        while true {
            // Safe: the buffer is that large, and `read` writes no further.
            let count = unsafe block.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw .failure("\(path) cannot be read: \(systemText(errno)).")
            }
            block.removeLast(block.count - count)
            if count == 0 { try finish() }
            return
        }
    }

    /// At the end of a packed file, gzip's verdict on it.
    private mutating func finish() throws(CommandFailure) {
        guard let process = unpacker else { return }
        unpacker = nil
        var status: Int32 = 0
        // Safe: `status` lives through the call.
        _ = unsafe waitpid(process, &status, 0)
        guard status == 0 else {
            throw .failure("\(path) cannot be unpacked: gzip says that it is damaged or not a gzip file.")
        }
    }

    private static func openFailure(_ path: String) -> CommandFailure {
        let code = errno
        if code == ENOENT { return .usage("There is no file \(path); check the name, or give - for standard input.") }
        return .usage("\(path) cannot be opened: \(systemText(code)).")
    }

    /// Starts `gzip -dc` on `file` and returns the end of the pipe to read from.
    private static func unpack(_ file: Int32, path: String) throws(CommandFailure) -> (Int32, pid_t?) {
        var ends: [Int32] = [0, 0]
        // Safe: `pipe` writes two numbers.
        guard unsafe pipe(&ends) == 0 else {
            throw .failure("No pipe to gzip can be opened: \(systemText(errno)).")
        }
        defer { close(ends[1]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        // Safe: the actions are initialised before and destroyed after their use.
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, file, STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        // What gzip would say is said in one sentence at the end, or does not matter when reading ends early.
        unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var process: pid_t = 0
        let result = unsafe withArguments(["gzip", "-dc"]) { arguments in
            // Safe: `arguments` is a null-terminated array of C strings that lives through the call.
            unsafe posix_spawnp(&process, "gzip", &actions, nil, arguments, environ)
        }
        guard result == 0 else {
            close(ends[0])
            throw .failure(
                "gzip cannot be started to unpack \(path): \(systemText(result)). Pipe it in: zcat FILE | … -")
        }
        return (ends[0], process)
    }
}

/// Calls `body` with `arguments` as a C program takes them.
@unsafe
func withArguments<Result>(
    _ arguments: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer {
        for index in unsafe pointers.indices { unsafe free(pointers[index]) }
    }
    // Safe: the pointers stay valid until the `defer` above.
    return unsafe body(&pointers)
}

/// What the system calls error `code`.
func systemText(_ code: Int32) -> String {
    // Safe: strerror returns a C string that is valid until the next call; it is copied at once.
    unsafe String(cString: strerror(code))
}
