import DurableFiles
import Glibc
import Journal
import Payloads
import Streams
import Telemetry

/// Reads a lane's journal and turns messages into committed rows: live, after a crash and in a benchmark alike.
///
/// A cycle ends with one commit for each table that has rows, and last the ledger, whose offset says that all tables
/// are complete up to there. So starting is recovering: reading goes on behind the ledger's offset, and a table that
/// is ahead of it takes no row twice. One thread runs it.
struct Fold: ~Copyable {
    /// What identifies the lane among those of the process.
    struct Identity: Sendable {
        let name: String
        let index: Int

        /// Whether it is the lane without a broker.
        var isReplay: Bool { name == ReplayLane.name }
    }

    /// 1024 messages: a block of some 300 KiB, which the second cache holds while it is read, checked and decoded.
    private static let blockMessageCount = 1024
    private static let retryMilliseconds: Int64 = 1000
    private static let idleMilliseconds: Int64 = 1000

    let identity: Identity
    let catalog: StreamCatalog
    let configuration: PipelineConfiguration
    let report: @Sendable (PipelineEvent) -> Void
    private let store: any FileStore

    var journal: JournalReader
    var messages: MessageBatch
    var matcher: TopicMatcher
    var decoder: RecordDecoder
    var ledgerCounts: LedgerCounts
    /// What the run of messages just folded had refused.
    var refusals: [RefusedMessage] = []

    /// One for each stream of the catalog.
    let judges: [ReadingJudge]
    /// Of each stream of the catalog.
    private let rollups: [[StreamRollup]]
    /// Who asks for what is not committed yet; nil where nobody can.
    var live: LivePartials?
    let deadLetters: PipelineTable
    private let ledger: PipelineTable
    /// Nil where no stream has sources of Sparkplug.
    let births: PipelineTable?
    /// Lane replay's only.
    var replay: ReplayState?
    /// Nil where nothing is sent back to fleets.
    var feedback: FoldFeedback?

    /// The last message that was folded.
    var foldedThrough: JournalOffset
    private var committedThrough: JournalOffset
    /// Whether a commit was begun and has not succeeded yet.
    ///
    /// Until it has, nothing is folded: a table that has the rows already, although its commit failed, would get them
    /// again with those that come behind.
    private var isCommitting = false
    var readingCount = 0
    /// The index in `messages` of the next message to fold.
    var nextMessage = 0
    var firstFoldMilliseconds: Int64?

    /// Opens the lane's tables and finds the place in the journal where folding goes on.
    init(
        identity: Identity, catalog: StreamCatalog, configuration: PipelineConfiguration, store: any FileStore,
        duplicates: [DuplicateRegister], messageByteLimit: Int, report: @escaping @Sendable (PipelineEvent) -> Void
    ) throws(TableError) {
        func open(_ layout: TableLayout, _ areas: AreaFill? = nil) throws(TableError) -> PipelineTable {
            try PipelineTable(
                layout: layout, store: store, configuration: configuration, lane: identity.name, areas: areas)
        }
        var tables: [PipelineTable] = []
        for plan in catalog.streams { tables.append(try open(plan.layout, AreaFill(plan, configuration.areas))) }
        let (deadLetters, ledger) = (try open(.deadLetters), try open(.ledger))
        let marks = identity.isReplay ? try open(.deadLetterMarks) : nil
        let births = catalog.hasSparkplugSources ? try open(.sparkplugBirths) : nil
        let rollups = try catalog.streams.indices.map { (stream) throws(TableError) in
            try configuration.rollups.rollups(ofStream: stream).map { (entry) throws(TableError) in
                try StreamRollup(entry.plan, store: store, configuration: configuration, lane: identity.name)
            }
        }
        var archive: BirthArchive?
        if births != nil {
            // A dead letter of any lane may become readable by what came later; every other lane goes on as it was.
            archive = try BirthArchive(
                store, configuration: configuration, lane: identity.isReplay ? nil : identity.name,
                through: ledger.committedThrough)
        }
        let systemTables = [deadLetters, ledger, marks, births].compactMap(\.self)
        for table in tables + systemTables + rollups.joined().map(\.table) where !table.widenedColumns.isEmpty {
            report(.widened(table: table.layout.name, columns: table.widenedColumns))
        }
        self.identity = identity
        self.catalog = catalog
        self.configuration = configuration
        self.report = report
        self.store = store
        judges = catalog.streams.indices.map { stream in
            ReadingJudge(
                catalog.streams[stream], stream: stream, table: tables[stream], duplicates: duplicates[stream],
                lane: identity)
        }
        self.rollups = rollups
        self.deadLetters = deadLetters
        self.ledger = ledger
        self.births = births
        replay = marks.map { marks in
            ReplayState(
                marks: marks, registers: duplicates,
                stored: StoredIdentities(catalog, configuration: configuration, store: store),
                committedThrough: ledger.committedThrough)
        }
        committedThrough = ledger.committedThrough
        foldedThrough = ledger.committedThrough
        journal = JournalReader(
            store, directory: configuration.journalDirectory(lane: identity.name), from: ledger.committedThrough.next)
        messages = MessageBatch(byteCapacity: messageByteLimit, messageCapacity: Self.blockMessageCount)
        matcher = catalog.makeTopicMatcher()
        decoder = RecordDecoder(
            catalog.streams,
            limits: PayloadLimits(maximumByteCount: configuration.maximumPayloadByteCount))
        ledgerCounts = LedgerCounts(streamCount: catalog.streams.count)
        archive?.restore(into: &decoder, matcher: &matcher)
    }

    /// The last message that every table of the lane has.
    var ledgerOffset: JournalOffset { committedThrough }

    /// The last message of which any table of the lane has something: the journal was durable through it.
    var tablesOffset: JournalOffset {
        dataTables.reduce(committedThrough) { max($0, $1.committedThrough) }
    }

    /// All tables but the ledger, in the order of their commits.
    private var dataTables: [PipelineTable] {
        judges.map(\.table) + [deadLetters] + [births, replay?.marks].compactMap(\.self)
    }

    /// Goes on with message `offset`, the first of a journal that was begun anew because the old one was lost.
    ///
    /// What lies before is counted nowhere, and the audit says so. Its numbers are not given again: a table that has
    /// their rows would take new messages for those.
    mutating func giveUp(before offset: JournalOffset) {
        guard offset > committedThrough.next else { return }
        report(.journalLost(lane: identity.name, from: committedThrough.next, before: offset))
        committedThrough = JournalOffset(offset.number - 1)
        foldedThrough = committedThrough
        journal = JournalReader(
            store, directory: configuration.journalDirectory(lane: identity.name), from: offset)
    }

    // MARK: The loop

    /// Folds and commits until `progress` drains.
    ///
    /// - Throws: what trying again cannot mend; the journal still has everything that is not committed.
    mutating func run(_ progress: LaneProgress) throws(FoldError) {
        var retryAt: Int64?
        while true {
            let isDraining = progress.isDraining
            let durable = progress.durable
            let now = monotonicMilliseconds()
            if let at = retryAt {
                if now < at {
                    progress.wait(timeoutMilliseconds: Int32(clamping: at - now))
                    if !isDraining { continue }
                }
                retryAt = nil
            }
            do throws(FoldError) {
                if let number = live?.wanted() { try answerLive(number) }
                if try advance(progress, through: durable, isLast: isDraining, at: now) { continue }
            } catch {
                guard error.isTransient, !isDraining else { throw error }
                report(.retrying(lane: identity.name, problem: "\(error)"))
                retryAt = monotonicMilliseconds() + Self.retryMilliseconds
                continue
            }
            if isDraining, foldedThrough >= progress.durable { return }
            progress.wait(timeoutMilliseconds: Int32(clamping: millisecondsUntilCommit(at: now)))
        }
    }

    /// Folds everything up to `durable` and commits as often as the cadence says by readings and bytes, and at the end.
    mutating func runThrough(_ durable: JournalOffset, _ progress: LaneProgress) throws(FoldError) {
        while try advance(progress, through: durable, isLast: true, at: nil) {}
    }

    /// One step: a commit when one is due, else a block of messages, else, with `isLast` or when the journal is full, a
    /// commit of what is there.
    ///
    /// - Returns: false when there is nothing to do.
    /// - Throws: when the step did not succeed; the next one tries it again.
    mutating func advance(
        _ progress: LaneProgress, through durable: JournalOffset, isLast: Bool, at now: Int64?
    ) throws(FoldError) -> Bool {
        let isDue = isCommitting || isCommitDue(at: now)
        if !isDue, try foldBlock(through: durable) { return true }
        guard isDue || isLast || progress.isRoomWanted, foldedThrough > committedThrough else { return false }
        try commit(progress)
        return true
    }

    private func isCommitDue(at now: Int64?) -> Bool {
        guard foldedThrough > committedThrough else { return false }
        let cadence = configuration.cadence
        if readingCount >= cadence.readingCount { return true }
        if let now, let first = firstFoldMilliseconds, now - first >= cadence.intervalMilliseconds { return true }
        return waitingByteCount >= cadence.byteCount
    }

    private func millisecondsUntilCommit(at now: Int64) -> Int64 {
        guard let first = firstFoldMilliseconds else { return Self.idleMilliseconds }
        return max(1, min(Self.idleMilliseconds, first + configuration.cadence.intervalMilliseconds - now))
    }

    private var waitingByteCount: Int {
        dataTables.reduce(0) { $0 + $1.batch.byteCount }
    }

    // MARK: Committing

    /// Commits every table that has rows, and the ledger last.
    private mutating func commit(_ progress: LaneProgress) throws(FoldError) {
        isCommitting = true
        for judge in judges { judge.table.complete() }
        var committed: [CommittedRows] = []
        do throws(TableError) {
            for (judge, rollups) in zip(judges, rollups) {
                // Rollups have areas among their keys.
                judge.table.complete()
                for rollup in rollups { try rollup.prepare(judge.table.batch, through: foldedThrough) }
            }
            for table in dataTables {
                if let rows = try table.commit(through: foldedThrough, firstOffset: committedThrough.next) {
                    committed.append(rows)
                }
            }
            for rollup in rollups.joined() {
                if let rows = try rollup.commit(through: foldedThrough, firstOffset: committedThrough.next) {
                    committed.append(rows)
                }
            }
            fillLedger()
            if let rows = try ledger.commit(through: foldedThrough, firstOffset: committedThrough.next) {
                committed.append(rows)
            }
        } catch {
            throw .table(error)
        }
        isCommitting = false
        committedThrough = foldedThrough
        readingCount = 0
        firstFoldMilliseconds = nil
        progress.didCommit(through: committedThrough)
        report(.committed(lane: identity.name, through: committedThrough, committed))
    }

    /// Gives what the rows that wait say to who asks for it; not while a commit is half done.
    mutating func answerLive(_ number: UInt64) throws(FoldError) {
        guard !isCommitting else { return }
        var partials: [LivePartials.Partials] = []
        do throws(TableError) {
            // In the order of the catalog of rollups, which is that of the streams.
            for (judge, rollups) in zip(judges, rollups) {
                judge.table.complete()
                for rollup in rollups { partials.append(try rollup.live(judge.table.batch)) }
            }
        } catch {
            throw .table(error)
        }
        live?.answer(number, partials)
    }

    /// Moves the counts into the ledger's rows; a commit that failed before has done so already.
    private mutating func fillLedger() {
        for (key, counts) in ledgerCounts.takeRows() {
            ledger.batch.beginRow()
            ledger.batch.setWord(key.minute.microsecondsSinceEpoch, column: 0)
            if let stream = key.stream { ledger.batch.setString(catalog.streams[stream].name, column: 1) }
            let words = [
                counts.messages, counts.received, counts.stored, counts.duplicate, counts.refused,
                Int64(counts.firstOffset.number), Int64(counts.lastOffset.number),
            ]
            for (column, word) in words.enumerated() { ledger.batch.setWord(word, column: column + 2) }
            ledger.batch.setString(identity.name, column: 9)
            ledger.batch.commitRow()
        }
    }
}
