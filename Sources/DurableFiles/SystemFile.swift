import Glibc

/// A file of the operating system, open for reading.
final class SystemReadableFile: ReadableFile {
    private let descriptor: Descriptor

    init(_ path: String) throws(FileError) {
        descriptor = try Descriptor(opening: path, flags: O_RDONLY)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at byteOffset: Int) throws(FileError) -> Int {
        // Safe: the caller vouches for the buffer during the call.
        try unsafe descriptor.read(into: buffer, at: byteOffset)
    }

    var byteCount: Int {
        get throws(FileError) { try descriptor.byteCount() }
    }
}

/// A file of the operating system, open for writing.
final class SystemWritableFile: WritableFile {
    private let descriptor: Descriptor

    init(_ path: String, create: Bool) throws(FileError) {
        descriptor = try Descriptor(opening: path, flags: O_RDWR | (create ? O_CREAT : 0))
    }

    func preallocate(_ byteCount: Int) throws(FileError) {
        while true {
            // Returns its error instead of setting errno. Where the file system has no such call, glibc writes zeros.
            let code = posix_fallocate(descriptor.number, 0, off_t(byteCount))
            switch code {
            case 0, EOPNOTSUPP: return
            case EINTR: continue
            default: throw FileError(.preallocate, descriptor.path, code: code)
            }
        }
    }

    func write(_ bytes: RawSpan, at byteOffset: Int) throws(FileError) {
        try descriptor.write(bytes, at: byteOffset)
    }

    func synchronize() throws(FileError) {
        try descriptor.synchronize()
    }

    func truncate(to byteCount: Int) throws(FileError) {
        _ = try systemCall(.truncate, descriptor.path) { ftruncate(descriptor.number, off_t(byteCount)) }
    }
}
