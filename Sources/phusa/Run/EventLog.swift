import Geography
import Logging
import MQTTSource
import Payloads
import Pipeline
import Telemetry

/// Turns what happens in the pipeline into log lines on standard error.
struct EventLog: Sendable {
    private let logger: Logger

    init() {
        logger = Logger(label: "phusa") { StreamLogHandler.standardError(label: $0) }
    }

    func ready(_ configuration: RunConfiguration, streams: [String], filters: [String]) {
        logger.info(
            "running",
            metadata: [
                "broker": "\(configuration.broker.host):\(configuration.broker.port)",
                "data": "\(configuration.data)", "streams": "\(streams.joined(separator: ","))",
                "topics": "\(filters.joined(separator: ","))", "lanes": "\(configuration.lanes)",
            ])
    }

    func areas(_ areas: AreaReference, in folder: String, took duration: Duration) {
        guard areas.atlas != nil else {
            return logger.warning(
                "no areas are known: the columns of areas stay null", metadata: ["looked_in": "\(folder)"])
        }
        logger.info(
            "areas loaded",
            metadata: [
                "cities": "\(areas.count(of: .city))", "wards": "\(areas.count(of: .ward))",
                "neighbourhoods": "\(areas.count(of: .neighbourhood))", "former_codes": "\(areas.former.count)",
                "milliseconds": "\(Int(duration / .milliseconds(1)))",
            ])
    }

    func stopping() {
        logger.info("stopping: committing what the journal holds")
    }

    func stopped() {
        logger.info("stopped")
    }

    func write(_ event: PipelineEvent) {
        switch event {
        case .broker(let lane, let event): write(event, lane: lane)
        case .waitingForDataDirectory(let path):
            logger.warning("another process is using the data folder: waiting for it", metadata: ["data": "\(path)"])
        case .journalOpened(let lane, let next, let cut):
            var metadata: Logger.Metadata = ["lane": "\(lane)", "next": "\(next)"]
            if cut > 0 { metadata["unfinished_bytes_removed"] = "\(cut)" }
            logger.info("journal open", metadata: metadata)
        case .journalLost(let lane, let first, let next):
            logger.error(
                "the journal was gone, and with it what was not committed",
                metadata: ["lane": "\(lane)", "from": "\(first)", "before": "\(next)"])
        case .journalFull(let lane, let shortage):
            logger.warning(
                "no room: left the broker, which keeps the messages",
                metadata: ["lane": "\(lane)", "why": "\(shortage)"])
        case .lostAtMostOnce(let lane, let count):
            logger.error(
                "QoS 0 messages lost for want of room; subscribe with QoS 1",
                metadata: ["lane": "\(lane)", "count": "\(count)"])
        case .journalHasRoom(let lane): logger.info("there is room again", metadata: ["lane": "\(lane)"])
        case .recovered(let lane, let offset, let count):
            logger.info(
                "going on", metadata: ["lane": "\(lane)", "behind": "\(offset)", "readings_remembered": "\(count)"])
        case .committed(let lane, let offset, let tables):
            let rows = tables.map { "\($0.table)=\($0.rowCount)" }.joined(separator: ",")
            var metadata: Logger.Metadata = [
                "lane": "\(lane)", "through": "\(offset)", "rows": "\(rows)",
                "bytes": "\(tables.reduce(0) { $0 + $1.byteCount })",
            ]
            let mismatches = tables.filter { $0.areaMismatchCount > 0 }
                .map { "\($0.table)=\($0.areaMismatchCount)" }
            if !mismatches.isEmpty { metadata["area_mismatches"] = "\(mismatches.joined(separator: ","))" }
            logger.info("committed", metadata: metadata)
        case .rollupCaughtUp(let table, let lane, let count):
            logger.info(
                "the rollup has the readings now that it lacked",
                metadata: ["table": "\(table)", "lane": "\(lane)", "readings": "\(count)"])
        case .retrying(let lane, let problem):
            logger.warning("trying again", metadata: ["lane": "\(lane)", "problem": "\(problem)"])
        case .swept(let table, let count):
            logger.info(
                "removed segments that no commit names", metadata: ["table": "\(table)", "files": "\(count)"])
        case .unnamedSegments(let table, let count):
            logger.error(
                "old segments that no commit names: if the table's log was lost, restore it; else remove them",
                metadata: ["table": "\(table)", "files": "\(count)"])
        case .compacted(let outcome):
            logger.info(
                "compacted",
                metadata: [
                    "table": "\(outcome.table)", "partition": "\(outcome.folder)",
                    "files": "\(outcome.removedCount)", "rows": "\(outcome.rowCount)",
                    "bytes": "\(outcome.oldByteCount)->\(outcome.byteCount)",
                ])
        case .vacuumed(let table, let count):
            logger.info("deleted segments removed long ago", metadata: ["table": "\(table)", "files": "\(count)"])
        case .checkpointed(let table, let version, let removed):
            var metadata: Logger.Metadata = ["table": "\(table)", "version": "\(version)"]
            if removed > 0 { metadata["old_commits_removed"] = "\(removed)" }
            logger.info("checkpoint", metadata: metadata)
        case .upkeepFailed(let table, let problem):
            logger.warning(
                "the table could not be looked after; tried again later",
                metadata: ["table": "\(table)", "problem": "\(problem)"])
        case .feedbackDropped(let count):
            logger.info("notes to fleets left out", metadata: ["count": "\(count)"])
        case .widened(let table, let columns):
            logger.info(
                "the definition has further columns, and now the table too",
                metadata: ["table": "\(table)", "columns": "\(columns.joined(separator: ","))"])
        case .payloadNote(let lane, let stream, let offset, let note): write(note, lane: lane, stream: stream, offset)
        case .failed(let lane, let problem):
            logger.critical("lane ended", metadata: ["lane": "\(lane)", "problem": "\(problem)"])
        }
    }

    private func write(_ note: PayloadNote, lane: String, stream: String, _ offset: JournalOffset) {
        let metadata: Logger.Metadata = ["lane": "\(lane)", "stream": "\(stream)", "message": "\(offset)"]
        switch note {
        case .birth, .death: logger.info("\(note.sentence)", metadata: metadata)
        case .sequenceGap, .rebirthWanted: logger.warning("\(note.sentence)", metadata: metadata)
        }
    }

    private func write(_ event: MQTTEvent, lane: String) {
        switch event {
        case .connected(let sessionPresent):
            logger.info("connected", metadata: ["lane": "\(lane)", "session_present": "\(sessionPresent)"])
        case .subscribed(let grants):
            let topics = grants.map { "\($0.filter) (QoS \($0.qualityOfService.rawValue))" }.joined(separator: ", ")
            logger.info("subscribed", metadata: ["lane": "\(lane)", "topics": "\(topics)"])
        case .subscriptionRefused(let filter, let sentence):
            logger.error(
                "subscription refused", metadata: ["lane": "\(lane)", "topic": "\(filter)", "why": "\(sentence)"])
        case .disconnected(let disconnection):
            let level: Logger.Level = disconnection.cause == .left ? .info : .warning
            logger.log(level: level, "disconnected", metadata: ["lane": "\(lane)", "why": "\(disconnection.sentence)"])
        case .reconnecting(let delay):
            logger.info("connecting again", metadata: ["lane": "\(lane)", "after": "\(delay)"])
        case .truncated(let topic, let byteCount, let keptByteCount):
            logger.error(
                "message cut: it exceeds broker.packet_limit",
                metadata: ["topic": "\(topic)", "bytes": "\(byteCount)", "kept": "\(keptByteCount)"])
        }
    }
}
