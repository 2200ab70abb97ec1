import Glibc

extension InputFile {
    /// Whether `path` can be read.
    static func exists(_ path: String) -> Bool {
        // Safe: the path is passed as a C string and not kept.
        unsafe access(path, R_OK) == 0
    }

    /// Whether `path` is a folder.
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        // Safe: the path is passed as a C string and not kept, and `stat` fills in the status.
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The size of the file at `path`, packed as it is; 0 for what has no size.
    static func byteCount(of path: String) -> Int {
        var status = stat()
        // Safe: the path is passed as a C string and not kept, and `stat` fills in the status.
        return unsafe stat(path, &status) == 0 ? status.st_size : 0
    }

    /// All bytes of a file that fits into memory, such as a table of wards.
    static func bytes(of path: String) throws(CommandFailure) -> [UInt8] {
        var input = try InputFile(path: path)
        var bytes: [UInt8] = []
        var block: [UInt8] = []
        while true {
            try input.read(into: &block)
            if block.isEmpty { return bytes }
            bytes.append(contentsOf: block)
        }
    }
}
