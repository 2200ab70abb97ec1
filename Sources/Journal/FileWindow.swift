import DurableFiles

/// A part of a file in memory, moved forward by whoever walks the file.
@safe
struct FileWindow: ~Copyable {
    /// 1 MiB: few calls, little memory.
    private static let usualByteCount = 1 << 20

    private let file: any ReadableFile
    private var storage: UnsafeMutableRawBufferPointer
    private(set) var start = 0
    private var byteCount = 0
    /// Whether the window reaches to the end of the file.
    private(set) var isAtEnd = false

    init(_ file: any ReadableFile) {
        self.file = file
        unsafe storage = .allocate(byteCount: Self.usualByteCount, alignment: 64)
    }

    deinit {
        unsafe storage.deallocate()
    }

    var end: Int { start + byteCount }

    /// Moves the window to `start`, and makes it at least so large if the file goes on that far.
    mutating func move(to start: Int, byteCount neededByteCount: Int = 0) throws(FileError) {
        if unsafe neededByteCount > storage.count {
            unsafe storage.deallocate()
            unsafe storage = .allocate(byteCount: neededByteCount, alignment: 64)
        }
        self.start = start
        byteCount = 0
        // Safe: the buffer is used during the call only.
        byteCount = try unsafe file.read(into: storage, at: start)
        isAtEnd = unsafe byteCount < storage.count
    }

    var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            // Safe: the first `byteCount` bytes were read; the span cannot outlive `self`.
            let used = unsafe UnsafeRawBufferPointer(rebasing: storage[..<byteCount])
            return unsafe _overrideLifetime(RawSpan(_unsafeBytes: used), borrowing: self)
        }
    }
}
