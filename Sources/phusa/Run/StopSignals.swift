import Glibc

/// SIGTERM and SIGINT as something to wait for.
///
/// To be made before any thread is started, which then inherits the mask.
struct StopSignals {
    private let set: sigset_t

    init() {
        var set = sigset_t()
        // Safe: all three only read and write `set`.
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGTERM)
        unsafe sigaddset(&set, SIGINT)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        self.set = set
        // A reader that goes away must not end the process.
        signal(SIGPIPE, SIG_IGN)
    }

    /// The signal that came, or nil after the time is over.
    func wait(milliseconds: Int) -> Int32? {
        var set = set
        var timeout = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        // Safe: reads the two local values and writes nothing.
        let signal = unsafe sigtimedwait(&set, nil, &timeout)
        return signal > 0 ? signal : nil
    }
}
