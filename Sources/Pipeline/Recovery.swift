import DeltaLake
import DurableFiles
import Journal
import Parquet
import Streams
import Telemetry

/// What is done once at the start, before the folds go on: the duplicate windows are filled from the tables, and
/// segments that a crash left without a commit are removed.
struct Recovery: Sendable {
    /// Where a lane goes on.
    struct LaneState {
        let name: String
        let ledgerOffset: JournalOffset
    }

    let catalog: StreamCatalog
    let configuration: PipelineConfiguration
    let store: any FileStore
    let registers: [DuplicateRegister]
    let report: @Sendable (PipelineEvent) -> Void

    /// Messages that are not in the journals yet come at `now` or later.
    ///
    /// - Throws: when a table cannot be read; nothing may be folded then, since duplicates could not be told.
    func run(
        _ lanes: [LaneState], now: EventTime = EventTime(microsecondsSinceEpoch: millisecondsNow() * 1000)
    ) throws(TableError) {
        let firstArrival = try firstArrivalToFold(lanes, now: now)
        var count = 0
        for (index, plan) in catalog.streams.enumerated() {
            let table = try files(of: plan.name)
            let horizon = registers[index].horizon(at: firstArrival)
            for file in table.files
            where try mayHold(file, arrivalsFrom: horizon, lanes: lanes, table: table, name: plan.name) {
                count += try restore(file, of: plan, into: registers[index], from: horizon, lanes: lanes)
            }
        }
        var system = [TableLayout.deadLetters.name, TableLayout.ledger.name]
        // Made with the first replay.
        if lanes.contains(where: { $0.name == ReplayLane.name }) { system.append(TableLayout.deadLetterMarks.name) }
        if catalog.hasSparkplugSources { system.append(TableLayout.sparkplugBirths.name) }
        let rollups = configuration.rollups.entries.map(\.plan.layout.name)
        for name in catalog.streams.map(\.name) + system + rollups {
            try sweep(name, table: try files(of: name), lanes: lanes)
        }
        for lane in lanes {
            report(.recovered(lane: lane.name, from: lane.ledgerOffset, rememberedReadings: count))
        }
    }

    private func directory(of table: String) -> String { "\(configuration.tablesDirectory)/\(table)" }

    private func files(of name: String) throws(TableError) -> DeltaSnapshot {
        do throws(DeltaError) {
            return try DeltaTable(opening: LocalLogStore(tablePath: directory(of: name), files: store)).snapshot
        } catch {
            throw .log(error, table: name)
        }
    }

    /// When the oldest message came that the folds will read: what arrived a window before it can be its duplicate.
    private func firstArrivalToFold(_ lanes: [LaneState], now: EventTime) throws(TableError) -> EventTime {
        var first = now
        for lane in lanes {
            var reader = JournalReader(
                store, directory: configuration.journalDirectory(lane: lane.name), from: lane.ledgerOffset.next)
            var batch = MessageBatch(byteCapacity: configuration.journal.fileByteCount, messageCapacity: 1)
            do throws(JournalReadError) {
                guard try reader.read(into: &batch, through: nil) > 0 else { continue }
            } catch {
                if case .file(let error) = error { throw .file(error, table: "*") }
                throw .journalBehindTables(lane: lane.name, problem: error.description)
            }
            first = min(first, batch.entry(at: 0).arrival)
        }
        return first
    }

    // MARK: Duplicates

    /// Whether a file can have rows that arrived after `horizon`, or whose messages will be read again.
    private func mayHold(
        _ file: AddFile, arrivalsFrom horizon: EventTime, lanes: [LaneState], table: DeltaSnapshot, name: String
    ) throws(TableError) -> Bool {
        do throws(DeltaError) {
            guard let statistics = try file.statistics(schema: table.schema),
                case .timestamp(let latest)? = statistics.column("ingest_time")?.maximum,
                case .long(let lastOffset)? = statistics.column("journal_offset")?.maximum
            else { return true }
            if latest >= horizon.microsecondsSinceEpoch { return true }
            // Only of lanes whose rows are in it will messages be read again. A compacted segment says how far it goes
            // in each.
            let lastOffsets = LaneTags.lastOffsets(of: file)
            if !lastOffsets.isEmpty {
                return lanes.contains { lastOffsets[$0.name] ?? .beforeFirst > $0.ledgerOffset }
            }
            let (least, greatest) = (statistics.column("lane")?.minimum, statistics.column("lane")?.maximum)
            return lanes.contains { lane in
                // Of a long name the bound is the beginning; what others have compacted can be of any lane.
                if case .string(let name)? = least, least == greatest, !lane.name.hasPrefix(name) { return false }
                return UInt64(clamping: lastOffset) > lane.ledgerOffset.number
            }
        } catch {
            throw .log(error, table: name)
        }
    }

    /// Reads the identities in a segment; returns how many came at or after `horizon`.
    private func restore(
        _ file: AddFile, of plan: StreamPlan, into register: DuplicateRegister, from horizon: EventTime,
        lanes: [LaneState]
    ) throws(TableError) -> Int {
        let segment = try SegmentReader(store, "\(directory(of: plan.name))/\(file.path)", table: plan.name)
        let arrivals = try segment.column("ingest_time")
        let offsets = try segment.column("journal_offset")
        let laneNames = try segment.column("lane")
        var identities: [ParquetColumnData?] = []
        for column in plan.identity.columns {
            identities.append(try segment.columnIfPresent(plan.columns[column].name))
        }
        let indexOfLane = Dictionary(uniqueKeysWithValues: lanes.enumerated().map { ($1.name, $0) })
        var row = ColumnBatch(plan.identity.columns.map { plan.columns[$0] }, rowLimit: 1)
        let alone = plan.identity.alone
        var count = 0
        for index in arrivals.words.indices {
            let offset = JournalOffset(UInt64(clamping: offsets.words[index]))
            let lane = laneNames.byteString(at: index).flatMap { indexOfLane[String(decoding: $0, as: UTF8.self)] }
            // The clock may have been set back since: what is read again counts whenever it arrived.
            let replayingLane = lane.flatMap { offset > lanes[$0].ledgerOffset ? $0 : nil }
            guard replayingLane != nil || arrivals.words[index] >= horizon.microsecondsSinceEpoch else { continue }
            count += 1
            row.removeAll()
            row.beginRow()
            for (column, data) in identities.enumerated() { data?.copyCell(index, into: &row, column: column) }
            let identity = alone.fingerprint(ofRow: 0, in: row)
            register.restore(identity, arrival: EventTime(microsecondsSinceEpoch: arrivals.words[index]))
            if let replayingLane {
                register.expectReplay(
                    of: identity, origin: DuplicateRegister.Origin(lane: replayingLane, offset: offset))
            }
        }
        return count
    }

    // MARK: Sweeping

    /// Removes the segments of these lanes that no commit names, and unfinished files.
    private func sweep(_ name: String, table: DeltaSnapshot, lanes: [LaneState]) throws(TableError) {
        var count = 0
        var oldCount = 0
        do throws(FileError) {
            for folder in try partitionFolders(of: name) {
                for file in try store.entries(of: "\(directory(of: name))/\(folder)") where !file.isDirectory {
                    let path = "\(folder)/\(file.name)"
                    // What was compacted or removed stays for readers of older versions, until it is vacuumed.
                    guard table.file(path) == nil, table.tombstone(path) == nil else { continue }
                    switch remnant(file.name, lanes) {
                    case .foreign: continue
                    case .old:
                        oldCount += 1
                        continue
                    case .unfinished: break
                    }
                    try store.remove("\(directory(of: name))/\(path)")
                    count += 1
                }
            }
        } catch {
            throw .file(error, table: name)
        }
        if count > 0 { report(.swept(table: name, fileCount: count)) }
        if oldCount > 0 { report(.unnamedSegments(table: name, fileCount: oldCount)) }
    }

    /// The folders that segments can be in: those of days and, below them, of hours.
    private func partitionFolders(of name: String) throws(FileError) -> [String] {
        var folders: [String] = []
        for day in try store.entries(of: directory(of: name)) where day.name.hasPrefix("date=") {
            folders.append(day.name)
            for hour in try store.entries(of: "\(directory(of: name))/\(day.name)") where hour.isDirectory {
                folders.append("\(day.name)/\(hour.name)")
            }
        }
        return folders
    }

    /// What a file is that no commit names.
    private enum Remnant {
        /// Not ours.
        case foreign
        /// Its messages are read again: it belongs to a commit that did not come about.
        case unfinished
        /// Its messages are behind the ledger and are not read again: if the log was lost, this is the data itself.
        case old
    }

    private func remnant(_ name: String, _ lanes: [LaneState]) -> Remnant {
        if TemporaryName.isTemporary(name) { return .unfinished }
        for lane in lanes {
            let prefix = PipelineTable.segmentNamePrefix(node: configuration.node, lane: lane.name)
            guard name.hasPrefix(prefix) else { continue }
            let digits = name.dropFirst(prefix.count).prefix { $0.isASCII && $0.isNumber }
            guard let first = UInt64(digits) else { return .foreign }
            return first > lane.ledgerOffset.number ? .unfinished : .old
        }
        return .foreign
    }
}

extension ParquetColumnData {
    /// Copies the cell in `row` into the pending row of a batch whose column has the same type.
    func copyCell(_ row: Int, into batch: inout ColumnBatch, column: Int) {
        guard defined[row] == 1 else { return }
        guard type.isByteArray else { return batch.setWord(words[row], column: column) }
        let entry = Int(words[row])
        // Safe: UInt8 has no padding.
        let bytes = unsafe bytes.span.extracting(Int(offsets[entry])..<Int(offsets[entry + 1])).bytes
        batch.setBytes(bytes, column: column)
    }
}
