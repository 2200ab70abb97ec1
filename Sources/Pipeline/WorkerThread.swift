import Glibc
import Synchronization

/// A thread of the operating system for work that blocks, which tasks must not.
package final class WorkerThread: Sendable {
    private let handle: Mutex<pthread_t?>

    /// Starts `body` on a new thread.
    package init(_ body: @escaping @Sendable () -> Void) {
        let start = ThreadStart(body: body)
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                // Safe: retained below exactly for this call.
                let start = unsafe Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
                start.body()
                return nil
            },
            Unmanaged.passRetained(start).toOpaque())
        guard status == 0 else { fatalError("the system refuses another thread: error \(status)") }
        handle = Mutex(thread)
    }

    /// Waits until the thread has ended.
    package func join() {
        let thread = handle.withLock { handle in
            let thread = handle
            handle = nil
            return thread
        }
        guard let thread else { return }
        pthread_join(thread, nil)
    }
}

private final class ThreadStart: Sendable {
    let body: @Sendable () -> Void

    init(body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}
