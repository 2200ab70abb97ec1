// Safe: the C library's `stdout` is a variable, which nobody here sets.
@unsafe @preconcurrency import Glibc

/// Gives what `print` has gathered to the system, and says so when that or an earlier part of it failed.
///
/// `print` itself reports nothing.
func finishPrinting() throws(CommandFailure) {
    // Safe: the stream is open as long as the program runs, and nothing else prints any more.
    if unsafe fflush(stdout) != 0 {
        // The reader of a pipe has seen enough.
        if errno == EPIPE { return }
        throw .failure("standard output cannot be written: \(systemText(errno)).")
    }
    // Safe: as above.
    if unsafe ferror(stdout) != 0 { throw .failure("standard output could not be written; a part of it is missing.") }
}
