import Glibc

/// Names of files that are not whole yet: `.<name>.<random>.tmp` beside the final name.
///
/// A crash can leave such a file behind; it never had readers and may be removed by whoever owns the directory.
package enum TemporaryName {
    static func make(for path: String) -> String {
        let parent = directory(of: path)
        let name = path.dropFirst(path.utf8.count - baseNameByteCount(of: path))
        let random = String(UInt64.random(in: .min ... .max), radix: 36)
        return (parent.isEmpty ? "" : parent == "/" ? "/" : parent + "/") + ".\(name).\(random).tmp"
    }

    /// Whether a file of this name is one that a crash has left unfinished.
    package static func isTemporary(_ name: String) -> Bool {
        name.hasPrefix(".") && name.hasSuffix(".tmp")
    }

    private static func baseNameByteCount(of path: String) -> Int {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path.utf8.count }
        return path.utf8.distance(from: slash, to: path.utf8.endIndex) - 1
    }
}

/// The directory that holds `path`: `"."` when the path has none.
package func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
}
