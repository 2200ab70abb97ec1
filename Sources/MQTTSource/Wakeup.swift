import CMosquitto
import Glibc

/// Ends another thread's `wait` at once: an eventfd that it polls beside its socket.
package final class Wakeup: Sendable {
    let descriptor: CInt

    init() {
        descriptor = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// May be called on any thread, any number of times.
    package func wake() {
        var one: UInt64 = 1
        // Safe: writes the eight bytes of `one`. It fails only when the counter is full, which wakes as well.
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Takes back all calls of `wake` so far.
    func clear() {
        var count: UInt64 = 0
        // Safe: reads at most the eight bytes of `count`. It fails only when nobody woke.
        _ = unsafe read(descriptor, &count, 8)
    }
}
