/// An exclusive lock, held until this value ends; the kernel also lets go of it when the process dies.
package struct FileLock: ~Copyable, Sendable {
    private let release: @Sendable () -> Void

    /// Wraps the way to give the lock back; called exactly once.
    package init(release: @escaping @Sendable () -> Void) {
        self.release = release
    }

    deinit {
        release()
    }
}
