import ArgumentParser
import Glibc

/// Another program of this machine.
enum Program {
    /// Runs a program with `input` as its standard input until it ends.
    ///
    /// - Throws: a sentence when it is not installed; its exit code when that is not 0.
    static func run(_ arguments: [String], input: String) throws {
        let name = arguments[0]
        var ends: [Int32] = [0, 0]
        // Safe: `pipe` writes two numbers.
        guard unsafe pipe(&ends) == 0 else {
            throw CommandFailure.failure("No pipe to \(name) can be opened: \(systemText(errno)).")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        // Safe: the actions are initialised before and destroyed after their use.
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        var process: pid_t = 0
        let result = unsafe withArguments(arguments) { arguments in
            // Safe: `arguments` is a null-terminated array of C strings that lives through the call.
            unsafe posix_spawnp(&process, name, &actions, nil, arguments, environ)
        }
        close(ends[0])
        guard result == 0 else {
            close(ends[1])
            throw CommandFailure.failure(
                result == ENOENT
                    ? "The command \(name) is not installed (see duckdb.org); without -c the SQL is printed."
                    : "\(name) cannot be started: \(systemText(result)).")
        }
        signal(SIGPIPE, SIG_IGN)
        write(Array(input.utf8), to: ends[1])
        close(ends[1])
        var status: Int32 = 0
        // Safe: `status` lives through the call.
        _ = unsafe waitpid(process, &status, 0)
        // The exit code lies in the second byte; a signal leaves it 0 and the first byte not.
        if status != 0 { throw ExitCode(status & 0x7F == 0 ? status >> 8 & 0xFF : 1) }
    }

    /// Writes until all is written or nobody reads on.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var start = 0
        while start < bytes.count {
            // Safe: the slice lies in the array.
            let count = unsafe bytes[start...].withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            start += count
        }
    }
}
