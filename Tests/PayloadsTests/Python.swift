import Foundation

/// Runs Python as an independent judge of what these tests expect.
enum Python {
    static let interpreter = ProcessInfo.processInfo.environment["PHUSA_PYTHON"]
    static let absence = "set PHUSA_PYTHON to a Python 3"

    /// What `script` prints, with `input` on its standard input.
    static func run(_ script: String, input: String = "", arguments: [String] = []) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("payloads-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            // Left over at worst: two small files in the temporary folder.
            try? FileManager.default.removeItem(at: folder)
        }
        let file = folder.appendingPathComponent("input")
        try Data(input.utf8).write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: interpreter ?? "/usr/bin/python3")
        process.arguments = ["-c", script] + arguments
        process.standardInput = try FileHandle(forReadingFrom: file)
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw PythonError(status: process.terminationStatus) }
        return String(decoding: output, as: UTF8.self)
    }
}

struct PythonError: Error {
    let status: Int32
}

/// Recordings and examples of others, which are not part of the project.
enum SharedData {
    static let folder = ProcessInfo.processInfo.environment["PHUSA_SHARED_DATA"]
    static let absence = "set PHUSA_SHARED_DATA to the folder of the shared data"

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder ?? "")/\(path)")))
    }

    /// The lines of a compressed recording.
    static func lines(_ path: String) throws -> [[UInt8]] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/gzip")
        process.arguments = ["-dc", "\(folder ?? "")/\(path)"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw PythonError(status: process.terminationStatus) }
        return output.split(separator: 0x0A).map { Array($0) }
    }
}
