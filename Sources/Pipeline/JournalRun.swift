package import DurableFiles
import Journal
package import Streams
package import Telemetry

/// Folds a journal that nobody writes any more, on the calling thread: for benchmarks and tests.
package enum JournalRun {
    /// Folds and commits all that the lane's journal holds and the tables lack.
    ///
    /// - Throws: a description of what stopped it.
    package static func fold(
        _ configuration: PipelineConfiguration, catalog: StreamCatalog, lane: String = "lane0",
        store: any FileStore = SystemFileStore(), report: @escaping @Sendable (PipelineEvent) -> Void = { _ in }
    ) throws(JournalRunError) -> JournalOffset {
        let registers = catalog.streams.map { DuplicateRegister(windowMicroseconds: $0.duplicateWindow) }
        do {
            let lock = try DataDirectory.lock(configuration.dataDirectory, store: store)
            defer { extendLifetime(lock) }
            let facts = try JournalDirectory(store, configuration.journalDirectory(lane: lane)).facts()
            guard let last = facts?.lastOffset else { return .beforeFirst }
            try RollupRecovery(
                catalog: catalog, configuration: configuration, store: store, report: report
            ).run()
            var fold = try Fold(
                identity: Fold.Identity(name: lane, index: 0), catalog: catalog, configuration: configuration,
                store: store, duplicates: registers, messageByteLimit: 8 << 20, report: report)
            let recovery = Recovery(
                catalog: catalog, configuration: configuration, store: store, registers: registers, report: report)
            try recovery.run([Recovery.LaneState(name: lane, ledgerOffset: fold.ledgerOffset)])
            try fold.runThrough(last, LaneProgress(durable: last, committed: fold.ledgerOffset))
            return last
        } catch {
            throw JournalRunError(description: "\(error)")
        }
    }
}

/// Why a journal could not be folded.
package struct JournalRunError: Error, CustomStringConvertible {
    package let description: String
}
