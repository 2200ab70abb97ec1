import Glibc

/// An open file descriptor, closed when this value ends.
struct Descriptor: ~Copyable {
    let number: Int32
    let path: String

    init(opening path: String, flags: Int32, operation: FileError.Operation = .open) throws(FileError) {
        number = try systemCall(operation, path) { unsafe Glibc.open(path, flags | O_CLOEXEC, 0o644) }
        self.path = path
    }

    deinit {
        // What matters was synchronized before: an error of close says nothing more.
        _ = close(number)
    }

    func byteCount() throws(FileError) -> Int {
        var information = stat()
        _ = try systemCall(.inspect, path) { unsafe fstat(number, &information) }
        return Int(information.st_size)
    }

    /// Fills `buffer` from `byteOffset` on; fewer bytes only at the file's end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at byteOffset: Int) throws(FileError) -> Int {
        guard let base = buffer.baseAddress else { return 0 }
        var position = 0
        while position < buffer.count {
            let count = try systemCall(.read, path) {
                // Safe: `position` is below the buffer's count, and no more than the rest is read.
                unsafe pread(number, base + position, buffer.count - position, off_t(byteOffset + position))
            }
            if count == 0 { break }
            position += count
        }
        return position
    }

    func write(_ bytes: RawSpan, at byteOffset: Int) throws(FileError) {
        try unsafe bytes.withUnsafeBytes { (buffer: UnsafeRawBufferPointer) throws(FileError) in
            guard let base = buffer.baseAddress else { return }
            var position = 0
            while position < buffer.count {
                position += try systemCall(.write, path) {
                    // Safe: as in `read`.
                    unsafe pwrite(number, base + position, buffer.count - position, off_t(byteOffset + position))
                }
            }
        }
    }

    func synchronize() throws(FileError) {
        _ = try systemCall(.synchronize, path) { fdatasync(number) }
    }
}

/// Calls until the call is not interrupted by a signal, and makes an error of -1.
func systemCall<Result: SignedInteger>(
    _ operation: FileError.Operation, _ path: String, _ call: () -> Result
) throws(FileError) -> Result {
    while true {
        let result = call()
        if result != -1 { return result }
        let code = errno
        guard code == EINTR else { throw FileError(operation, path, code: code) }
    }
}
