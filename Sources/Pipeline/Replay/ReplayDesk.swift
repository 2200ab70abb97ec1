import DeltaLake
package import DurableFiles
import Journal
package import Streams
package import Telemetry

/// Where a person's wish to replay or drop dead letters goes into the journal of lane replay.
///
/// The lock of that journal is held from the choice to the last sync: a running pipeline folds under the same lock, so
/// no dead letter is chosen whose mark is on its way, and none twice.
package struct ReplayDesk {
    /// What is to be done with dead letters.
    package enum Wish: Sendable {
        case replay
        case drop(because: String)
    }

    /// What went into the journal.
    package struct Receipt: Sendable {
        package var letterCount = 0
        package var messageCount = 0
        /// Dead letters that were meant and wait already.
        package var waitingLetters: Set<DeadLetterKey> = []
        /// The last message of lane replay from before: when it is folded, none of them waits any more.
        package var waitingThrough = JournalOffset.beforeFirst
        /// The first and the last message of lane replay; nil when nothing went in.
        package var offsets: ClosedRange<JournalOffset>?

        package var waitingCount: Int { waitingLetters.count }
    }

    /// The lane's name in the ledger, in the tables and below `journal`.
    package static let laneName = ReplayLane.name

    private static let batchByteCount = 4 << 20
    private static let batchMessageCount = 4096

    private let configuration: PipelineConfiguration
    private let store: any FileStore

    package init(_ configuration: PipelineConfiguration, store: any FileStore = SystemFileStore()) {
        self.configuration = configuration
        self.store = store
    }

    /// Puts the open dead letters that `filter` means into the journal, durably, oldest first.
    ///
    /// - Throws: `.locked` when somebody else is at it: try again. After any error a part may be in the journal: asking
    ///   again takes the rest.
    package func submit(
        _ wish: Wish, _ filter: DeadLetterFilter, now: EventTime, limit: Int = .max
    ) throws(ReplayError) -> Receipt {
        let committed = try committedThrough()
        var writer: JournalWriter
        do throws(JournalOpenError) {
            writer = try JournalWriter(
                store, directory: configuration.journalDirectory(lane: ReplayLane.name),
                configuration: configuration.journal(ofLane: ReplayLane.name), committedThrough: committed.tables)
        } catch .locked {
            throw .locked
        } catch {
            throw .journal(error.description)
        }
        // Read again: the marks of what was folded until we had the lock are there now.
        let waiting = try waitingLetters(behind: try committedThrough().ledger)
        let box: DeadLetterBox
        do throws(TableError) {
            box = try DeadLetterBox(dataDirectory: configuration.dataDirectory, store: store)
        } catch {
            throw .table(error)
        }
        var receipt = Receipt()
        receipt.waitingThrough = writer.durableThrough
        var intake = Intake(writer, wish: wish, now: now)
        var filter = filter
        filter.includesDone = false
        do throws(DeadLetterBoxError<ReplayError>) {
            try box.forEach(filter) { letter throws(ReplayError) in
                guard receipt.letterCount < limit else { return }
                guard !waiting.contains(letter.key) else {
                    receipt.waitingLetters.insert(letter.key)
                    return
                }
                receipt.letterCount += 1
                try intake.take(letter)
            }
            do throws(ReplayError) { try intake.finish() } catch { throw .body(error) }
        } catch {
            switch error {
            case .table(let error): throw .table(error)
            case .body(let error): throw error
            }
        }
        receipt.messageCount = intake.messageCount
        receipt.offsets = intake.offsets
        return receipt
    }

    /// Through which message of lane replay all tables are complete.
    package func foldedThrough() throws(ReplayError) -> JournalOffset { try committedThrough().ledger }

    /// Folds what waits on this thread, when no pipeline runs on the data folder, with areas as that would have them.
    ///
    /// - Throws: `.locked` when one runs: it does the folding.
    package func fold(
        _ catalog: StreamCatalog, areas: AreaReference,
        report: @escaping @Sendable (PipelineEvent) -> Void = { _ in }
    ) throws(ReplayError) {
        var configuration = configuration
        configuration.areas = areas
        do throws(PipelineStartError) {
            let directory = try DataDirectory(configuration, store: store)
            defer { extendLifetime(directory) }
            guard try directory.lanesWithJournal().contains(ReplayLane.name) else { return }
            let registers = catalog.streams.map { DuplicateRegister(windowMicroseconds: $0.duplicateWindow) }
            let lane = try FormerLane(
                ReplayLane.name, index: 0, catalog: catalog, configuration: configuration, store: store,
                registers: registers, report: report)
            let recovery = Recovery(
                catalog: catalog, configuration: configuration, store: store, registers: registers, report: report)
            do throws(TableError) {
                try recovery.run([Recovery.LaneState(name: lane.name, ledgerOffset: lane.ledgerOffset)])
            } catch {
                throw PipelineStartError.table(error)
            }
            try lane.foldWhatIsLeft()
        } catch {
            throw error.isLocked ? .locked : .pipeline(error)
        }
    }

    // MARK: Pieces

    /// How far lane replay is in the ledger, and in any table.
    private func committedThrough() throws(ReplayError) -> (ledger: JournalOffset, tables: JournalOffset) {
        var (ledger, tables) = (JournalOffset.beforeFirst, JournalOffset.beforeFirst)
        let names: [String]
        do throws(FileError) {
            names = try store.entries(of: configuration.tablesDirectory).filter(\.isDirectory).map(\.name)
        } catch {
            throw .table(.file(error, table: "*"))
        }
        for name in names {
            do throws(DeltaError) {
                let log = LocalLogStore(tablePath: "\(configuration.tablesDirectory)/\(name)", files: store)
                let table = try DeltaTable(opening: log, options: DeltaTable.Options(keepsFiles: false))
                let id = PipelineTable.applicationID(node: configuration.node, lane: ReplayLane.name)
                let offset = JournalOffset(UInt64(max(0, table.snapshot.transactions[id]?.version ?? 0)))
                tables = max(tables, offset)
                if name == TableLayout.ledger.name { ledger = offset }
            } catch .notATable {
                continue
            } catch {
                throw .table(.log(error, table: name))
            }
        }
        return (ledger, tables)
    }

    /// What is in the journal and not folded yet.
    private func waitingLetters(behind offset: JournalOffset) throws(ReplayError) -> Set<DeadLetterKey> {
        var letters: Set<DeadLetterKey> = []
        var reader = JournalReader(
            store, directory: configuration.journalDirectory(lane: ReplayLane.name), from: offset.next)
        var batch = MessageBatch(byteCapacity: Self.batchByteCount, messageCapacity: Self.batchMessageCount)
        do throws(JournalReadError) {
            while try reader.read(into: &batch, through: nil) > 0 {
                for index in 0..<batch.count {
                    letters.formUnion(ReplayRequest(batch.attributes(at: index))?.letters ?? [])
                }
            }
        } catch {
            throw .journal(error.description)
        }
        return letters
    }
}

/// Why dead letters were not replayed or dropped.
package enum ReplayError: Error, CustomStringConvertible {
    /// Another process is at work on the journal of lane replay, or on the data folder.
    case locked
    case journal(String)
    case table(TableError)
    case pipeline(PipelineStartError)

    package var description: String {
        switch self {
        case .locked: "another process is at work on the dead letters; try again when it is done"
        case .journal(let problem): problem
        case .table(let error): error.description
        case .pipeline(let error): error.description
        }
    }
}

/// The journal of lane replay while dead letters go into it: those of one message become one message.
private struct Intake: ~Copyable {
    private var writer: JournalWriter
    private let wish: ReplayDesk.Wish
    private let now: EventTime
    private var batch = MessageBatch(byteCapacity: 4 << 20, messageCapacity: 4096)
    /// The dead letters of the message at hand.
    private var letters: [DeadLetter] = []
    private(set) var messageCount = 0
    private(set) var offsets: ClosedRange<JournalOffset>?

    init(_ writer: consuming JournalWriter, wish: ReplayDesk.Wish, now: EventTime) {
        self.writer = writer
        self.wish = wish
        self.now = now
    }

    mutating func take(_ letter: DeadLetter) throws(ReplayError) {
        if let last = letters.last?.key, (last.lane, last.offset) != (letter.key.lane, letter.key.offset) {
            try addMessage()
        }
        letters.append(letter)
    }

    /// Makes everything durable.
    mutating func finish() throws(ReplayError) {
        try addMessage()
        try append()
    }

    private mutating func addMessage() throws(ReplayError) {
        guard let letter = letters.first else { return }
        let indices = letters.compactMap { $0.key.readingIndex.map(Int.init) }
        let selections: [ReadingSelection?] = indices.isEmpty ? [nil] : ReadingSelection.split(indices)
        let isOpenEnded = letters.last?.standsForAllBehind ?? false
        for (number, selection) in selections.enumerated() {
            try addMessage(letter, selection, isOpenEnded: isOpenEnded && number == selections.count - 1)
        }
        letters.removeAll(keepingCapacity: true)
    }

    private mutating func addMessage(
        _ letter: DeadLetter, _ selection: ReadingSelection?, isOpenEnded: Bool
    ) throws(ReplayError) {
        var attributes = MessageAttributes()
        let origin = MessageOrigin(lane: letter.key.lane, offset: letter.key.offset, arrival: letter.arrival)
        // Safe: UInt8 has no padding.
        unsafe attributes.append(.origin, origin.bytes.span.bytes)
        if let selection { unsafe attributes.append(.readings, selection.bytes.span.bytes) }
        if isOpenEnded { attributes.append(.readingsBehind, "") }
        if let version = letter.toldVersion { attributes.append(.toldVersion, version) }
        var payload = letter.payload
        if case .drop(let because) = wish {
            attributes.append(.isDropped, "")
            payload = Array(because.utf8)
        }
        let byteCount = letter.topic.utf8.count + attributes.bytes.count + payload.count
        if !batch.hasRoom(forBytes: byteCount) {
            try append()
            if byteCount > batch.byteCapacity {
                batch = MessageBatch(byteCapacity: byteCount, messageCapacity: batch.messageCapacity)
            }
        }
        // Safe: as above; the batch copies the bytes.
        unsafe batch.append(
            topic: letter.topic.utf8Bytes, attributes: attributes.bytes.span.bytes, payload: payload.span.bytes,
            arrival: now, flags: letter.flags)
        messageCount += 1
    }

    private mutating func append() throws(ReplayError) {
        guard !batch.isEmpty else { return }
        do throws(JournalWriteError) {
            let given = try writer.append(&batch)
            try writer.synchronize()
            let last = JournalOffset(given.upperBound.number - 1)
            offsets = (offsets?.lowerBound ?? given.lowerBound)...last
        } catch {
            throw .journal(error.description)
        }
        batch.removeAll()
    }
}
