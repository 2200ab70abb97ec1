import Foundation
import Parquet
import Testing

/// Files written here are read by the readers that people use.
@Suite(
    .enabled(if: PythonScript.interpreter != nil, "set PHUSA_PYTHON to a Python with pyarrow, duckdb, polars and chdb"))
struct CrossReaderTests {
    @Test("every reader sees the values that were written", arguments: ColumnShape.allCases, [0, 1, 1000, 50_000])
    func readEverywhere(shape: ColumnShape, rowCount: Int) throws {
        var random = SeededRandom(seed: UInt64(rowCount) + 7)
        var configuration = ParquetWriterConfiguration()
        configuration.pageRowCount = 3000
        var writer = try ParquetWriter(schema: ParquetSchema(everyType), configuration: configuration)
        writer.addMetadata(key: "chữ", value: "phù sa")
        var groups: [[TestColumn]] = []
        for groupCount in [rowCount - rowCount / 3, rowCount / 3] {
            try writer.beginRowGroup(rowCount: groupCount)
            var group: [TestColumn] = []
            for (index, column) in everyType.enumerated() {
                let made = TestColumn.random(
                    column, rowCount: groupCount, shape: shape, nullShare: [0, 0.1, 0.5, 1][index / 2 % 4],
                    isUnlimited: false, using: &random)
                try made.write(to: &writer)
                group.append(made)
            }
            groups.append(group)
        }
        try check(writer.finish(), against: groups)
    }

    private func check(_ file: [UInt8], against groups: [[TestColumn]]) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("parquet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // A leftover in the temporary folder harms nobody.
        let path = folder.appendingPathComponent("file.parquet").path
        try Data(file).write(to: URL(fileURLWithPath: path))
        let expectation = folder.appendingPathComponent("expectation.json").path
        try Data(Self.expectation(groups).utf8).write(to: URL(fileURLWithPath: expectation))
        let result = try PythonScript.run("read_everywhere.py", [path, expectation])
        #expect(result.status == 0, "\(result.output)")
    }

    /// Words and bytes as they are: numbers as integers, doubles as their bits, strings and bytes in hexadecimal.
    private static func expectation(_ groups: [[TestColumn]]) -> String {
        let columns = everyType.indices.map { index in
            let column = everyType[index]
            let cells = groups.flatMap { group in
                let made = group[index]
                return made.words.indices.map { row in
                    guard made.isDefined(row) else { return "null" }
                    if column.type.isByteArray { return "\"\(hexadecimal(made.entries[Int(made.words[row])]))\"" }
                    return String(made.words[row])
                }
            }
            return #"{"name": "\#(column.name)", "cells": [\#(cells.joined(separator: ","))]}"#
        }
        return "[\(columns.joined(separator: ","))]"
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// Runs the scripts beside these tests.
enum PythonScript {
    static let interpreter = ProcessInfo.processInfo.environment["PHUSA_PYTHON"]

    static func run(_ name: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("CrossReader")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: interpreter ?? "/usr/bin/python3")
        process.arguments = [folder.appendingPathComponent(name).path] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
