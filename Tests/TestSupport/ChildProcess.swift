import Glibc

/// Why a program that a test needs did not do its work.
package enum ChildProcessError: Error, Equatable {
    /// The program was found nowhere; the text says which Debian package has it.
    case notFound(String)
    case didNotStart(String)
    case failed(command: String, status: Int32)
    case notReady(String)
}

/// A program that runs beside the test.
///
/// It is killed when this value ends.
package struct ChildProcess: ~Copyable {
    private var id: pid_t

    /// Starts `program` with what it writes thrown away.
    package init(_ program: String, _ arguments: [String]) throws(ChildProcessError) {
        // Safe: the list is initialised first and destroyed last; the strings outlive the call.
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // The threads of a test block signals; the program must not, or it would not end when told to.
        var noSignals = sigset_t()
        unsafe sigemptyset(&noSignals)
        unsafe posix_spawnattr_setsigmask(&attributes, &noSignals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = unsafe ([program] + arguments).map { unsafe strdup($0) }
        unsafe words.append(nil)
        defer { unsafe words.forEach { unsafe free($0) } }
        var id = pid_t(0)
        let code = unsafe posix_spawnp(&id, program, &actions, &attributes, words, environ)
        guard code == 0 else { throw .didNotStart("\(program): error \(code)") }
        self.id = id
    }

    deinit {
        guard id > 0 else { return }
        kill(id, SIGKILL)
        var status: Int32 = 0
        // Safe: writes the status.
        unsafe waitpid(id, &status, 0)
    }

    /// Sends `signal` and waits for the end.
    package mutating func end(with signal: Int32) {
        guard id > 0 else { return }
        kill(id, signal)
        var status: Int32 = 0
        // Safe: writes the status.
        unsafe waitpid(id, &status, 0)
        id = 0
    }

    /// Whether the program is still there.
    package mutating func isRunning() -> Bool {
        guard id > 0 else { return false }
        var status: Int32 = 0
        // Safe: writes the status.
        if unsafe waitpid(id, &status, WNOHANG) == id { id = 0 }
        return id > 0
    }

    package func send(_ signal: Int32) {
        if id > 0 { kill(id, signal) }
    }

    /// Runs `program` to its end.
    ///
    /// - Throws: `ChildProcessError.failed` when it ends with another status than 0.
    package static func run(_ program: String, _ arguments: [String]) throws(ChildProcessError) {
        var child = try ChildProcess(program, arguments)
        let status = child.wait()
        guard status == 0 else {
            throw .failed(command: ([program] + arguments).joined(separator: " "), status: status)
        }
    }

    private mutating func wait() -> Int32 {
        var status: Int32 = 0
        // Safe: writes the status.
        unsafe waitpid(id, &status, 0)
        id = 0
        return status
    }
}

/// Looks at `condition` again and again until it is true.
///
/// - Returns: Whether it became true within `timeout`.
package func eventually(within timeout: Duration, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + timeout
    while true {
        if try condition() { return true }
        guard ContinuousClock.now < deadline else { return false }
        usleep(2000)
    }
}
