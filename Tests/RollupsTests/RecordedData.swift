import Foundation
import Testing

/// Columns of the recordings that the sketches are tried on; they are not part of the project.
enum RecordedData {
    static let folder = ProcessInfo.processInfo.environment["PHUSA_SHARED_DATA"]

    /// The fields of a column of a compressed comma-separated file.
    static func column(_ name: String, of file: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", "\(try #require(folder))/telemetry/\(file)"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let bytes = try #require(try pipe.fileHandleForReading.readToEnd())
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let lines = Array(bytes).split(separator: UInt8(ascii: "\n"))
        let header = fields(of: try #require(lines.first)).map { String(decoding: $0, as: UTF8.self) }
        let index = try #require(header.firstIndex(of: name))
        return lines.dropFirst().map { line in
            let fields = fields(of: line)
            return fields.count == header.count ? String(decoding: fields[index], as: UTF8.self) : ""
        }
    }

    private static func fields(of line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    }

    static func numbers(_ name: String, of file: String) throws -> [Double] {
        try column(name, of: file).compactMap(Double.init)
    }
}

/// A value at a share of all, as the sketches define it: the least that so many do not exceed.
func exactQuantile(_ share: Double, ofSorted values: [Double]) -> Double {
    let index = values.indices.first { Double($0 + 1) >= share * Double(values.count) }
    return values[index ?? values.count - 1]
}
