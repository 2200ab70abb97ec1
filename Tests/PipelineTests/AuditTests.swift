import DeltaLake
import Parquet
import Streams
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

struct AuditTests {
    private let catalog: StreamCatalog

    init() throws {
        catalog = try TestStreams.catalog()
    }

    /// Tables with some of everything, committed.
    private func machine(seed: UInt64 = 5) throws -> Machine {
        let machine = try Machine(catalog, seed: seed, readingCount: 25)
        var maker = MessageMaker(seed: seed, repetition: .anywhere)
        for number in 0..<10 {
            let arrival = 1_795_248_000_000_000 + Int64(number) * 9_000_000
            _ = try machine.append((0..<6).map { maker.message(arrival: arrival + $0) })
        }
        _ = machine.synchronize()
        try machine.drain()
        try machine.checkCompleteness("before anything was touched")
        return machine
    }

    private func findings(_ machine: Machine) throws -> [String] {
        try Audit.run(dataDirectory: Machine.directory, store: machine.store).findings
    }

    private func path(_ file: TableRows.File, of table: String) -> String {
        "\(Machine.directory)/tables/\(table)/\(file.add.path)"
    }

    @Test("finds a segment that is gone", arguments: ["fast", "slow", "dead_letters", "ledger"])
    func deletedSegment(table: String) throws {
        let machine = try machine()
        let file = try #require(try machine.table(table).files.first)
        try machine.store.remove(path(file, of: table))
        let findings = try findings(machine)
        #expect(findings.contains { $0.contains(file.add.path) })
        #expect(findings.count > 1, "the counts differ too")
    }

    @Test("finds a segment that no commit names any more", arguments: ["fast", "dead_letters", "ledger"])
    func removedRows(table: String) throws {
        let machine = try machine()
        let file = try #require(try machine.table(table).files.first)
        var log = try DeltaTable(
            opening: LocalLogStore(tablePath: "\(Machine.directory)/tables/\(table)", files: machine.store))
        _ = try log.commit(
            DeltaTransaction(
                removing: [file.add.removed(atMilliseconds: 1, isDataChange: true)], timestampMilliseconds: 1))
        #expect(try !findings(machine).isEmpty)
    }

    @Test("finds a flipped byte, or it changes no value", arguments: ["fast", "dead_letters", "ledger"])
    func flippedByte(table: String) throws {
        let machine = try machine()
        let file = try #require(try machine.table(table).files.first)
        var foundCount = 0
        for position in stride(from: 4, to: Int(file.add.byteCount), by: 13) {
            machine.store.tamper(path(file, of: table)) { $0[position] ^= 1 << UInt8(position % 8) }
            defer { machine.store.tamper(path(file, of: table)) { $0[position] ^= 1 << UInt8(position % 8) } }
            guard try findings(machine).isEmpty else {
                foundCount += 1
                continue
            }
            // Such as a byte of the writer's name or of a statistic in the footer.
            var none = TableRows.Cache()
            let changed = try TableRows(table, machine.store, dataDirectory: Machine.directory, cache: &none)
            let now = try #require(changed.files.first { $0.add.path == file.add.path })
            for (name, column) in file.columns {
                let isSame =
                    now.columns[name]?.words == column.words && now.columns[name]?.defined == column.defined
                    && now.columns[name]?.bytes == column.bytes
                #expect(isSame, "byte \(position) changes \(name) unnoticed")
            }
        }
        #expect(foundCount > 20)
        #expect(try findings(machine).isEmpty)
    }

    @Test(
        "finds a changed number in the ledger",
        arguments: ["messages", "received", "stored", "duplicate", "refused", "last_offset", "first_offset", "minute"],
        [1, -1_000_000])
    func changedLedger(column: String, change: Int64) throws {
        let machine = try machine()
        let file = try #require(try machine.table("ledger").files.last)
        let bytes = try rewritten(file, column: column) { $0 += column == "minute" ? 60_000_000 : change }
        machine.store.tamper(path(file, of: "ledger")) { $0 = bytes }
        let findings = try findings(machine)
        // Which message was the first is for people: nothing is computed from it.
        guard column != "first_offset" else { return }
        #expect(!findings.isEmpty)
    }

    @Test("finds a dead letter less, and a row less, in a whole file")
    func missingRow() throws {
        for table in ["dead_letters", "slow"] {
            let machine = try machine()
            let file = try #require(try machine.table(table).files.first { $0.rowCount > 1 })
            let bytes = try rewritten(file, column: "lane", droppingLast: 1) { _ in }
            machine.store.tamper(path(file, of: table)) { $0 = bytes }
            let findings = try findings(machine)
            #expect(findings.contains { $0.contains("the ledger says") || $0.contains("bytes") }, "\(findings)")
        }
    }

    @Test("finds a gap between ledger and journal, and shows lanes that have committed nothing yet")
    func journals() throws {
        let machine = try Machine(catalog, seed: 9, laneCount: 2)
        var maker = MessageMaker(seed: 9, repetition: .withinWindow)
        _ = try machine.append((0..<9).map { maker.message(arrival: 1_795_248_000_000_000 + $0) }, lane: 1)
        _ = machine.synchronize(lane: 1)
        let report = try Audit.run(dataDirectory: Machine.directory, store: machine.store)
        #expect(report.isBalanced)
        #expect(report.lanes.map(\.waitingMessages) == [0, 9])
        machine.close()
        let directory = machine.configuration.journalDirectory(lane: "lane1")
        let first = "\(directory)/00000000000000000001.journal"
        try machine.store.rename(first, to: "\(directory)/00000000000000000005.journal")
        #expect(try !findings(machine).isEmpty)
    }

    /// The file with a column changed and rows left out at the end, with good checksums.
    private func rewritten(
        _ file: TableRows.File, column changed: String, droppingLast dropped: Int = 0, _ change: (inout Int64) -> Void
    ) throws -> [UInt8] {
        let schema = try #require(file.parquetSchema)
        var writer = try ParquetWriter(schema: schema)
        let rowCount = file.rowCount - dropped
        try writer.beginRowGroup(rowCount: rowCount)
        for column in schema.columns {
            guard var data = file.columns[column.name].map({ (words: $0.words, defined: $0.defined, cells: $0) })
            else { continue }
            data.words.removeLast(dropped)
            data.defined.removeLast(dropped)
            if column.name == changed { change(&data.words[0]) }
            if data.cells.type.isByteArray {
                // Safe: UInt8 has no padding.
                let entries = unsafe ByteArrays(offsets: data.cells.offsets.span, bytes: data.cells.bytes.span.bytes)
                try writer.writeColumn(indices: data.words.span, defined: data.defined.span, dictionary: entries)
            } else {
                try writer.writeColumn(words: data.words.span, defined: data.defined.span)
            }
        }
        return try writer.finish()
    }
}
