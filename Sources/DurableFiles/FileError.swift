import Glibc

/// Why something could not be done with a file or directory.
///
/// The description is one sentence for a person, with the path and, where there is one, the way out.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried; the words read on from "cannot".
    package enum Operation: String, Sendable, CaseIterable {
        case createDirectory = "create the directory"
        case list = "list the directory"
        case inspect = "look at"
        case open
        case read
        case write
        case preallocate = "reserve room for"
        case synchronize = "make durable"
        case truncate = "shorten"
        case rename
        case link
        case remove
        case measureFreeSpace = "measure the free space at"
        case lock
    }

    package let operation: Operation
    package let path: String
    /// The value of `errno`.
    package let code: Int32

    package init(_ operation: Operation, _ path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// No room is left, or the quota is used up: works again once room has been made.
    package var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }

    /// There is nothing of that name.
    package var isMissing: Bool { code == ENOENT }

    /// Another process, or another owner in this one, holds the lock.
    package var isLocked: Bool { operation == .lock && code == EWOULDBLOCK }

    package var description: String {
        let text = "cannot \(operation.rawValue) \(path): \(reason)"
        return advice.map { "\(text) (\($0))" } ?? text
    }

    private var reason: String {
        if isLocked { return "another process is using it" }
        var buffer = [CChar](repeating: 0, count: 256)
        // Safe: the function writes at most `count` bytes with a zero at the end, and the array outlives the call.
        guard unsafe strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private var advice: String? {
        switch code {
        case ENOSPC, EDQUOT: "free some space on that file system"
        case EACCES, EPERM: "check owner and permissions of the directory"
        case EROFS: "the file system is mounted read-only"
        case EMFILE, ENFILE: "raise the limit of open files, ulimit -n"
        case EIO: "the device reports errors: check the kernel's log"
        default: nil
        }
    }
}
