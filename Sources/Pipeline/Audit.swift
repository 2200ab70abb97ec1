import DeltaLake
package import DurableFiles
import Journal
import Parquet
import Rollups
import Telemetry

/// Counts everything again and holds it against the ledger.
///
/// For every lane, stream and minute: received = stored + duplicate + refused; as many rows in the stream's table as the
/// ledger says were stored; as many dead letters as it says were refused (in lane replay: as many readings as were marked
/// as refused again). For every lane: as many messages in the ledger
/// as the journal has given numbers. Every segment is read whole, so that its checksums are checked as well. Works
/// beside a running pipeline: what the ledger does not cover yet is left out.
package struct Audit {
    private let store: any FileStore
    private let dataDirectory: String
    private var report = AuditReport()
    private var ledger: [Key: LedgerCounts.Counts] = [:]
    private var rows: [Key: Int64] = [:]
    private var deadLetters: [Key: Int64] = [:]
    /// Through which message the ledger covers each lane.
    private var coveredThrough: [String: JournalOffset] = [:]
    /// What the journals held before the ledger was read.
    private var journals: [String: JournalFacts] = [:]

    private struct Key: Hashable {
        let lane: String
        let stream: String?
        let minute: EventTime
    }

    /// Audits the tables and journals below `dataDirectory`.
    package static func run(
        dataDirectory: String, store: any FileStore = SystemFileStore()
    ) throws(TableError) -> AuditReport {
        var audit = Audit(store: store, dataDirectory: dataDirectory)
        // First: a journal is cut only behind what the ledger has by then.
        try audit.lookAtJournals()
        try audit.countLedger()
        try audit.countTables()
        try audit.countDeadLetters()
        try audit.countMarks()
        audit.compare()
        audit.compareWithJournals()
        return audit.report
    }

    private init(store: any FileStore, dataDirectory: String) {
        self.store = store
        self.dataDirectory = dataDirectory
    }

    // MARK: Counting

    private mutating func lookAtJournals() throws(TableError) {
        let directory = "\(dataDirectory)/journal"
        let lanes: [String]
        do throws(FileError) {
            lanes = try store.exists(directory) ? store.entries(of: directory).filter(\.isDirectory).map(\.name) : []
        } catch {
            throw .file(error, table: "*")
        }
        for lane in lanes {
            do throws(JournalReadError) {
                journals[lane] = try JournalDirectory(store, "\(directory)/\(lane)").facts()
            } catch {
                report.findings.append("lane \(lane): \(error)")
            }
        }
    }

    /// Reads a segment whole; what is wrong with it becomes a finding.
    private mutating func read(_ file: AddFile, of table: String, _ snapshot: DeltaSnapshot) -> SegmentReader? {
        do throws(TableError) {
            let segment = try SegmentReader(store, "\(directory(of: table))/\(file.path)", table: table)
            try segment.verify(against: file, of: snapshot)
            return segment
        } catch {
            report.findings.append("\(error)")
            return nil
        }
    }

    private mutating func countLedger() throws(TableError) {
        let (name, snapshot) = (TableLayout.ledger.name, try snapshot(of: TableLayout.ledger.name))
        for file in snapshot.files {
            guard let segment = read(file, of: name, snapshot) else { continue }
            let lanes = try segment.column("lane")
            let streams = try segment.column("stream")
            let minutes = try segment.column("minute").words
            var numbers: [[Int64]] = []
            for column in ["messages", "received", "stored", "duplicate", "refused", "first_offset", "last_offset"] {
                numbers.append(try segment.column(column).words)
            }
            for row in minutes.indices {
                let key = Key(
                    lane: lanes.text(at: row) ?? "", stream: streams.text(at: row),
                    minute: EventTime(microsecondsSinceEpoch: minutes[row]))
                var counts = ledger[key] ?? LedgerCounts.Counts()
                counts.messages += numbers[0][row]
                counts.received += numbers[1][row]
                counts.stored += numbers[2][row]
                counts.duplicate += numbers[3][row]
                counts.refused += numbers[4][row]
                counts.firstOffset = min(counts.firstOffset, JournalOffset(UInt64(clamping: numbers[5][row])))
                counts.lastOffset = max(counts.lastOffset, JournalOffset(UInt64(clamping: numbers[6][row])))
                ledger[key] = counts
                coveredThrough[key.lane] = max(coveredThrough[key.lane] ?? .beforeFirst, counts.lastOffset)
            }
        }
    }

    private mutating func countTables() throws(TableError) {
        let system = [
            TableLayout.ledger.name, TableLayout.deadLetters.name, TableLayout.deadLetterMarks.name,
            TableLayout.sparkplugBirths.name,
        ]
        let names: [String]
        do throws(FileError) {
            names = try store.entries(of: "\(dataDirectory)/tables").filter(\.isDirectory).map(\.name)
        } catch {
            throw .file(error, table: "*")
        }
        for name in names where !system.contains(name) {
            let snapshot = try snapshot(of: name)
            guard !name.hasPrefix(RollupPlan.tablePrefix) else {
                // Their rows are no readings; whether they are whole is looked at all the same.
                for file in snapshot.files { _ = read(file, of: name, snapshot) }
                continue
            }
            guard snapshot.schema.column("journal_offset") != nil else { continue }
            var stream = AuditReport.Stream(name: name)
            for file in snapshot.files {
                stream.segmentCount += 1
                stream.byteCount += file.byteCount
                guard let segment = read(file, of: name, snapshot) else { continue }
                stream.rowCount += Int64(segment.reader.rowCount)
                try count(segment, stream: { _ in name }, into: &rows)
            }
            report.streams.append(stream)
        }
    }

    private mutating func countDeadLetters() throws(TableError) {
        let (name, snapshot) = (TableLayout.deadLetters.name, try snapshot(of: TableLayout.deadLetters.name))
        var byReason: [String?: [String: Int64]] = [:]
        for file in snapshot.files {
            guard let segment = read(file, of: name, snapshot) else { continue }
            let streams = try segment.column("stream")
            let reasons = try segment.column("reason")
            for row in reasons.words.indices {
                byReason[streams.text(at: row), default: [:]][reasons.text(at: row) ?? "", default: 0] += 1
            }
            try count(segment, stream: { streams.text(at: $0) }, into: &deadLetters)
        }
        for index in report.streams.indices {
            report.streams[index].refusedByReason = byReason.removeValue(forKey: report.streams[index].name) ?? [:]
        }
        for (stream, reasons) in byReason.sorted(by: { ($0.key ?? "") < ($1.key ?? "") }) {
            var row = AuditReport.Stream(name: stream)
            row.refusedByReason = reasons
            report.streams.append(row)
        }
    }

    /// What lane replay had refused again stands in the marks, not in the dead letters.
    private mutating func countMarks() throws(TableError) {
        let name = TableLayout.deadLetterMarks.name
        do throws(FileError) {
            // Made with the first replay.
            guard try store.exists("\(directory(of: name))/_delta_log") else { return }
        } catch {
            throw .file(error, table: name)
        }
        let snapshot = try snapshot(of: name)
        for file in snapshot.files {
            guard let segment = read(file, of: name, snapshot) else { continue }
            let streams = try segment.column("stream")
            let refused = try segment.column("refused").words
            let marks = try segment.column("mark")
            for row in refused.indices where marks.text(at: row) == DeadLetterMark.dropped.rawValue {
                report.droppedDeadLetters += 1
            }
            try count(
                segment, stream: { streams.text(at: $0) }, weight: { refused[$0] }, into: &deadLetters)
        }
    }

    /// Counts the rows of a segment that the ledger covers.
    private func count(
        _ segment: SegmentReader, stream: (Int) -> String?, weight: (Int) -> Int64 = { _ in 1 },
        into counts: inout [Key: Int64]
    ) throws(TableError) {
        let arrivals = try segment.column("ingest_time").words
        let offsets = try segment.column("journal_offset").words
        let lanes = try segment.column("lane")
        for row in arrivals.indices {
            let lane = lanes.text(at: row) ?? ""
            guard JournalOffset(UInt64(clamping: offsets[row])) <= coveredThrough[lane] ?? .beforeFirst else {
                continue
            }
            let minute = EventTime(microsecondsSinceEpoch: arrivals[row]).startOfMinute
            counts[Key(lane: lane, stream: stream(row), minute: minute), default: 0] += weight(row)
        }
    }

    // MARK: Comparing

    private mutating func compare() {
        let keys = Set(ledger.keys).union(rows.keys).union(deadLetters.keys)
        for key in keys.sorted(by: { ($0.minute, $0.lane, $0.stream ?? "") < ($1.minute, $1.lane, $1.stream ?? "") }) {
            let counts = ledger[key] ?? LedgerCounts.Counts()
            let place = "lane \(key.lane), stream \(key.stream ?? "(none)"), minute \(key.minute)"
            if !counts.isBalanced {
                report.findings.append(
                    "\(place): received \(counts.received) is not stored \(counts.stored) + duplicate "
                        + "\(counts.duplicate) + refused \(counts.refused)")
            }
            if rows[key] ?? 0 != counts.stored {
                report.findings.append(
                    "\(place): the ledger says \(counts.stored) stored, the table has \(rows[key] ?? 0)")
            }
            if deadLetters[key] ?? 0 != counts.refused {
                report.findings.append(
                    "\(place): the ledger says \(counts.refused) refused, dead_letters has \(deadLetters[key] ?? 0)")
            }
            add(counts, of: key)
        }
    }

    private mutating func add(_ counts: LedgerCounts.Counts, of key: Key) {
        if !report.streams.contains(where: { $0.name == key.stream }) {
            report.streams.append(.init(name: key.stream))
        }
        for index in report.streams.indices where report.streams[index].name == key.stream {
            if key.lane == ReplayLane.name {
                report.streams[index].replayed.add(counts)
            } else {
                report.streams[index].counts.add(counts)
            }
        }
    }

    private mutating func compareWithJournals() {
        for lane in Set(coveredThrough.keys).union(journals.keys).sorted() {
            let covered = coveredThrough[lane] ?? .beforeFirst
            let messages = ledger.reduce(Int64(0)) { $0 + ($1.key.lane == lane ? $1.value.messages : 0) }
            if messages != Int64(clamping: covered.number) {
                report.findings.append(
                    "lane \(lane): the ledger goes through message \(covered) and counts \(messages) messages")
            }
            var waiting: UInt64 = 0
            if let journal = journals[lane] {
                waiting = journal.lastOffset > covered ? journal.lastOffset.number - covered.number : 0
                if journal.firstOffset > covered.next {
                    report.findings.append(
                        "lane \(lane): messages \(covered.next) to \(journal.firstOffset.number - 1) are neither in the "
                            + "ledger nor in the journal")
                }
            }
            report.lanes.append(
                AuditReport.Lane(
                    name: lane, committedThrough: covered, messages: messages,
                    waitingMessages: Int64(clamping: waiting)))
        }
    }

    // MARK: Tables

    private func directory(of table: String) -> String { "\(dataDirectory)/tables/\(table)" }

    private func snapshot(of name: String) throws(TableError) -> DeltaSnapshot {
        do throws(DeltaError) {
            return try DeltaTable(opening: LocalLogStore(tablePath: directory(of: name), files: store)).snapshot
        } catch {
            throw .log(error, table: name)
        }
    }
}

extension ParquetColumnData {
    func text(at row: Int) -> String? {
        byteString(at: row).map { String(decoding: $0, as: UTF8.self) }
    }
}
