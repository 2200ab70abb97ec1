package import DurableFiles
import Glibc

/// A new directory of its own, removed with everything in it when this value ends.
package struct TemporaryDirectory: ~Copyable {
    package let path: String

    package init() throws(FileError) {
        let template = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var bytes = Array("\(template)/phusa-test-XXXXXX".utf8CString)
        // Safe: the array ends with a zero byte and outlives the call.
        guard unsafe mkdtemp(&bytes) != nil else {
            throw FileError(.createDirectory, template, code: errno)
        }
        path = String(decoding: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        // What cannot be removed stays in the temporary folder; the test's result does not depend on it.
        try? Self.remove(path)
    }

    private static func remove(_ path: String) throws(FileError) {
        let store = SystemFileStore()
        for entry in try store.entries(of: path) {
            let child = "\(path)/\(entry.name)"
            if entry.isDirectory { try remove(child) } else { try store.remove(child) }
        }
        try store.remove(path)
    }
}
