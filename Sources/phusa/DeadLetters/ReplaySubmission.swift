import Glibc
import JSONDocument
import Pipeline
import Streams
import Telemetry

/// Dead letters on their way through lane replay, from the journal to the marks.
struct ReplaySubmission {
    /// What became of what was replayed.
    struct Result {
        var letters = 0
        var messages = 0
        /// Meant, and on their way already.
        var waiting = 0
        /// Of these, the ones that were on their way to be dropped.
        var waitingDropped = 0
        var stored: Int64 = 0
        var duplicate: Int64 = 0
        var refused: Int64 = 0
        var refusedByReason: [String: Int64] = [:]
    }

    private static let lookMicroseconds: UInt32 = 200_000

    private let configuration: RunConfiguration
    private let desk: ReplayDesk
    private let catalog: StreamCatalog
    private let areas: AreaReference

    /// Loads the definitions before anything is asked for, since what is in the journal will be carried out.
    init(_ configuration: RunConfiguration) throws(CommandFailure) {
        self.configuration = configuration
        desk = ReplayDesk(configuration.pipeline)
        do throws(DefinitionError) {
            catalog = try StreamCatalog.load("\(configuration.schemas)/streams")
        } catch {
            throw .usage("\(error)")
        }
        areas = try configuration.loadAreas()
    }

    /// Refuses a choice of a stream or of a message that there is not.
    func check(_ choice: DeadLetterOptions) throws(CommandFailure) {
        func isAny(_ filter: DeadLetterFilter) throws(CommandFailure) -> Bool {
            var filter = filter
            filter.includesDone = true
            return try DeadLetters.read(filter, data: configuration.data, limit: 0) { _ in } > 0
        }
        if let stream = choice.stream, stream != DeadLetterOptions.noStream,
            !catalog.streams.contains(where: { $0.name == stream })
        {
            var filter = DeadLetterFilter()
            filter.stream = stream
            // Of a stream that is defined no more they may still be dropped.
            if try !isAny(filter) { _ = try catalog.index(of: stream) }
        }
        guard choice.offset != nil else { return }
        guard try isAny(choice.filter) else {
            throw .failure("There is no such dead letter in \(configuration.data).")
        }
    }

    /// Puts them into the journal; waits while somebody else has it.
    func submit(
        _ wish: ReplayDesk.Wish, _ filter: DeadLetterFilter, limit: Int, wait: Duration
    ) throws(CommandFailure) -> ReplayDesk.Receipt {
        let deadline = ContinuousClock.now + wait
        while true {
            do throws(ReplayError) {
                return try desk.submit(wish, filter, now: .now, limit: limit)
            } catch {
                guard case .locked = error, ContinuousClock.now < deadline else { throw .failure("\(error)") }
                usleep(Self.lookMicroseconds)
            }
        }
    }

    /// Waits until a running pipeline has folded them, or folds them here when none runs.
    func waitUntilFolded(_ receipt: ReplayDesk.Receipt, wait: Duration) throws(CommandFailure) {
        // What waited already shall be done too when this command ends.
        guard receipt.offsets != nil || receipt.waitingCount > 0 else { return }
        let last = receipt.offsets?.upperBound ?? receipt.waitingThrough
        let deadline = ContinuousClock.now + wait
        while true {
            do throws(ReplayError) {
                if try desk.foldedThrough() >= last { return }
                return try desk.fold(catalog, areas: areas)
            } catch {
                guard case .locked = error else { throw .failure("\(error)") }
                guard ContinuousClock.now < deadline else {
                    throw .failure(
                        "They wait in the journal of lane replay: the running phusa run has not folded them within "
                            + "\(Format.duration(wait)). It will; see its log.")
                }
                usleep(Self.lookMicroseconds)
            }
        }
    }

    /// Adds up the marks that came of it, and of what had waited.
    func result(of receipt: ReplayDesk.Receipt) throws(CommandFailure) -> Result {
        var result = Result()
        result.letters = receipt.letterCount
        result.messages = receipt.messageCount
        result.waiting = receipt.waitingCount
        guard receipt.offsets != nil || receipt.waitingCount > 0 else { return result }
        var filter = DeadLetterFilter()
        filter.includesDone = true
        _ = try DeadLetters.read(filter, data: configuration.data, limit: .max) { letter throws(CommandFailure) in
            guard let mark = letter.lastMark else { return }
            if receipt.waitingLetters.contains(letter.key) {
                if mark.mark == .dropped { result.waitingDropped += 1 }
            } else {
                guard receipt.offsets?.contains(mark.offset) ?? false else { return }
            }
            result.stored += mark.stored
            result.duplicate += mark.duplicate
            result.refused += mark.refused
            if mark.refused > 0 { result.refusedByReason[mark.reason ?? "", default: 0] += mark.refused }
        }
        return result
    }
}

extension ReplaySubmission.Result {
    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("letters", letters)
        writer.member("messages", messages)
        writer.member("waiting", waiting)
        writer.member("waiting_dropped", waitingDropped)
        writer.member("stored", Int(stored))
        writer.member("duplicate", Int(duplicate))
        writer.member("refused", Int(refused))
        writer.name("refused_by_reason")
        writer.beginObject()
        for (reason, count) in refusedByReason.sorted(by: { $0.key < $1.key }) { writer.member(reason, Int(count)) }
        writer.endObject()
        writer.endObject()
        return writer.text
    }

    func printForPeople() {
        let reasons = refusedByReason.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.key) \(Format.count(Int($0.value)))" }.joined(separator: ", ")
        print(
            "\(Format.counted(letters + waiting - waitingDropped, "dead letter")) replayed: \(Format.counted(Int(stored), "reading")) stored, "
                + "\(Format.count(Int(duplicate))) there already, \(Format.count(Int(refused))) refused again"
                + (reasons.isEmpty ? "." : " (\(reasons))."))
        let replayedBefore = waiting - waitingDropped
        if replayedBefore > 0 { print("Of these, \(Format.count(replayedBefore)) had been asked for before.") }
        if waitingDropped > 0 {
            print("\(Format.counted(waitingDropped, "dead letter")) waited to be dropped, and were.")
        }
    }
}
